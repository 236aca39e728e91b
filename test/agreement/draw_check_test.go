package agreement_test

import (
	"math/rand/v2"
	"testing"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// TestEveryFaultIsOneToUsAndNoVariationIs needs no control plane: what the real ones say of them is the other test.
func TestEveryFaultIsOneToUsAndNoVariationIs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	for _, list := range []struct {
		traits []trait
		faulty bool
	}{{faults, true}, {variations, false}} {
		for _, one := range list.traits {
			for n := range 50 {
				d := newDraft(r, n)
				d.take(one)
				found := judge(d.read()).Findings
				// An unknown network type is only warned of: a newer OpenKruiseGame may have it.
				if faulty := finding.HasError(found) || d.Network.NetworkType == "Acme-LoadBalancer"; faulty != list.faulty {
					t.Errorf("%s: %v", d, found)
					break
				}
			}
		}
	}
}
