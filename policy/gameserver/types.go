package gameserver

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// GroupVersion is OpenKruiseGame's API group and its only version.
var GroupVersion = schema.GroupVersion{Group: "game.kruise.io", Version: "v1alpha1"}

// AddToScheme registers the types of this package in a scheme.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion, &GameServerSet{}, &GameServerSetList{})
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
}

// GameServerSet holds only what decides about Ingresses. It is for reading: writing one back would lose the rest.
//
// +kubebuilder:object:root=true
type GameServerSet struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec GameServerSetSpec `json:"spec,omitempty"`
}

// GameServerSetList is a list of GameServerSet.
//
// +kubebuilder:object:root=true
type GameServerSetList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []GameServerSet `json:"items"`
}

// GameServerSetSpec is which servers there are and how they are reached.
//
// +kubebuilder:object:generate=true
//
// +kubebuilder:object:generate=true
type GameServerSetSpec struct {
	// Replicas is required by the CRD; nil means that it was not given.
	Replicas *int32 `json:"replicas"`
	// ReserveGameServerIDs are ids that get no server: ints, or ranges "a-b".
	ReserveGameServerIDs []intstr.IntOrString `json:"reserveGameServerIds,omitempty"`
	Network              *Network             `json:"network,omitempty"`
}

// Network says which of OpenKruiseGame's network plugins serves the set, and its parameters.
//
// +kubebuilder:object:generate=true
type Network struct {
	NetworkType string  `json:"networkType,omitempty"`
	NetworkConf []Param `json:"networkConf,omitempty"`
}

// Param is one parameter of a network plugin. Names are case-sensitive, and most may be repeated.
type Param struct {
	Name  string `json:"name,omitempty"`
	Value string `json:"value,omitempty"`
}
