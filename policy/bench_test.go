package policy_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// BenchmarkDecide decides about one Ingress among many policies of which one selects it: by exact set names, which the
// index finds, and by globs, which have to be tried one by one.
func BenchmarkDecide(b *testing.B) {
	for _, selection := range []struct{ kind, name, other string }{{"names", "postio", "other-%d"}, {"globs", "postio*", "other-%d-*"}} {
		for _, n := range []int{1, 100, 1000} {
			b.Run(fmt.Sprintf("%s/policies=%d", selection.kind, n), func(b *testing.B) {
				compiled := []*policy.Compiled{benchPolicy(b, "wanted", selection.name)}
				for i := 1; i < n; i++ {
					compiled = append(compiled, benchPolicy(b, fmt.Sprintf("p%d", i), fmt.Sprintf(selection.other, i)))
				}
				set := policy.NewSet(compiled)
				req := randomRequest(rand.New(rand.NewPCG(1, 1)))
				req.Ingress.Annotations = map[string]string{"game.kruise.io/ingress-hash": "73999032"}
				b.ReportAllocs()
				for b.Loop() {
					if d := set.Decide(req); !d.Changed {
						b.Fatal("nothing was injected")
					}
				}
			})
		}
	}
}

func benchPolicy(b *testing.B, name, setName string) *policy.Compiled {
	b.Helper()
	rate, burst := int32(50), int32(3)
	c, findings := policy.Compile(&v1alpha1.GamePolicy{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.GamePolicySpec{
			Targets: v1alpha1.Targets{IngressClassNames: []string{"higress"}, GameServerSetNames: []string{setName}},
			Defaults: &v1alpha1.TrafficSettings{
				RequestTimeout: &metav1.Duration{Duration: 30 * time.Second},
				WebSocket:      &v1alpha1.WebSocket{Enabled: true},
				RateLimit:      &v1alpha1.RateLimit{RequestsPerSecond: &rate, BurstMultiplier: &burst},
				Headers:        &v1alpha1.Headers{Request: &v1alpha1.HeaderChange{Set: map[string]string{"X-Game-Server": "<id>"}}},
			},
			Overrides: &v1alpha1.TrafficSettings{Retry: &v1alpha1.Retry{Attempts: 2, PerTryTimeout: &metav1.Duration{Duration: 2 * time.Second}}},
		},
	})
	if c == nil {
		b.Fatal(findings)
	}
	return c
}
