package doctor

import (
	"fmt"
	"maps"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/yaml"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// Difference is what a CRD in the cluster has otherwise than the one that the program was built with, by fields.
type Difference struct {
	// Lacks are fields that the cluster does not know: the API server drops them without a word.
	Lacks []string `json:"lacks,omitempty"`
	// Further are fields that the program does not know.
	Further []string `json:"further,omitempty"`
	// Rules are fields with other bounds or rules.
	Rules []string `json:"rules,omitempty"`
}

// embedded is a CRD of the chart that the program was built with.
func embedded(file string) (*apiextensionsv1.CustomResourceDefinition, error) {
	text, err := chart.CRDs.ReadFile(file)
	if err != nil {
		return nil, err
	}
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(text, crd); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return crd, nil
}

// compare compares the version that Gatehouse speaks.
func compare(standing, wanted *apiextensionsv1.CustomResourceDefinition) Difference {
	var d Difference
	d.schema("", schemaOf(standing), schemaOf(wanted))
	return d
}

func schemaOf(crd *apiextensionsv1.CustomResourceDefinition) *apiextensionsv1.JSONSchemaProps {
	if v := version(crd, v1alpha1.GroupVersion.Version); v != nil && v.Schema != nil && v.Schema.OpenAPIV3Schema != nil {
		return v.Schema.OpenAPIV3Schema
	}
	return &apiextensionsv1.JSONSchemaProps{}
}

// version is nil where the CRD does not have it.
func version(crd *apiextensionsv1.CustomResourceDefinition, name string) *apiextensionsv1.CustomResourceDefinitionVersion {
	for i := range crd.Spec.Versions {
		if crd.Spec.Versions[i].Name == name {
			return &crd.Spec.Versions[i]
		}
	}
	return nil
}

// schema compares what stands at a path. A field that is missing is told without those below it.
func (d *Difference) schema(path string, standing, wanted *apiextensionsv1.JSONSchemaProps) {
	if !equality.Semantic.DeepEqual(alone(standing), alone(wanted)) {
		d.Rules = append(d.Rules, path)
	}
	names := slices.Concat(slices.Collect(maps.Keys(standing.Properties)), slices.Collect(maps.Keys(wanted.Properties)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		below := name
		if path != "" {
			below = path + "." + name
		}
		a, stands := standing.Properties[name]
		b, known := wanted.Properties[name]
		switch {
		case !stands:
			d.Lacks = append(d.Lacks, below)
		case !known:
			d.Further = append(d.Further, below)
		default:
			d.schema(below, &a, &b)
		}
	}
	if a, b := items(standing), items(wanted); a != nil && b != nil {
		d.schema(path+"[]", a, b)
	}
	if a, b := values(standing), values(wanted); a != nil && b != nil {
		d.schema(path+"{}", a, b)
	}
}

// alone is a schema without what is compared at a path of its own, and without what is for readers.
func alone(s *apiextensionsv1.JSONSchemaProps) *apiextensionsv1.JSONSchemaProps {
	out := *s
	out.Description, out.Properties, out.Example = "", nil, nil
	if items(s) != nil {
		out.Items = &apiextensionsv1.JSONSchemaPropsOrArray{}
	}
	if values(s) != nil {
		out.AdditionalProperties = &apiextensionsv1.JSONSchemaPropsOrBool{}
	}
	return &out
}

func items(s *apiextensionsv1.JSONSchemaProps) *apiextensionsv1.JSONSchemaProps {
	if s.Items == nil {
		return nil
	}
	return s.Items.Schema
}

func values(s *apiextensionsv1.JSONSchemaProps) *apiextensionsv1.JSONSchemaProps {
	if s.AdditionalProperties == nil {
		return nil
	}
	return s.AdditionalProperties.Schema
}
