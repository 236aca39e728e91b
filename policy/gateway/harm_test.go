package gateway_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

type notes = map[string]string

// served is an Ingress with one path that a Service answers.
func served(annotations notes, change ...func(*networkingv1.Ingress)) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{}
	ing.Annotations = annotations
	ing.Spec.Rules = []networkingv1.IngressRule{ruleOf("a.example.com", "/", networkingv1.PathTypePrefix)}
	for _, c := range change {
		c(ing)
	}
	return ing
}

func ruleOf(host, path string, kind networkingv1.PathType) networkingv1.IngressRule {
	return networkingv1.IngressRule{Host: host, IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
		Paths: []networkingv1.HTTPIngressPath{{Path: path, PathType: &kind, Backend: networkingv1.IngressBackend{
			Service: &networkingv1.IngressServiceBackend{Name: "game", Port: networkingv1.ServiceBackendPort{Number: 80}},
		}}},
	}}}
}

// withPath replaces the path.
func withPath(path string, kind networkingv1.PathType) func(*networkingv1.Ingress) {
	return func(ing *networkingv1.Ingress) {
		ing.Spec.Rules = []networkingv1.IngressRule{ruleOf("a.example.com", path, kind)}
	}
}

func resource(kind, name string) networkingv1.IngressBackend {
	return networkingv1.IngressBackend{Resource: &corev1.TypedLocalObjectReference{
		APIGroup: ptr.To("networking.higress.io"), Kind: kind, Name: name,
	}}
}

// mcpBridge is the one backend without a Service that Higress makes a route of.
func mcpBridge() networkingv1.IngressBackend {
	b := resource("McpBridge", "default")
	b.Resource.APIGroup = ptr.To("networking.k8s.io")
	return b
}

// onBridge has the path answered by what the annotation destination says.
func onBridge(ing *networkingv1.Ingress) { ing.Spec.Rules[0].HTTP.Paths[0].Backend = mcpBridge() }

// byDefault gives the Ingress a default backend.
func byDefault(b networkingv1.IngressBackend) func(*networkingv1.Ingress) {
	return func(ing *networkingv1.Ingress) { ing.Spec.DefaultBackend = &b }
}

func harmsOf(ing *networkingv1.Ingress) []gateway.Harm {
	return gateway.For(gateway.Higress).Harms(ing)
}

// harmCase is an Ingress and the fields of all harms that it does.
type harmCase struct {
	name   string
	ing    *networkingv1.Ingress
	fields []string
}

func of(key string) []string { return []string{"metadata.annotations[" + key + "]"} }

func checkHarms(t *testing.T, cases []harmCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var fields []string
			for _, h := range harmsOf(c.ing) {
				fields = append(fields, h.Field)
				if strings.Contains(h.Field+h.Why, "%") || !strings.Contains(h.Why, "; ") {
					t.Errorf("%s: %s", h.Field, h.Why)
				}
			}
			if diff := cmp.Diff(c.fields, fields); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestKeysThatCrashTheControllerAreHarmsOfAnyIngress(t *testing.T) {
	for key, crashes := range map[string]bool{
		"match-header-x": true, "match-query-x": true, "match-pseudo-header-x": true,
		"foo/match-header-bar":                    true,
		"higress.io/exact-match-header":           true,
		"higress.io/exact-match-pseudo-header":    true,
		"higress.io/exact-match-query":            true,
		"foo.example.com/match-header":            true,
		"match-header.example.com/x":              true,
		"higress.io/x-match-query-y-match-header": true,

		"foo.example.com/match-header-x":                   false,
		"higress.io/match-query-x":                         false,
		"higress.io/match-header-x":                        false,
		"higress.io/xx-match-header-x":                     false,
		"nginx.ingress.kubernetes.io/exact-match-header-x": false,
		"higress.io/exact-match-header-x":                  false,
		"higress.io/match-method":                          false,
		"match-cookie-x":                                   false,
		"higress.io/websocket-enable":                      false,
	} {
		var want []string
		if crashes {
			want = of(key)
		}
		checkHarms(t, []harmCase{
			{key, served(notes{key: "2"}), want},
			{key + " of a canary", served(notes{key: "2", hp + "canary": "true"}), want},
			{key + " without rules", &networkingv1.Ingress{ObjectMeta: served(notes{key: "2"}).ObjectMeta}, want},
		})
	}
}

func TestConditionsThatAreNoRegularExpressionsBlindTheGateway(t *testing.T) {
	for _, key := range []string{
		hp + "regex-match-header-x", hp + "regex-match-query-x", hp + "regex-match-pseudo-header-path",
		"gateway.io/regex-match-header-x", // any eleven bytes before it will do
		hp + "regexp-match-header-x", hp + "regex.a.b-match-query-x",
	} {
		checkHarms(t, []harmCase{
			{key + " with one", served(notes{key: "v[12]|beta"}), nil},
			{key + " open", served(notes{key: "("}), of(key)},
			{key + " looking ahead", served(notes{key: "(?!beta)"}), of(key)},
		})
	}
	checkHarms(t, []harmCase{
		{"compared as it is", served(notes{hp + "exact-match-header-x": "(", hp + "prefix-match-query-x": "("}), nil},
		{"under a prefix of another length", served(notes{"a.example.com/regex-match-header-x": "("}), nil},
		{"without a condition", served(notes{hp + "regex-x": "("}), nil},
	})
}

func TestDurationsThatEnvoyDoesNotTakeBlindTheGateway(t *testing.T) {
	for value, harmful := range map[string]bool{
		"-5": true, "-1": true, "9223372036": true, "315576000001": true, "9223372036854775807": true,
		"0": false, "30": false, "+7": false, "00030": false, "2147483648": false, "9223372035": false,
		"30s": false, "1.5": false, " -5": false, "": false, "99999999999999999999": false, // dropped
	} {
		timeout, perTry, twin := hp+"timeout", hp+"proxy-next-upstream-timeout", np+"proxy-next-upstream-timeout"
		harms := func(key string) []string {
			if harmful {
				return of(key)
			}
			return nil
		}
		checkHarms(t, []harmCase{
			{"timeout " + value, served(notes{timeout: value}), harms(timeout)},
			{"timeout of nginx " + value, served(notes{np + "timeout": value}), nil},
			{"per try " + value, served(notes{perTry: value}), harms(perTry)},
			{"per try of nginx first " + value, served(notes{twin: value, perTry: "3"}), harms(twin)},
			{"without retries " + value, served(notes{perTry: value, np + "proxy-next-upstream": "off"}), nil},
			{"with retries after all " + value, served(notes{perTry: value, hp + "proxy-next-upstream": "off x,error"}), harms(perTry)},
			{"with no tries " + value, served(notes{perTry: value, hp + "proxy-next-upstream-tries": "-3"}), nil},
		})
	}
}

func TestRatesThatMakeABucketWithoutTokensBlindTheGateway(t *testing.T) {
	rps, rpm, burst := hp+"route-limit-rps", hp+"route-limit-rpm", hp+"route-limit-burst-multiplier"
	checkHarms(t, []harmCase{
		{"ten", served(notes{rps: "10"}), nil},
		{"none", served(notes{rps: "0"}), of(rps)},
		{"none per minute", served(notes{rpm: "0"}), of(rpm)},
		{"none per minute, of both", served(notes{rpm: "0", rps: "10"}), of(rpm)},
		{"none per second, of both", served(notes{rpm: "10", rps: "0"}), nil},
		{"no number per minute", served(notes{rpm: "ten", rps: "0"}), of(rps)},
		{"no multiple", served(notes{rps: "5", burst: "0"}), of(rps)},
		{"a multiple that is dropped", served(notes{rps: "5", burst: "0x"}), nil},
		{"a multiple alone", served(notes{burst: "0"}), nil},
		{"no limit at all", served(notes{rps: "-1"}), nil},
		{"few tokens, past 32 bits", served(notes{rps: "858993460"}), nil},
		{"none, past 32 bits", served(notes{rps: "4294967296"}), of(rps)},
		{"no size, past 32 bits", served(notes{rps: "65536", burst: "65536"}), of(rps)},
		{"none, below zero", served(notes{rps: "-4294967296"}), of(rps)},
		{"under nginx", served(notes{np + "route-limit-rps": "0"}), nil},
	})
}

func TestCanariesThatEnvoyDoesNotTakeBlindTheGateway(t *testing.T) {
	with := func(more ...string) *networkingv1.Ingress {
		n := notes{hp + "canary": "true"}
		for i := 0; i < len(more); i += 2 {
			n[more[i]] = more[i+1]
		}
		return served(n)
	}
	header, value, pattern := hp+"canary-by-header", hp+"canary-by-header-value", hp+"canary-by-header-pattern"
	cookie, weight, total := hp+"canary-by-cookie", hp+"canary-weight", hp+"canary-weight-total"
	checkHarms(t, []harmCase{
		{"a value", with(header, "X-V", value, "2|3"), nil},
		{"no expression as value", with(header, "X-V", value, "("), of(value)},
		{"the twin of nginx first", with(header, "X-V", value, "2", np+"canary-by-header-value", "("), of(np + "canary-by-header-value")},
		{"an empty twin", with(header, "X-V", value, "(", np+"canary-by-header-value", " "), of(value)},
		{"a value without a header", with(value, "("), nil},
		{"a pattern", with(header, "X-V", pattern, "beta"), nil},
		{"no expression as pattern", with(header, "X-V", pattern, "[b"), of(pattern)},
		{"one only between others", with(header, "X-V", pattern, "?"), nil},
		{"a pattern behind a value", with(header, "X-V", value, "2", pattern, "("), nil},
		{"a cookie", with(cookie, "beta.user"), nil},
		{"no expression as cookie", with(cookie, "beta("), of(cookie)},
		{"a cookie that closes the group", with(cookie, "a)|(b"), nil},
		{"a cookie behind a header", with(header, "X-V", cookie, "("), nil},
		{"a cookie behind a value", with(value, "2", cookie, "("), nil},
		{"a share", with(weight, "20", total, "1000"), nil},
		{"more than all", with(weight, "150"), nil},
		{"less than nothing", with(weight, "-10"), of(weight)},
		{"less than nothing, past 32 bits", with(weight, "4294967295"), of(weight)},
		{"the twin of nginx first, for shares", with(np+"canary-weight", "-1", weight, "20"), of(np + "canary-weight")},
		{"no number", with(weight, "-10s"), nil},
		{"a share behind a header", with(header, "X-V", weight, "-10"), nil},
		{"a whole that is none", with(weight, "20", total, "-1"), nil},
		{"a whole past 32 bits", with(weight, "0", total, "4294967296"), of(total)},
		{"no canary", served(notes{header: "X-V", value: "(", weight: "-10"}), nil},
		{"none by the twin", served(notes{hp + "canary": "true", np + "canary": "false", header: "X-V", value: "("}), nil},
		{"one by another word", served(notes{hp + "canary": "yes", weight: "-10"}), nil},
	})
}

func TestPathsThatAreNoRegularExpressionsBlindTheGateway(t *testing.T) {
	prefix, exact := networkingv1.PathTypePrefix, networkingv1.PathTypeExact
	target, regex, full, rewrite := hp+"rewrite-target", np+"use-regex", hp+"full-path-regex", hp+"rewrite-path"
	checkHarms(t, []harmCase{
		{"as it is", served(nil, withPath("/a(", prefix)), nil},
		{"of an expression", served(notes{regex: "true"}, withPath("/game(/|$)(.*)", prefix)), nil},
		{"of none", served(notes{regex: "true"}, withPath("/a(", prefix)), []string{"spec.rules"}},
		{"looking ahead", served(notes{full: "true"}, withPath("/(?!api).*", prefix)), []string{"spec.rules"}},
		{"whole, under nginx", served(notes{np + "full-path-regex": "true"}, withPath("/a(", prefix)), nil},
		{"rewritten", served(notes{target: "/$2"}, withPath("/a[", exact)), []string{"spec.rules"}},
		{"rewritten to one place", served(notes{target: "/"}, withPath("/a[", exact)), []string{"spec.rules"}},
		{"rewritten, plain", served(notes{target: "/$2"}, withPath("/a", prefix)), nil},
		{"rewritten, the prefix", served(notes{rewrite: "/x"}, withPath("/c++", prefix)), []string{"spec.rules"}},
		{"rewritten, the prefix to a folder", served(notes{rewrite: "/x/"}, withPath("/c++", prefix)), nil},
		{"rewritten, the whole", served(notes{rewrite: "/x"}, withPath("/c++", exact)), nil},
		{"no expression by another word", served(notes{regex: "yes"}, withPath("/a(", prefix)), nil},
		{"of a canary, which has its primary's", served(notes{hp + "canary": "true", regex: "true"}, withPath("/a(", prefix)), nil},
		{"of nothing", served(notes{regex: "true"}, func(ing *networkingv1.Ingress) { ing.Spec.Rules[0].HTTP = nil }), nil},
	})
}

// A rule that goes must not make the harm of another one look new: its owner could then never take it away bit by bit.
func TestAHarmOfAPathIsTheSameWhereverItStands(t *testing.T) {
	bad := ruleOf("b.example.com", "/b(", networkingv1.PathTypePrefix)
	two := served(notes{hp + "use-regex": "true"}, func(ing *networkingv1.Ingress) { ing.Spec.Rules = append(ing.Spec.Rules, bad) })
	one := served(notes{hp + "use-regex": "true"}, func(ing *networkingv1.Ingress) { ing.Spec.Rules[0] = bad })
	if diff := cmp.Diff(harmsOf(two), harmsOf(one)); diff != "" || len(harmsOf(one)) != 1 {
		t.Errorf("(-two rules +one):\n%s", diff)
	}
}

func TestHeadersThatEnvoyCannotReadBlindTheGateway(t *testing.T) {
	for value, harmful := range map[string]bool{
		"X-Off 100%": true, "X-Off %": true, "X-Off %%%": true, "X-Off 50% of 100%": true, "X-Off %downstream%": true,
		"X-A b\nX-Off '100% '": true, "X-Off %REQ(X-A%": true,
		"X-Off 100%%": false, "X-Ip %DOWNSTREAM_REMOTE_ADDRESS%": false, "X-A %REQ(X-B?X-C):12%": false, "X-A b": false,
		"100%": false, "Host 100%": false, ":path 100%": false, // left out
	} {
		for _, key := range []string{hp + "request-header-control-add", hp + "request-header-control-update", hp + "response-header-control-add"} {
			var want []string
			if harmful {
				want = of(key)
			}
			checkHarms(t, []harmCase{{key + " " + value, served(notes{key: value}), want}})
		}
		checkHarms(t, []harmCase{
			{"removed " + value, served(notes{hp + "request-header-control-remove": value}), nil},
			{"under nginx " + value, served(notes{np + "request-header-control-add": value}), nil},
		})
	}
}

func TestDestinationsThatHigressCannotUseAreHarms(t *testing.T) {
	key := hp + "destination"
	long := strings.Repeat("a", 70_000)
	for value, harmful := range map[string]bool{
		"\n": true, " \n\t\n": true, long: true,
		"50% a\n-10% b": true, "-10% a": true, "0% a\n0% b": true, "2147483647% a\n2147483647% b": true,
		"a": false, "100% a.default.svc:80 v1": false, "60% a:80\n40% b:80": false, "a:80\n\nb:80": false, "0% a": false, "\na": false,
		"": false, " ": false, "30%": false, "x% a": false, "3.5% a": false, "a\n30%": false, // as if there were none
	} {
		name := value[:min(len(value), 20)]
		var want []string
		if harmful {
			want = of(key)
		}
		checkHarms(t, []harmCase{
			{"bridge " + name, served(notes{key: value}, onBridge), want},
			{"canary of a bridge " + name, served(notes{key: value, hp + "canary": "true"}, onBridge), want},
			{"another resource " + name, served(notes{key: value}, func(ing *networkingv1.Ingress) {
				ing.Spec.Rules[0].HTTP.Paths[0].Backend = resource("Bucket", "images")
			}), want},
			{"Service " + name, served(notes{key: value}), nil},
			{"under nginx " + name, served(notes{np + "destination": value}, onBridge), nil},
		})
	}
}

func TestADefaultBackendThatIsNoServiceCrashesTheController(t *testing.T) {
	key, field := hp+"destination", []string{"spec.defaultBackend.resource"}
	noGroup := mcpBridge()
	noGroup.Resource.APIGroup = nil
	second := mcpBridge()
	second.Resource.Name = "second"
	checkHarms(t, []harmCase{
		{"a Service", served(nil, byDefault(ruleOf("", "/", "").HTTP.Paths[0].Backend)), nil},
		{"another kind", served(nil, byDefault(resource("Bucket", "images"))), field},
		{"another kind, whatever the annotation", served(notes{key: "a:80"}, byDefault(resource("Bucket", "images"))), field},
		{"its kind in another group", served(notes{key: "a:80"}, byDefault(resource("McpBridge", "default"))), field},
		{"its kind in no group", served(notes{key: "a:80"}, byDefault(noGroup)), field},
		{"a bridge of another name", served(notes{key: "a:80"}, byDefault(second)), field},
		{"the bridge", served(notes{key: "a:80"}, byDefault(mcpBridge())), nil},
		{"the bridge, to several", served(notes{key: "50% a:80\n50% b"}, byDefault(mcpBridge())), nil},
		{"the bridge, to nothing", served(nil, byDefault(mcpBridge())), field},
		{"the bridge, to what cannot be read", served(notes{key: "x% a:80"}, byDefault(mcpBridge())), field},
		{"the bridge, to an empty list", served(notes{key: "\n"}, byDefault(mcpBridge())), field},
		{"the bridge, without a port", served(notes{key: "a"}, byDefault(mcpBridge())), field},
		{"the bridge, to no port", served(notes{key: "a:0"}, byDefault(mcpBridge())), field},
		{"the bridge, to what is no port", served(notes{key: "a:http"}, byDefault(mcpBridge())), field},
		{"of a canary, which has none", served(notes{hp + "canary": "true"}, byDefault(mcpBridge())), nil},
	})
}

func TestAllHarmsAreSaidInOneOrder(t *testing.T) {
	ing := served(notes{
		"match-header-b": "", "match-header-a": "", hp + "timeout": "-5", hp + "route-limit-rps": "0", hp + "use-regex": "true",
		hp + "request-header-control-add": "A %\nB %", hp + "regex-match-query-x": "(",
	}, withPath("/a(", networkingv1.PathTypePrefix), byDefault(resource("Bucket", "images")))
	first := harmsOf(ing)
	if len(first) != 9 {
		t.Errorf("%d harms: %v", len(first), first)
	}
	for range 20 {
		ing.Annotations = maps.Clone(ing.Annotations)
		if diff := cmp.Diff(first, harmsOf(ing)); diff != "" {
			t.Fatalf("another order (-first +next):\n%s", diff)
		}
	}
}

func TestOnlyHigressIsKnownWellEnoughToBeHarmed(t *testing.T) {
	ing := served(notes{"match-header-x": "", hp + "timeout": "-5"})
	for _, kind := range []gateway.Kind{gateway.Nginx, gateway.ALB, ""} {
		if harms := gateway.For(kind).Harms(ing); len(harms) > 0 || gateway.For(kind).IsCanary(notes{hp + "canary": "true"}) {
			t.Errorf("%q: %v", kind, harms)
		}
	}
}

func TestTheFirstPrefixThatParsesMakesACanary(t *testing.T) {
	d := gateway.For(gateway.Higress)
	for _, c := range []struct {
		nginx, higress string
		want           bool
	}{
		{"", "", false}, {"", "true", true}, {"true", "", true}, {"", "1", true}, {"", "T", true}, {"", "yes", false}, {"", "on", false},
		{"false", "true", false}, {"true", "false", true}, {"yes", "true", true}, {" true", "false", false}, {"0", "1", false},
	} {
		annotations := notes{np + "canary": c.nginx, hp + "canary": c.higress}
		maps.DeleteFunc(annotations, func(_, v string) bool { return v == "" })
		if got := d.IsCanary(annotations); got != c.want {
			t.Errorf("%v: %v", annotations, got)
		}
	}
}

// FuzzHarms puts any annotations before the controller's own steps, done for real: where they crash there is a harm, and
// one that speaks of a crash only there. Nothing a tenant writes makes it panic or say a percent sign.
func FuzzHarms(f *testing.F) {
	for _, key := range []string{"match-header-x", "foo/match-header-bar", hp + "exact-match-header", hp + "timeout", hp + "route-limit-rps", hp + "canary-weight",
		"gateway.io/regex-match-header-x", hp + "request-header-control-add", hp + "use-regex", hp + "canary-by-cookie", np + "proxy-next-upstream-timeout"} {
		f.Add(key, "-5", "/a(", "", uint8(0))
		f.Add(key, "X 100%", "/(.*)", "50% a\n50% b:80", uint8(1))
	}
	for _, destination := range []string{"\n", "a", "a:80", "x% a:80", "30%", "-5% a\nb", "\x00"} {
		for shape := range uint8(8) {
			f.Add(hp+"canary", "true", "/", destination, shape)
		}
	}
	f.Fuzz(func(t *testing.T, key, value, path, destination string, shape uint8) {
		ing := served(notes{key: value, hp + "destination": destination}, withPath(path, networkingv1.PathTypePrefix))
		if shape&1 != 0 {
			onBridge(ing)
		}
		if shape&2 != 0 {
			byDefault([]networkingv1.IngressBackend{mcpBridge(), resource("Bucket", "images")}[shape>>2&1])(ing)
		}
		harms := harmsOf(ing)
		said := slices.ContainsFunc(harms, func(h gateway.Harm) bool { return strings.Contains(h.Why, "crashes") })
		if crashed := controllerCrashes(ing); crashed != said {
			t.Errorf("the controller crashes: %v, harms %v", crashed, harms)
		}
		for _, h := range harms {
			if h.Field == "" || h.Why == "" || strings.Contains(h.Field+h.Why, "%") {
				t.Errorf("%+v", h)
			}
		}
		if diff := cmp.Diff(harms, harmsOf(ing)); diff != "" {
			t.Errorf("not the same twice:\n%s", diff)
		}
	})
}
