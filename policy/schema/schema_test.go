package schema

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/policy/schema/cases"
)

// The same table is run against a real API server in test/api: that both agree with it makes the messages here those
// of the API server.
func TestTableOfCases(t *testing.T) {
	for kind, file := range map[cases.Kind]string{cases.GamePolicy: chart.GamePolicyCRD, cases.HostClaim: chart.HostClaimCRD} {
		rules := mustLoad(file)
		all, err := cases.Load(kind)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if !c.Created() {
				continue // What is about an update or a status needs the API server.
			}
			t.Run(string(kind)+"/"+c.Name, func(t *testing.T) {
				obj := c.Object(rules.apiVersion, rules.kind)
				rules.setDefaults(obj)
				var got []string
				for _, err := range rules.validate(obj) {
					got = append(got, err.Field+": "+err.ErrorBody())
				}
				slices.Sort(got)
				if diff := cmp.Diff(slices.Sorted(slices.Values(c.Want)), got); diff != "" {
					t.Errorf("%s: refusals (-want +got):\n%s", c.File, diff)
				}
			})
		}
	}
}

func TestValidateChangesNothing(t *testing.T) {
	obj := map[string]any{
		"metadata": map[string]any{"name": "a"}, "spec": map[string]any{"mode": "Warn"}, "status": map[string]any{"x": "y"},
	}
	before := runtime.DeepCopyJSON(obj)
	ValidateGamePolicy(obj)
	if diff := cmp.Diff(before, obj); diff != "" {
		t.Errorf("the object was changed (-before +after):\n%s", diff)
	}
}
