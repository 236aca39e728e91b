package schema

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
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

func TestDefaultsAreWhatTheCRDSays(t *testing.T) {
	obj := map[string]any{"spec": map[string]any{"hosts": map[string]any{"wildcards": []any{}}, "defaults": nil}}
	DefaultGamePolicy(obj)
	want := map[string]any{"spec": map[string]any{
		"priority": int64(0), "mode": "Enforce",
		"rollout": map[string]any{"existing": "Rolling", "maxPerSecond": int64(20), "servers": "All"},
		"hosts":   map[string]any{"wildcards": []any{}}, // onConflict has no default: it would overrule other policies
	}}
	if diff := cmp.Diff(want, obj); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

// Whether a policy sets a list of hosts to nothing or leaves it to others must outlive the Go types.
func TestAnEmptyListOfWildcardsIsNotNone(t *testing.T) {
	converter := runtime.DefaultUnstructuredConverter
	for _, want := range []map[string]any{{}, {"wildcards": []any{}}} {
		var rules v1alpha1.HostRules
		if err := converter.FromUnstructured(want, &rules); err != nil {
			t.Fatal(err)
		}
		got, err := converter.ToUnstructured(&rules)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestTheTypeOfTheObjectMayBeMissingButNotWrong(t *testing.T) {
	for _, c := range []struct {
		obj  map[string]any
		want []string
	}{
		{map[string]any{}, nil},
		{map[string]any{"kind": "GameServerSet"}, []string{`kind: Invalid value: "GameServerSet": must be GamePolicy [GH101]`}},
		{map[string]any{"apiVersion": "gatehouse.dev/v2"}, []string{`apiVersion: Invalid value: "gatehouse.dev/v2": must be gatehouse.dev/v1alpha1 [GH101]`}},
	} {
		c.obj["metadata"], c.obj["spec"] = map[string]any{"name": "a"}, map[string]any{}
		var got []string
		for _, f := range ValidateGamePolicy(c.obj) {
			got = append(got, f.String())
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.obj, diff)
		}
	}
}

func TestBadMetadataIsAFindingNotAPanic(t *testing.T) {
	for _, metadata := range []any{nil, "a", []any{}, map[string]any{"name": int64(1)}, map[string]any{"generateName": "a-"}} {
		findings := ValidateGamePolicy(map[string]any{"metadata": metadata, "spec": map[string]any{}})
		if m, ok := metadata.(map[string]any); ok && m["generateName"] != nil {
			if len(findings) > 0 {
				t.Errorf("%v: %v", metadata, findings)
			}
		} else if len(findings) == 0 {
			t.Errorf("%v is accepted", metadata)
		}
	}
	if len(ValidateGamePolicy(nil)) == 0 {
		t.Error("nothing is accepted as a GamePolicy")
	}
}
