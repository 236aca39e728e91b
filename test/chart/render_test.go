package chart_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	chartfiles "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/golden"
)

// rendering is one case: the whole input of what Helm renders.
type rendering struct {
	Release   string `json:"release"`
	Namespace string `json:"namespace"`
	// APIVersions are what the cluster has besides Kubernetes' own. Only the notes differ by them.
	APIVersions []string       `json:"apiVersions"`
	Values      map[string]any `json:"values"`
}

// renderings are the cases of testdata/render.
func renderings(t *testing.T) map[string]rendering {
	t.Helper()
	files, err := filepath.Glob("testdata/render/*/in.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	cases := map[string]rendering{}
	for _, file := range files {
		var c rendering
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalStrict(text, &c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		cases[filepath.Base(filepath.Dir(file))] = c
	}
	return cases
}

// The case "default" is written out whole, the others as far as they differ from it: else every change of a template would be
// a change of all of them, and what a case is about would be lost in what they share.
func TestRenderingsAreGolden(t *testing.T) {
	cases := renderings(t)
	plain := sorted(t, cases["default"])
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			out := sorted(t, c)
			if name != "default" {
				out = differing(t, plain, out)
			}
			golden.Compare(t, filepath.Join("testdata/render", name, "out.yaml"), []byte(strings.Join(out, "---\n")))
		})
	}
}

// sorted renders a case, without the CRDs, which are generated and which TestCRDsAreTheGeneratedOnes compares. All other
// documents are decoded strictly on the way, so that a misspelt field is an error here and not in a cluster.
func sorted(t *testing.T, c rendering) []string {
	t.Helper()
	out, err := template(t, c.Release, c.Namespace, c.Values)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, document := range documents(out) {
		kind := kindOf(t, document)
		if kind.Kind == "CustomResourceDefinition" {
			continue
		}
		if kind.Group != "monitoring.coreos.com" { // kubeconform looks at these
			decode(t, document)
		}
		kept = append(kept, strings.ReplaceAll(document, dashboard(t), "    (files/dashboard.json)"))
	}
	return kept
}

// dashboard is Grafana's JSON as it stands in a ConfigMap. A golden file need not hold it once more.
func dashboard(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(chartDir, "files/dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	return "    " + strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", "\n    ")
}

// differing leaves out what the plain rendering has as well, and names what only that has.
func differing(t *testing.T, plain, out []string) []string {
	t.Helper()
	names := map[string]bool{}
	for _, document := range out {
		names[name(t, document)] = true
	}
	var kept []string
	for _, document := range plain {
		if !names[name(t, document)] {
			kept = append(kept, "# Only in default: "+name(t, document)+"\n")
		}
	}
	if len(kept) > 0 {
		kept = []string{strings.Join(kept, "")}
	}
	return append(kept, slices.DeleteFunc(out, func(document string) bool { return slices.Contains(plain, document) })...)
}

// name is an object's kind and name.
func name(t *testing.T, document string) string {
	t.Helper()
	var object metav1.PartialObjectMetadata
	if err := yaml.Unmarshal([]byte(document), &object); err != nil {
		t.Fatal(err)
	}
	return object.Kind + " " + object.Name
}

func TestEveryRenderingPassesHelmLint(t *testing.T) {
	for name, c := range renderings(t) {
		t.Run(name, func(t *testing.T) {
			out, err := helm(t, "lint", "--strict", chartDir, "--namespace", c.Namespace, "--kube-version", "1.37.2", "--values", valuesFile(t, c.Values))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(out), "[WARNING]") {
				t.Errorf("helm lint warns:\n%s", out)
			}
		})
	}
}

func documents(manifest []byte) []string {
	var list []string
	for _, document := range bytes.Split(manifest, []byte("---\n")) {
		if text := strings.TrimSpace(string(document)); text != "" {
			list = append(list, text+"\n")
		}
	}
	return list
}

func decode(t *testing.T, document string) runtime.Object {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientscheme.AddToScheme, cmapi.AddToScheme, apiextensionsv1.AddToScheme, v1alpha1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	object, _, err := codecs.UniversalDeserializer().Decode([]byte(document), nil, nil)
	if err != nil {
		t.Fatalf("%v in\n%s", err, document)
	}
	return object
}

func TestCRDsAreTheGeneratedOnes(t *testing.T) {
	out, err := template(t, "gatehouse", "gatehouse-system", nil)
	if err != nil {
		t.Fatal(err)
	}
	rendered := map[string]*apiextensionsv1.CustomResourceDefinition{}
	for _, document := range documents(out) {
		if crd, ok := decode(t, document).(*apiextensionsv1.CustomResourceDefinition); ok {
			rendered[crd.Name] = crd
		}
	}
	files, err := chartfiles.CRDs.ReadDir("files/crds")
	if err != nil {
		t.Fatal(err)
	}
	if len(rendered) != len(files) {
		t.Errorf("%d CRDs are rendered, there are %d files", len(rendered), len(files))
	}
	for _, file := range files {
		text, err := chartfiles.CRDs.ReadFile("files/crds/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		want := decode(t, string(text)).(*apiextensionsv1.CustomResourceDefinition)
		got := rendered[want.Name]
		if got == nil {
			t.Errorf("%s is not rendered", want.Name)
			continue
		}
		if !reflect.DeepEqual(want.Spec, got.Spec) {
			t.Errorf("%s differs from its file:\n%s", want.Name, cmp.Diff(want.Spec, got.Spec))
		}
		if got.Annotations["helm.sh/resource-policy"] != "keep" {
			t.Errorf("%s goes away with the chart, and all policies with it", want.Name)
		}
		if version := "controller-gen.kubebuilder.io/version"; got.Annotations[version] != want.Annotations[version] {
			t.Errorf("%s lost its annotation %s", want.Name, version)
		}
	}
}

func TestCRDsCanBeLeftOut(t *testing.T) {
	out, err := template(t, "gatehouse", "gatehouse-system", map[string]any{"crds": map[string]any{"install": false}})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), "kind: CustomResourceDefinition") {
		t.Error("crds.install=false renders CRDs")
	}
}

// A single replica that leads by itself has no business with leases.
func TestWithoutAnElectionThereIsNoRightToLeases(t *testing.T) {
	for _, c := range []struct {
		values  map[string]any
		elected bool
	}{{nil, true}, {map[string]any{"replicas": 1, "leaderElection": false}, false}} {
		out, err := template(t, "gatehouse", "gatehouse-system", c.values)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(out), "resources: [leases]"); got != c.elected {
			t.Errorf("with %v there is a right to leases: %t, want %t", c.values, got, c.elected)
		}
		if flag := fmt.Sprintf("--leader-elect=%t", c.elected); !strings.Contains(string(out), flag) {
			t.Errorf("with %v the manager is started without %s", c.values, flag)
		}
	}
}
