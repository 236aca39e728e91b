package host_test

import (
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// A solver is let in on any deed of its namespace. Once there, it must not become the front end of the host by an UPDATE
// that adds no host.
func TestAnIngressThatBecomesOrCeasesToBeASolverIsJudgedForAllItsHosts(t *testing.T) {
	const path = "/.well-known/acme-challenge/token"
	ingress := func(pairs ...string) *networkingv1.Ingress {
		ing := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{
			{APIVersion: "acme.cert-manager.io/v1", Kind: "Challenge", Name: "c", Controller: new(true)},
		}}}
		rules(ing, pairs...)
		return ing
	}
	solver, front := ingress("a.example", path, "b.example", path), ingress("a.example", path, "b.example", "/")
	for what, pair := range map[string][2]*networkingv1.Ingress{"ceases": {solver, front}, "becomes": {front, solver}} {
		change := host.Compare(pair[0], pair[1])
		if want := []string{"a.example", "b.example"}; !change.Standing || !slices.Equal(change.Added, want) {
			t.Errorf("%s: %+v, want all hosts added", what, change)
		}
	}
	// Another token is another path of the same solver.
	change := host.Compare(solver, ingress("a.example", path, "b.example", path+"2"))
	if want := []string{"b.example"}; change.Standing || len(change.Added) > 0 || !slices.Equal(change.Routed, want) {
		t.Errorf("another token: %+v, want b.example routed anew and nothing added", change)
	}
}
