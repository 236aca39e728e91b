package chart_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// pairs is how many random UPDATEs are tried. Each takes about 0.2 ms.
const pairs = 10_000

// The conditions know no default class, so they let everything through that has no class; if that is managed, they and the
// code must be the same function. If it is not, they may let through what the code finds to be none of its business.
func TestTheValidatorIsCalledForExactlyWhatItsCodeJudges(t *testing.T) {
	_, validator := webhookConditions(t)
	withDefault, without := managed(t, "higress"), managed(t, "")
	random := draw{rand.New(rand.NewPCG(1, 2))}
	seen := map[string]int{}
	for range pairs {
		old, updated := random.pair()
		change := host.Compare(old, updated)
		seen[reasons(change)]++
		judged := withDefault.Of(updated).Managed && !change.IsZero()
		called, _ := validator.match(t, old, updated)
		if called != judged {
			t.Fatalf("called: %t, to be judged: %t by %+v\n%s", called, judged, change, pairText(t, old, updated))
		}
		if !called && without.Of(updated).Managed && !change.IsZero() {
			t.Fatalf("to be judged without a default class, and not called\n%s", pairText(t, old, updated))
		}
		created, _ := validator.match(t, nil, updated)
		if want := withDefault.Of(updated).Managed; created != want {
			t.Fatalf("called for a CREATE: %t, managed: %t\n%s", created, want, pairText(t, nil, updated))
		}
	}
	// Each reason alone must have decided often enough, or the conditions could lack it.
	for _, alone := range []host.Change{{}, {Standing: true}, {Rules: true}, {Annotations: true}, {Backends: true}} {
		if n := seen[reasons(alone)]; n < 50 {
			t.Errorf("of %d pairs only %d differ in %q alone", pairs, n, reasons(alone))
		}
	}
}

// reasons are those of a change that make it one to be judged.
func reasons(c host.Change) string {
	return fmt.Sprintf("standing %t, rules %t, annotations %t, backends %t", c.Standing, c.Rules, c.Annotations, c.Backends)
}

// What is not judged must not matter to any judgement, and only who stands otherwise than before may be somebody else.
func TestAnUpdateThatIsNotJudgedLeavesAllThatAJudgementLooksAt(t *testing.T) {
	type party struct {
		server         gameserver.Identity
		solver, canary bool
	}
	higress := gateway.For(gateway.Higress)
	who := func(ing *networkingv1.Ingress) party {
		server, _ := gameserver.Identify(ing)
		return party{server, host.IsSolver(ing), higress.IsCanary(ing.Annotations)}
	}
	random := draw{rand.New(rand.NewPCG(5, 6))}
	harmful, solvers := 0, 0
	for range pairs {
		old, updated := random.pair()
		change := host.Compare(old, updated)
		before, after := who(old), who(updated)
		if !change.Standing && before != after {
			t.Fatalf("%+v became %+v, and counts as standing as before\n%s", before, after, pairText(t, old, updated))
		}
		hosts, harms := host.Of(updated), higress.Harms(updated)
		stood := higress.Harms(old)
		isNew := func(h gateway.Harm) bool { return !slices.Contains(stood, h) }
		if change.IsZero() && (before != after || !slices.Equal(hosts, host.Of(old)) || slices.ContainsFunc(harms, isNew)) {
			t.Fatalf("not judged, from %+v %v %v to %+v %v %v\n%s", before, host.Of(old), stood, after, hosts, harms, pairText(t, old, updated))
		}
		if len(harms) > 0 {
			harmful++
		}
		if after.solver {
			solvers++
		}
	}
	if harmful < 30 || solvers < 30 {
		t.Errorf("of %d Ingresses only %d do harm and %d are solvers", pairs, harmful, solvers)
	}
}

// An Ingress that is kept from the mutator is kept from its policies.
func TestTheMutatorIsCalledForEveryGameServersIngress(t *testing.T) {
	mutator, _ := webhookConditions(t)
	classes := managed(t, "higress")
	random := draw{rand.New(rand.NewPCG(3, 4))}
	games := 0
	for range pairs / 4 {
		old, updated := random.pair()
		_, isGame := gameserver.Identify(updated)
		isGame = isGame && classes.Of(updated).Managed
		for _, before := range []*networkingv1.Ingress{nil, old} {
			if called, _ := mutator.match(t, before, updated); isGame && !called {
				t.Fatalf("not called for a game server's\n%s", pairText(t, before, updated))
			}
		}
		if isGame {
			games++
		}
	}
	if games < pairs/100 {
		t.Errorf("of %d Ingresses only %d are game servers'", pairs/4, games)
	}
}
