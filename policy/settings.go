package policy

import (
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// block is one compiled settings block of a policy: typed values, at most one per setting, and raw annotations.
type block struct {
	values map[gateway.Setting]gateway.Value
	raw    []annotation
}

type annotation struct{ key, value string }

// compileSettings translates a settings block of the API into the neutral model of the gateways. It checks nothing:
// the CRD's schema and CEL rules have.
func compileSettings(s *v1alpha1.TrafficSettings) block {
	b := block{values: map[gateway.Setting]gateway.Value{}}
	if s == nil {
		return b
	}
	put := func(v gateway.Value) { b.values[v.Setting()] = v }
	if s.RequestTimeout != nil {
		put(gateway.Timeout{Request: s.RequestTimeout.Duration})
	}
	if s.WebSocket != nil {
		put(gateway.WebSocket{Enabled: s.WebSocket.Enabled, IdleTimeout: duration(s.WebSocket.IdleTimeout)})
	}
	if r := s.RateLimit; r != nil {
		put(gateway.RateLimit{
			PerSecond: value(r.RequestsPerSecond), PerMinute: value(r.RequestsPerMinute), BurstMultiplier: value(r.BurstMultiplier),
		})
	}
	if r := s.Retry; r != nil {
		put(gateway.Retry{Attempts: r.Attempts, PerTry: duration(r.PerTryTimeout), On: conditions(r.RetryOn)})
	}
	if s.Canary != nil {
		put(compileCanary(s.Canary))
	}
	if s.Headers != nil {
		if h := s.Headers.Request; h != nil {
			put(gateway.Headers{Set: h.Set, Add: h.Add, Remove: h.Remove})
		}
		if h := s.Headers.Response; h != nil {
			put(gateway.Headers{Response: true, Set: h.Set, Add: h.Add, Remove: h.Remove})
		}
	}
	if s.Match != nil {
		put(compileMatch(s.Match))
	}
	if s.Access != nil {
		put(gateway.Access{AllowCIDRs: s.Access.AllowCIDRs})
	}
	if c := s.CORS; c != nil {
		put(gateway.CORS{
			AllowOrigins: c.AllowOrigins, AllowMethods: c.AllowMethods, AllowHeaders: c.AllowHeaders, ExposeHeaders: c.ExposeHeaders,
			AllowCredentials: c.AllowCredentials, MaxAge: duration(c.MaxAge),
		})
	}
	for k, v := range s.Annotations {
		b.raw = append(b.raw, annotation{k, v})
	}
	slices.SortFunc(b.raw, func(x, y annotation) int { return cmp.Compare(x.key, y.key) })
	return b
}

func compileCanary(c *v1alpha1.Canary) gateway.Canary {
	out := gateway.Canary{Of: c.Of, Cookie: c.Cookie, Weight: c.Weight, WeightTotal: c.WeightTotal}
	if c.Header != nil {
		out.HeaderName, out.HeaderValue, out.HeaderPattern = c.Header.Name, c.Header.Value, c.Header.Pattern
	}
	return out
}

func compileMatch(m *v1alpha1.Match) gateway.Match {
	out := gateway.Match{Headers: make([]gateway.HeaderMatch, 0, len(m.Headers))}
	for _, h := range m.Headers {
		out.Headers = append(out.Headers, gateway.HeaderMatch{Name: h.Name, Exact: h.Exact, Prefix: h.Prefix, Regex: h.Regex})
	}
	return out
}

func conditions(on []v1alpha1.RetryCondition) []string {
	out := make([]string, 0, len(on))
	for _, c := range on {
		out = append(out, string(c))
	}
	return out
}

func duration(d *metav1.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return d.Duration
}

func value(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}
