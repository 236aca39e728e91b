package chart_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/hack/stack"
)

func TestEveryRenderingConformsToTheSchemasOfItsKinds(t *testing.T) {
	manifests := t.TempDir()
	kinds := map[schema.GroupVersionKind]bool{}
	for name, c := range renderings(t) {
		out, err := template(t, c.Release, c.Namespace, c.Values)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, document := range documents(out) {
			kinds[kindOf(t, document)] = true
		}
		if err := os.WriteFile(filepath.Join(manifests, name+".yaml"), out, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	schemas := t.TempDir()
	if err := writeSchemas(t.Context(), schemas, kinds); err != nil {
		t.Fatal(err)
	}
	out, err := kubeconform(t, schemas, manifests)
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Log(strings.TrimSpace(out))

	// It really looks: at fields that nobody knows, at types, and for kinds without a schema.
	for mistake, want := range map[string]string{
		"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 1, targetport: 2}]}\n":                                    "targetport",
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: two, selector: {}, template: {}}\n":                    "replicas",
		"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: a}\nspec: {groups: [{name: a, rules: [{exp: up}]}]}\n": "exp",
		"apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: a}\nspec: {secretName: a, issuerRef: {nam: a}}\n":               "nam",
		"apiVersion: example.com/v1\nkind: Unheard\nmetadata: {name: a}\n":                                                                   "could not find schema",
	} {
		file := filepath.Join(t.TempDir(), "mistake.yaml")
		if err := os.WriteFile(file, []byte(mistake), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := kubeconform(t, schemas, file); err == nil || !strings.Contains(out, want) {
			t.Errorf("accepted, or not for %q: %v\n%s%s", want, err, mistake, out)
		}
	}
}

func kubeconform(t *testing.T, schemas, manifests string) (string, error) {
	t.Helper()
	binaries, err := stack.Ensure(t.Context(), os.Stderr, "kubeconform")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binaries["kubeconform"], "-strict", "-summary",
		"-schema-location", schemas+"/{{.Group}}_{{.ResourceAPIVersion}}_{{.ResourceKind}}.json", manifests)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	return out.String(), err
}

func kindOf(t *testing.T, document string) schema.GroupVersionKind {
	t.Helper()
	var meta metav1.TypeMeta
	if err := yaml.Unmarshal([]byte(document), &meta); err != nil {
		t.Fatal(err)
	}
	return meta.GroupVersionKind()
}
