package schema

import (
	"context"
	"testing"

	celconfig "k8s.io/apiserver/pkg/apis/cel"

	"github.com/gatehouse-dev/gatehouse/policy/schema/cases"
)

// A replica validates every stored policy when it starts: 1,000 of them have to take about a second, not ten. The
// share is that of the API server's budget for the rules of one object, which no accepted object may exhaust.
func BenchmarkValidateGamePolicy(b *testing.B) {
	for name, obj := range map[string]map[string]any{
		"sample": object(b, "the sample of the documentation"), "largest": object(b, "everything at its largest"),
	} {
		b.Run(name, func(b *testing.B) {
			DefaultGamePolicy(obj)
			_, left := gamePolicy().rules.Validate(context.Background(), nil, gamePolicy().schema, obj, nil, celconfig.RuntimeCELCostBudget)
			b.ReportAllocs()
			for b.Loop() {
				if findings := ValidateGamePolicy(obj); len(findings) > 0 {
					b.Fatal(findings)
				}
			}
			b.ReportMetric(100*float64(celconfig.RuntimeCELCostBudget-left)/float64(celconfig.RuntimeCELCostBudget), "%budget")
		})
	}
}

func BenchmarkLoadGamePolicyCRD(b *testing.B) {
	for b.Loop() {
		mustLoad("files/crds/gatehouse.dev_gamepolicies.yaml")
	}
}

func object(tb testing.TB, name string) map[string]any {
	tb.Helper()
	all, err := cases.Load(cases.GamePolicy)
	if err != nil {
		tb.Fatal(err)
	}
	for _, c := range all {
		if c.Name == name {
			return c.Object("gatehouse.dev/v1alpha1", "GamePolicy")
		}
	}
	tb.Fatalf("no case %q", name)
	return nil
}
