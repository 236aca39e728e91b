package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CORS is the cross-origin policy of the route.
//
// +kubebuilder:validation:XValidation:rule="!has(self.allowCredentials) || !self.allowCredentials || !('*' in self.allowOrigins)",message="allowCredentials: true needs allowOrigins that name the origins: with \"*\", any web page could act for a player who is logged in"
type CORS struct {
	// allowOrigins are the origins whose pages may call the route: "*" for all, or scheme://host[:port], where the host
	// may start with "*." for its subdomains. It must be said, because gateways let every origin in where nothing is.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:XValidation:rule="!('*' in self) || size(self) == 1",message="\"*\" allows every origin and stands alone"
	AllowOrigins []Origin `json:"allowOrigins"`

	// allowMethods are the methods that such a page may use, or "*" alone. If it is not set: the gateway's own list.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=9
	// +kubebuilder:validation:XValidation:rule="!('*' in self) || size(self) == 1",message="\"*\" allows every method and stands alone"
	AllowMethods []CORSMethod `json:"allowMethods,omitempty"`

	// allowHeaders are the request headers that such a page may send, or "*" alone. If it is not set: the gateway's own
	// list.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:XValidation:rule="!('*' in self) || size(self) == 1",message="\"*\" allows every header and stands alone"
	AllowHeaders []CORSHeader `json:"allowHeaders,omitempty"`

	// exposeHeaders are the response headers that such a page may read, or "*" alone.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:XValidation:rule="!('*' in self) || size(self) == 1",message="\"*\" exposes every header and stands alone"
	ExposeHeaders []CORSHeader `json:"exposeHeaders,omitempty"`

	// allowCredentials lets such a page send cookies and credentials. False if it is not set, whatever the gateway's own
	// default is.
	// +optional
	AllowCredentials *bool `json:"allowCredentials,omitempty"`

	// maxAge is how long a browser may remember the answer to a preflight request: whole seconds from 1s to 720h. If it
	// is not set: the gateway's own default.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=18
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}(h|m|s)){1,3}$`
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}(h|m|s)){1,3}$') && duration(self) >= duration('1s') && duration(self) <= duration('720h')",message="must be whole seconds from 1s to 720h, written in h, m and s, such as 10m or 24h"
	MaxAge *metav1.Duration `json:"maxAge,omitempty"`
}

// Origin is the origin of a web page.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self == '*' || self.matches('^[a-z][a-z0-9+.-]*://([*][.])?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?([.][a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?$')",message="an origin is \"*\" or scheme://host[:port] in lower case without a path, such as https://play.example.com; the host may start with \"*.\""
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
