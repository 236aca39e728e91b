// Package v1alpha1 holds the types of the API group gatehouse.dev: GamePolicy and HostClaim, with the names of their
// conditions and reasons. It is what other programs import to read or write these objects, so it depends on
// apimachinery alone and decides nothing; the rules of the fields are in the markers, from which the CRDs are generated.
//
// +kubebuilder:object:generate=true
// +groupName=gatehouse.dev
package v1alpha1
