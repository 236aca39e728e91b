package manifest_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/policy/manifest"
)

func namespace(name string) string {
	return "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + "}\n"
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReadFilesDirectoriesAndStandardInput(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/many/b.yaml", namespace("b"))
	write(t, dir+"/many/a.yml", namespace("a"))
	write(t, dir+"/many/c.json", `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"c"}}`)
	write(t, dir+"/many/notes.txt", "not: read")
	write(t, dir+"/many/deeper/d.yaml", namespace("d"))
	write(t, dir+"/one.txt", namespace("one")) // named itself, so the ending does not matter
	input, problems := manifest.Read([]string{dir + "/one.txt", dir + "/many", "-"}, strings.NewReader(namespace("stdin")))
	if len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	want := []string{"Namespace one", "Namespace a", "Namespace b", "Namespace c", "Namespace stdin"}
	if diff := cmp.Diff(want, names(input)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadTellsAllProblemsOfAllFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a.yaml", "kind: [\n---\n"+namespace("a"))
	write(t, dir+"/b.yaml", namespace("a"))
	if err := os.Mkdir(dir+"/empty", 0o700); err != nil {
		t.Fatal(err)
	}
	_, problems := manifest.Read([]string{dir, dir + "/nowhere.yaml", dir + "/empty", "-", "-"}, failing{})
	var got []string
	for _, p := range problems {
		got = append(got, strings.ReplaceAll(p.String(), dir, ""))
	}
	want := []string{
		"/a.yaml:1: document 1: is no valid YAML: did not find expected node content",
		"/b.yaml:1: document 1: v1 Namespace a is given twice, first in /a.yaml:3: document 2",
		"/nowhere.yaml: cannot be read: no such file or directory",
		"/empty: holds no *.yaml, *.yml or *.json file",
		"standard input: cannot be read: it broke",
		"standard input: can be read only once",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("it broke") }

func TestInputWithoutObjectsIsAProblem(t *testing.T) {
	_, problems := manifest.Read([]string{"-"}, strings.NewReader("# nothing\n---\n"))
	if len(problems) != 1 {
		t.Errorf("problems: %v", problems)
	}
}

func TestHugeInputIsRefused(t *testing.T) {
	_, problems := manifest.Read([]string{"-"}, io.LimitReader(spaces{}, 1<<30))
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "larger") {
		t.Errorf("problems: %v", problems)
	}
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestAnchorsAreFollowed(t *testing.T) {
	input, problems := manifest.Decode("f.yaml", []byte(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: &a {k: v}, labels: *a}
`))
	if len(problems) > 0 || len(input.Ingresses) != 1 || input.Ingresses[0].Labels["k"] != "v" {
		t.Errorf("%v, %v", input, problems)
	}
}
