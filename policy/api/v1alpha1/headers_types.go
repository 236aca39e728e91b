package v1alpha1

// Match narrows the route to requests with these headers.
type Match struct {
	// headers are the conditions; all of them must hold.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, a.name.lowerAscii() == b.name.lowerAscii()))",message="each header may be named once, and names that differ in upper and lower case alone are the same header"
	Headers []HeaderMatch `json:"headers"`
}

// HeaderMatch is one header condition: exactly one of exact, prefix and regex.
//
// +kubebuilder:validation:XValidation:rule="[has(self.exact), has(self.prefix), has(self.regex)].filter(x, x).size() == 1",message="set exactly one of exact, prefix and regex"
type HeaderMatch struct {
	// name of the header. It becomes part of an annotation key, which bounds its length: with the longest prefix,
	// prefix-match-header-, a name of 43 characters fills the 63 that Kubernetes allows.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=43
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$')",message="a header name consists of letters, digits, '-', '_' and '.', and starts and ends with a letter or digit"
	// +kubebuilder:validation:XValidation:rule="!self.matches('match-(header|pseudo-header|query)')",message="must not hold match-header, match-pseudo-header or match-query: by these words Higress finds conditions, wherever they stand in an annotation key"
	Name string `json:"name"`

	// exact is the value that the header must have. It may hold <id>, <gss> and <namespace>.
	// +optional
	Exact MatchValue `json:"exact,omitempty"`

	// prefix is what the value of the header must start with. It may hold <id>, <gss> and <namespace>.
	// +optional
	Prefix MatchValue `json:"prefix,omitempty"`

	// regex is an RE2 expression that the whole value of the header must match. It may hold <id>, <gss> and <namespace>.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]([ -~]*[!-~])?$')",message="must be printable ASCII without line breaks and without spaces at either end"
	// +kubebuilder:validation:XValidation:rule="''.matches(self.replace('<id>', '0').replace('<gss>', 'a').replace('<namespace>', 'a')) in [true, false]",message="must be a valid RE2 expression, without look-around and back-references"
	Regex string `json:"regex,omitempty"`
}

// MatchValue is what a header is compared with.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=256
// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]([ -~]*[!-~])?$')",message="must be printable ASCII without line breaks and without spaces at either end"
// +kubebuilder:validation:XValidation:rule="!self.replace('<id>', '0').replace('<gss>', '0').replace('<namespace>', '0').matches('<[A-Za-z]+>')",message="the placeholders are <id>, <gss> and <namespace>"
type MatchValue = string

// Headers changes request and response headers.
//
// +kubebuilder:validation:MinProperties=1
type Headers struct {
	// request changes the headers that the game server gets.
	// +optional
	Request *HeaderChange `json:"request,omitempty"`

	// response changes the headers that the client gets.
	// +optional
	Response *HeaderChange `json:"response,omitempty"`
}

// HeaderChange sets, adds and removes headers in one direction. It has to say something: an empty one could be read as
// "leave the headers alone" and as "whatever others say".
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="!has(self.set) || !has(self.add) || self.set.all(a, self.add.all(b, a.lowerAscii() != b.lowerAscii()))",message="a header may stand in only one of set, add and remove; names that differ in upper and lower case alone are the same header"
// +kubebuilder:validation:XValidation:rule="!has(self.set) || !has(self.remove) || self.set.all(a, self.remove.all(b, a.lowerAscii() != b.lowerAscii()))",message="a header may stand in only one of set, add and remove; names that differ in upper and lower case alone are the same header"
// +kubebuilder:validation:XValidation:rule="!has(self.add) || !has(self.remove) || self.add.all(a, self.remove.all(b, a.lowerAscii() != b.lowerAscii()))",message="a header may stand in only one of set, add and remove; names that differ in upper and lower case alone are the same header"
type HeaderChange struct {
	// set gives each of these headers this one value, whatever it had. Values may hold <id>, <gss> and <namespace>.
	// +optional
	Set HeaderValues `json:"set,omitempty"`

	// add appends a value to each of these headers. Values may hold <id>, <gss> and <namespace>.
	// +optional
	Add HeaderValues `json:"add,omitempty"`

	// remove takes these headers away.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Remove []HeaderName `json:"remove,omitempty"`
}

// HeaderName is the name of a header that is changed.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$')",message="a header name consists of letters, digits, '-', '_' and '.', and starts and ends with a letter or digit"
// +kubebuilder:validation:XValidation:rule="self.lowerAscii() != 'host'",message="the header Host cannot be changed: the gateway ignores it"
type HeaderName = string
