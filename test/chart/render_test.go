package chart_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	chartfiles "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/test/golden"
)

type rendering struct {
	Release   string         `json:"release"`
	Namespace string         `json:"namespace"`
	Values    map[string]any `json:"values"`
}

func TestRenderingsAreGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/render/*/in.yaml")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, in := range cases {
		dir := filepath.Dir(in)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var c rendering
			text, err := os.ReadFile(in)
			if err != nil {
				t.Fatal(err)
			}
			if err := yaml.UnmarshalStrict(text, &c); err != nil {
				t.Fatal(err)
			}
			out, err := template(t, c.Release, c.Namespace, c.Values)
			if err != nil {
				t.Fatal(err)
			}
			golden.Compare(t, filepath.Join(dir, "out.yaml"), withoutCRDs(t, out))
		})
	}
}

// withoutCRDs leaves the CRDs out of golden files: they are generated, and TestCRDsAreTheGeneratedOnes compares them. All
// other documents are decoded strictly on the way, so that a misspelt field is an error here and not in a cluster.
func withoutCRDs(t *testing.T, manifest []byte) []byte {
	t.Helper()
	var kept []string
	for _, document := range documents(manifest) {
		if strings.Contains(document, "\nkind: CustomResourceDefinition\n") {
			continue
		}
		decode(t, document)
		kept = append(kept, document)
	}
	return []byte(strings.Join(kept, "---\n"))
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
		clientscheme.AddToScheme, cmapi.AddToScheme, apiextensionsv1.AddToScheme,
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
