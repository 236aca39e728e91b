package snapshot

import (
	"slices"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// spec changes a field of a set's spec; nil takes it away.
func spec(field string, value any) func(*unstructured.Unstructured) {
	return func(u *unstructured.Unstructured) {
		fields := u.Object["spec"].(map[string]any) //nolint:forcetypeassert // it is one, see lobby
		if fields[field] = value; value == nil {
			delete(fields, field)
		}
	}
}

func TestASetIsReadWhateverIsWrongWithIt(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*unstructured.Unstructured)
		ids    []int
		host   string
	}{
		"whole":                 {func(*unstructured.Unstructured) {}, []int{1, 2}, "lobby.example.com"},
		"scaled to none":        {spec("replicas", int64(0)), nil, "lobby.example.com"},
		"replicas not given":    {spec("replicas", nil), nil, "lobby.example.com"},
		"fewer than none":       {spec("replicas", int64(-1)), nil, "lobby.example.com"},
		"replicas is a word":    {spec("replicas", "two"), nil, ""},
		"reserved beyond types": {spec("reserveGameServerIds", []any{1e300}), nil, ""},
		"reserved is a word":    {spec("reserveGameServerIds", []any{"x"}), []int{0, 1}, "lobby.example.com"},
		"no network":            {spec("network", nil), []int{1, 2}, ""},
		"another network":       {spec("network", map[string]any{"networkType": "Kubernetes-HostPort"}), []int{1, 2}, ""},
		"no parameters":         {spec("network", map[string]any{"networkType": "Kubernetes-Ingress"}), []int{1, 2}, ""},
		"no spec":               {func(u *unstructured.Unstructured) { delete(u.Object, "spec") }, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			object := lobby()
			test.change(object)
			whole := ParseSet(object)
			if whole.Labels["tier"] != "live" || whole.Namespace != "games" || whole.Name != "postio" || whole.UID != "1" || whole.Deleting {
				t.Errorf("%+v", whole)
			}
			if !slices.Equal(whole.IDs, test.ids) || whole.Template.Makes() != (test.host != "") || test.host != "" && whole.Template.Host(1) != test.host {
				t.Errorf("ids %v, template %+v", whole.IDs, whole.Template)
			}
			// What is dropped before it is kept in memory makes no difference.
			if _, err := trim(object); err != nil {
				t.Fatal(err)
			}
			trimmed := ParseSet(object)
			if !slices.Equal(trimmed.IDs, whole.IDs) || trimmed.Template.Makes() != whole.Template.Makes() || trimmed.Labels["tier"] != "live" {
				t.Errorf("trimmed %+v", trimmed)
			}
		})
	}
	deleting := lobby()
	deleting.SetDeletionTimestamp(ptr.To(metav1.Now()))
	if !ParseSet(deleting).Deleting {
		t.Error("it is being deleted, and nobody knows")
	}
}

func TestOfSetsTheParametersAreKeptAndNotThePodTemplate(t *testing.T) {
	object := lobby()
	if _, err := trim(object); err != nil {
		t.Fatal(err)
	}
	want := lobby()
	want.SetAnnotations(nil)
	want.SetFinalizers(nil)
	want.SetManagedFields(nil)
	delete(want.Object, "status")
	spec("gameServerTemplate", nil)(want)
	if diff := cmp.Diff(want.Object, object.Object); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheSetsThatStandAreListed(t *testing.T) {
	s := New(policy.DefaultOptions(), prometheus.NewRegistry(), logr.Discard())
	handler := s.sets.Load().handler()
	other := lobby()
	other.SetName("other")
	handler.OnAdd(lobby(), true)
	handler.OnAdd(other, true)
	if got := len(s.Sets()); got != 2 {
		t.Errorf("%d sets", got)
	}
	handler.OnDelete(other)
	if list := s.Sets(); len(list) != 1 || list[0].Name != "postio" {
		t.Errorf("%v", list)
	}
}

func TestAnIngressIsTheSamePartyTrimmed(t *testing.T) {
	challenge := metav1.OwnerReference{APIVersion: "acme.cert-manager.io/v1", Kind: "Challenge", Name: "c", Controller: ptr.To(true)}
	rule := func(name, path string) networkingv1.IngressRule {
		return networkingv1.IngressRule{Host: name, IngressRuleValue: networkingv1.IngressRuleValue{
			HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{Path: path}}},
		}}
	}
	for name, change := range map[string]func(*networkingv1.Ingress){
		"a game server's": func(*networkingv1.Ingress) {},
		"a web front end": func(ing *networkingv1.Ingress) { ing.OwnerReferences = nil },
		"a canary":        func(ing *networkingv1.Ingress) { ing.Annotations["higress.io/canary"] = "true" },
		"a canary by the other prefix": func(ing *networkingv1.Ingress) {
			ing.Annotations["nginx.ingress.kubernetes.io/canary"] = "true"
		},
		"a solver": func(ing *networkingv1.Ingress) {
			ing.OwnerReferences = []metav1.OwnerReference{challenge}
			ing.Spec.Rules = []networkingv1.IngressRule{rule("a.example.com", "/.well-known/acme-challenge/x")}
		},
		"a Challenge's with a path of another kind": func(ing *networkingv1.Ingress) {
			ing.OwnerReferences = []metav1.OwnerReference{challenge}
			ing.Spec.Rules = append(ing.Spec.Rules, rule("a.example.com", "/.well-known/acme-challenge/x"))
		},
		"of another class": func(ing *networkingv1.Ingress) { ing.Annotations["kubernetes.io/ingress.class"] = "nginx" },
		"quarantined":      func(ing *networkingv1.Ingress) { policy.Quarantine(ing).DeepCopyInto(ing) },
		"several owners": func(ing *networkingv1.Ingress) {
			ing.OwnerReferences = append([]metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "x"}}, ing.OwnerReferences...)
		},
		"a default backend": func(ing *networkingv1.Ingress) { ing.Spec.DefaultBackend = &networkingv1.IngressBackend{} },
	} {
		t.Run(name, func(t *testing.T) {
			s := withPolicies(t, canaryPolicy("postio", "primary"))
			ing := gameIngress()
			ing.UID, ing.ResourceVersion, ing.CreationTimestamp = "1", "5", metav1.Now()
			ing.Annotations = map[string]string{"higress.io/timeout": "30"}
			ing.Labels = map[string]string{"a": "b"}
			ing.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "okg"}}
			ing.Spec.Rules = []networkingv1.IngressRule{rule("H7.example.com", "/"), rule("", "/x")}
			ing.Spec.TLS = []networkingv1.IngressTLS{{SecretName: "x"}}
			change(ing)
			trimmed := ing.DeepCopy()
			if _, err := trim(trimmed); err != nil {
				t.Fatal(err)
			}
			gateway, party, managed := s.Stand(ing)
			gateway2, party2, managed2 := s.Stand(trimmed)
			if gateway2 != gateway || party2 != party || managed2 != managed || !slices.Equal(host.Of(trimmed), host.Of(ing)) {
				t.Errorf("%s %+v %t on %v, whole it is %s %+v %t on %v", gateway2, party2, managed2, host.Of(trimmed), gateway, party, managed, host.Of(ing))
			}
			lifted, waited := policy.Unquarantine(trimmed)
			if _, waits := policy.Unquarantine(ing); waited != waits || waited && *lifted.Spec.IngressClassName != "higress" {
				t.Errorf("in quarantine: %t, whole %t", waited, waits)
			}
			if trimmed.UID != "1" || trimmed.ResourceVersion != "5" || !trimmed.CreationTimestamp.Equal(&ing.CreationTimestamp) {
				t.Errorf("%+v", trimmed.ObjectMeta)
			}
			_, isGame := gameserver.Identify(ing)
			if trimmed.Labels != nil || trimmed.ManagedFields != nil || trimmed.Spec.TLS != nil || isGame != (trimmed.Annotations["higress.io/timeout"] != "") {
				t.Errorf("keeps what nobody reads: %+v", trimmed)
			}
		})
	}
}

// withPolicies is a snapshot with these policies in effect.
func withPolicies(t *testing.T, policies ...*v1alpha1.GamePolicy) *Snapshot {
	t.Helper()
	s := New(policy.DefaultOptions(), prometheus.NewRegistry(), logr.Discard())
	for _, p := range policies {
		s.policies.put(p)
	}
	s.rebuild()
	if set, _, _ := s.At(&networkingv1.Ingress{}); set.Policies() != len(policies) {
		t.Fatalf("%d of %d policies are accepted", set.Policies(), len(policies))
	}
	return s
}

// canaryPolicy makes a set the canary of another.
func canaryPolicy(set, of string) *v1alpha1.GamePolicy {
	return gamePolicy("canary", 1, func(p *v1alpha1.GamePolicy) {
		p.Spec.Defaults, p.Spec.Targets.GameServerSetNames = nil, []string{set}
		p.Spec.Overrides = &v1alpha1.TrafficSettings{Canary: &v1alpha1.Canary{Of: of, Header: &v1alpha1.CanaryHeader{Name: "x-beta", Value: "always"}}}
	})
}

// Until the mutator has seen it, an Ingress does not say what it will be.
func TestWhatAnIngressWillBeFollowsFromThePolicies(t *testing.T) {
	allow := gamePolicy("hosts", 1, func(p *v1alpha1.GamePolicy) {
		p.Spec.Hosts = &v1alpha1.HostRules{Allowed: []string{"*.example.com"}}
	})
	for name, test := range map[string]struct {
		policies []*v1alpha1.GamePolicy
		host     string
		canaryOf string
		allowed  bool
	}{
		"without policies":       {nil, "h7.example.org", "", true},
		"a canary":               {[]*v1alpha1.GamePolicy{canaryPolicy("postio", "primary")}, "h7.example.com", "primary", true},
		"not another set":        {[]*v1alpha1.GamePolicy{canaryPolicy("other", "primary")}, "h7.example.com", "", true},
		"a host that is allowed": {[]*v1alpha1.GamePolicy{allow}, "h7.example.com", "", true},
		"a host that is not":     {[]*v1alpha1.GamePolicy{allow}, "h7.example.org", "", false},
		"both":                   {[]*v1alpha1.GamePolicy{allow, canaryPolicy("postio", "primary")}, "h7.example.org", "primary", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := withPolicies(t, test.policies...)
			ing := gameIngress()
			ing.Spec.Rules = []networkingv1.IngressRule{{Host: test.host}}
			before := ing.DeepCopy()
			p, allowed := s.Foresee(ing)
			if want := (host.Party{Namespace: "games", Set: "postio", ID: 7, CanaryOf: test.canaryOf}); p != want || allowed != test.allowed {
				t.Errorf("%+v, allowed %t", p, allowed)
			}
			if diff := cmp.Diff(before, ing); diff != "" {
				t.Errorf("the Ingress itself was changed:\n%s", diff)
			}
		})
	}
	if _, allowed := New(policy.DefaultOptions(), prometheus.NewRegistry(), logr.Discard()).Foresee(gameIngress()); allowed {
		t.Error("allowed before anything is known")
	}
}
