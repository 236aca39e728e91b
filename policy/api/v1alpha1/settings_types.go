package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TrafficSettings are the typed settings of a route.
//
// Durations are plain strings in the schema: what the API server takes for the format "duration" (1d, "1 day") cannot
// be decoded in Go, and one such object would break every informer. Only whole seconds are allowed, because a gateway
// that counts in seconds would have to round.
type TrafficSettings struct {
	// requestTimeout bounds one whole request, from its first byte to the end of the response: whole seconds from 1s to
	// 24h, such as 30s or 1h30m. It also ends long polls and server-sent events.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=18
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}(h|m|s)){1,3}$`
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}(h|m|s)){1,3}$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="must be whole seconds from 1s to 24h, written in h, m and s, such as 30s or 1h30m"
	RequestTimeout *metav1.Duration `json:"requestTimeout,omitempty"`

	// webSocket says that the route must carry WebSockets.
	// +optional
	WebSocket *WebSocket `json:"webSocket,omitempty"`

	// rateLimit bounds the requests of the route.
	// +optional
	RateLimit *RateLimit `json:"rateLimit,omitempty"`

	// retry says how often and when the gateway tries a request again.
	// +optional
	Retry *Retry `json:"retry,omitempty"`

	// canary makes the selected sets the canary of another set, id by id. It is allowed in overrides only.
	// +optional
	Canary *Canary `json:"canary,omitempty"`

	// headers changes headers of requests and responses. Whoever speaks first for a direction decides all of it.
	// +optional
	Headers *Headers `json:"headers,omitempty"`

	// match narrows the route to requests with these headers.
	// +optional
	Match *Match `json:"match,omitempty"`

	// access restricts who may reach the route.
	// +optional
	Access *Access `json:"access,omitempty"`

	// cors lets web pages of other origins call the route.
	// +optional
	CORS *CORS `json:"cors,omitempty"`

	// annotations are anything else that the gateway reads, merged key by key. Values may hold <id>, <gss> and
	// <namespace>. Keys for which there is a typed setting are refused, as are those of Gatehouse and OpenKruiseGame and
	// those that crash or blind Higress.
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.matches('^(gatehouse[.]dev/|game[.]kruise[.]io/|kubernetes[.]io/ingress[.]class$)'))",message="gatehouse.dev/, game.kruise.io/ and kubernetes.io/ingress.class are not a policy's to set: choose a class in the GameServerSet"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.matches('match-(header|pseudo-header|query)') || k.matches('^higress[.]io/(exact|prefix|regex)-match-(header|pseudo-header|query)-.'))",message="a key with match-header, match-pseudo-header or match-query in any other place crashes or blinds Higress: write higress.io/exact-match-query-NAME, with exact, prefix or regex, and query or pseudo-header"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.matches('^(higress[.]io|nginx[.]ingress[.]kubernetes[.]io)/timeout$'))",message="the key timeout is not allowed here: use the setting requestTimeout"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.matches('^(higress[.]io|nginx[.]ingress[.]kubernetes[.]io)/route-limit-'))",message="route-limit-* keys are not allowed here: use the setting rateLimit"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.matches('^(higress[.]io|nginx[.]ingress[.]kubernetes[.]io)/proxy-next-upstream(-.*)?$'))",message="proxy-next-upstream keys are not allowed here: use the setting retry"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.matches('^(higress[.]io|nginx[.]ingress[.]kubernetes[.]io)/canary(-.*)?$'))",message="canary keys are not allowed here: use the setting canary"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.matches('^(higress[.]io|nginx[.]ingress[.]kubernetes[.]io)/(request|response)-header-control-'))",message="request-header-control-* and response-header-control-* keys are not allowed here: use the setting headers"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.matches('^higress[.]io/(exact|prefix|regex)-match-header-.'))",message="exact-match-header-*, prefix-match-header-* and regex-match-header-* keys are not allowed here: use the setting match"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.matches('^(higress[.]io|nginx[.]ingress[.]kubernetes[.]io)/whitelist-source-range$'))",message="the key whitelist-source-range is not allowed here: use the setting access"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.matches('^(higress[.]io|nginx[.]ingress[.]kubernetes[.]io)/(enable-cors|cors-.*)$'))",message="enable-cors and cors-* keys are not allowed here: use the setting cors"
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.matches('^(gatehouse[.]dev/|game[.]kruise[.]io/|kubernetes[.]io/ingress[.]class$)') || (k.matches('match-(header|pseudo-header|query)') && !k.matches('^higress[.]io/(exact|prefix|regex)-match-(header|pseudo-header|query)-.')) || k.matches('^(higress[.]io|nginx[.]ingress[.]kubernetes[.]io)/[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$'))",message="keys are higress.io/NAME or nginx.ingress.kubernetes.io/NAME, where NAME is at most 63 letters, digits, '-', '_' and '.', starting and ending with a letter or digit"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.startsWith('higress.io/regex-match-') || ''.matches(self[k].replace('<id>', '0').replace('<gss>', 'a').replace('<namespace>', 'a')) in [true, false])",message="the value of a regex-match key must be a valid RE2 expression, without look-around and back-references"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.startsWith('higress.io/') || !(('nginx.ingress.kubernetes.io/' + k.substring(11)) in self))",message="higress.io/NAME and nginx.ingress.kubernetes.io/NAME are one knob, of which one value would be lost: keep the one with higress.io/"
	Annotations map[string]AnnotationValue `json:"annotations,omitempty"`
}

// WebSocket says that the route must carry WebSockets.
//
// +kubebuilder:validation:XValidation:rule="self.enabled || !has(self.idleTimeout)",message="idleTimeout is allowed with enabled: true only"
type WebSocket struct {
	// enabled says that nothing on the route may break the upgrade to a WebSocket.
	// +required
	Enabled bool `json:"enabled"`

	// idleTimeout is how long a silent connection must live: whole seconds from 1s to 24h.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=18
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}(h|m|s)){1,3}$`
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}(h|m|s)){1,3}$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="must be whole seconds from 1s to 24h, written in h, m and s, such as 90s or 10m"
	IdleTimeout *metav1.Duration `json:"idleTimeout,omitempty"`
}

// RateLimit bounds the requests of a route, per gateway replica.
//
// The bounds keep rate times burst below 2^32: Higress multiplies them into an unsigned 32-bit number, where a
// larger product wraps round to almost nothing (pkg/ingress/kube/annotations/local_rate_limit.go).
//
// +kubebuilder:validation:XValidation:rule="has(self.requestsPerSecond) != has(self.requestsPerMinute)",message="set exactly one of requestsPerSecond and requestsPerMinute"
type RateLimit struct {
	// requestsPerSecond is the rate that the route sustains, of all clients together, on each replica of the gateway.
	// Excluded by requestsPerMinute. A WebSocket counts once, when it is opened.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	RequestsPerSecond *int32 `json:"requestsPerSecond,omitempty"`

	// requestsPerMinute is the same by the minute. Excluded by requestsPerSecond.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	RequestsPerMinute *int32 `json:"requestsPerMinute,omitempty"`

	// burstMultiplier times the rate is how many requests may come at once. Without it the gateway decides (Higress: 5).
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	BurstMultiplier *int32 `json:"burstMultiplier,omitempty"`
}

// Retry says how often and when the gateway tries again.
//
// +kubebuilder:validation:XValidation:rule="self.attempts > 0 || (!has(self.perTryTimeout) && !has(self.retryOn))",message="attempts: 0 turns retries off; perTryTimeout and retryOn need at least one attempt"
type Retry struct {
	// attempts is how often a request is tried again; 0 turns retries off.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10
	Attempts int32 `json:"attempts"`

	// perTryTimeout bounds each attempt: whole seconds from 1s to 24h.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=18
	// +kubebuilder:validation:Pattern=`^([0-9]{1,5}(h|m|s)){1,3}$`
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,5}(h|m|s)){1,3}$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="must be whole seconds from 1s to 24h, written in h, m and s, such as 2s or 1m"
	PerTryTimeout *metav1.Duration `json:"perTryTimeout,omitempty"`

	// retryOn lists the conditions for another attempt: error, timeout, invalid_header, non_idempotent (also for requests
	// that are not safe to repeat) and status codes such as http_502. (A field named "on" would have to be quoted in
	// every manifest: kubectl reads a bare on as the boolean true.)
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	RetryOn []RetryCondition `json:"retryOn,omitempty"`
}

// RetryCondition is one condition for a retry: error, timeout, invalid_header, non_idempotent or http_NNN. Status
// codes are those with a registered name: Istio drops others (pilot/pkg/networking/core/v1alpha3/route/retry).
//
// +kubebuilder:validation:MaxLength=14
// +kubebuilder:validation:XValidation:rule="self.matches('^(error|timeout|invalid_header|non_idempotent|http_(40[0-9]|41[0-8]|42[1-689]|431|451|50[0-8]|51[01]))$')",message="must be error, timeout, invalid_header, non_idempotent, or http_ with a registered 4xx or 5xx status code such as http_502"
type RetryCondition string

// Access restricts who may reach the route.
type Access struct {
	// allowCIDRs lists the networks whose clients may reach the route; all others are refused by the gateway. A single
	// address is written as 192.0.2.7/32. Bits beyond the prefix must be zero, because of 10.0.0.5/8 it cannot be told
	// whether one client or a whole network is meant.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	AllowCIDRs []CIDR `json:"allowCIDRs"`
}

// CIDR is a network.
//
// +kubebuilder:validation:MaxLength=43
// +kubebuilder:validation:XValidation:rule="isCIDR(self) && cidr(self) == cidr(self).masked()",message="must be a network such as 10.0.0.0/8 or 2001:db8::/32 with zeros after the prefix, or one address such as 192.0.2.7/32"
type CIDR = string
