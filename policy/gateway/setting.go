package gateway

import "time"

// Setting is one typed setting of a policy, named as its path in a settings block.
type Setting string

// The settings. Headers are two settings, because an author speaks for each direction on its own.
const (
	RequestTimeout  Setting = "requestTimeout"
	WebSocketRoute  Setting = "webSocket"
	RateLimiting    Setting = "rateLimit"
	Retries         Setting = "retry"
	CanaryRoute     Setting = "canary"
	RequestHeaders  Setting = "headers.request"
	ResponseHeaders Setting = "headers.response"
	HeaderMatching  Setting = "match"
	AccessControl   Setting = "access"
	CrossOrigin     Setting = "cors"
)

// Settings is every setting, in the order in which they are reported.
func Settings() []Setting {
	return []Setting{
		RequestTimeout, WebSocketRoute, RateLimiting, Retries, CanaryRoute,
		RequestHeaders, ResponseHeaders, HeaderMatching, AccessControl, CrossOrigin,
	}
}

// Value is what a setting is set to. The types of this file are all there are.
type Value interface {
	// Setting is the setting this is a value of.
	Setting() Setting
	sealed()
}

// Timeout bounds one request.
type Timeout struct{ Request time.Duration }

// WebSocket says that the route must carry WebSockets, and how long an idle connection must live.
type WebSocket struct {
	Enabled     bool
	IdleTimeout time.Duration // 0: not asked for
}

// RateLimit bounds the requests of a route; exactly one rate is given. Zero means not given.
type RateLimit struct{ PerSecond, PerMinute, BurstMultiplier int32 }

// Retry says how many times (0: never), how long each time and when the gateway tries again.
type Retry struct {
	Attempts int32
	PerTry   time.Duration // 0: not given
	On       []string      // error, timeout, invalid_header, non_idempotent, http_NNN; none: the gateway's own choice
}

// Canary makes the route the canary of another set's route. Exactly one condition is given: a header with
// HeaderValue (matched literally) or HeaderPattern, a cookie name, or a weight.
type Canary struct {
	Of                                             string
	HeaderName, HeaderValue, HeaderPattern, Cookie string
	Weight, WeightTotal                            *int32
}

// Headers changes the headers of one direction.
type Headers struct {
	Response bool
	Set, Add map[string]string
	Remove   []string
}

// Match narrows the route to requests with all of these headers.
type Match struct{ Headers []HeaderMatch }

// HeaderMatch is one header condition; exactly one of Exact, Prefix and Regex is given.
type HeaderMatch struct{ Name, Exact, Prefix, Regex string }

// Access restricts who may reach the route.
type Access struct{ AllowCIDRs []string }

// CORS is the cross-origin policy of the route.
type CORS struct {
	AllowOrigins, AllowMethods, AllowHeaders, ExposeHeaders []string
	AllowCredentials                                        *bool
	MaxAge                                                  time.Duration // 0: not given
}

// Setting implements Value.
func (Timeout) Setting() Setting { return RequestTimeout }

// Setting implements Value.
func (WebSocket) Setting() Setting { return WebSocketRoute }

// Setting implements Value.
func (RateLimit) Setting() Setting { return RateLimiting }

// Setting implements Value.
func (Retry) Setting() Setting { return Retries }

// Setting implements Value.
func (Canary) Setting() Setting { return CanaryRoute }

// Setting implements Value.
func (h Headers) Setting() Setting {
	if h.Response {
		return ResponseHeaders
	}
	return RequestHeaders
}

// Setting implements Value.
func (Match) Setting() Setting { return HeaderMatching }

// Setting implements Value.
func (Access) Setting() Setting { return AccessControl }

// Setting implements Value.
func (CORS) Setting() Setting { return CrossOrigin }

func (Timeout) sealed()   {}
func (WebSocket) sealed() {}
func (RateLimit) sealed() {}
func (Retry) sealed()     {}
func (Canary) sealed()    {}
func (Headers) sealed()   {}
func (Match) sealed()     {}
func (Access) sealed()    {}
func (CORS) sealed()      {}
