// Package lint says, without a cluster, what is wrong with manifests, line by line: what of a game server set, an Ingress
// or a policy would be refused, and what the gateway would not take as it is written.
//
// It decides nothing: package review judges sets, as at kubectl apply, and package gateway annotations.
package lint
