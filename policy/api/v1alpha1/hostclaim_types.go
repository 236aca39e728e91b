package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// HostClaim is the deed to one host on one gateway: its name is derived from both, so that the API server itself lets
// exactly one holder win. Gatehouse writes these objects; people read them as the directory of all game hosts.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,path=hostclaims,singular=hostclaim,shortName=hclaim,categories=gatehouse
// +kubebuilder:printcolumn:name="Host",type=string,JSONPath=`.spec.host`,description="The host that is held."
// +kubebuilder:printcolumn:name="Class",type=string,JSONPath=`.spec.class`,description="The gateway that serves it."
// +kubebuilder:printcolumn:name="Holder",type=string,JSONPath=`.spec.holder.name`,description="The namespace of the holder, and its GameServerSet."
// +kubebuilder:printcolumn:name="Server",type=integer,JSONPath=`.spec.holder.id`,description="The id of the game server, if the host belongs to one alone."
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.phase`,description="Pending or Bound."
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Ingress",type=string,JSONPath=`.status.ingress.name`,priority=1
// +kubebuilder:printcolumn:name="Renewed",type=date,JSONPath=`.spec.renewedAt`,priority=1
type HostClaim struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says who holds which host.
	Spec HostClaimSpec `json:"spec"`

	// status is what was observed about the deed.
	// +optional
	// +kubebuilder:default={phase: Pending}
	Status HostClaimStatus `json:"status,omitempty"`
}

// HostClaimList is a list of HostClaim.
//
// +kubebuilder:object:root=true
type HostClaimList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []HostClaim `json:"items"`
}

// HostClaimSpec says who holds which host.
//
// A MicroTime without its six decimals passes for a date-time, but cannot be decoded in Go: hence the pattern.
//
// +kubebuilder:validation:XValidation:rule="self.sharing != 'Server' || (has(self.holder.gameServerSet) && has(self.holder.id))",fieldPath=".holder",message="sharing Server needs a holder with gameServerSet and id"
// +kubebuilder:validation:XValidation:rule="self.sharing != 'Set' || (has(self.holder.gameServerSet) && !has(self.holder.id))",fieldPath=".holder",message="sharing Set needs a holder with gameServerSet and without id"
// +kubebuilder:validation:XValidation:rule="!has(self.guest) || (self.sharing == 'Namespace' && self.guest.__namespace__ == self.holder.__namespace__ && has(self.guest.gameServerSet))",fieldPath=".guest",message="a guest is a game server or set in the namespace of a holder with sharing Namespace"
// +kubebuilder:validation:XValidation:rule="!has(self.shared) || !self.shared || (self.sharing == 'Namespace' && !has(self.guest))",fieldPath=".shared",message="only web Ingresses share a host with those of other namespaces, and only without a guest"
// +kubebuilder:validation:XValidation:rule="self.sharing != 'Namespace' || (!has(self.holder.gameServerSet) && !has(self.holder.id))",fieldPath=".holder",message="sharing Namespace needs a holder with a namespace alone"
type HostClaimSpec struct {
	// class is the key of the gateway; all IngressClasses that one gateway serves have the same. It never changes.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="the class of a claim never changes: its name is derived from it"
	Class string `json:"class"`

	// host is the host that is held: a lower-case DNS name, a wildcard host, or "*" for rules without a host. It never
	// changes.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self == '*' || self.matches('^([*][.])?[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="must be a lower-case DNS name, a wildcard host such as *.example.com, or \"*\""
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="the host of a claim never changes: its name is derived from it"
	Host string `json:"host"`

	// sharing says who fits the deed: Server is one game server, Set the servers of one GameServerSet, Namespace the
	// Ingresses of one namespace that are no game server's.
	// +required
	Sharing Sharing `json:"sharing"`

	// holder is who holds the host.
	// +required
	Holder Holder `json:"holder"`

	// guest is the one game server or set that shares the host with the web Ingresses of its own namespace, where these
	// hold the deed.
	// +optional
	Guest *Holder `json:"guest,omitempty"`

	// shared: web Ingresses of other namespaces were let in as well. While it is set no game server becomes the guest.
	// +optional
	Shared bool `json:"shared,omitempty"`

	// renewedAt is when an admission last relied on this deed, with exactly six decimals. It is not released soon after.
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Format=date-time
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}(Z|[+-][0-9]{2}:[0-9]{2})$`
	RenewedAt metav1.MicroTime `json:"renewedAt"`
}

// Sharing says who fits a deed.
//
// +kubebuilder:validation:Enum=Server;Set;Namespace
type Sharing string

// How widely a host is shared.
const (
	SharingServer    Sharing = "Server"
	SharingSet       Sharing = "Set"
	SharingNamespace Sharing = "Namespace"
)

// Holder is a game server, a set of them or a namespace.
//
// +kubebuilder:validation:XValidation:rule="!has(self.name) || self.name == (has(self.gameServerSet) ? self.__namespace__ + '/' + self.gameServerSet : self.__namespace__)",fieldPath=".name",message="must be namespace/gameServerSet, or the namespace where there is no set; leave it out to change the others"
type Holder struct {
	// name is the namespace and, after a slash, the set, as kubectl get shows them.
	// +optional
	// +kubebuilder:validation:MaxLength=317
	Name string `json:"name,omitempty"`

	// namespace of the holder.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace"`

	// gameServerSet is the name of the holder's set.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	GameServerSet string `json:"gameServerSet,omitempty"`

	// id is the game server's id within its set.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=2147483647
	ID *int `json:"id,omitempty"`
}

// HostClaimStatus is what the janitor observed.
type HostClaimStatus struct {
	// phase is Pending until an Ingress of the holder was seen with this host, then Bound.
	// +optional
	// +kubebuilder:default=Pending
	Phase HostClaimPhase `json:"phase,omitempty"`

	// ingress is the Ingress that the deed is bound to.
	// +optional
	Ingress *IngressReference `json:"ingress,omitempty"`

	// waiters are game servers, sets and namespaces that want the host too, by what their templates say.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Waiters []Holder `json:"waiters,omitempty"`
}

// HostClaimPhase says how far a claim has come.
//
// +kubebuilder:validation:Enum=Pending;Bound
type HostClaimPhase string

// The phases of a claim.
const (
	HostClaimPending HostClaimPhase = "Pending"
	HostClaimBound   HostClaimPhase = "Bound"
)

// IngressReference names the Ingress that a deed is bound to.
type IngressReference struct {
	// namespace of the Ingress.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace"`

	// name of the Ingress.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`

	// uid of the Ingress, which tells it from a later one of the same name.
	// +required
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	UID types.UID `json:"uid"`
}
