package policy_test

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// What is explained is what is decided: every annotation of a gateway with its value and source, and no other.
func TestExplainTellsOfTheDecision(t *testing.T) {
	eachWorld(t, func(t *testing.T, r *rand.Rand, policies []*policy.Compiled, req policy.Request) {
		set := policy.NewSet(policies)
		agrees(t, set, req)
		stored := withAnnotations(req, set.Decide(req).Annotations)
		agrees(t, set, stored)
		stored.Old = stored.Ingress
		agrees(t, policy.NewSet(policies[r.IntN(len(policies)):]), stored)
	})
	cases, err := filepath.Glob("testdata/*/*/in.yaml")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, in := range cases {
		var world input
		decodeStrict(t, in, &world)
		set, request := build(t, world)
		agrees(t, set, request)
		if t.Failed() {
			t.Fatal(in)
		}
	}
}

func agrees(t *testing.T, set *policy.Set, req policy.Request) {
	t.Helper()
	d := set.Decide(req)
	explained := set.Explain(req)
	if explained == nil { // the Ingress is left as it is
		if d.Changed || len(d.Provenance) > 0 {
			t.Error("not explained, but decided")
		}
		return
	}
	told, before := map[string]bool{}, ""
	for _, e := range explained {
		if e.Key <= before {
			t.Errorf("%s after %s", e.Key, before)
		}
		before, told[e.Key] = e.Key, true
		value, stands := d.Annotations[e.Key]
		if stands != (e.Value != nil) || stands && value != *e.Value {
			t.Errorf("%s: explained as %v, decided as %q (%t)", e.Key, e.Value, value, stands)
		}
		if from, injected := d.Provenance[e.Key]; injected != (e.Value != nil && e.Source.Layer != policy.LayerAuthor) || injected && from != e.Source {
			t.Errorf("%s: explained as %v, decided as %v (%t)", e.Key, e.Source, from, injected)
		}
	}
	for key := range d.Annotations {
		if gateway.Touches(key) && !told[key] {
			t.Errorf("%s is not explained", key)
		}
	}
	for key := range d.Removed {
		if !told[key] {
			t.Errorf("%s was taken away and is not explained", key)
		}
	}
}

const explainPolicies = `
- {metadata: {name: low}, spec: {defaults: {requestTimeout: 60s, retry: {attempts: 1, perTryTimeout: 2s}, annotations: {nginx.ingress.kubernetes.io/upstream-vhost: low}}}}
- {metadata: {name: high}, spec: {priority: 10, defaults: {requestTimeout: 30s, retry: {attempts: 3}, annotations: {higress.io/upstream-vhost: high}}}}
- {metadata: {name: trial}, spec: {mode: Audit, overrides: {requestTimeout: 90s}}}
`

func TestExplainNamesWhoWasBeaten(t *testing.T) {
	for name, c := range map[string]struct {
		annotations map[string]string
		key, want   string
	}{
		"a default": {nil, "higress.io/timeout", "30 of high/defaults beats 60 of low/defaults; trial/overrides would 90"},
		"an author before the defaults": {map[string]string{"higress.io/timeout": "5"}, "higress.io/timeout",
			"5 of /author beats 30 of high/defaults, 60 of low/defaults; trial/overrides would 90"},
		"an author whose value the gateway drops": {map[string]string{"higress.io/timeout": "5s"}, "higress.io/timeout",
			"30 of high/defaults beats 60 of low/defaults, 5s of /author; trial/overrides would 90"},
		"a setting comes whole from one source": {nil, "higress.io/proxy-next-upstream-timeout", "nothing of high/defaults beats 2 of low/defaults"},
		"a raw annotation":                      {nil, "higress.io/upstream-vhost", "high of high/defaults beats low of low/defaults"},
		"a twin under another prefix": {map[string]string{"nginx.ingress.kubernetes.io/upstream-vhost": "mine"}, "nginx.ingress.kubernetes.io/upstream-vhost",
			"mine of /author"},
		"what a twin beats": {map[string]string{"nginx.ingress.kubernetes.io/upstream-vhost": "mine"}, "higress.io/upstream-vhost",
			"nothing of /author beats high of high/defaults, low of low/defaults"},
		"an author alone": {map[string]string{"higress.io/rewrite-target": "/"}, "higress.io/rewrite-target", "/ of /author"},
	} {
		t.Run(name, func(t *testing.T) {
			var policies []v1alpha1.GamePolicy
			if err := yaml.UnmarshalStrict([]byte(explainPolicies), &policies); err != nil {
				t.Fatal(err)
			}
			req := randomRequest(rand.New(rand.NewPCG(1, 1)))
			set, request := build(t, input{Policies: policies, Ingress: *withAnnotations(req, c.annotations).Ingress})
			agrees(t, set, request)
			got := "is not explained"
			if at := slices.IndexFunc(set.Explain(request), func(e policy.Explained) bool { return e.Key == c.key }); at >= 0 {
				got = story(set.Explain(request)[at])
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func story(e policy.Explained) string {
	of := func(s policy.Source) string { return s.Policy + "/" + string(s.Layer) }
	text := ptr.Deref(e.Value, "nothing") + " of " + of(e.Source)
	var beaten []string
	for _, c := range e.Beaten {
		beaten = append(beaten, c.Value+" of "+of(c.Source))
	}
	if beaten != nil {
		text += " beats " + strings.Join(beaten, ", ")
	}
	for _, c := range e.Proposed {
		text += "; " + of(c.Source) + " would " + c.Value
	}
	return text
}

func TestExplainSaysNothingOfWhatIsLeftAlone(t *testing.T) {
	web := policy.Request{Ingress: &networkingv1.Ingress{}, Class: policy.Class{Name: "higress", Gateway: gateway.Higress, Managed: true}}
	if explained := policy.NewSet(nil).Explain(web); explained != nil {
		t.Errorf("an Ingress of no game server: %v", explained)
	}
	nobody := randomRequest(rand.New(rand.NewPCG(1, 1)))
	nobody.Class = policy.Class{Name: "odd", Managed: true}
	if explained := policy.NewSet(nil).Explain(nobody); explained != nil {
		t.Errorf("a class of which no gateway is known: %v", explained)
	}
}
