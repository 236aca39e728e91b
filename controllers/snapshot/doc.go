// Package snapshot keeps in memory what an admission decision rests on: the compiled GamePolicies, the IngressClasses,
// and the labels of namespaces and GameServerSets. It follows the cluster through informers, so that answering an
// admission request needs no API call.
package snapshot
