package host_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/host"
)

func TestNormalizeIsTheOneSpelling(t *testing.T) {
	for written, want := range map[string]string{
		"":                      "*",
		".":                     "*",
		"*":                     "*",
		"game.example.com":      "game.example.com",
		"Game.EXAMPLE.com":      "game.example.com",
		"game.example.com.":     "game.example.com",
		"*.Example.com.":        "*.example.com",
		"localhost":             "localhost",
		"XN--BCHER-KVA.example": "xn--bcher-kva.example",
		"bücher.example":        "bücher.example", // no Ingress has it: the API server wants punycode
		"10.0.0.1":              "10.0.0.1",
		"game.example.com:8080": "game.example.com:8080",
	} {
		if got := host.Normalize(written); got != want {
			t.Errorf("Normalize(%q) = %q, want %q", written, got, want)
		}
		if again := host.Normalize(want); again != want {
			t.Errorf("Normalize(%q) = %q: a normalised host changes", want, again)
		}
	}
}

func TestIsWildcard(t *testing.T) {
	for name, want := range map[string]bool{
		"*": true, "*.example.com": true, "*.com": true,
		"example.com": false, "wildcard.example.com": false, "any-host": false, "a*.example.com": false,
	} {
		if got := host.IsWildcard(name); got != want {
			t.Errorf("IsWildcard(%q) = %v", name, got)
		}
	}
}

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		wildcard, name string
		want           bool
	}{
		{"*", "game.example.com", true},
		{"*", "*.example.com", true},
		{"*", "*", false},
		{"*.example.com", "game.example.com", true},
		{"*.example.com", "eu.game.example.com", true}, // one label in Kubernetes, any number in Envoy
		{"*.example.com", "*.game.example.com", true},
		{"*.example.com", "*.example.com", false},
		{"*.example.com", "example.com", false},
		{"*.example.com", "badexample.com", false},
		{"*.example.com", "game.example.org", false},
		{"*.example.com", "*", false},
		{"*.game.example.com", "*.example.com", false},
		{"game.example.com", "game.example.com", false},
		{"example.com", "game.example.com", false}, // no wildcard at all
	} {
		if got := host.Covers(c.wildcard, c.name); got != c.want {
			t.Errorf("Covers(%q, %q) = %v", c.wildcard, c.name, got)
		}
	}
}

func TestWildcardsListsTheNearestFirst(t *testing.T) {
	for name, want := range map[string][]string{
		"*":                   nil,
		"localhost":           {"*"},
		"*.com":               {"*"},
		"example.com":         {"*.com", "*"},
		"*.example.com":       {"*.com", "*"},
		"eu.game.example.com": {"*.game.example.com", "*.example.com", "*.com", "*"},
	} {
		if diff := cmp.Diff(want, host.Wildcards(name)); diff != "" {
			t.Errorf("Wildcards(%q) (-want +got):\n%s", name, diff)
		}
	}
}

// Covers answers for one pair, Wildcards lists: they must not part ways.
func TestWildcardsAreWhatCovers(t *testing.T) {
	names := []string{
		"*", "com", "*.com", "example.com", "*.example.com", "a.example.com", "*.a.example.com", "b.a.example.com",
		"aexample.com", "*.b.example.com", "org",
	}
	for _, name := range names {
		for _, other := range names {
			listed := slices.Contains(host.Wildcards(name), other)
			if covers := host.Covers(other, name); covers != listed && host.IsWildcard(other) {
				t.Errorf("Covers(%q, %q) = %v, but Wildcards lists %v", other, name, covers, host.Wildcards(name))
			}
		}
	}
}

func TestOfListsEachHostOnce(t *testing.T) {
	service := &networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: "s"}}
	for name, c := range map[string]struct {
		hosts          []string
		defaultBackend *networkingv1.IngressBackend
		want           []string
	}{
		"nothing":                        {},
		"one":                            {hosts: []string{"a.example"}, want: []string{"a.example"}},
		"in order":                       {hosts: []string{"b.example", "*.example", "a.example"}, want: []string{"*.example", "a.example", "b.example"}},
		"several rules of a host":        {hosts: []string{"a.example", "A.example", "a.example."}, want: []string{"a.example"}},
		"a rule without a host":          {hosts: []string{"", "a.example"}, want: []string{"*", "a.example"}},
		"a default backend":              {defaultBackend: service, want: []string{"*"}},
		"both answer for the same hosts": {hosts: []string{""}, defaultBackend: service, want: []string{"*"}},
	} {
		t.Run(name, func(t *testing.T) {
			ing := &networkingv1.Ingress{Spec: networkingv1.IngressSpec{DefaultBackend: c.defaultBackend}}
			for _, h := range c.hosts {
				ing.Spec.Rules = append(ing.Spec.Rules, networkingv1.IngressRule{Host: h})
			}
			// What is in tls alone is no host: a gateway takes from there certificates for the hosts of the rules.
			ing.Spec.TLS = []networkingv1.IngressTLS{{Hosts: []string{"tls.example"}}}
			if diff := cmp.Diff(c.want, host.Of(ing)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
