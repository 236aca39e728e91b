package host_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

const game = "game.example.com"

func id(n int) *int { return &n }

func server(namespace, set string, id int) host.Party {
	return host.Party{Namespace: namespace, Set: set, ID: id}
}

// sharing is a server of a set that has the host game as a whole.
func sharing(namespace, set string, id int) host.Party {
	return host.Party{Namespace: namespace, Set: set, ID: id, SharedHost: game}
}

func canary(namespace, set string, id int, of string) host.Party {
	return host.Party{Namespace: namespace, Set: set, ID: id, CanaryOf: of}
}

func web(namespace string) host.Party { return host.Party{Namespace: namespace} }

func solver(namespace string) host.Party { return host.Party{Namespace: namespace, Solver: true} }

func TestAClaimantHoldsNoMoreThanItNeeds(t *testing.T) {
	for name, c := range map[string]struct {
		party   host.Party
		sharing v1alpha1.Sharing
		holder  v1alpha1.Holder
	}{
		"a server": {
			server("games", "postio", 0), v1alpha1.SharingServer,
			v1alpha1.Holder{Name: "games/postio", Namespace: "games", GameServerSet: "postio", ID: id(0)},
		},
		"a server whose set shares the host": {
			sharing("games", "postio", 3), v1alpha1.SharingSet,
			v1alpha1.Holder{Name: "games/postio", Namespace: "games", GameServerSet: "postio"},
		},
		"a server whose set shares another host": {
			host.Party{Namespace: "games", Set: "postio", ID: 3, SharedHost: "lobby.example.com"}, v1alpha1.SharingServer,
			v1alpha1.Holder{Name: "games/postio", Namespace: "games", GameServerSet: "postio", ID: id(3)},
		},
		"a web Ingress": {web("shop"), v1alpha1.SharingNamespace, v1alpha1.Holder{Name: "shop", Namespace: "shop"}},
		"a solver":      {solver("shop"), v1alpha1.SharingNamespace, v1alpha1.Holder{Name: "shop", Namespace: "shop"}},
	} {
		t.Run(name, func(t *testing.T) {
			sharing, holder := c.party.Claimant(game)
			if sharing != c.sharing {
				t.Errorf("sharing %s, want %s", sharing, c.sharing)
			}
			if diff := cmp.Diff(c.holder, holder); diff != "" {
				t.Errorf("holder (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPeopleReadWhoItIs(t *testing.T) {
	for party, want := range map[host.Party]string{
		server("games", "postio", 12):           "game server games/postio-12",
		canary("games", "postio-v2", 0, "post"): "game server games/postio-v2-0",
		web("shop"):                             "namespace shop",
	} {
		if got := party.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for want, holder := range map[string]v1alpha1.Holder{
		"game server games/postio-3 (GameServerSet postio, id 3)": {Namespace: "games", GameServerSet: "postio", ID: id(3)},
		"GameServerSet games/postio":                              {Namespace: "games", GameServerSet: "postio"},
		"the web Ingresses of namespace shop":                     {Namespace: "shop"},
	} {
		if got := host.Describe(holder); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAPrimaryHasTheIDOfItsCanary(t *testing.T) {
	got := host.Party{Namespace: "games", Set: "beta", ID: 4, SharedHost: game, CanaryOf: "postio"}.Primary()
	want := host.Party{Namespace: "games", Set: "postio", ID: 4, SharedHost: game}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

const token = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"

func TestASolverAnswersAChallengeAndNothingElse(t *testing.T) {
	const prefix = "/.well-known/acme-challenge/"
	challenge := metav1.OwnerReference{APIVersion: "acme.cert-manager.io/v1", Kind: "Challenge", Name: "c", Controller: new(true)}
	for name, c := range map[string]struct {
		change func(ing *networkingv1.Ingress)
		want   bool
	}{
		"as cert-manager makes it": {func(*networkingv1.Ingress) {}, true},
		"for several hosts":        {func(ing *networkingv1.Ingress) { rules(ing, "a.example", prefix+"a", "b.example", prefix+"b-_9") }, true},
		"of an older cert-manager": {func(ing *networkingv1.Ingress) { ing.OwnerReferences[0].APIVersion = "acme.cert-manager.io/v1alpha2" }, true},

		"nobody's":                     {func(ing *networkingv1.Ingress) { ing.OwnerReferences = nil }, false},
		"owned, but not controlled":    {func(ing *networkingv1.Ingress) { ing.OwnerReferences[0].Controller = nil }, false},
		"of another kind":              {func(ing *networkingv1.Ingress) { ing.OwnerReferences[0].Kind = "Order" }, false},
		"of a group that looks alike":  {func(ing *networkingv1.Ingress) { ing.OwnerReferences[0].APIVersion = "acme.cert-manager.io.evil/v1" }, false},
		"with another path":            {func(ing *networkingv1.Ingress) { rules(ing, "a.example", prefix+"a", "a.example", "/") }, false},
		"with a path that looks alike": {func(ing *networkingv1.Ingress) { rules(ing, "a.example", "/.well-known/acme-challengers/a") }, false},
		"for every token":              {func(ing *networkingv1.Ingress) { rules(ing, "a.example", prefix) }, false},
		// With the annotation use-regex a path is a regular expression, of which the beginning says nothing.
		"with a regular expression": {func(ing *networkingv1.Ingress) { rules(ing, "a.example", prefix+"a|/.*") }, false},
		"with a way up":             {func(ing *networkingv1.Ingress) { rules(ing, "a.example", prefix+"../../admin") }, false},
		"with a default backend":    {func(ing *networkingv1.Ingress) { ing.Spec.DefaultBackend = &networkingv1.IngressBackend{} }, false},
		"without a path":            {func(ing *networkingv1.Ingress) { ing.Spec.Rules[0].HTTP.Paths = nil }, false},
		"with a rule for any path": {func(ing *networkingv1.Ingress) {
			ing.Spec.Rules = append(ing.Spec.Rules, networkingv1.IngressRule{Host: "b.example"})
		}, false},
		"without a rule": {func(ing *networkingv1.Ingress) { ing.Spec.Rules = nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			ing := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{*challenge.DeepCopy()}}}
			rules(ing, "a.example", prefix+token)
			c.change(ing)
			if got := host.IsSolver(ing); got != c.want {
				t.Errorf("IsSolver = %v", got)
			}
		})
	}
}

// rules gives an Ingress one rule for each pair of a host and a path.
func rules(ing *networkingv1.Ingress, pairs ...string) {
	ing.Spec.Rules = nil
	for i := 0; i < len(pairs); i += 2 {
		ing.Spec.Rules = append(ing.Spec.Rules, rule(pairs[i], pairs[i+1]))
	}
}

func rule(name string, paths ...string) networkingv1.IngressRule {
	r := networkingv1.IngressRule{Host: name}
	r.HTTP = &networkingv1.HTTPIngressRuleValue{}
	for _, path := range paths {
		r.HTTP.Paths = append(r.HTTP.Paths, networkingv1.HTTPIngressPath{
			Path: path, PathType: new(networkingv1.PathTypePrefix),
			Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: "s", Port: networkingv1.ServiceBackendPort{Number: 80}}},
		})
	}
	return r
}
