package policy_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// rounds of every property; the seed of a failing one is printed.
const rounds = 150

func eachWorld(t *testing.T, check func(t *testing.T, r *rand.Rand, policies []*policy.Compiled, req policy.Request)) {
	t.Helper()
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 1))
		var compiled []*policy.Compiled
		for i := range 1 + r.IntN(5) {
			p := randomPolicy(r, fmt.Sprintf("p%d", i))
			if r.IntN(4) == 0 {
				p.Name = fmt.Sprintf("frozen%d", i)
				p.Spec.Rollout = &v1alpha1.Rollout{Existing: v1alpha1.RolloutNever}
			}
			c, findings := policy.Compile(p)
			if c == nil {
				t.Fatalf("seed %d: the generator made an invalid policy: %v", seed, findings)
			}
			compiled = append(compiled, c)
		}
		check(t, r, compiled, randomRequest(r))
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestDecidingTwiceChangesNothing(t *testing.T) {
	eachWorld(t, func(t *testing.T, _ *rand.Rand, policies []*policy.Compiled, req policy.Request) {
		set := policy.NewSet(policies)
		first := set.Decide(req)
		second := set.Decide(withAnnotations(req, first.Annotations))
		if second.Changed || !maps.Equal(first.Annotations, second.Annotations) {
			t.Errorf("second decision differs:\n%s", cmp.Diff(first.Annotations, second.Annotations))
		}
	})
}

func TestAnUpdateThatChangesNothingIsLeftAlone(t *testing.T) {
	eachWorld(t, func(t *testing.T, _ *rand.Rand, policies []*policy.Compiled, req policy.Request) {
		set := policy.NewSet(policies)
		stored := withAnnotations(req, set.Decide(req).Annotations)
		stored.Old = stored.Ingress
		if d := set.Decide(stored); d.Changed {
			t.Errorf("changed:\n%s", cmp.Diff(stored.Ingress.Annotations, d.Annotations))
		}
	})
}

// Whatever an author writes, a record of any kind and version included, in the new object and in the stored one: what
// policies that roll out override stays overridden, and keys that are no gateway's are never written.
func TestNothingAnAuthorWritesGetsRidOfAnOverride(t *testing.T) {
	eachWorld(t, func(t *testing.T, r *rand.Rand, policies []*policy.Compiled, req policy.Request) {
		set := policy.NewSet(policies)
		clean := set.Decide(withAnnotations(req, map[string]string{}))
		forged := withAnnotations(req, req.Ingress.Annotations)
		forged.Ingress.Annotations[policy.AppliedAnnotation] = forgedRecord(r)
		if maybe(r) {
			forged.Old = withAnnotations(req, forged.Ingress.Annotations).Ingress
		}
		d := set.Decide(forged)
		for key, source := range clean.Provenance {
			if source.Layer == policy.LayerOverrides && !strings.HasPrefix(source.Policy, "frozen") && d.Annotations[key] != clean.Annotations[key] {
				t.Errorf("%s is %q and not the override %q; record %s", key, d.Annotations[key], clean.Annotations[key], forged.Ingress.Annotations[policy.AppliedAnnotation])
			}
		}
		for _, key := range []string{policy.ClassAnnotation, "game.kruise.io/ingress-hash", "Bad Key!"} {
			if d.Annotations[key] != req.Ingress.Annotations[key] {
				t.Errorf("%s was written: %q", key, d.Annotations[key])
			}
		}
	})
}

func forgedRecord(r *rand.Rand) string {
	keys := []string{}
	for _, key := range []string{
		"higress.io/timeout", "higress.io/route-limit-rps", "higress.io/route-limit-rpm", "higress.io/proxy-next-upstream-tries", "higress.io/whitelist-source-range",
		"higress.io/upstream-vhost", policy.ClassAnnotation, "game.kruise.io/ingress-hash", "Bad Key!",
	} {
		if maybe(r) {
			keys = append(keys, fmt.Sprintf(`%q:{"policy":%q,"layer":%q,"value":%q,"was":"7"}`, key,
				pick(r, "p0", "p1", "frozen0", "frozen1", "gone"), pick(r, "overrides", "defaults", "x"), pick(r, "9", "0.0.0.0/0", "-5", "x")))
		}
	}
	return fmt.Sprintf(`{"v":%s,"keys":{%s}}`, pick(r, "1", "1", "1", "2", "99"), strings.Join(keys, ","))
}

func TestOrderOfPoliciesDoesNotMatter(t *testing.T) {
	eachWorld(t, func(t *testing.T, r *rand.Rand, policies []*policy.Compiled, req policy.Request) {
		want := policy.NewSet(policies).Decide(req)
		shuffled := slices.Clone(policies)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, policy.NewSet(shuffled).Decide(req)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRemovingPoliciesGivesBackWhatTheyReplaced(t *testing.T) {
	eachWorld(t, func(t *testing.T, r *rand.Rand, policies []*policy.Compiled, req policy.Request) {
		injected := policy.NewSet(policies).Decide(req)
		next := withAnnotations(req, injected.Annotations)
		next.Old = next.Ingress
		back := policy.NewSet(nil).Decide(next)
		if diff := cmp.Diff(nonNil(req.Ingress.Annotations), back.Annotations); diff != "" {
			t.Errorf("all policies removed (-author +now):\n%s", diff)
		}
		fewer := policy.NewSet(policies[r.IntN(len(policies)):])
		if diff := cmp.Diff(fewer.Decide(req).Annotations, fewer.Decide(withAnnotations(req, injected.Annotations)).Annotations); diff != "" {
			t.Errorf("a policy removed (-never there +now):\n%s", diff)
		}
	})
}

func TestOverridesBeatAuthorsBeatDefaults(t *testing.T) {
	const key = "higress.io/timeout"
	seconds := func(n int) *v1alpha1.TrafficSettings {
		return &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: time.Duration(n) * time.Second}}
	}
	for _, override := range []bool{false, true} {
		for _, author := range []bool{false, true} {
			for _, standard := range []bool{false, true} {
				p := &v1alpha1.GamePolicy{ObjectMeta: metav1.ObjectMeta{Name: "p"}}
				want := ""
				req := randomRequest(rand.New(rand.NewPCG(1, 1)))
				req.Ingress.Annotations = map[string]string{}
				if standard {
					p.Spec.Defaults, want = seconds(10), "10"
				}
				if author {
					req.Ingress.Annotations[key], want = "20", "20"
				}
				if override {
					p.Spec.Overrides, want = seconds(30), "30"
				}
				c, findings := policy.Compile(p)
				if c == nil {
					t.Fatal(findings)
				}
				if got := policy.NewSet([]*policy.Compiled{c}).Decide(req).Annotations[key]; got != want {
					t.Errorf("override %v, author %v, default %v: got %q, want %q", override, author, standard, got, want)
				}
			}
		}
	}
}

func TestAPolicyInWarnOrAuditChangesNothing(t *testing.T) {
	for _, mode := range []v1alpha1.Mode{v1alpha1.ModeWarn, v1alpha1.ModeAudit} {
		for seed := range uint64(rounds) {
			r := rand.New(rand.NewPCG(seed, 2))
			p := randomPolicy(r, "p")
			p.Spec.Mode = mode
			c, _ := policy.Compile(p)
			if d := policy.NewSet([]*policy.Compiled{c}).Decide(randomRequest(r)); d.Changed {
				t.Fatalf("mode %s, seed %d: changed %v", mode, seed, d.Annotations)
			}
		}
	}
}

func withAnnotations(req policy.Request, annotations map[string]string) policy.Request {
	req.Ingress = req.Ingress.DeepCopy()
	req.Ingress.Annotations = maps.Clone(annotations)
	return req
}

func nonNil(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// randomPolicy is a valid policy that may or may not select the server of randomRequest.
func randomPolicy(r *rand.Rand, name string) *v1alpha1.GamePolicy {
	p := &v1alpha1.GamePolicy{ObjectMeta: metav1.ObjectMeta{
		Name: name, CreationTimestamp: metav1.NewTime(time.Unix(int64(1e9+r.IntN(3)), 0)),
	}}
	p.Spec.Priority = int32(r.IntN(3))
	if maybe(r) {
		p.Spec.Targets.GameServerSetNames = []string{pick(r, "postio", "post*", "other")}
	}
	if maybe(r) {
		p.Spec.Targets.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"game": pick(r, "postio", "other")}}
	}
	if maybe(r) {
		p.Spec.Targets.GameServerIDs = []intstr.IntOrString{intstr.FromInt32(int32(r.IntN(4))), intstr.FromString("3-9")}
	}
	p.Spec.Defaults, p.Spec.Overrides = randomSettings(r), randomSettings(r)
	if len(p.Spec.Targets.GameServerSetNames) > 0 && r.IntN(3) == 0 {
		weight := int32(r.IntN(101))
		p.Spec.Overrides.Canary = &v1alpha1.Canary{Of: "lobby", Weight: &weight}
		if maybe(r) {
			p.Spec.Overrides.Canary = &v1alpha1.Canary{Of: "lobby", Header: &v1alpha1.CanaryHeader{Name: "x-version", Value: "1.<id>"}}
		}
	}
	return p
}

func randomSettings(r *rand.Rand) *v1alpha1.TrafficSettings {
	s := &v1alpha1.TrafficSettings{}
	if maybe(r) {
		s.RequestTimeout = &metav1.Duration{Duration: time.Duration(1+r.IntN(60)) * time.Second}
	}
	if maybe(r) {
		n, burst := int32(1+r.IntN(100)), int32(1+r.IntN(5))
		s.RateLimit = &v1alpha1.RateLimit{RequestsPerSecond: &n, BurstMultiplier: &burst}
		if maybe(r) {
			s.RateLimit = &v1alpha1.RateLimit{RequestsPerMinute: &n}
		}
	}
	if maybe(r) {
		s.Retry = &v1alpha1.Retry{Attempts: int32(r.IntN(4))}
		if s.Retry.Attempts > 0 {
			s.Retry.RetryOn = []v1alpha1.RetryCondition{"error", "http_502"}
		}
	}
	if maybe(r) {
		s.Headers = &v1alpha1.Headers{Request: &v1alpha1.HeaderChange{Set: map[string]string{"X-Server": "<gss>-<id>"}}}
	}
	if maybe(r) {
		s.WebSocket = &v1alpha1.WebSocket{Enabled: maybe(r)}
	}
	if maybe(r) {
		s.Match = &v1alpha1.Match{Headers: []v1alpha1.HeaderMatch{{Name: "x-server", Exact: "<id>"}}}
	}
	if maybe(r) {
		credentials := false
		s.CORS = &v1alpha1.CORS{AllowOrigins: []string{"https://a.test"}, AllowCredentials: &credentials}
	}
	if maybe(r) {
		if s.Headers == nil {
			s.Headers = &v1alpha1.Headers{}
		}
		s.Headers.Response = &v1alpha1.HeaderChange{Remove: []string{"Server"}}
	}
	if maybe(r) {
		s.Access = &v1alpha1.Access{AllowCIDRs: []string{"10.0.0.0/8"}}
	}
	if maybe(r) {
		s.Annotations = map[string]string{"higress.io/upstream-vhost": pick(r, "a.test", "<id>.test")}
	}
	return s
}

// randomRequest is a game server's Ingress as an author may have written it: right, wrong, under either prefix.
func randomRequest(r *rand.Rand) policy.Request {
	annotations := map[string]string{"game.kruise.io/ingress-hash": "1"}
	written := map[string][]string{
		"higress.io/timeout":                                    {"60", "60s"},
		"higress.io/route-limit-rpm":                            {"100", "x"},
		"higress.io/route-limit-burst-multiplier":               {"2"},
		"nginx.ingress.kubernetes.io/proxy-next-upstream-tries": {"7", "seven"},
		"higress.io/request-header-control-update":              {"X-Server mine"},
		"nginx.ingress.kubernetes.io/whitelist-source-range":    {"1.2.3.4"},
		"nginx.ingress.kubernetes.io/upstream-vhost":            {"author.test"},
		"higress.io/upstream-vhost":                             {"author2.test"},
		"higress.io/exact-match-header-foo":                     {"bar"},
		"nginx.ingress.kubernetes.io/enable-cors":               {"true", "yes"},
		"higress.io/canary":                                     {"true", "yes"},
		"example.com/unrelated":                                 {"x"},
	}
	for _, key := range slices.Sorted(maps.Keys(written)) { // a seed has to give the same world each time
		if maybe(r) {
			annotations[key] = pick(r, written[key]...)
		}
	}
	class, controller := "higress", true
	return policy.Request{
		Class:           policy.NewClasses(policy.DefaultOptions(), nil).Of(&networkingv1.Ingress{Spec: networkingv1.IngressSpec{IngressClassName: &class}}),
		NamespaceLabels: map[string]string{"game": "postio"},
		Ingress: &networkingv1.Ingress{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: "games", Name: "postio-3", Annotations: annotations,
				OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: "postio-3", Controller: &controller}},
			},
			Spec: networkingv1.IngressSpec{IngressClassName: &class, Rules: []networkingv1.IngressRule{{Host: "game3.postio.example.com"}}},
		},
	}
}

func maybe(r *rand.Rand) bool { return r.IntN(2) == 0 }

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }
