package chart_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/hack/stack"
	"github.com/gatehouse-dev/gatehouse/test/env/certmanager"
)

// writeSchemas writes kubeconform's schemas of the given kinds into a folder: those of the very API server and CRDs that the
// tests run with, from their modules, because kubeconform's own come from the network. Every object in them that lists its
// fields is closed, so that a field that nobody knows is an error.
func writeSchemas(ctx context.Context, dir string, kinds map[schema.GroupVersionKind]bool) error {
	kubernetes, err := stack.ModuleDir(ctx, stack.Kubernetes)
	if err != nil {
		return err
	}
	operator, err := stack.ModuleDir(ctx, stack.PrometheusOperator)
	if err != nil {
		return err
	}
	certManager, err := certmanager.ModuleDir(ctx)
	if err != nil {
		return err
	}
	w := schemaWriter{dir, kinds}
	return errors.Join(
		each(filepath.Join(kubernetes, "api/openapi-spec/v3/*_openapi.json"), w.openAPI),
		each(filepath.Join(certManager, "deploy/crds/*.yaml"), w.crd),
		each(filepath.Join(chartDir, "files/crds/*.yaml"), w.crd),
		each(filepath.Join(operator, "example/prometheus-operator-crd/*.yaml"), w.crd),
	)
}

// each calls do with every file that the pattern finds, at least one.
func each(pattern string, do func([]byte) error) error {
	files, err := filepath.Glob(pattern)
	if err == nil && len(files) == 0 {
		err = errors.New("no file is " + pattern)
	}
	for _, file := range files {
		text, readErr := os.ReadFile(file)
		if readErr != nil {
			return readErr
		}
		err = errors.Join(err, do(text))
	}
	return err
}

type schemaWriter struct {
	dir   string
	kinds map[schema.GroupVersionKind]bool
}

// openAPI takes what an API server publishes of one group and version.
func (w schemaWriter) openAPI(text []byte) error {
	var document struct {
		Components struct {
			Schemas map[string]map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return err
	}
	all := document.Components.Schemas
	for _, s := range all {
		shut(s)
	}
	for name, s := range all {
		var kinds []schema.GroupVersionKind
		about, err := json.Marshal(s["x-kubernetes-group-version-kind"])
		if err != nil {
			return err
		}
		if err := json.Unmarshal(about, &kinds); err != nil {
			return err
		}
		if len(kinds) == 1 && w.kinds[kinds[0]] {
			err = w.write(kinds[0], map[string]any{"$ref": "#/components/schemas/" + name, "components": map[string]any{"schemas": all}})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w schemaWriter) crd(text []byte) error {
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return err
	}
	for _, version := range crd.Spec.Versions {
		kind := schema.GroupVersionKind{Group: crd.Spec.Group, Version: version.Name, Kind: crd.Spec.Names.Kind}
		if !w.kinds[kind] {
			continue
		}
		text, err := json.Marshal(version.Schema.OpenAPIV3Schema)
		if err != nil {
			return err
		}
		var s map[string]any
		if err := json.Unmarshal(text, &s); err != nil {
			return err
		}
		shut(s)
		if err := w.write(kind, s); err != nil {
			return err
		}
	}
	return nil
}

func (w schemaWriter) write(kind schema.GroupVersionKind, s map[string]any) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	// kubeconform takes the version for the group where there is none.
	name := strings.ToLower(cmp.Or(kind.Group, kind.Version) + "_" + kind.Version + "_" + kind.Kind)
	return os.WriteFile(filepath.Join(w.dir, name+".json"), text, 0o600)
}

// shut lets objects have no fields but those that their schema lists. Schemas within anyOf and the like only add conditions
// to what stands beside them.
func shut(s map[string]any) {
	properties, lists := s["properties"].(map[string]any)
	if _, open := s["additionalProperties"]; lists && !open && s["x-kubernetes-preserve-unknown-fields"] != true {
		s["additionalProperties"] = false
	}
	inner := slices.Collect(maps.Values(properties))
	for _, s := range append(inner, s["items"], s["additionalProperties"]) {
		if s, is := s.(map[string]any); is {
			shut(s)
		}
	}
}
