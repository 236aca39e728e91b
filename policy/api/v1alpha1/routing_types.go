package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Canary makes the selected sets the canary of another set, id by id.
//
// +kubebuilder:validation:XValidation:rule="[has(self.header), has(self.cookie), has(self.weight)].filter(x, x).size() == 1",message="set exactly one of header, cookie and weight"
// +kubebuilder:validation:XValidation:rule="!has(self.weightTotal) || has(self.weight)",message="weightTotal is allowed with weight only"
// +kubebuilder:validation:XValidation:rule="!has(self.weight) || self.weight <= self.?weightTotal.orValue(100)",message="weight must not exceed weightTotal, which is 100 if it is not set"
type Canary struct {
	// Of is the name of the GameServerSet whose servers get this canary: the server of the same id, in the same
	// namespace.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$')",message="the name of a GameServerSet consists of lower-case letters, digits, '-' and '.', and starts and ends with a letter or digit"
	Of string `json:"of"`

	// Header leads requests with this header to the canary.
	// +optional
	Header *CanaryHeader `json:"header,omitempty"`

	// Cookie leads requests to the canary whose cookie of this name has the value "always".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9_-]+$')",message="the name of a cookie consists of letters, digits, '_' and '-'"
	Cookie string `json:"cookie,omitempty"`

	// Weight is the share of the requests that the canary gets, out of weightTotal.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Weight *int32 `json:"weight,omitempty"`

	// WeightTotal is what weight is a share of; 100 if it is not set.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	WeightTotal *int32 `json:"weightTotal,omitempty"`
}

// CanaryHeader is the header that leads to the canary.
//
// +kubebuilder:validation:XValidation:rule="has(self.value) != has(self.pattern)",message="set exactly one of value and pattern"
type CanaryHeader struct {
	// Name of the header.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$')",message="a header name consists of letters, digits, '-', '_' and '.', and starts and ends with a letter or digit"
	Name string `json:"name"`

	// Value that the header must have, literally.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]([ -~]*[!-~])?$')",message="must be printable ASCII without line breaks and without spaces at either end"
	Value string `json:"value,omitempty"`

	// Pattern is an RE2 expression that must match somewhere in the header.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^[!-~]([ -~]*[!-~])?$')",message="must be printable ASCII without line breaks and without spaces at either end"
	// +kubebuilder:validation:XValidation:rule="''.matches(self) in [true, false]",message="must be a valid RE2 expression, without look-around and back-references"
	Pattern string `json:"pattern,omitempty"`
}

// Match narrows the route to requests with these headers.
type Match struct {
	// Headers are the conditions; all of them must hold.
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
	// Name of the header. It becomes part of an annotation key, which bounds its length.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=43
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$')",message="a header name consists of letters, digits, '-', '_' and '.', and starts and ends with a letter or digit"
	Name string `json:"name"`

	// Exact is the value that the header must have. It may hold <id>, <gss> and <namespace>.
	// +optional
	Exact MatchValue `json:"exact,omitempty"`

	// Prefix is what the value of the header must start with. It may hold <id>, <gss> and <namespace>.
	// +optional
	Prefix MatchValue `json:"prefix,omitempty"`

	// Regex is an RE2 expression that the whole value of the header must match. It may hold <id>, <gss> and <namespace>.
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
type Headers struct {
	// Request changes the headers that the game server gets.
	// +optional
	Request *HeaderChange `json:"request,omitempty"`

	// Response changes the headers that the client gets.
	// +optional
	Response *HeaderChange `json:"response,omitempty"`
}

// HeaderChange sets, adds and removes headers in one direction.
//
// +kubebuilder:validation:XValidation:rule="!has(self.set) || !has(self.add) || self.set.all(a, self.add.all(b, a.lowerAscii() != b.lowerAscii()))",message="a header may stand in only one of set, add and remove; names that differ in upper and lower case alone are the same header"
// +kubebuilder:validation:XValidation:rule="!has(self.set) || !has(self.remove) || self.set.all(a, self.remove.all(b, a.lowerAscii() != b.lowerAscii()))",message="a header may stand in only one of set, add and remove; names that differ in upper and lower case alone are the same header"
// +kubebuilder:validation:XValidation:rule="!has(self.add) || !has(self.remove) || self.add.all(a, self.remove.all(b, a.lowerAscii() != b.lowerAscii()))",message="a header may stand in only one of set, add and remove; names that differ in upper and lower case alone are the same header"
type HeaderChange struct {
	// Set gives each of these headers this one value, whatever it had. Values may hold <id>, <gss> and <namespace>.
	// +optional
	Set HeaderValues `json:"set,omitempty"`

	// Add appends a value to each of these headers. Values may hold <id>, <gss> and <namespace>.
	// +optional
	Add HeaderValues `json:"add,omitempty"`

	// Remove takes these headers away.
	// +optional
	// +listType=set
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

// CORS is the cross-origin policy of the route.
//
// +kubebuilder:validation:XValidation:rule="!has(self.allowCredentials) || !self.allowCredentials || (has(self.allowOrigins) && !('*' in self.allowOrigins))",message="allowCredentials: true needs allowOrigins that name the origins: with \"*\", any web page could act for a player who is logged in"
type CORS struct {
	// AllowOrigins are the origins whose pages may call the route: "*" for all, or scheme://host[:port], where the host
	// may start with "*." for its subdomains. All origins if it is not set.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:XValidation:rule="!('*' in self) || size(self) == 1",message="\"*\" allows every origin and stands alone"
	AllowOrigins []Origin `json:"allowOrigins,omitempty"`

	// AllowMethods are the methods that such a page may use, or "*" alone. If it is not set: the gateway's own list.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=9
	// +kubebuilder:validation:XValidation:rule="!('*' in self) || size(self) == 1",message="\"*\" allows every method and stands alone"
	AllowMethods []CORSMethod `json:"allowMethods,omitempty"`

	// AllowHeaders are the request headers that such a page may send, or "*" alone. If it is not set: the gateway's own
	// list.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:XValidation:rule="!('*' in self) || size(self) == 1",message="\"*\" allows every header and stands alone"
	AllowHeaders []CORSHeader `json:"allowHeaders,omitempty"`

	// ExposeHeaders are the response headers that such a page may read, or "*" alone.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:XValidation:rule="!('*' in self) || size(self) == 1",message="\"*\" exposes every header and stands alone"
	ExposeHeaders []CORSHeader `json:"exposeHeaders,omitempty"`

	// AllowCredentials lets such a page send cookies and credentials. False if it is not set, whatever the gateway's own
	// default is.
	// +optional
	AllowCredentials *bool `json:"allowCredentials,omitempty"`

	// MaxAge is how long a browser may remember the answer to a preflight request: whole seconds from 0s to 720h.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=18
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}(h|m|s)){1,3}$`
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}(h|m|s)){1,3}$') && duration(self) <= duration('720h')",message="must be whole seconds from 0s to 720h, written in h, m and s, such as 10m or 24h"
	MaxAge *metav1.Duration `json:"maxAge,omitempty"`
}

// Origin is the origin of a web page.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self == '*' || self.matches('^[a-z][a-z0-9+.-]*://([*][.])?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:[1-9][0-9]{0,4})?$')",message="an origin is \"*\" or scheme://host[:port] in lower case without a path, such as https://play.example.com; the host may start with \"*.\""
type Origin = string

// CORSMethod is an HTTP method, or a star for all.
//
// +kubebuilder:validation:Enum=GET;HEAD;POST;PUT;DELETE;CONNECT;OPTIONS;TRACE;PATCH;"*"
type CORSMethod = string

// CORSHeader is the name of a header, or a star for all.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self == '*' || self.matches('^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$')",message="a header name consists of letters, digits, '-', '_' and '.', and starts and ends with a letter or digit; \"*\" stands for all"
type CORSHeader = string
