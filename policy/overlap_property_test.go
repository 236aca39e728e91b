package policy_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// Two policies overlap exactly if there is a request that both match, in a world that has one of everything that the
// random targets can select.
func TestOverlapIsWhatDecisionsSay(t *testing.T) {
	fleet, requests := universe()
	r := rand.New(rand.NewPCG(1, 7))
	var policies []*policy.Compiled
	var targets []v1alpha1.Targets
	var matched [][]bool
	for i := range 60 {
		p := &v1alpha1.GamePolicy{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("p%d", i)}}
		p.Spec.Targets = randomTargets(r)
		p.Spec.Overrides = &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: time.Second}}
		if len(p.Spec.Targets.GameServerSetNames) > 0 && p.Spec.Targets.GameServerSetSelector != nil && maybe(r) {
			p.Spec.Overrides.Canary = &v1alpha1.Canary{Of: pick(r, "lobby", "postio-a"), Weight: ptr.To[int32](5)}
		}
		c, findings := policy.Compile(p)
		if c == nil {
			t.Fatal(findings)
		}
		alone := policy.NewSet([]*policy.Compiled{c})
		var matches []bool
		for _, request := range requests {
			matches = append(matches, alone.Decide(request).Changed)
		}
		policies, targets, matched = append(policies, c), append(targets, p.Spec.Targets), append(matched, matches)
	}
	overlaps := 0
	for i, a := range policies {
		for j, b := range policies {
			if i == j {
				continue
			}
			want := anyBoth(matched[i], matched[j])
			if got := meet(a, b, fleet); got != want {
				t.Errorf("overlap %t, but a request that both match: %t\n%+v\n%+v", got, want, targets[i], targets[j])
			}
			if want {
				overlaps++
			}
		}
	}
	if all := len(policies) * (len(policies) - 1); overlaps < all/10 || overlaps > all*9/10 {
		t.Errorf("%d of %d pairs overlap: the generator tells nothing", overlaps, all)
	}
}

func anyBoth(a, b []bool) bool {
	for i := range a {
		if a[i] && b[i] {
			return true
		}
	}
	return false
}

// universe has every namespace, set, class, id and host that randomTargets tells apart.
func universe() (*policy.Fleet, []policy.Request) {
	fleet := &policy.Fleet{
		Classes: policy.NewClasses(policy.Options{
			IngressClasses: []string{"higress", "internal"},
			ClassGateways:  map[string]gateway.Kind{"higress": gateway.Higress, "internal": gateway.Higress, "other": gateway.Higress},
		}, nil),
		Namespaces: map[string]map[string]string{},
	}
	for _, game := range []string{"", "postio", "lobby"} {
		for _, tier := range []string{"", "live", "test"} {
			namespace := "n-" + game + tier
			fleet.Namespaces[namespace] = label("game", game)
			for _, name := range []string{"postio", "postio-a", "postio-b-a", "postio-o", "x-a", "x", "lobby", "lobby-a"} {
				fleet.Sets = append(fleet.Sets, policy.KnownSet{Namespace: namespace, Name: name, Labels: label("tier", tier)})
			}
		}
	}
	var requests []policy.Request
	for _, set := range fleet.Sets {
		for _, class := range []string{"higress", "internal", "other"} {
			for _, id := range []int{0, 3, 5, 7, 9} {
				for _, host := range []string{"a.x.test", "b.x.test", "y.test", "c.y.test"} {
					ing := classed(&class, nil)
					ing.Namespace, ing.Name = set.Namespace, fmt.Sprintf("%s-%d", set.Name, id)
					ing.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: ing.Name, Controller: ptr.To(true)}}
					ing.Spec.Rules = []networkingv1.IngressRule{{Host: host}}
					requests = append(requests, policy.Request{
						Ingress: ing, Class: fleet.Classes.Of(ing), NamespaceLabels: fleet.Namespaces[set.Namespace], SetLabels: set.Labels,
					})
				}
			}
		}
	}
	return fleet, requests
}

func label(key, value string) map[string]string {
	if value == "" {
		return map[string]string{}
	}
	return map[string]string{key: value}
}

func randomTargets(r *rand.Rand) v1alpha1.Targets {
	var t v1alpha1.Targets
	if r.IntN(3) == 0 {
		t.IngressClassNames = []string{pick(r, "higress", "internal", "other")}
	}
	if maybe(r) {
		t.NamespaceSelector = randomSelector(r, "game", "postio", "lobby")
	}
	if maybe(r) {
		t.GameServerSetSelector = randomSelector(r, "tier", "live", "test")
	}
	if maybe(r) {
		t.GameServerSetNames = []string{pick(r, "postio", "postio-*", "*-a", "p*o", "x*", "lobb*")}
	}
	if r.IntN(3) == 0 {
		t.GameServerIDs = []intstr.IntOrString{intstr.FromString(pick(r, "0-3", "3-5", "6-8", "5-9"))}
	}
	if r.IntN(3) == 0 {
		t.Hosts = []string{pick(r, "*.x.test", "a.x.test", "b.x.test", "y.test", "*.y.test")}
	}
	return t
}

func randomSelector(r *rand.Rand, key, value, other string) *metav1.LabelSelector {
	expression := func(operator metav1.LabelSelectorOperator, values ...string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: key, Operator: operator, Values: values}}}
	}
	switch r.IntN(6) {
	case 0:
		return &metav1.LabelSelector{}
	case 1:
		return &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
	case 2:
		return &metav1.LabelSelector{MatchLabels: map[string]string{key: other}}
	case 3:
		return expression(metav1.LabelSelectorOpIn, value, other)
	case 4:
		return expression(metav1.LabelSelectorOpNotIn, value)
	}
	return expression(metav1.LabelSelectorOpDoesNotExist)
}
