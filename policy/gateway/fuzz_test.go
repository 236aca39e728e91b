package gateway_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// FuzzRender feeds the renderer with values that the CRD's rules would never let through: it must not panic, and what
// it renders is legal, accepted and, unless it warns, means what was asked for.
func FuzzRender(f *testing.F) {
	f.Add(uint8(0), "", "", "", int64(30_000_000_000), int32(0), int32(0))
	f.Add(uint8(2), "", "", "", int64(0), int32(50), int32(3))
	f.Add(uint8(3), "error", "timeout", "http_502", int64(2_000_000_000), int32(2), int32(0))
	f.Add(uint8(4), "X-Version", "v2.0 (beta)|<id>", "", int64(0), int32(0), int32(0))
	f.Add(uint8(5), "X-Version", "a|b", "", int64(0), int32(0), int32(0))
	f.Add(uint8(6), "v.2", "", "", int64(0), int32(53), int32(100))
	f.Add(uint8(7), "X-Server", "<id> 100%", "Via", int64(0), int32(0), int32(0))
	f.Add(uint8(9), "X-Server", "<gss>-<id>", "match-query", int64(0), int32(0), int32(0))
	f.Add(uint8(10), "10.0.0.5/8", "::1", "*", int64(0), int32(0), int32(0))
	f.Add(uint8(11), "https://*.example.com", "GET", "X-A", int64(1_000_000_000), int32(1), int32(0))
	f.Fuzz(func(t *testing.T, kind uint8, a, b, c string, d int64, n, m int32) {
		checkRender(t, fuzzed(kind%12, a, b, c, time.Duration(d), n, m), seven)
	})
}

func fuzzed(kind uint8, a, b, c string, d time.Duration, n, m int32) gateway.Value {
	switch kind {
	case 0:
		return gateway.Timeout{Request: d}
	case 1:
		return gateway.WebSocket{Enabled: n != 0, IdleTimeout: d}
	case 2:
		return gateway.RateLimit{PerSecond: n, BurstMultiplier: m, PerMinute: int32(d % 3)}
	case 3:
		return gateway.Retry{Attempts: n, PerTry: d, On: []string{a, b, c}}
	case 4:
		return gateway.Canary{HeaderName: a, HeaderValue: b, Cookie: c}
	case 5:
		return gateway.Canary{HeaderName: a, HeaderPattern: b}
	case 6:
		if a != "" {
			return gateway.Canary{Cookie: a}
		}
		return gateway.Canary{Weight: &n, WeightTotal: &m}
	case 7, 8:
		return gateway.Headers{
			Response: kind == 8, Set: map[string]string{a: b, c: "x"}, Add: map[string]string{strings.ToLower(a): b, a: c}, Remove: []string{c},
		}
	case 9:
		return gateway.Match{Headers: []gateway.HeaderMatch{{Name: a, Exact: b}, {Name: c, Prefix: b}, {Name: a + "1", Regex: b}}}
	case 10:
		return gateway.Access{AllowCIDRs: []string{a, b, c}}
	default:
		credentials := n > 0
		return gateway.CORS{AllowOrigins: []string{a}, AllowMethods: []string{b}, AllowHeaders: []string{c}, AllowCredentials: &credentials, MaxAge: d}
	}
}

// FuzzRaw feeds the judgement of raw annotations, of twins and of upgrades: any key and value has an answer, keys that
// crash the controller are never let through, and values are accepted exactly where the reference reads something.
func FuzzRaw(f *testing.F) {
	for _, key := range []string{"higress.io/timeout", np + "canary", hp + "proxy-next-upstream", hp + "whitelist-source-range", "match-header-x", hp + "match-method",
		hp + "exact-match-header-x", hp + "request-header-control-add", np + "ssl-redirect", hp + "request-header-control-remove", hp + "upstream-vhost"} {
		f.Add(key, "30")
		f.Add(key, "a b\n c")
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		d := gateway.For(gateway.Higress)
		found := d.CheckRaw(key, value)
		for _, one := range append(found, d.Upgrade(map[string]string{key: value})...) {
			if strings.Contains(one.String(), "%") && !strings.Contains(key, "%") {
				t.Errorf("%q=%q: %v", key, value, one)
			}
		}
		if panics(key) && (len(found) != 1 || found[0].Severity != "Error") {
			t.Errorf("%q crashes the controller: %v", key, found)
		}
		if _, typed := d.SettingOf(key); typed && !d.Reads(key) || !d.Reads(key) && d.Accepts(key, value) {
			t.Errorf("%q belongs to a setting or takes a value without being read", key)
		}
		if twin, ok := d.Twin(key); ok && (!d.Reads(twin) || d.Canonical(twin) != key || d.Accepts(key, value) != d.Accepts(twin, value)) {
			t.Errorf("%q and its twin %q are not alike", key, twin)
		}
		if want, known := taken(key, value); known && d.Accepts(key, value) != want {
			t.Errorf("%q=%q accepted: %v", key, value, !want)
		}
	})
}

// taken tells whether the reference reads anything from a value.
func taken(key, value string) (yes, known bool) {
	ref := reference{key: value}
	switch strings.TrimPrefix(key, hp) {
	case "timeout", "route-limit-rps", "route-limit-rpm":
		_, ok := asInt(value)
		return ok, true
	case "canary", "enable-cors", "ssl-redirect":
		_, ok := asBool(value)
		return ok, true
	case "upstream-vhost", "rewrite-target", "canary-by-header":
		_, ok := asText(value)
		return ok, true
	case "whitelist-source-range":
		return len(ref.allow()) > 0, true
	case "request-header-control-remove":
		return len(trimmed(value, ",")) > 0, true
	case "proxy-next-upstream":
		got := ref.retries()
		words := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		if len(words) != 1 || strings.TrimSpace(words[0]) != words[0] {
			return false, false
		}
		return !got.same(reference{hp + "proxy-next-upstream": "unknown"}.retries()), true
	}
	return false, false
}
