package doctor

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
)

func TestCRDsAreComparedByFieldsAndRules(t *testing.T) {
	for name, c := range map[string]struct {
		change func(spec *apiextensionsv1.JSONSchemaProps)
		want   Difference
	}{
		"the same":            {func(*apiextensionsv1.JSONSchemaProps) {}, Difference{}},
		"another description": {func(s *apiextensionsv1.JSONSchemaProps) { s.Description = "old" }, Difference{}},
		"a field is missing":  {func(s *apiextensionsv1.JSONSchemaProps) { delete(s.Properties, "rollout") }, Difference{Lacks: []string{"spec.rollout"}}},
		"a field more": {func(s *apiextensionsv1.JSONSchemaProps) {
			s.Properties["later"] = apiextensionsv1.JSONSchemaProps{Type: "string"}
		}, Difference{Further: []string{"spec.later"}}},
		"a rule is missing": {func(s *apiextensionsv1.JSONSchemaProps) { s.XValidations = s.XValidations[1:] }, Difference{Rules: []string{"spec"}}},
		"a bound of the items of a list": {func(s *apiextensionsv1.JSONSchemaProps) {
			targets := s.Properties["targets"]
			targets.Properties["ingressClassNames"].Items.Schema.MaxLength = nil
		}, Difference{Rules: []string{"spec.targets.ingressClassNames[]"}}},
		"a bound of the values of a map": {func(s *apiextensionsv1.JSONSchemaProps) {
			defaults := s.Properties["defaults"]
			defaults.Properties["annotations"].AdditionalProperties.Schema.MaxLength = nil
		}, Difference{Rules: []string{"spec.defaults.annotations{}"}}},
	} {
		t.Run(name, func(t *testing.T) {
			wanted, err := embedded(chart.GamePolicyCRD)
			if err != nil {
				t.Fatal(err)
			}
			standing := wanted.DeepCopy()
			schema := standing.Spec.Versions[0].Schema.OpenAPIV3Schema
			spec := schema.Properties["spec"]
			c.change(&spec)
			schema.Properties["spec"] = spec
			if diff := cmp.Diff(c.want, compare(standing, wanted)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
