package gateway_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

func to[T any](v T) *T { return &v }

// What exactly stands on an Ingress, and in which field something is said about it.
func TestRender(t *testing.T) {
	for _, c := range []struct {
		name  string
		value gateway.Value
		want  map[string]string
		said  []string // CODE field
	}{
		{"a timeout in seconds", gateway.Timeout{Request: 30 * time.Second}, map[string]string{"higress.io/timeout": "30"}, nil},
		{"a day", gateway.Timeout{Request: 24 * time.Hour}, map[string]string{"higress.io/timeout": "86400"}, nil},
		{"a fraction is not rounded", gateway.Timeout{Request: 1500 * time.Millisecond}, nil, []string{"GH501 requestTimeout"}},
		{"no timeout", gateway.Timeout{}, nil, []string{"GH501 requestTimeout"}},

		{"WebSocket is carried as it is", gateway.WebSocket{Enabled: true}, nil, []string{"GH502 webSocket.enabled"}},
		{"an idle timeout is the gateway's", gateway.WebSocket{Enabled: true, IdleTimeout: time.Minute}, nil, []string{"GH502 webSocket.idleTimeout"}},
		{"WebSocket cannot be switched off", gateway.WebSocket{}, nil, []string{"GH501 webSocket.enabled"}},

		{"a rate per second", gateway.RateLimit{PerSecond: 50, BurstMultiplier: 3},
			map[string]string{"higress.io/route-limit-rps": "50", "higress.io/route-limit-burst-multiplier": "3"}, nil},
		{"a rate per minute", gateway.RateLimit{PerMinute: 60}, map[string]string{"higress.io/route-limit-rpm": "60"}, nil},
		{"both rates", gateway.RateLimit{PerSecond: 1, PerMinute: 1}, nil, []string{"GH501 rateLimit"}},
		{"no rate", gateway.RateLimit{BurstMultiplier: 3}, nil, []string{"GH501 rateLimit"}},
		{"a negative rate is no limit", gateway.RateLimit{PerSecond: -1}, nil, []string{"GH501 rateLimit.requestsPerSecond"}},
		{"a negative rate per minute", gateway.RateLimit{PerMinute: -1}, nil, []string{"GH501 rateLimit.requestsPerMinute"}},
		{"a negative burst", gateway.RateLimit{PerSecond: 1, BurstMultiplier: -1}, nil, []string{"GH501 rateLimit.burstMultiplier"}},
		{"a bucket past 32 bits", gateway.RateLimit{PerSecond: 858993460}, nil, []string{"GH501 rateLimit"}},
		{"a bucket of 32 bits", gateway.RateLimit{PerSecond: 858993459},
			map[string]string{"higress.io/route-limit-rps": "858993459"}, nil},

		{"retries", gateway.Retry{Attempts: 2, PerTry: 2 * time.Second, On: []string{"error", "timeout", "http_502"}}, map[string]string{
			"higress.io/proxy-next-upstream-tries": "2", "higress.io/proxy-next-upstream-timeout": "2",
			"higress.io/proxy-next-upstream": "error,timeout,http_502"}, nil},
		{"retries off", gateway.Retry{PerTry: time.Second, On: []string{"error"}}, map[string]string{"higress.io/proxy-next-upstream": "off"}, nil},
		{"retries as the gateway likes", gateway.Retry{Attempts: 1}, map[string]string{"higress.io/proxy-next-upstream-tries": "1"}, nil},
		{"which requests is not when", gateway.Retry{Attempts: 1, On: []string{"non_idempotent"}}, map[string]string{
			"higress.io/proxy-next-upstream-tries": "1", "higress.io/proxy-next-upstream": "error,non_idempotent"}, nil},
		{"unknown conditions", gateway.Retry{Attempts: 1, On: []string{"off", "http_999", "http_abc", "5xx", "error"}}, map[string]string{
			"higress.io/proxy-next-upstream-tries": "1", "higress.io/proxy-next-upstream": "error"},
			[]string{"GH501 retry.retryOn[0]", "GH501 retry.retryOn[1]", "GH501 retry.retryOn[2]", "GH501 retry.retryOn[3]"}},
		{"a fraction for each try", gateway.Retry{Attempts: 1, PerTry: time.Millisecond}, map[string]string{"higress.io/proxy-next-upstream-tries": "1"},
			[]string{"GH501 retry.perTryTimeout"}},
		{"negative attempts", gateway.Retry{Attempts: -1}, nil, []string{"GH501 retry.attempts"}},

		{"a canary header value is literal", gateway.Canary{HeaderName: "X-Version", HeaderValue: "v2.0 <gss>"}, map[string]string{
			"higress.io/canary": "true", "higress.io/canary-by-header": "X-Version", "higress.io/canary-by-header-value": `v2\.0 post\.io`},
			[]string{"GH504 canary.header.value"}},
		{"a canary header pattern", gateway.Canary{HeaderName: "X-Version", HeaderPattern: "a|<gss>"}, map[string]string{
			"higress.io/canary": "true", "higress.io/canary-by-header": "X-Version", "higress.io/canary-by-header-pattern": `(?:a|post\.io)`}, nil},
		{"a broken pattern", gateway.Canary{HeaderName: "X-Version", HeaderPattern: "("}, nil, []string{"GH501 canary.header.pattern"}},
		{"a pattern that breaks out of its group", gateway.Canary{HeaderName: "X", HeaderPattern: `a|\Qb`}, nil, []string{"GH501 canary.header.pattern"}},
		{"a canary cookie is literal", gateway.Canary{Cookie: "v.2"}, map[string]string{
			"higress.io/canary": "true", "higress.io/canary-by-cookie": `v\.2`}, nil},
		{"a canary weight", gateway.Canary{Weight: to[int32](20)}, map[string]string{"higress.io/canary": "true", "higress.io/canary-weight": "20"}, nil},
		{"a canary weight of nothing", gateway.Canary{Weight: to[int32](0)}, map[string]string{"higress.io/canary": "true", "higress.io/canary-weight": "0"}, nil},
		{"a share that is lost", gateway.Canary{Weight: to[int32](1), WeightTotal: to[int32](1000)}, map[string]string{"higress.io/canary": "true",
			"higress.io/canary-weight": "1", "higress.io/canary-weight-total": "1000"}, []string{"GH501 canary.weight"}},
		{"a share that single precision cuts", gateway.Canary{Weight: to[int32](53)}, map[string]string{"higress.io/canary": "true",
			"higress.io/canary-weight": "53"}, []string{"GH501 canary.weight"}},
		{"more than all", gateway.Canary{Weight: to[int32](101)}, nil, []string{"GH501 canary.weight"}},
		{"a canary without condition", gateway.Canary{Of: "post"}, nil, []string{"GH501 canary"}},
		{"a canary with two", gateway.Canary{Cookie: "a", Weight: to[int32](1)}, nil, []string{"GH501 canary"}},
		{"a canary header without value", gateway.Canary{HeaderName: "X"}, nil, []string{"GH501 canary.header"}},
		{"a canary header name with a space", gateway.Canary{HeaderName: "X Y", HeaderValue: "v"}, nil, []string{"GH501 canary.header.name"}},
		{"a canary cookie that is none", gateway.Canary{Cookie: "a;b"}, nil, []string{"GH501 canary.cookie"}},
		{"a canary header value with a line break", gateway.Canary{HeaderName: "X", HeaderValue: "a\nb"}, nil, []string{"GH501 canary.header.value"}},

		{"headers in order", gateway.Headers{
			Set: map[string]string{"X-Server": "<id>", "X-Game": "a  b"}, Add: map[string]string{"X-Ns": "<namespace>"}, Remove: []string{"Server", "Via"},
		}, map[string]string{
			"higress.io/request-header-control-update": "X-Game a  b\nX-Server 7", "higress.io/request-header-control-add": "X-Ns arena",
			"higress.io/request-header-control-remove": "Server,Via"}, nil},
		{"header values that need quotes", gateway.Headers{Response: true, Set: map[string]string{"A": ` x `, "B": `"q"`, "C": `a "b" c`, "D": `'`, "E": "''"}},
			map[string]string{"higress.io/response-header-control-update": "A \" x \"\nB \"\"q\"\"\nC a \"b\" c\nD '\nE \"''\""}, nil},
		{"percent signs are themselves", gateway.Headers{Set: map[string]string{"X-Off": "50%", "X-Var": "%REQ(a)%"}},
			map[string]string{"higress.io/request-header-control-update": "X-Off 50%%\nX-Var %%REQ(a)%%"}, nil},
		{"headers out of reach", gateway.Headers{
			Set: map[string]string{"Host": "a", ":path": "/", "X-Empty": "", "X-Break": "a\nb", "X-A": "1", "x-a": "2", "a b": "3"}, Remove: []string{"host", ":method", ""},
		}, map[string]string{"higress.io/request-header-control-update": "X-A 1"}, []string{
			"GH501 headers.request.remove[0]", "GH501 headers.request.remove[1]", "GH501 headers.request.remove[2]",
			`GH501 headers.request.set[":path"]`, `GH501 headers.request.set["a b"]`, "GH501 headers.request.set[Host]", "GH501 headers.request.set[X-Break]",
			"GH501 headers.request.set[X-Empty]", "GH501 headers.request.set[x-a]"}},

		{"conditions", gateway.Match{Headers: []gateway.HeaderMatch{
			{Name: "X-Server", Exact: "<id>"}, {Name: "X-Game", Prefix: "<gss>-"}, {Name: "X-Any", Regex: "<gss>|b"},
		}}, map[string]string{
			"higress.io/exact-match-header-X-Server": "7", "higress.io/prefix-match-header-X-Game": "post.io-", "higress.io/regex-match-header-X-Any": `post\.io|b`}, nil},
		{"a second condition on a header", gateway.Match{Headers: []gateway.HeaderMatch{{Name: "X-A", Exact: "1"}, {Name: "x-a", Prefix: "2"}}},
			nil, []string{"GH501 match.headers[1].name"}},
		{"one condition that cannot be told takes the others with it", gateway.Match{Headers: []gateway.HeaderMatch{{Name: "X-A", Exact: "1"}, {Name: "x-match-query", Exact: "2"}}},
			nil, []string{"GH501 match.headers[1].name"}},
		{"names that no key can hold", gateway.Match{Headers: []gateway.HeaderMatch{
			{Name: ":path", Exact: "1"}, {Name: "", Exact: "1"}, {Name: "a!", Exact: "1"}, {Name: "x-match-query", Exact: "1"}, {Name: "match-header-x", Exact: "1"},
			{Name: "a-name-of-forty-five-characters-is-one-too-ma", Exact: "1"}, {Name: "x-", Exact: "1"},
		}}, nil, []string{"GH501 match.headers[0].name", "GH501 match.headers[1].name", "GH501 match.headers[2].name", "GH501 match.headers[3].name",
			"GH501 match.headers[4].name", "GH501 match.headers[5].name", "GH501 match.headers[6].name"}},
		{"the longest name", gateway.Match{Headers: []gateway.HeaderMatch{{Name: "a-name-of-forty-four-characters-just-fits-in", Exact: "1"}}},
			map[string]string{"higress.io/exact-match-header-a-name-of-forty-four-characters-just-fits-in": "1"}, nil},
		{"conditions that are none", gateway.Match{Headers: []gateway.HeaderMatch{{Name: "a"}, {Name: "a", Exact: "1", Regex: "1"}, {Name: "a", Regex: "("}, {Name: "a", Exact: "\x00"}}},
			nil, []string{"GH501 match.headers[0]", "GH501 match.headers[1]", "GH501 match.headers[2]", "GH501 match.headers[3]"}},
		{"a variable that spoils a regular expression", gateway.Match{Headers: []gateway.HeaderMatch{{Name: "a", Regex: "(?P<id>x)"}}},
			nil, []string{"GH501 match.headers[0]"}},

		{"addresses", gateway.Access{AllowCIDRs: []string{"10.0.0.5/8", "192.0.2.1", "2001:db8::/32"}},
			map[string]string{"higress.io/whitelist-source-range": "10.0.0.0/8,192.0.2.1,2001:db8::/32"}, nil},
		{"what is no address", gateway.Access{AllowCIDRs: []string{"*", "10.0.0.0/33", "fe80::1%eth0", "", "10.0.0.0/8"}},
			map[string]string{"higress.io/whitelist-source-range": "10.0.0.0/8"},
			[]string{"GH501 access.allowCIDRs[0]", "GH501 access.allowCIDRs[1]", "GH501 access.allowCIDRs[2]", "GH501 access.allowCIDRs[3]"}},
		{"nobody", gateway.Access{}, nil, []string{"GH501 access.allowCIDRs"}},

		{"CORS says no to credentials", gateway.CORS{AllowOrigins: []string{"https://a.example.com"}}, map[string]string{
			"higress.io/enable-cors": "true", "higress.io/cors-allow-origin": "https://a.example.com", "higress.io/cors-allow-credentials": "false"}, nil},
		{"CORS in full", gateway.CORS{
			AllowOrigins: []string{"https://a.example.com", "https://*.b.example.com"}, AllowMethods: []string{"GET", "POST"},
			AllowHeaders: []string{"X-A"}, ExposeHeaders: []string{"X-B", "X-C"}, AllowCredentials: to(true), MaxAge: time.Hour,
		}, map[string]string{
			"higress.io/enable-cors": "true", "higress.io/cors-allow-origin": "https://a.example.com,https://*.b.example.com",
			"higress.io/cors-allow-methods": "GET,POST", "higress.io/cors-allow-headers": "X-A", "higress.io/cors-expose-headers": "X-B,X-C",
			"higress.io/cors-allow-credentials": "true", "higress.io/cors-max-age": "3600"}, []string{"GH501 cors.allowOrigins[1]"}},
		{"any origin", gateway.CORS{AllowOrigins: []string{"https://a.example.com", "*"}}, map[string]string{
			"higress.io/enable-cors": "true", "higress.io/cors-allow-origin": "*", "higress.io/cors-allow-credentials": "false"}, nil},
		{"any origin with credentials", gateway.CORS{AllowOrigins: []string{"*"}, AllowCredentials: to(true)}, map[string]string{
			"higress.io/enable-cors": "true", "higress.io/cors-allow-origin": "*", "higress.io/cors-allow-credentials": "true"},
			[]string{"GH501 cors.allowCredentials"}},
		{"no origin", gateway.CORS{AllowMethods: []string{"GET"}}, nil, []string{"GH501 cors.allowOrigins"}},
		{"what is no origin", gateway.CORS{AllowOrigins: []string{"a.example.com", "*.example.com", "https://a.*.com", "https://a.example.com/", "https://A.example.com",
			"https://a:99999", "https://a:080", "https://*", "1tp://a", "https://a,b"}}, nil, []string{
			"GH501 cors.allowOrigins", "GH501 cors.allowOrigins[0]", "GH501 cors.allowOrigins[1]", "GH501 cors.allowOrigins[2]", "GH501 cors.allowOrigins[3]",
			"GH501 cors.allowOrigins[4]", "GH501 cors.allowOrigins[5]", "GH501 cors.allowOrigins[6]", "GH501 cors.allowOrigins[7]", "GH501 cors.allowOrigins[8]",
			"GH501 cors.allowOrigins[9]"}},
		{"origins of apps", gateway.CORS{AllowOrigins: []string{"capacitor://localhost", "chrome-extension://abc"}}, map[string]string{
			"higress.io/enable-cors": "true", "higress.io/cors-allow-origin": "capacitor://localhost,chrome-extension://abc",
			"higress.io/cors-allow-credentials": "false"}, nil},
		{"names in CORS", gateway.CORS{AllowOrigins: []string{"null"}, AllowMethods: []string{"G T"}, MaxAge: time.Millisecond}, map[string]string{
			"higress.io/enable-cors": "true", "higress.io/cors-allow-origin": "null", "higress.io/cors-allow-credentials": "false"},
			[]string{"GH501 cors.allowMethods[0]", "GH501 cors.maxAge"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkRender(t, c.value, seven)
			got, found := gateway.For(gateway.Higress).Render(c.value, seven)
			if !maps.Equal(got, c.want) {
				t.Errorf("rendered %q\n    want %q", got, c.want)
			}
			if said := fields(found); !slices.Equal(said, c.said) {
				t.Errorf("said %q\nwant %q", said, c.said)
			}
		})
	}
}

func fields(found []finding.Finding) []string {
	var out []string
	for _, f := range found {
		out = append(out, string(f.Code)+" "+f.Field)
	}
	slices.Sort(out)
	return out
}

func TestAGatewayWithoutADialectRendersNothingAndSaysSo(t *testing.T) {
	for _, kind := range []gateway.Kind{gateway.Nginx, gateway.ALB, ""} {
		d := gateway.For(kind)
		if d.Kind() != kind {
			t.Errorf("%q: kind %q", kind, d.Kind())
		}
		out, found := d.Render(gateway.Timeout{Request: time.Second}, seven)
		if len(out) != 0 || len(found) != 1 || found[0].Code != finding.GatewayUnsupported || found[0].Field != "requestTimeout" {
			t.Errorf("%q: %v %v", kind, out, found)
		}
		if raw := d.CheckRaw("example.com/a", "b"); len(raw) != 1 || raw[0].Severity != finding.Warning {
			t.Errorf("%q: %v", kind, raw)
		}
		if _, typed := d.SettingOf("higress.io/timeout"); typed || d.Canonical("a/b") != "a/b" || d.Upgrade(nil) != nil {
			t.Errorf("%q claims to know Higress's keys", kind)
		}
		if _, twin := d.Twin("higress.io/canary"); twin || !d.Reads("a/b") || !d.Accepts("a/b", "c") {
			t.Errorf("%q calls something dead", kind)
		}
	}
}

func TestKindOfController(t *testing.T) {
	for controller, want := range map[string]gateway.Kind{
		"higress.io/higress-controller": gateway.Higress, "k8s.io/ingress-nginx": gateway.Nginx, "ingress.k8s.alibabacloud/alb": gateway.ALB,
	} {
		if got, ok := gateway.KindOfController(controller); !ok || got != want {
			t.Errorf("%q: %q", controller, got)
		}
	}
	if got, ok := gateway.KindOfController("example.com/other"); ok || got != "" {
		t.Errorf("an unknown controller is %q", got)
	}
}

func TestVariablesAreReplacedOnce(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain": "plain", "<id>": "7", "a<id>b<id>": "a7b7", "<gss>.<namespace>": "post.io.arena", "<<id>>": "<7>", "<ID>": "<ID>", "a<": "a<", "<id": "<id",
	} {
		if got := seven.Expand(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	nested := gateway.Vars{Namespace: "<id>", Set: "<namespace>", ID: 1}
	if got := nested.Expand("<gss> <namespace>"); got != "<namespace> <id>" {
		t.Errorf("a value was expanded: %q", got)
	}
}
