package v1alpha1

// HostRules says which hosts the selected game servers may serve.
type HostRules struct {
	// allowed are the hosts that may be served: exact ones, or with a leading "*." that stands for exactly one label.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	Allowed []HostPattern `json:"allowed,omitempty"`

	// wildcards are wildcard hosts that may be served as such: "*.example.com", or "*" for Ingress rules without a host.
	// An empty list allows none, whatever a policy of lower priority says.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	Wildcards []WildcardHost `json:"wildcards,omitzero"`

	// template is what the host of each game server must be, with <id> exactly once, such as game<id>.example.com.
	// +optional
	// +kubebuilder:validation:MinLength=4
	// +kubebuilder:validation:MaxLength=240
	// +kubebuilder:validation:XValidation:rule="self.split('<id>').size() == 2",message="must hold <id> exactly once, such as game<id>.example.com"
	// +kubebuilder:validation:XValidation:rule="self.replace('<id>', '2147483647').matches('^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?([.][a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$') && !isIP(self.replace('<id>', '1'))",message="must be a lower-case DNS name for every id, which has up to ten digits, such as game<id>.example.com; labels have at most 63 characters"
	Template string `json:"template,omitempty"`

	// onConflict says what happens to an Ingress whose host another game server holds. Deny refuses it, Quarantine admits
	// it with a class that no gateway serves. Deny, if no policy says anything. There is no default in the schema,
	// because a policy that only lists allowed hosts would then decide this too.
	// +optional
	OnConflict OnConflict `json:"onConflict,omitempty"`
}

// WildcardHost is a host with a wildcard, or a star alone for rules without a host.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self == '*' || self.matches('^[*]([.][a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$')",message="must be a wildcard host such as *.example.com in lower case, or \"*\" for rules without a host; exact hosts belong in allowed"
type WildcardHost = string

// OnConflict says what happens to an Ingress whose host another server holds.
//
// +kubebuilder:validation:Enum=Deny;Quarantine
type OnConflict string

// What can happen on a host conflict.
const (
	OnConflictDeny       OnConflict = "Deny"
	OnConflictQuarantine OnConflict = "Quarantine"
)
