package preview_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy/preview"
	"github.com/gatehouse-dev/gatehouse/test/golden"
)

// TestPreviewGolden runs the command on in.yaml, with the flags in the file flags if there is one: out.yaml is what -o yaml prints, out.txt what a person sees, with
// what went to standard error and the exit code.
func TestPreviewGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/*/*/in.yaml")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, in := range cases {
		dir := filepath.Dir(in)
		t.Run(filepath.ToSlash(dir[len("testdata/"):]), func(t *testing.T) {
			input, err := os.ReadFile(in)
			if err != nil {
				t.Fatal(err)
			}
			args := append(flags(t, dir), "-f", "-")
			text := run(t, string(input), args...)
			harmless(t, text.stdout+text.stderr)
			golden.Compare(t, filepath.Join(dir, "out.txt"), []byte(fmt.Sprintf("%s%s(exit code %d)\n", text.stdout, text.stderr, text.code)))

			asYAML, asJSON := run(t, string(input), append(args, "-o", "yaml")...), run(t, string(input), append(args, "-o", "json")...)
			harmless(t, asYAML.stdout+asJSON.stdout)
			if asYAML.code != text.code || asJSON.code != text.code {
				t.Errorf("exit codes %d, %d and %d", text.code, asYAML.code, asJSON.code)
			}
			if text.code == 2 {
				if asYAML.stdout+asJSON.stdout != "" {
					t.Errorf("unreadable input, but output: %s%s", asYAML.stdout, asJSON.stdout)
				}
				return
			}
			golden.Compare(t, filepath.Join(dir, "out.yaml"), []byte(asYAML.stdout))
			sameDocument(t, asYAML.stdout, asJSON.stdout)
			strict(t, asJSON.stdout)
		})
	}
}

func flags(t *testing.T, dir string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "flags"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return slices.Clip(strings.Fields(string(text)))
}

// harmless holds output to what a terminal only shows.
func harmless(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		for _, r := range strings.TrimSuffix(line, "\n") {
			if !unicode.IsPrint(r) && r <= 0xffff { // nothing past it is a control
				t.Errorf("%q reaches the terminal in %q", r, line)
				break
			}
		}
	}
	if !utf8.ValidString(text) {
		t.Errorf("no valid UTF-8: %q", text)
	}
}

type outcome struct {
	stdout, stderr string
	code           int
}

func run(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := preview.Command()
	command.SetIn(strings.NewReader(stdin))
	command.SetOut(&stdout)
	command.SetErr(&stderr)
	command.SetArgs(args)
	err := command.Execute()
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

func sameDocument(t *testing.T, asYAML, asJSON string) {
	t.Helper()
	converted, err := yaml.YAMLToJSON([]byte(asYAML))
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal(converted, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(asJSON), &b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("-o yaml and -o json differ:\n%s", diff)
	}
}

// strict holds the document to what programs rely on: every field of every entry is there, and nothing but an id is null.
func strict(t *testing.T, document string) {
	t.Helper()
	var report map[string]any
	if err := json.Unmarshal([]byte(document), &report); err != nil {
		t.Fatal(err)
	}
	fields := map[string][]string{
		"policies":       {"name", "accepted", "findings"},
		"gameServerSets": {"namespace", "name", "verdict", "ids", "findings"},
		"ingresses":      {"namespace", "name", "gameServerSet", "id", "verdict", "annotations", "removed", "provenance", "findings", "object"},
	}
	if len(report) != len(fields) {
		t.Errorf("%d fields", len(report))
	}
	for name, wanted := range fields {
		list, ok := report[name].([]any)
		if !ok {
			t.Fatalf("%s is no list", name)
		}
		for i, item := range list {
			object := item.(map[string]any)
			if len(object) != len(wanted) {
				t.Errorf("%s[%d] has %d fields", name, i, len(object))
			}
			for _, field := range wanted {
				if value, ok := object[field]; !ok || value == nil && field != "id" {
					t.Errorf("%s[%d].%s is missing or null", name, i, field)
				}
			}
			for _, f := range object["findings"].([]any) {
				if of := f.(map[string]any); len(of) != 4 || strings.Contains(of["message"].(string), "%") {
					t.Errorf("%s[%d]: finding %v", name, i, of)
				}
			}
		}
	}
}

func TestUsage(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{}, "nothing to read"},
		{[]string{"file.yaml"}, "unexpected argument"},
		{[]string{"-f", "-", "-o", "xml"}, `"xml"`},
		{[]string{"--colour"}, "unknown flag"},
		{[]string{"-f"}, "needs an argument"},
		{[]string{"-f", dir + "/nowhere"}, "no such file"},
		{[]string{"-f", dir}, "holds no"},
		{[]string{"-f", "-", "--class-gateways", "a=b"}, "a=b"},
	} {
		got := run(t, "", c.args...)
		if got.code != 2 || !strings.Contains(got.stderr, c.says) || got.stdout != "" {
			t.Errorf("%v: exit code %d, said %q", c.args, got.code, got.stderr)
		}
	}
	if got := run(t, "", "--help"); got.code != 0 || !strings.Contains(got.stdout, "exit code") {
		t.Errorf("--help: %+v", got)
	}
}

func TestOptionsAreThoseOfTheManager(t *testing.T) {
	input := `
apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: p}
spec: {defaults: {requestTimeout: 30s}}
---
apiVersion: game.kruise.io/v1alpha1
kind: GameServerSet
metadata: {name: arena}
spec:
  replicas: 1
  network:
    networkType: Kubernetes-Ingress
    networkConf:
    - {name: IngressClassName, value: games}
    - {name: Host, value: arena<id>.example.com}
    - {name: Path, value: /}
    - {name: PathType, value: Prefix}
    - {name: Port, value: "80"}
`
	const injected = "higress.io/timeout"
	if got := run(t, input, "-f", "-"); got.code != 0 || strings.Contains(got.stdout, injected) {
		t.Errorf("the class games is not managed by default: %+v", got)
	}
	got := run(t, input, "-f", "-", "--ingress-classes", "higress,games", "--class-gateways", "games=higress")
	if got.code != 0 || !strings.Contains(got.stdout, injected) {
		t.Errorf("the class games is managed: %+v", got)
	}
}

func TestManyServersAreListedUpToTheBound(t *testing.T) {
	input := `
apiVersion: game.kruise.io/v1alpha1
kind: GameServerSet
metadata: {name: arena}
spec:
  replicas: 2147483647
  reserveGameServerIds: ["0-2000000000"]
  network:
    networkType: Kubernetes-Ingress
    networkConf: [{name: IngressClassName, value: higress}, {name: Host, value: ARENA.example.com}, {name: Path, value: /}, {name: PathType, value: Prefix}, {name: Port, value: "80"}]
`
	start := time.Now()
	got := run(t, input, "-f", "-", "-o", "json")
	var report preview.Report
	if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
		t.Fatal(err)
	}
	if got.code != 1 || len(report.Ingresses) != 10000 || len(report.GameServerSets[0].IDs) != 10000 {
		t.Errorf("exit code %d, %d Ingresses, %d ids", got.code, len(report.Ingresses), len(report.GameServerSets[0].IDs))
	}
	var codes []string
	for _, f := range report.GameServerSets[0].Findings {
		codes = append(codes, string(f.Code))
	}
	if diff := cmp.Diff([]string{"GH201", "GH311", "GH307", "GH307"}, codes); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
	if text := run(t, input, "-f", "-"); len(text.stdout) > 10000 {
		t.Errorf("%d bytes of text for servers that are all alike", len(text.stdout))
	}
	if spent := time.Since(start); spent > 60*time.Second {
		t.Errorf("took %s", spent)
	}
}
