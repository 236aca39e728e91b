package ingress_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
	"github.com/gatehouse-dev/gatehouse/webhooks/ingress"
)

func create(t testing.TB, change ...func(*networkingv1.Ingress)) *admissionv1.AdmissionRequest {
	t.Helper()
	return request(t, admissionv1.Create, gameIngress(change...), nil)
}

func update(t testing.TB, stored, updated *networkingv1.Ingress) *admissionv1.AdmissionRequest {
	t.Helper()
	return request(t, admissionv1.Update, updated, stored)
}

func dry(r *admissionv1.AdmissionRequest) *admissionv1.AdmissionRequest {
	r.DryRun = ptr.To(true)
	return r
}

func annotate(pairs ...string) func(*networkingv1.Ingress) {
	return func(ing *networkingv1.Ingress) {
		for i := 0; i < len(pairs); i += 2 {
			ing.Annotations[pairs[i]] = pairs[i+1]
		}
	}
}

func unowned(ing *networkingv1.Ingress)    { ing.OwnerReferences = nil }
func unmanaged(ing *networkingv1.Ingress)  { ing.Spec.IngressClassName = ptr.To("nginx") }
func labelled(ing *networkingv1.Ingress)   { ing.Labels = map[string]string{"a": "b"} }
func atPath(ing *networkingv1.Ingress)     { withPaths("/")(ing) }
func atLongPath(ing *networkingv1.Ingress) { withPaths("/long")(ing) }

func withPaths(paths ...string) func(*networkingv1.Ingress) {
	return func(ing *networkingv1.Ingress) {
		for i := range ing.Spec.Rules {
			ing.Spec.Rules[i].HTTP = &networkingv1.HTTPIngressRuleValue{}
			for _, p := range paths {
				ing.Spec.Rules[i].HTTP.Paths = append(ing.Spec.Rules[i].HTTP.Paths, networkingv1.HTTPIngressPath{Path: p, PathType: ptr.To(networkingv1.PathTypePrefix)})
			}
		}
	}
}

// denied checks that a request was refused, with this code and a message that holds all of this.
func denied(t *testing.T, response admit.Response, code int32, holds ...string) {
	t.Helper()
	if response.Denied == nil || response.Denied.Code != code || response.Err != nil {
		t.Fatalf("response %+v, want %d", response, code)
	}
	for _, text := range holds {
		if !strings.Contains(response.Denied.Message, text) {
			t.Errorf("%q is missing in %q", text, response.Denied.Message)
		}
	}
	want, wait := ingress.Refused, int32(0)
	if code == http.StatusTooManyRequests {
		want, wait = ingress.Later, 1
	}
	if response.Verdict != want || response.Denied.Details.RetryAfterSeconds != wait {
		t.Errorf("verdict %s, retry after %d s", response.Verdict, response.Denied.Details.RetryAfterSeconds)
	}
}

// allowed checks that a request was allowed, with these warnings.
func allowed(t *testing.T, response admit.Response, verdict admit.Verdict, warnings ...string) {
	t.Helper()
	if response.Denied != nil || response.Err != nil || response.Patch != nil || response.Verdict != verdict {
		t.Errorf("response %+v, want %s", response, verdict)
	}
	if diff := cmp.Diff(warnings, response.Warnings); diff != "" && len(warnings)+len(response.Warnings) > 0 {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func deedsOf(names ...string) []host.Deed {
	var out []host.Deed
	for _, name := range names {
		out = append(out, host.Deed{Gateway: "higress", Host: name})
	}
	return out
}

func TestACreateClaimsAllItsHosts(t *testing.T) {
	d := &deeds{}
	allowed(t, validateWith(with(t), d, create(t, hosts("b.example.com", "a.example.com", "b.example.com"))), ingress.Claimed)
	want := []host.Case{{Party: own, Ingress: "postio-7", Deeds: deedsOf("a.example.com", "b.example.com")}}
	if diff := cmp.Diff(want, d.claimed); diff != "" {
		t.Errorf("claimed (-want +got):\n%s", diff)
	}
	d = &deeds{}
	allowed(t, validateWith(with(t), d, create(t, unowned)), ingress.Claimed)
	if diff := cmp.Diff(host.Party{Namespace: "games"}, d.claimed[0].Party); diff != "" {
		t.Errorf("a web Ingress (-want +got):\n%s", diff)
	}
}

func TestAHostThatIsHeldIsRefusedWithItsHolder(t *testing.T) {
	for _, change := range []func(*networkingv1.Ingress){atPath, unowned} {
		d := heldBy(rival, gameHost)
		denied(t, validateWith(with(t), d, create(t, change)), 403, `spec.rules[0].host: "game7.postio.example.com" is held by game server arena/lobby-3 (GameServerSet lobby, id 3); `)
		denied(t, validateWith(with(t), d.onTheirWay(), create(t, change)), 429, "is held by game server arena/lobby-3", "try again in a second")
	}
}

func TestADryRunOnlyLooks(t *testing.T) {
	d := heldBy(rival, gameHost)
	denied(t, validateWith(with(t), d, dry(create(t))), 403, "is held by game server arena/lobby-3")
	allowed(t, validateWith(with(t), d, dry(create(t, hosts("free.example.com")))), ingress.Claimed)
	if len(d.claimed) > 0 || len(d.looked) != 2 {
		t.Errorf("looked %d times, claimed %v", len(d.looked), d.claimed)
	}
}

// What changes nothing is let through whatever is known and whoever holds the host: a duplicate from before the
// installation must still be labelled.
func TestAnUpdateThatChangesNothingToJudgeIsNotJudged(t *testing.T) {
	stored := gameIngress(annotate("match-header-x", "1"))
	d := heldBy(rival, gameHost)
	d.unsynced, d.err = true, errors.New("the API server is away")
	for name, c := range map[string]*cluster{"known": with(t), "nothing known": nil} {
		t.Run(name, func(t *testing.T) {
			allowed(t, validateWith(c, d, update(t, stored, gameIngress(annotate("match-header-x", "1"), labelled))), ingress.Unjudged)
		})
	}
	if len(d.looked)+len(d.claimed) > 0 {
		t.Errorf("looked %v, claimed %v", d.looked, d.claimed)
	}
}

func TestAnUpdateClaimsWhatItAdds(t *testing.T) {
	stored := gameIngress(hosts("a.example.com", "b.example.com"), atPath)
	claim := func(p host.Party, names ...string) []host.Case {
		return []host.Case{{Party: p, Ingress: "postio-7", Deeds: deedsOf(names...)}}
	}
	for name, c := range map[string]struct {
		updated *networkingv1.Ingress
		want    []host.Case
	}{
		"a host":             {gameIngress(hosts("a.example.com", "b.example.com", "c.example.com"), atPath), claim(own, "c.example.com")},
		"a host for another": {gameIngress(hosts("a.example.com", "c.example.com"), atPath), claim(own, "c.example.com")},
		"nothing":            {gameIngress(hosts("a.example.com"), atPath), nil},
		"a path":             {gameIngress(hosts("a.example.com", "b.example.com"), atLongPath), claim(own)},
		"an annotation":      {gameIngress(hosts("a.example.com", "b.example.com"), atPath, annotate("higress.io/timeout", "30")), nil},
		"a canary role": {gameIngress(hosts("a.example.com", "b.example.com"), atPath, annotate("higress.io/canary", "true", "higress.io/canary-weight", "10")),
			claim(own, "a.example.com", "b.example.com")},
		"the other form of the class": {gameIngress(hosts("a.example.com", "b.example.com"), atPath, byClassAnnotation), claim(own, "a.example.com", "b.example.com")},
	} {
		t.Run(name, func(t *testing.T) {
			d := &deeds{}
			allowed(t, validateWith(with(t), d, update(t, stored, c.updated)), ingress.Claimed)
			if diff := cmp.Diff(c.want, d.claimed); diff != "" {
				t.Errorf("claimed (-want +got):\n%s", diff)
			}
		})
	}
}

// A web Ingress that becomes a game server's is judged as that: its namespace's deed is no pass to a second game.
func TestAWebIngressThatBecomesAServersIsNoLongerOne(t *testing.T) {
	d := heldBy(host.Party{Namespace: "games"}, gameHost)
	validateWith(with(t), d, update(t, gameIngress(unowned), gameIngress()))
	want := []host.Case{{Party: own, Ingress: "postio-7", Deeds: deedsOf(gameHost)}}
	if diff := cmp.Diff(want, d.claimed); diff != "" {
		t.Errorf("claimed (-want +got):\n%s", diff)
	}
}

// Kubernetes' garbage collector, or a person, may take the owner off a server's Ingress.
func TestAnIngressThatBecomesNobodysKeepsWhatItsServerHad(t *testing.T) {
	d := heldBy(own, gameHost)
	allowed(t, validateWith(with(t), d, update(t, gameIngress(), gameIngress(unowned))), ingress.Claimed)
	want := []host.Case{{Party: host.Party{Namespace: "games"}, Ingress: "postio-7", Deeds: deedsOf(gameHost), Former: &own, Stood: []string{gameHost}}}
	if diff := cmp.Diff(want, d.claimed); diff != "" {
		t.Errorf("claimed (-want +got):\n%s", diff)
	}
	c := with(t)
	c.classes = policy.NewClasses(policy.Options{
		IngressClasses: []string{"higress", "alb"},
		ClassGateways:  map[string]gateway.Kind{"higress": gateway.Higress, "alb": gateway.ALB, "team": gateway.Higress},
	}, nil)
	of := func(class string) *networkingv1.Ingress {
		return gameIngress(func(ing *networkingv1.Ingress) { ing.Spec.IngressClassName = &class })
	}
	for name, stored := range map[string]*networkingv1.Ingress{
		"from a class that is not managed": of("team"), "from another gateway": of("alb"), "from quarantine": of(policy.QuarantineClass),
		"that had no host": gameIngress(hosts("other.example.com")),
	} {
		t.Run(name, func(t *testing.T) {
			denied(t, validateWith(c, heldBy(own, gameHost), update(t, stored, gameIngress(unowned))), 403, "is held by game server games/postio-7")
		})
	}
}

func TestACanaryThatGivesUpItsRoleIsJudgedAsItsOwn(t *testing.T) {
	spec := v1alpha1.GamePolicySpec{
		Targets:   v1alpha1.Targets{GameServerSetNames: []string{"postio"}},
		Overrides: &v1alpha1.TrafficSettings{Canary: &v1alpha1.Canary{Of: "stable", Weight: ptr.To(int32(20))}},
	}
	primary := host.Party{Namespace: "games", Set: "stable", ID: 7}
	role := annotate("higress.io/canary", "true", "higress.io/canary-weight", "20")
	d := heldBy(primary, gameHost)
	allowed(t, validateWith(with(t, spec), d, create(t, role)), ingress.Claimed)
	denied(t, validateWith(with(t, spec), d, update(t, gameIngress(role), gameIngress())), 403, "is held by game server games/stable-7")
	denied(t, validateWith(with(t, spec), &deeds{}, create(t, role)), 403, "is not served by game server games/stable-7, whose canary this is")
	denied(t, validateWith(with(t), d, create(t, role)), 403, "is held by game server games/stable-7") // by its author alone
}

// A finalizer can keep an Ingress that is being deleted for long, and the gateway serves it until then.
func TestAnIngressThatIsBeingDeletedGetsNoHostByIt(t *testing.T) {
	deleting := func(ing *networkingv1.Ingress) { ing.DeletionTimestamp = ptr.To(metav1.Unix(1, 0)) }
	stored := gameIngress(hosts("old.example.com"), deleting)
	denied(t, validateWith(with(t), heldBy(rival, gameHost), update(t, stored, gameIngress(deleting))), 403, "is held by game server arena/lobby-3")
}
