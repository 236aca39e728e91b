// Package preview shows, without a cluster, what Gatehouse would do: manifests in, and for every policy, game server set
// and Ingress the verdict, the annotations that result, and where each of them comes from.
//
// It runs the same engine with the same options as the manager, on game server sets expanded as OpenKruiseGame would.
// It decides nothing itself but what needs all objects of the input at once: who of them gets a host.
package preview
