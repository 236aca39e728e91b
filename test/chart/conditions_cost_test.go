package chart_test

import (
	"fmt"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// An expression that costs more than the API server's limit fails, and under failurePolicy Fail that refuses the write. So
// the greatest Ingress that anybody has may take half of the limit at most. All these UPDATEs change nothing: every
// expression is evaluated to its end.
func TestTheConditionsOfTheGreatestIngressesCostLittle(t *testing.T) {
	mutator, validator := webhookConditions(t)
	// metadata.annotations may be 256 KiB in all.
	const allAnnotations = 256 << 10
	for what, ing := range map[string]*networkingv1.Ingress{
		"one value of 256 KiB":                  great(1, allAnnotations, 1, 1),
		"thousands of annotations":              great(2000, allAnnotations, 1, 1),
		"a thousand paths":                      great(0, 0, 1, 1000),
		"as many rules as anybody may have":     great(0, 0, 32, 100),
		"a thousand hosts from before":          great(0, 0, 1000, 1),
		"256 KiB of annotations and 1000 paths": great(1000, allAnnotations, 10, 100),
	} {
		t.Run(what, func(t *testing.T) {
			called, cost := validator.match(t, ing, ing.DeepCopy())
			if called {
				t.Error("called for an UPDATE that changes nothing")
			}
			if cost > celconfig.PerCallLimit/2 {
				t.Errorf("the validator's conditions cost %d, of %d for each", cost, celconfig.PerCallLimit)
			}
			if called, _ := validator.match(t, nil, ing); !called {
				t.Error("not called for a CREATE")
			}
			if called, cost := mutator.match(t, ing, ing.DeepCopy()); !called || cost > celconfig.PerCallLimit/100 {
				t.Errorf("the mutator is called: %t, and its conditions cost %d, of %d for each", called, cost, celconfig.PerCallLimit)
			}
			t.Logf("costs %d, of %d", cost, celconfig.PerCallLimit)
		})
	}
}

// great makes an Ingress with annotations that gateways read, which have so many bytes together, and so many rules of so
// many paths each. The last backend is none, so that backends are compared too.
func great(annotations, bytes, rules, paths int) *networkingv1.Ingress {
	ing := gameIngress("games", "arena-7")
	ing.Annotations = map[string]string{}
	for i := range annotations {
		key := fmt.Sprintf("higress.io/exact-match-header-%d", i)
		ing.Annotations[key] = strings.Repeat("x", max(0, bytes/annotations-len(key)))
	}
	first := ing.Spec.Rules[0]
	ing.Spec.Rules = nil
	for i := range rules {
		rule := *first.DeepCopy()
		rule.Host, rule.HTTP.Paths = fmt.Sprintf("game%d.example.com", i), nil
		for k := range paths {
			path := first.HTTP.Paths[0]
			path.Path = fmt.Sprintf("/%d", k)
			rule.HTTP.Paths = append(rule.HTTP.Paths, path)
		}
		ing.Spec.Rules = append(ing.Spec.Rules, rule)
	}
	ing.Spec.Rules[rules-1].HTTP.Paths[paths-1].Backend = resourceBackend("files")
	return ing
}
