package schema

import (
	"context"
	"fmt"
	"maps"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/api/operation"
	metavalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
)

// crd is one compiled CustomResourceDefinition of a cluster-scoped kind with one version.
type crd struct {
	apiVersion, kind string

	schema *structural.Structural
	values validation.SchemaValidator
	rules  *cel.Validator
}

// mustLoad panics on an error, because the file is part of the binary: tests load it, users cannot break it.
func mustLoad(file string) *crd {
	c, err := load(file)
	if err != nil {
		panic(fmt.Sprintf("embedded CRD %s: %v", file, err))
	}
	return c
}

func load(file string) (*crd, error) {
	data, err := chart.CRDs.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var definition apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(data, &definition); err != nil {
		return nil, err
	}
	version := definition.Spec.Versions[0]
	var internal apiextensions.CustomResourceValidation
	if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(version.Schema, &internal, nil); err != nil {
		return nil, err
	}
	s, err := structural.NewStructural(internal.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	if err := defaulting.PruneDefaults(s); err != nil {
		return nil, err
	}
	values, _, err := validation.NewSchemaValidator(internal.OpenAPIV3Schema)
	if err != nil {
		return nil, err
	}
	return &crd{
		apiVersion: definition.Spec.Group + "/" + version.Name, kind: definition.Spec.Names.Kind,
		schema: s, values: values, rules: cel.NewValidator(s, true, celconfig.PerCallLimit),
	}, nil
}

func (c *crd) setDefaults(obj map[string]any) {
	defaulting.Default(obj, c.schema)
	defaulting.PruneNonNullableNullsWithoutDefaults(obj, c.schema)
}

// validate does what the API server does on create, in its order
// (apiextensions-apiserver: pkg/registry/customresource/strategy.go).
func (c *crd) validate(obj map[string]any) field.ErrorList {
	obj = c.asCreated(obj)
	ctx := context.Background()
	var errs field.ErrorList
	errs = append(errs, c.validateTypeMeta(obj)...)
	if len(errs) > 0 {
		return errs
	}
	errs = append(errs, validateObjectMeta(ctx, obj)...)
	errs = append(errs, validation.ValidateCustomResource(nil, obj, c.values)...)
	errs = append(errs, objectmeta.Validate(ctx, nil, obj, c.schema, false)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, c.schema, obj)...)
	if blocked(errs) {
		return append(errs, field.Invalid(nil, nil, "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"))
	}
	ruleErrs, _ := c.rules.Validate(ctx, nil, c.schema, obj, nil, celconfig.RuntimeCELCostBudget)
	return append(errs, ruleErrs...)
}

// asCreated is the object as the API server validates it on create: with a type, without a status, which is not its
// author's to write.
func (c *crd) asCreated(obj map[string]any) map[string]any {
	created := maps.Clone(obj)
	if created == nil {
		created = map[string]any{}
	}
	delete(created, "status")
	for key, value := range map[string]string{"apiVersion": c.apiVersion, "kind": c.kind} {
		if given, ok := created[key]; !ok || given == "" {
			created[key] = value
		}
	}
	return created
}

func (c *crd) validateTypeMeta(obj map[string]any) field.ErrorList {
	var errs field.ErrorList
	if kind := obj["kind"]; kind != c.kind {
		errs = append(errs, field.Invalid(field.NewPath("kind"), kind, "must be "+c.kind))
	}
	if apiVersion := obj["apiVersion"]; apiVersion != c.apiVersion {
		errs = append(errs, field.Invalid(field.NewPath("apiVersion"), apiVersion, "must be "+c.apiVersion))
	}
	return errs
}

func validateObjectMeta(ctx context.Context, obj map[string]any) field.ErrorList {
	path := field.NewPath("metadata")
	var meta metav1.ObjectMeta
	switch raw := obj["metadata"].(type) {
	case nil:
	case map[string]any:
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(raw, &meta); err != nil {
			return field.ErrorList{field.Invalid(path, raw, err.Error())}
		}
	default:
		return field.ErrorList{field.Invalid(path, raw, fmt.Sprintf("expected map[string]interface{}, got %T", raw))}
	}
	if meta.Name == "" && meta.GenerateName != "" {
		// The API server has generated the name by then.
		meta.Name = meta.GenerateName + "xxxxx"
	}
	const cluster, beta = false, true
	return metavalidation.ValidateObjectMetaDeclaratively(ctx, operation.Create, &meta, nil, cluster, metavalidation.NameIsDNSSubdomain, path, beta)
}

// blocked tells whether the rules cannot be run: they are compiled for values of the right type, and their cost is
// known only within the lengths of the schema.
func blocked(errs field.ErrorList) bool {
	for _, err := range errs {
		switch err.Type { //nolint:exhaustive // The others do not keep a rule from running.
		case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
			return true
		}
	}
	return false
}
