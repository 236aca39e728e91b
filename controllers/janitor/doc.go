// Package janitor keeps the deeds to hosts (HostClaims) true afterwards. One replica, the leader, runs it. It binds claims
// to the Ingresses that use them, gives deeds to Ingresses that stand without one, releases or hands on what nobody uses
// any more, lists who waits for a host, and has the waiting game servers try again once it is free.
//
// Everything it does is worked out anew in each pass, from what is in memory; so a new leader goes on where the old one
// was. Before it takes a deed away it reads all that bears on it from the API server. docs/host-ownership.md says why that
// is safe against admissions that are on their way.
package janitor
