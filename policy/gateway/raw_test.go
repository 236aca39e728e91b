package gateway_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

func TestRawAnnotations(t *testing.T) {
	d := gateway.For(gateway.Higress)
	for _, c := range []struct {
		key, value string
		severity   finding.Severity // none: nothing to say
		holds      string
	}{
		{"higress.io/rewrite-target", "/", "", ""},
		{"nginx.ingress.kubernetes.io/rewrite-target", "/", "", ""},
		{"higress.io/exact-match-query-a", "", "", ""},
		{"higress.io/regex-match-pseudo-header-path", "/a.*", "", ""},

		{"higress.io/ssl-redirect", "yes", finding.Warning, "true or false"},
		{"higress.io/backend-protocol", "WS", finding.Warning, "HTTP, HTTPS"},

		{"nginx.ingress.kubernetes.io/timeout", "30", finding.Warning, "higress.io/timeout"},
		{"mse.ingress.kubernetes.io/route-limit-rps", "30", finding.Warning, "higress.io/route-limit-rps"},
		{"higress.io/timeuot", "30", finding.Warning, "higress.io/timeout"},
		{"higress.io/backend-protocoll", "30", finding.Warning, "higress.io/backend-protocol"},
		{"nginx.ingress.kubernetes.io/proxy-read-timeout", "30", finding.Warning, "higress.io/timeout"},
		{"nginx.ingress.kubernetes.io/limit-rps", "30", finding.Warning, "higress.io/route-limit-rps"},
		{"higress.io/websocket-enable", "true", finding.Warning, "no annotation"},
		{"higress.io/websocket-ping-interval", "30", finding.Warning, "no annotation"},
		{"example.com/something-else-entirely", "", finding.Warning, "remove it"},
		{"100%", "", finding.Warning, "remove it"},

		{"match-header-x", "a", finding.Error, "crashes"},
		{"foo/match-header-bar", "a", finding.Error, "crashes"},
		{"higress.io/exact-match-header", "a", finding.Error, "crashes"},
		{"higress.io/exact-match-pseudo-header", "a", finding.Error, "crashes"},
		{"foo.example.com/exact-match-query", "a", finding.Error, "crashes"},
		{"a/match-query-x", "a", finding.Error, "crashes"},
		{"foo.example.com/match-header-x", "a", finding.Error, "lose conditions"},
		{"higress.io/match-query-x", "a", finding.Error, "lose conditions"},
		{"higress.io/xx-match-header-x", "a", finding.Error, "lose conditions"},
		{"nginx.ingress.kubernetes.io/exact-match-header-x", "a", finding.Error, "lose conditions"},
		{"gateway.io/exact-match-header-x", "a", finding.Error, "lose conditions"}, // eleven bytes, as higress.io/ has
		{"higress.io/exact-match-header-x-match-query-y", "a", finding.Error, "lose conditions"},
		{"higress.io/regex-match-query-a", "(", finding.Error, "RE2"},
		{"higress.io/regex-match-query-a", "(?!a)", finding.Error, "RE2"},
	} {
		found := d.CheckRaw(c.key, c.value)
		switch {
		case c.severity == "" && len(found) == 0:
		case len(found) != 1 || found[0].Severity != c.severity || !strings.Contains(found[0].Message, c.holds) || strings.Contains(found[0].String(), "%"):
			t.Errorf("%q=%q: %v, want %s with %q", c.key, c.value, found, c.severity, c.holds)
		case !strings.HasPrefix(found[0].Field, "annotations["):
			t.Errorf("%q: field %q", c.key, found[0].Field)
		}
	}
}

// The controller's own slicing of the key, run for real: where it panics, the key is an Error.
func TestKeysThatCrashAreNeverLetThrough(t *testing.T) {
	d := gateway.For(gateway.Higress)
	domains := []string{"", "a/", "foo/", "higress.io/", "gateway.io/", "foo.example.com/", "match-header.io/", "match-query.example.com/"}
	heads := []string{"", "exact-", "regex-", "prefix-", "xx-", "match-query-", "match-header-"}
	words := []string{"match-header", "match-pseudo-header", "match-query", "match-cookie"}
	tails := []string{"", "-", "-x", "-match-header", "-x-match-query-", "-match-pseudo-header-z"}
	for _, domain := range domains {
		for _, head := range heads {
			for _, word := range words {
				for _, tail := range tails {
					key := domain + head + word + tail
					found := d.CheckRaw(key, "1")
					if panics(key) && (len(found) != 1 || found[0].Severity != finding.Error || !strings.Contains(found[0].Message, "crashes")) {
						t.Errorf("%q crashes the controller: %v", key, found)
					}
					if !panics(key) && len(found) > 0 && strings.Contains(found[0].Message, "crashes") {
						t.Errorf("%q is said to crash the controller", key)
					}
				}
			}
		}
	}
}

// panics does with a key what the controller does with it.
func panics(key string) (yes bool) {
	defer func() { yes = recover() != nil }()
	for _, word := range []string{"match-header", "match-pseudo-header", "match-query"} {
		if i := strings.Index(key, word); i >= 0 {
			_ = key[len("higress.io/"):i] + key[i+len(word)+1:]
			return false
		}
	}
	return false
}

func TestWhatBreaksAWebSocketUpgrade(t *testing.T) {
	d := gateway.For(gateway.Higress)
	for _, c := range []struct {
		name        string
		annotations map[string]string
		want        []string // severity and key
	}{
		{"nothing", map[string]string{"higress.io/timeout": "30"}, nil},
		{"no annotations", nil, nil},
		{"HTTP/2 to the game", map[string]string{hp + "backend-protocol": "grpc"}, []string{"Warning " + hp + "backend-protocol"}},
		{"HTTPS to the game", map[string]string{hp + "backend-protocol": "HTTPS"}, nil},
		{"a protocol Higress does not know", map[string]string{hp + "backend-protocol": "WS"}, nil},
		{"the nginx twin counts", map[string]string{hp + "backend-protocol": "HTTP2", np + "backend-protocol": "HTTP"}, nil},
		{"an empty nginx twin does not", map[string]string{hp + "backend-protocol": "HTTP2", np + "backend-protocol": " "}, []string{"Warning " + hp + "backend-protocol"}},
		{"a header of the handshake set", map[string]string{hp + "request-header-control-update": "X-A b\nupgrade $http_upgrade"},
			[]string{"Warning " + hp + "request-header-control-update"}},
		{"one removed", map[string]string{hp + "request-header-control-remove": "x-a, Connection"}, []string{"Warning " + hp + "request-header-control-remove"}},
		{"one of the answer", map[string]string{hp + "response-header-control-add": "Sec-WebSocket-Protocol binary"},
			[]string{"Warning " + hp + "response-header-control-add"}},
		{"other headers", map[string]string{hp + "request-header-control-add": "X-Upgrade a", hp + "response-header-control-remove": "Server"}, nil},
		{"header control under nginx is not read", map[string]string{np + "request-header-control-remove": "Connection"}, nil},
		{"a redirect to https", map[string]string{np + "ssl-redirect": "true"}, []string{"Warning " + np + "ssl-redirect"}},
		{"no redirect to https", map[string]string{np + "ssl-redirect": "false", hp + "ssl-redirect": "true"}, nil},
		{"a forced one", map[string]string{hp + "force-ssl-redirect": "1"}, []string{"Warning " + hp + "force-ssl-redirect"}},
		{"a redirect elsewhere", map[string]string{hp + "permanent-redirect": "https://a"}, []string{"Warning " + hp + "permanent-redirect"}},
		{"the temporary one first", map[string]string{hp + "permanent-redirect": "https://a", hp + "temporal-redirect": "https://b"}, []string{"Warning " + hp + "temporal-redirect"}},
		{"an empty temporary one ends the search", map[string]string{hp + "permanent-redirect": "https://a", hp + "temporal-redirect": ""}, nil},
		{"a redirect to nowhere", map[string]string{hp + "temporal-redirect": "/a"}, nil},
		{"the root of the host", map[string]string{hp + "app-root": "/lobby"}, []string{"Info " + hp + "app-root"}},
		{"methods without GET", map[string]string{hp + "match-method": "POST put"}, []string{"Warning " + hp + "match-method"}},
		{"methods with GET", map[string]string{hp + "match-method": "POST get"}, nil},
		{"methods that are none", map[string]string{hp + "match-method": "POSt,PUT"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range d.Upgrade(c.annotations) {
				key := strings.TrimSuffix(strings.TrimPrefix(f.Field, "metadata.annotations["), "]")
				got = append(got, string(f.Severity)+" "+key)
				if f.Code != finding.UpgradeBroken || strings.Contains(f.Message, "%") {
					t.Errorf("%v", f)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// What no gateway with a dialect reads, and does not spoil its reading either, is never taken for one's, whichever gateway
// an Ingress is served by.
func TestTouchesIsWhatADecisionCanHaveChanged(t *testing.T) {
	for key, want := range map[string]bool{
		hp + "timeout": true, np + "timeout": false, np + "ssl-redirect": true, hp + "exact-match-header-x": true, np + "exact-match-header-x": true, "match-header bad": false,
		hp + "unknown": false, "example.com/timeout": false, "timeout": false, "": false,
		"kubernetes.io/ingress.class": false, "game.kruise.io/ingress-hash": false, "gatehouse.dev/applied": false,
		"game.kruise.io/exact-match-header-x": false, "gatehouse.dev/timeout": false,
	} {
		if got := gateway.Touches(key); got != want {
			t.Errorf("%q: %v", key, got)
		}
	}
}
