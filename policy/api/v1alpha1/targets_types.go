package v1alpha1

import (
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Targets selects Ingresses of game servers; all that are given must hold.
//
// Lists have at least one item: an empty one could be read as "none" and as "any", and a policy that suddenly selects
// every game server is too high a price for a template that rendered nothing.
type Targets struct {
	// ingressClassNames selects Ingresses whose effective class is one of these.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	IngressClassNames []ClassName `json:"ingressClassNames,omitempty"`

	// namespaceSelector selects by the labels of the Ingress's namespace. An empty selector selects every namespace.
	// +optional
	NamespaceSelector *LabelSelector `json:"namespaceSelector,omitempty"`

	// gameServerSetSelector selects by the labels of the GameServerSet. An empty selector selects every set.
	// +optional
	GameServerSetSelector *LabelSelector `json:"gameServerSetSelector,omitempty"`

	// gameServerSetNames selects sets by name. A star stands for any characters, as in "postio-*".
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	GameServerSetNames []SetNamePattern `json:"gameServerSetNames,omitempty"`

	// gameServerIDs selects game servers by id: numbers such as 12 and ranges in quotes such as "0-9", both ends
	// included, as in spec.reserveGameServerIds of a GameServerSet.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:XIntOrString
	// +kubebuilder:validation:items:MaxLength=21
	// +kubebuilder:validation:items:XValidation:rule="type(self) == int ? self >= 0 && self <= 2147483647 : self.matches('^(0|[1-9][0-9]{0,9})-(0|[1-9][0-9]{0,9})$') && int(self.split('-')[0]) <= int(self.split('-')[1]) && int(self.split('-')[1]) <= 2147483647",message="an id is a number from 0 to 2147483647, or a range of them such as \"0-9\" that starts with the smaller one"
	GameServerIDs []intstr.IntOrString `json:"gameServerIDs,omitempty"`

	// hosts selects Ingresses of which a rule has one of these hosts. A leading "*." stands for exactly one label.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	Hosts []HostPattern `json:"hosts,omitempty"`
}

// The names below are aliases, not types of their own, so that Go programs pass plain strings; they exist for the
// rules that the CRD has for each of them.

// ClassName is the name of an IngressClass.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="the name of an IngressClass consists of lower-case letters, digits, '-' and '.', and starts and ends with a letter or digit"
type ClassName = string

// SetNamePattern is the name of a GameServerSet, or a pattern with stars. A longer name than 63 cannot have servers,
// because OpenKruiseGame puts it into a label of their pods.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9*]([a-z0-9.*-]*[a-z0-9*])?$')",message="the name of a GameServerSet consists of lower-case letters, digits, '-' and '.', with '*' for any characters, such as \"postio-*\""
type SetNamePattern = string

// HostPattern is an exact host, or one whose first label may be anything.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self.matches('^([*][.])?[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?([.][a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$') && !isIP(self)",message="a host is a lower-case DNS name such as game.example.com, and no IP address; a leading \"*.\" stands for one label"
type HostPattern = string
