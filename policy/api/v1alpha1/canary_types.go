package v1alpha1

// Canary makes the selected sets the canary of another set, id by id.
//
// +kubebuilder:validation:XValidation:rule="[has(self.header), has(self.cookie), has(self.weight)].filter(x, x).size() == 1",message="set exactly one of header, cookie and weight"
// +kubebuilder:validation:XValidation:rule="!has(self.weightTotal) || has(self.weight)",message="weightTotal is allowed with weight only"
// +kubebuilder:validation:XValidation:rule="!has(self.weight) || self.weight <= self.?weightTotal.orValue(100)",message="weight must not exceed weightTotal, which is 100 if it is not set"
type Canary struct {
	// of is the name of the GameServerSet whose servers get this canary: the server of the same id, in the same
	// namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$')",message="the name of a GameServerSet consists of lower-case letters, digits, '-' and '.', and starts and ends with a letter or digit"
	Of string `json:"of"`

	// header leads requests with this header to the canary.
	// +optional
	Header *CanaryHeader `json:"header,omitempty"`

	// cookie leads requests to the canary whose cookie of this name has the value "always".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9_-]+$')",message="the name of a cookie consists of letters, digits, '_' and '-'"
	Cookie string `json:"cookie,omitempty"`

	// weight is the share of the requests that the canary gets, out of weightTotal.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Weight *int32 `json:"weight,omitempty"`

	// weightTotal is what weight is a share of; 100 if it is not set.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	WeightTotal *int32 `json:"weightTotal,omitempty"`
}

// CanaryHeader is the header that leads to the canary.
//
// +kubebuilder:validation:XValidation:rule="has(self.value) != has(self.pattern)",message="set exactly one of value and pattern"
type CanaryHeader struct {
	// name of the header.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$')",message="a header name consists of letters, digits, '-', '_' and '.', and starts and ends with a letter or digit"
	Name string `json:"name"`

	// value that the header must have, literally. It may hold <id>, <gss> and <namespace>.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]([ -~]*[!-~])?$')",message="must be printable ASCII without line breaks and without spaces at either end"
	Value string `json:"value,omitempty"`

	// pattern is an RE2 expression that must match somewhere in the header. It may hold <id>, <gss> and <namespace>.
	// It has to be valid inside a group too, because the gateway puts it into a longer one.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]([ -~]*[!-~])?$')",message="must be printable ASCII without line breaks and without spaces at either end"
	// +kubebuilder:validation:XValidation:rule="''.matches(self.replace('<id>', '0').replace('<gss>', 'a').replace('<namespace>', 'a')) in [true, false] && ''.matches('(?:' + self.replace('<id>', '0').replace('<gss>', 'a').replace('<namespace>', 'a') + ')') in [true, false]",message="must be a valid RE2 expression, without look-around and back-references, and with an \\E for each \\Q"
	Pattern string `json:"pattern,omitempty"`
}
