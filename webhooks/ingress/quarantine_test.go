package ingress_test

import (
	"context"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
	"github.com/gatehouse-dev/gatehouse/webhooks/ingress"
)

const gameHost = "game7.postio.example.com"

var (
	own   = host.Party{Namespace: "games", Set: "postio", ID: 7}
	rival = host.Party{Namespace: "arena", Set: "lobby", ID: 3}
)

// waiting lets Ingresses wait for their hosts, and injects a timeout.
var waiting = v1alpha1.GamePolicySpec{
	Defaults: timeout30.Defaults, Hosts: &v1alpha1.HostRules{OnConflict: v1alpha1.OnConflictQuarantine},
}

func mutateWith(c *cluster, d ingress.Deeds, r *admissionv1.AdmissionRequest) admit.Response {
	return ingress.NewMutator(c, d, true, self, logr.Discard()).Mutate(context.Background(), r)
}

// annotated gives the Ingress an annotation and, if it is not empty, another class.
func annotated(key, value, class string) func(*networkingv1.Ingress) {
	return func(ing *networkingv1.Ingress) {
		ing.Annotations[key] = value
		if class != "" {
			ing.Spec.IngressClassName = &class
		}
	}
}

func hosts(names ...string) func(*networkingv1.Ingress) {
	return func(ing *networkingv1.Ingress) {
		ing.Spec.Rules = nil
		for _, name := range names {
			ing.Spec.Rules = append(ing.Spec.Rules, networkingv1.IngressRule{Host: name})
		}
	}
}

func byClassAnnotation(ing *networkingv1.Ingress) {
	ing.Spec.IngressClassName = nil
	ing.Annotations[policy.ClassAnnotation] = "higress"
}

func TestAnIngressWhoseHostIsHeldWaitsInQuarantineAndComesOutAsItWas(t *testing.T) {
	for name, change := range map[string]func(*networkingv1.Ingress){
		"class in the spec": func(*networkingv1.Ingress) {}, "class in an annotation": byClassAnnotation,
	} {
		t.Run(name, func(t *testing.T) {
			c := with(t, waiting)
			free := request(t, admissionv1.Create, gameIngress(change), nil)
			want := apply(t, free.Object.Raw, mutateWith(c, heldBy(own), free).Patch)

			r := request(t, admissionv1.Create, gameIngress(change), nil)
			response := mutateWith(c, heldBy(rival, gameHost), r)
			if response.Verdict != ingress.Quarantined || response.Denied != nil {
				t.Fatalf("response %+v", response)
			}
			if len(response.Warnings) != 1 || !strings.Contains(response.Warnings[0], `"`+gameHost+`" is held by game server arena/lobby-3`) {
				t.Errorf("warnings %q", response.Warnings)
			}
			held := apply(t, r.Object.Raw, response.Patch)
			if *held.Spec.IngressClassName != policy.QuarantineClass || held.Annotations[policy.ClassAnnotation] != "" {
				t.Errorf("class %s, annotations %v", *held.Spec.IngressClassName, held.Annotations)
			}
			if held.Annotations["higress.io/timeout"] != "30" {
				t.Errorf("nothing was injected: %v", held.Annotations)
			}

			again := mutateWith(c, heldBy(rival, gameHost), request(t, admissionv1.Update, held, held))
			if again.Verdict != ingress.Quarantined || again.Patch != nil || len(again.Warnings) != 1 {
				t.Errorf("held still, another call: %+v", again)
			}

			r = request(t, admissionv1.Update, held, held)
			response = mutateWith(c, heldBy(own, gameHost), r)
			if response.Verdict != ingress.Patched || len(response.Warnings) > 0 {
				t.Fatalf("response %+v", response)
			}
			if diff := cmp.Diff(want, apply(t, r.Object.Raw, response.Patch)); diff != "" {
				t.Errorf("(-without quarantine +after it):\n%s", diff)
			}
		})
	}
}

func TestOnlyWhereAPolicySaysSoDoesAnIngressWait(t *testing.T) {
	denying := waiting
	denying.Hosts = &v1alpha1.HostRules{OnConflict: v1alpha1.OnConflictDeny}
	warning := waiting
	warning.Mode = v1alpha1.ModeWarn
	foreign := func(ing *networkingv1.Ingress) { ing.OwnerReferences = nil }
	other := func(ing *networkingv1.Ingress) { ing.Spec.IngressClassName = ptr.To("nginx") }
	nameless := func(ing *networkingv1.Ingress) { ing.Name, ing.GenerateName = "", "postio-" }
	unsynced := heldBy(rival, gameHost)
	unsynced.unsynced = true
	for name, c := range map[string]struct {
		cluster *cluster
		deeds   *deeds
		change  func(*networkingv1.Ingress)
	}{
		"without policies":         {with(t), heldBy(rival, gameHost), nil},
		"denied":                   {with(t, denying), heldBy(rival, gameHost), nil},
		"in mode Warn":             {with(t, warning), heldBy(rival, gameHost), nil},
		"free":                     {with(t, waiting), heldBy(rival, "other.example.com"), nil},
		"its own":                  {with(t, waiting), heldBy(own, gameHost), nil},
		"no game server's":         {with(t, waiting), heldBy(rival, gameHost), foreign},
		"of an unmanaged class":    {with(t, waiting), heldBy(rival, gameHost), other},
		"without a name yet":       {with(t, waiting), heldBy(rival, gameHost), nameless},
		"while the claims unknown": {with(t, waiting), unsynced, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ing := gameIngress()
			if c.change != nil {
				c.change(ing)
			}
			r := request(t, admissionv1.Create, ing, nil)
			response := mutateWith(c.cluster, c.deeds, r)
			after := ing
			if response.Patch != nil {
				after = apply(t, r.Object.Raw, response.Patch)
			}
			if response.Verdict == ingress.Quarantined || *after.Spec.IngressClassName != *ing.Spec.IngressClassName {
				t.Errorf("class %s, response %+v", *after.Spec.IngressClassName, response)
			}
			if len(c.deeds.claimed) > 0 {
				t.Error("the mutator claimed a host")
			}
		})
	}
}

func TestWhereTheGatewayServesAllClassesThereIsNoQuarantine(t *testing.T) {
	mutator := ingress.NewMutator(with(t, waiting), heldBy(rival, gameHost), false, self, logr.Discard())
	r := request(t, admissionv1.Create, gameIngress(), nil)
	if response := mutator.Mutate(t.Context(), r); response.Verdict != ingress.Patched {
		t.Errorf("response %+v", response)
	}
	// One from before is let out; whether it may have the host the validator says.
	before := policy.Quarantine(gameIngress())
	r = request(t, admissionv1.Update, before, before)
	if after := apply(t, r.Object.Raw, mutator.Mutate(t.Context(), r).Patch); *after.Spec.IngressClassName != "higress" {
		t.Errorf("class %s", *after.Spec.IngressClassName)
	}
}

func TestNothingIsTakenOffAGatewayThatServes(t *testing.T) {
	c := with(t, waiting)
	stored := gameIngress()
	labelled := gameIngress(func(ing *networkingv1.Ingress) { ing.Labels = map[string]string{"a": "b"} })
	for name, updated := range map[string]*networkingv1.Ingress{
		"a label":                  labelled,
		"another path":             gameIngress(func(ing *networkingv1.Ingress) { ing.Spec.Rules[0].HTTP = &networkingv1.HTTPIngressRuleValue{} }),
		"another host beside it":   gameIngress(hosts(gameHost, "taken.example.com")),
		"another host in its rule": gameIngress(hosts("taken.example.com", gameHost)),
	} {
		t.Run(name, func(t *testing.T) {
			r := request(t, admissionv1.Update, updated, stored)
			response := mutateWith(c, heldBy(rival, gameHost, "taken.example.com"), r)
			if response.Verdict != ingress.Patched {
				t.Fatalf("response %+v", response)
			}
			if after := apply(t, r.Object.Raw, response.Patch); *after.Spec.IngressClassName != "higress" {
				t.Errorf("class %s", *after.Spec.IngressClassName)
			}
		})
	}
}

func TestAnIngressThatMovesToAHeldHostWaits(t *testing.T) {
	for name, stored := range map[string]*networkingv1.Ingress{
		"from another host":  gameIngress(hosts("old.example.com")),
		"from another class": gameIngress(func(ing *networkingv1.Ingress) { ing.Spec.IngressClassName = ptr.To("nginx") }),
		"from quarantine, by a PUT that drops the annotation": policy.Quarantine(gameIngress()),
	} {
		t.Run(name, func(t *testing.T) {
			if response := mutateWith(with(t, waiting), heldBy(rival, gameHost), request(t, admissionv1.Update, gameIngress(), stored)); response.Verdict != ingress.Quarantined {
				t.Errorf("response %+v", response)
			}
		})
	}
}

// A canary is one by what is injected: it must be asked for as what it becomes, not as what its author wrote.
func TestACanaryIsNoRivalOfItsPrimary(t *testing.T) {
	canary := waiting
	canary.Targets.GameServerSetNames = []string{"postio"}
	canary.Overrides = &v1alpha1.TrafficSettings{Canary: &v1alpha1.Canary{Of: "stable", Weight: ptr.To(int32(20))}}
	primary := host.Party{Namespace: "games", Set: "stable", ID: 7}
	r := request(t, admissionv1.Create, gameIngress(), nil)
	response := mutateWith(with(t, canary), heldBy(primary, gameHost), r)
	if response.Verdict != ingress.Patched {
		t.Fatalf("created: %+v", response)
	}
	stored := apply(t, r.Object.Raw, response.Patch)
	// OpenKruiseGame's PUT knows nothing of what was injected.
	if response := mutateWith(with(t, canary), heldBy(primary, gameHost), request(t, admissionv1.Update, gameIngress(), stored)); response.Verdict != ingress.Patched {
		t.Errorf("put: %+v", response)
	}
	if response := mutateWith(with(t, canary), heldBy(rival, gameHost), request(t, admissionv1.Create, gameIngress(), nil)); response.Verdict != ingress.Quarantined {
		t.Errorf("on a host that is not its primary's: %+v", response)
	}
}

// An author can write the annotation of the quarantine himself. It gets nobody past the validator: whatever class comes
// out of it, the Ingress waits, or is judged as one of that class.
func TestWhatAnAuthorWritesIntoQuarantineIsJudged(t *testing.T) {
	for _, kept := range []string{
		`{"class":"higress"}`, `{"annotation":"higress"}`, `{"class":"nginx","annotation":"higress"}`, `{"class":"higress","annotation":"nginx"}`,
		`{"CLASS":"higress"}`, `{"class":"nginx","class":"higress"}`, `{"class":"higress","host":"free.example.com"}`, `{}`, `null`, `{`, ``, `[]`, `"higress"`,
		`{"class":""}`, `{"annotation":""}`, `{"class":"gatehouse-quarantine"}`, `{"class":"%s"}`,
	} {
		for _, class := range []string{policy.QuarantineClass, "higress", "nginx"} {
			for _, spec := range []v1alpha1.GamePolicySpec{waiting, timeout30} {
				t.Run(kept+" "+class, func(t *testing.T) {
					c, d := with(t, spec), heldBy(rival, gameHost)
					c.classes = policy.NewClasses(policy.DefaultOptions(), []networkingv1.IngressClass{defaultClass()})
					r := request(t, admissionv1.Create, gameIngress(annotated(policy.QuarantinedAnnotation, kept, class)), nil)
					final := gameIngress(annotated(policy.QuarantinedAnnotation, kept, class))
					if patch := mutateWith(c, d, r).Patch; patch != nil {
						final = apply(t, r.Object.Raw, patch)
					}
					managed := c.classes.Of(final).Managed
					response := validateWith(c, d, request(t, admissionv1.Create, final, nil))
					if managed != (response.Denied != nil) || managed && response.Denied.Code != 403 {
						t.Errorf("class %q, managed: %v, response %+v", c.classes.Of(final).Name, managed, response)
					}
					if len(d.claimed) > 0 != managed {
						t.Errorf("claimed %v", d.claimed)
					}
				})
			}
		}
	}
}

func defaultClass() networkingv1.IngressClass {
	class := networkingv1.IngressClass{}
	class.Name, class.Annotations = "higress", map[string]string{"ingressclass.kubernetes.io/is-default-class": "true"}
	return class
}

func validateWith(c *cluster, d *deeds, r *admissionv1.AdmissionRequest) admit.Response {
	return ingress.NewValidator(c, noSets{}, d, true, prometheus.NewRegistry(), logr.Discard(), &herald{}).Validate(context.Background(), r)
}

// noSets knows of none.
type noSets struct{}

func (noSets) Complete(context.Context, *policy.Request) error { return nil }
