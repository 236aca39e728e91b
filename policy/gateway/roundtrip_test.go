package gateway_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

var seven = gateway.Vars{Namespace: "arena", Set: "post.io", ID: 7}

// What the engine may ask for, drawn at random, comes out of Higress's own parser as it went in, without a warning.
func TestRenderedValuesMeanWhatTheyWere(t *testing.T) {
	for setting, draw := range generators {
		t.Run(string(setting), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for range 2000 {
				v := draw(r)
				if v.Setting() != setting {
					t.Fatalf("%#v is of setting %q", v, v.Setting())
				}
				checkRender(t, v, seven)
				_, found := gateway.For(gateway.Higress).Render(v, seven)
				for _, f := range found {
					if f.Severity != finding.Info {
						t.Errorf("%#v: %v", v, f)
					}
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

func TestEverySettingHasAGenerator(t *testing.T) {
	for _, s := range gateway.Settings() {
		if generators[s] == nil {
			t.Errorf("no random values for %q", s)
		}
	}
}

var generators = map[gateway.Setting]func(*rand.Rand) gateway.Value{
	gateway.RequestTimeout: func(r *rand.Rand) gateway.Value {
		return gateway.Timeout{Request: seconds(r, 86400)}
	},
	gateway.WebSocketRoute: func(r *rand.Rand) gateway.Value {
		return gateway.WebSocket{Enabled: true, IdleTimeout: seconds(r, 3600)}
	},
	gateway.RateLimiting: func(r *rand.Rand) gateway.Value {
		l := gateway.RateLimit{BurstMultiplier: r.Int32N(100)}
		if rate := 1 + r.Int32N(1_000_000); r.IntN(2) == 0 {
			l.PerSecond = rate
		} else {
			l.PerMinute = rate
		}
		return l
	},
	gateway.Retries: func(r *rand.Rand) gateway.Value {
		v := gateway.Retry{Attempts: r.Int32N(5)}
		if r.IntN(2) == 0 {
			v.PerTry = seconds(r, 60)
		}
		all := []string{"error", "timeout", "invalid_header", "non_idempotent", "http_502", "http_429", "http_500", "http_403"}
		v.On = some(r, all)
		return v
	},
	gateway.CanaryRoute: func(r *rand.Rand) gateway.Value {
		switch r.IntN(4) {
		case 0:
			return gateway.Canary{HeaderName: "X-Version", HeaderValue: fieldText(r)}
		case 1:
			patterns := []string{"v2", "a|b", "^v2$", "v[0-9]+", "(?i)V2", `\Qa|b\E`, " x ", "a{2}", ".*", "x|", `v\d`}
			return gateway.Canary{HeaderName: "X-Version", HeaderPattern: patterns[r.IntN(len(patterns))]}
		case 2:
			return gateway.Canary{Cookie: token(r)}
		default:
			// Shares in tens are exact on Higress.
			weight, total := 10*r.Int32N(11), 100*(1+r.Int32N(3))
			weight *= total / 100
			return gateway.Canary{Weight: &weight, WeightTotal: &total}
		}
	},
	gateway.RequestHeaders: func(r *rand.Rand) gateway.Value { return headers(r, false) },
	gateway.ResponseHeaders: func(r *rand.Rand) gateway.Value {
		return headers(r, true)
	},
	gateway.HeaderMatching: func(r *rand.Rand) gateway.Value {
		var m gateway.Match
		for i := range 1 + r.IntN(4) {
			h := gateway.HeaderMatch{Name: fmt.Sprintf("X-%d", i)}
			switch r.IntN(3) {
			case 0:
				h.Exact = fieldText(r)
			case 1:
				h.Prefix = fieldText(r)
			default:
				h.Regex = []string{"a+", "(a|b)", "^x", `\d{1,3}`}[r.IntN(4)]
			}
			m.Headers = append(m.Headers, h)
		}
		return m
	},
	gateway.AccessControl: func(r *rand.Rand) gateway.Value {
		all := []string{"10.0.0.0/8", "10.1.2.3/8", "192.0.2.7", "2001:db8::/32", "2001:db8::1", "::ffff:10.0.0.1", "0.0.0.0/0", "10.0.0.0/32"}
		return gateway.Access{AllowCIDRs: append(some(r, all), "198.51.100.1")}
	},
	gateway.CrossOrigin: func(r *rand.Rand) gateway.Value {
		v := gateway.CORS{
			AllowOrigins: append(some(r, []string{"https://a.example.com", "http://localhost:3000", "null", "https://a-b.example.com:8443"}), "https://game.example.com"),
			AllowMethods: some(r, []string{"GET", "POST", "PATCH"}), AllowHeaders: some(r, []string{"X-A", "Authorization", "*"}),
			ExposeHeaders: some(r, []string{"X-B", "ETag"}),
		}
		if r.IntN(2) == 0 {
			credentials := r.IntN(2) == 0
			v.AllowCredentials = &credentials
		}
		if r.IntN(2) == 0 {
			v.MaxAge = seconds(r, 86400)
		}
		return v
	},
}

func headers(r *rand.Rand, response bool) gateway.Headers {
	v := gateway.Headers{Response: response, Set: map[string]string{}, Add: map[string]string{}}
	for i := range r.IntN(4) {
		v.Set[fmt.Sprintf("X-Set-%d", i)] = fieldText(r)
		v.Add[fmt.Sprintf("'x-Add-%d'", i)] = fieldText(r)
		v.Remove = append(v.Remove, fmt.Sprintf("X-Remove-%d", i))
	}
	return v
}

func seconds(r *rand.Rand, most int) time.Duration {
	return time.Duration(1+r.IntN(most)) * time.Second
}

func some(r *rand.Rand, all []string) []string {
	var out []string
	for _, s := range all {
		if r.IntN(3) == 0 {
			out = append(out, s)
		}
	}
	return out
}

// fieldText is any legal value of a header, rich in what parsers stumble over.
func fieldText(r *rand.Rand) string {
	alphabet := []string{"a", "Z", "0", " ", "\t", `"`, `'`, ",", ";", ":", ".", "*", "|", "(", ")", "[", "\\", "^", "$", "+", "?", "{",
		"%", "<id>", "<gss>", "<namespace>", "<", ">", "é", "日", "\u00a0", "\u2028", "=", "/"}
	var s string
	for range 1 + r.IntN(8) {
		s += alphabet[r.IntN(len(alphabet))]
	}
	return s
}

func token(r *rand.Rand) string {
	const alphabet = "abcXYZ019!#$&'*+-.^_`|~"
	s := make([]byte, 1+r.IntN(8))
	for i := range s {
		s[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(s)
}
