// Package survey reads from the API server itself, when somebody asks, what is not kept in memory: the Ingresses that stand
// with their annotations, the policies of this very moment, and the gateway's own limits. It is for rare requests, never for those of game servers.
package survey
