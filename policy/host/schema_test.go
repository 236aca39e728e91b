package host_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// crd is the part of HostClaim's definition that judges its spec.
type crd struct {
	schema *structural.Structural
	values validation.SchemaValidator
	rules  *cel.Validator
}

var loadCRD = sync.OnceValues(func() (*crd, error) {
	data, err := chart.CRDs.ReadFile(chart.HostClaimCRD)
	if err != nil {
		return nil, err
	}
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(data, &definition); err != nil {
		return nil, err
	}
	var all apiextensions.CustomResourceValidation
	if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(definition.Spec.Versions[0].Schema, &all, nil); err != nil {
		return nil, err
	}
	props := all.OpenAPIV3Schema.Properties["spec"]
	s, err := structural.NewStructural(&props)
	if err != nil {
		return nil, err
	}
	values, _, err := validation.NewSchemaValidator(&props)
	return &crd{schema: s, values: values, rules: cel.NewValidator(s, false, celconfig.PerCallLimit)}, err
})

// refusedBySchema is why the API server would refuse a claim of this spec, nothing if it would take it. With the spec
// that is stored it is about an update.
func refusedBySchema(t testing.TB, spec, stored *v1alpha1.HostClaimSpec) (why []string) {
	t.Helper()
	c, err := loadCRD()
	if err != nil {
		t.Fatal(err)
	}
	object, before := asJSON(t, spec), any(nil)
	if stored != nil {
		before = asJSON(t, stored)
	}
	errs := validation.ValidateCustomResource(nil, object, c.values)
	if len(errs) == 0 { // rules are made for values of the right types
		errs, _ = c.rules.Validate(context.Background(), nil, c.schema, object, before, celconfig.RuntimeCELCostBudget)
	}
	for _, err := range errs {
		why = append(why, err.Error())
	}
	return why
}

func asJSON(t testing.TB, spec *v1alpha1.HostClaimSpec) map[string]any {
	t.Helper()
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(spec)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

// The helper itself must be able to refuse, by type and by rule, on create and on update.
func TestTheSchemaOfTheChartIsAsked(t *testing.T) {
	if why := refusedBySchema(t, spec(zero), spec(one)); len(why) > 0 {
		t.Errorf("a claim that changes hands: %v", why)
	}
	for name, change := range map[string]func(*v1alpha1.HostClaimSpec){
		"without a host": func(s *v1alpha1.HostClaimSpec) { s.Host = "" },
		"a negative id":  func(s *v1alpha1.HostClaimSpec) { s.Holder.ID = id(-1) },
		"a false name":   func(s *v1alpha1.HostClaimSpec) { s.Holder.Name = "postio" },
		"a false guest":  guest(one),
		"another host":   func(s *v1alpha1.HostClaimSpec) { s.Host = "other.example.com" },
	} {
		if why := refusedBySchema(t, with(spec(zero), change), spec(zero)); len(why) == 0 {
			t.Errorf("%s is accepted", name)
		}
	}
}

// Whatever host an Ingress may have, whatever class, and however long the names are: the API server takes the claim.
func TestEveryDeedCanBeWritten(t *testing.T) {
	long := func(n int) string { return strings.Repeat("a", n) }
	for _, d := range []host.Deed{
		{Gateway: "higress", Host: game}, {Gateway: "higress", Host: "*"}, {Gateway: "higress", Host: "*.example.com"}, {Gateway: "higress", Host: "localhost"},
		{Gateway: "my.gateway", Host: "xn--bcher-kva.example"}, {Gateway: long(253), Host: long(253)}, {Gateway: "g", Host: "*." + long(251)},
	} {
		for _, p := range []host.Party{
			server(long(63), long(253), 1<<31-1), server("g", "s", 0), web(long(63)), solver("g"), {Namespace: "g", Set: long(253), SharedHost: d.Host},
		} {
			j := host.Judge(nil, d, p, host.Terms{}, now)
			if why := refusedBySchema(t, j.Next, nil); len(why) > 0 {
				t.Errorf("%s, %s: %v", d, p, why)
			}
		}
	}
}
