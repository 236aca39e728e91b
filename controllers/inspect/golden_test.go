package inspect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/golden"
)

// TestGolden types the line in the file command in a folder, against a cluster with what is in cluster.yaml. Ingresses there
// are as Gatehouse left them under the policies in before.yaml, if there is one. out.txt is what a person sees, with the
// exit code, and out.yaml what -o yaml prints.
func TestGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/*/*/command")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range cases {
		dir := filepath.Dir(file)
		t.Run(filepath.ToSlash(dir[len("testdata/"):]), func(t *testing.T) {
			t.Chdir(dir)
			line, err := os.ReadFile("command")
			if err != nil {
				t.Fatal(err)
			}
			cluster := cluster(t)
			text := run(t, cluster, string(line))
			golden.Compare(t, "out.txt", []byte(text.stdout+text.stderr+fmt.Sprintf("(exit code %d)\n", text.code)))
			harmless(t, text.stdout+text.stderr)

			asYAML, asJSON := run(t, cluster, string(line)+" -o yaml"), run(t, cluster, string(line)+" -o json")
			harmless(t, asYAML.stdout+asJSON.stdout)
			if asYAML.code != text.code || asJSON.code != text.code {
				t.Errorf("exit codes %d, %d and %d", text.code, asYAML.code, asJSON.code)
			}
			if text.code == 2 {
				if text.stdout+asYAML.stdout+asJSON.stdout != "" {
					t.Error("bad usage, but output")
				}
				return
			}
			golden.Compare(t, "out.yaml", []byte(asYAML.stdout))
			sameDocument(t, asYAML.stdout, asJSON.stdout)
		})
	}
}

// cluster is one with what is in the folder.
func cluster(t *testing.T) client.Reader {
	t.Helper()
	classes := policy.NewClasses(policy.DefaultOptions(), nil)
	var written []*policy.Compiled
	for _, object := range objects(t, "before.yaml") {
		written = append(written, compiled(t, object))
	}
	var standing []runtime.Object
	for _, object := range objects(t, "cluster.yaml") {
		if object.GetKind() == "Ingress" {
			ing := &networkingv1.Ingress{}
			convert(t, object, ing)
			decided := ing
			if waiting, ok := policy.Unquarantine(ing); ok {
				decided = waiting
			}
			d := policy.NewSet(written).Decide(policy.Request{Ingress: decided, Class: classes.Of(decided), NamespaceLabels: map[string]string{}})
			for k, v := range d.Annotations {
				if decided == ing || k != policy.ClassAnnotation {
					object.SetAnnotations(with(object.GetAnnotations(), k, v))
				}
			}
		}
		standing = append(standing, object)
	}
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithRuntimeObjects(standing...).Build()
}

func objects(t *testing.T, file string) []*unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var out []*unstructured.Unstructured
	for _, document := range strings.Split(string(text), "\n---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict([]byte(document), &object.Object); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out = append(out, object)
	}
	return out
}

func compiled(t *testing.T, object *unstructured.Unstructured) *policy.Compiled {
	t.Helper()
	typed := &v1alpha1.GamePolicy{}
	convert(t, object, typed)
	c, findings := policy.Compile(typed)
	if c == nil {
		t.Fatal(findings)
	}
	return c
}

func convert(t *testing.T, object *unstructured.Unstructured, into any) {
	t.Helper()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, into); err != nil {
		t.Fatal(err)
	}
}

func with(m map[string]string, key, value string) map[string]string {
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

type outcome struct {
	stdout, stderr string
	code           int
}

// run types a line of words.
func run(t *testing.T, from client.Reader, line string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	o := outside{
		dial: func(clientcmd.ClientConfig) (client.Reader, error) { return from, nil },
		now:  func() time.Time { return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) },
	}
	root := &cobra.Command{Use: "gatehouse", SilenceErrors: true}
	root.AddCommand(explainCommand(o), diffCommand(o), hostsCommand(o))
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	root.SetArgs(strings.Fields(line))
	err := root.ExecuteContext(t.Context())
	code := 0
	if err != nil {
		var wish interface{ ExitCode() int }
		if !errors.As(err, &wish) {
			t.Fatalf("an error without exit code: %v", err)
		}
		code = wish.ExitCode()
		if err.Error() != "" {
			fmt.Fprintln(&stderr, err)
		}
	}
	return outcome{stdout.String(), stderr.String(), code}
}

// harmless holds output to what a terminal only shows.
func harmless(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		for _, r := range strings.TrimSuffix(line, "\n") {
			if !unicode.IsPrint(r) {
				t.Errorf("%q reaches the terminal in %q", r, line)
				break
			}
		}
	}
}

// sameDocument holds -o yaml and -o json to be one document.
func sameDocument(t *testing.T, asYAML, asJSON string) {
	t.Helper()
	converted, err := yaml.YAMLToJSON([]byte(asYAML))
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := errors.Join(json.Unmarshal(converted, &a), json.Unmarshal([]byte(asJSON), &b)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("-o yaml and -o json differ:\n%s", diff)
	}
}
