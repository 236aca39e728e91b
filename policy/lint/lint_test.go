package lint_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/lint"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/test/golden"
)

// TestLintGolden runs the command on in.yaml, with the flags in the file flags if there is one: out.txt is what a person
// sees, with the exit code, and out.yaml what -o yaml prints.
func TestLintGolden(t *testing.T) {
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
			golden.Compare(t, filepath.Join(dir, "out.txt"), []byte(fmt.Sprintf("%s%s(exit code %d)\n", text.stdout, text.stderr, text.code)))
			asYAML, asJSON := run(t, string(input), append(args, "-o", "yaml")...), run(t, string(input), append(args, "-o", "json")...)
			if asYAML.code != text.code || asJSON.code != text.code {
				t.Errorf("exit codes %d, %d and %d", text.code, asYAML.code, asJSON.code)
			}
			if text.code == 2 {
				if text.stdout+asYAML.stdout+asJSON.stdout != "" {
					t.Errorf("unreadable input, but output: %s%s%s", text.stdout, asYAML.stdout, asJSON.stdout)
				}
				return
			}
			golden.Compare(t, filepath.Join(dir, "out.yaml"), []byte(asYAML.stdout))
			sameDocument(t, asYAML.stdout, asJSON.stdout)
		})
	}
}

// Manifests that work are not remarked on: each is valid by what Higress, OpenKruiseGame and the API server do.
func TestNothingIsSaidOfManifestsThatWork(t *testing.T) {
	files, err := filepath.Glob("testdata/silent/*.yaml")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d manifests: %v", len(files), err)
	}
	dialect := gateway.For(gateway.Higress)
	classes := policy.NewClasses(policy.DefaultOptions(), nil)
	used := map[string]bool{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			if got := run(t, "", "--strict", "-f", file); got != (outcome{}) {
				t.Errorf("%+v", got)
			}
			input, _ := manifest.Read([]string{file}, nil)
			ingresses := input.Ingresses
			for _, set := range input.GameServerSets {
				ingresses = append(ingresses, gameserver.Expand(set).Ingresses...)
			}
			for _, ing := range ingresses {
				if classes.Of(ing).Managed {
					silent(t, dialect, ing)
					note(used, dialect, ing.Annotations)
				}
			}
		})
	}
	// All keys with fixed names, and conditions of eight of the nine forms.
	if len(used) < 73+8 {
		t.Errorf("only %d keys are in use: %v", len(used), slices.Sorted(maps.Keys(used)))
	}
}

func silent(t *testing.T, dialect gateway.Dialect, ing *networkingv1.Ingress) {
	t.Helper()
	if harms, remarks := dialect.Harms(ing), dialect.Lint(ing.Annotations); len(harms)+len(remarks) > 0 {
		t.Errorf("Ingress %s: %v %v", ing.Name, harms, remarks)
	}
}

// note counts the keys that are read, whatever their prefix, conditions without their names.
func note(used map[string]bool, dialect gateway.Dialect, annotations map[string]string) {
	for key, value := range annotations {
		if dialect.Reads(key) && dialect.Accepts(key, value) {
			key = dialect.Canonical(key)
			for _, word := range []string{"match-header-", "match-query-", "match-pseudo-header-"} {
				if kind, _, ok := strings.Cut(key, word); ok {
					key = kind + word
				}
			}
			used[key] = true
		}
	}
}

func TestUsage(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{}, "lint: nothing to read"},
		{[]string{"file.yaml"}, "unexpected argument"},
		{[]string{"-f", "-", "-o", "xml"}, `"xml"`},
		{[]string{"--colour"}, "unknown flag"},
		{[]string{"-f", dir + "/nowhere"}, "no such file"},
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

// FuzzRun: whatever can be read has an answer, the same one twice, and nothing in it acts on a terminal.
func FuzzRun(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*/*/in.yaml")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, path := range seeds {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		input, _ := manifest.Decode("f.yaml", data)
		var first, second bytes.Buffer
		for _, into := range []*bytes.Buffer{&first, &second} {
			if err := lint.Run(input, policy.DefaultOptions()).Text(into); err != nil {
				t.Fatal(err)
			}
		}
		if first.String() != second.String() {
			t.Errorf("asked twice:\n%s\n%s", &first, &second)
		}
		harmless(t, first.String())
	})
}

func flags(t *testing.T, dir string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "flags"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return slices.Clip(strings.Fields(string(text)))
}

type outcome struct {
	stdout, stderr string
	code           int
}

func run(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := lint.Command()
	command.SetIn(strings.NewReader(stdin))
	command.SetOut(&stdout)
	command.SetErr(&stderr)
	command.SetArgs(args)
	code := 0
	if err := command.Execute(); err != nil {
		var wish interface{ ExitCode() int }
		if !errors.As(err, &wish) {
			t.Fatalf("an error without exit code: %v", err)
		}
		code = wish.ExitCode()
		if err.Error() != "" {
			fmt.Fprintln(&stderr, err)
		}
	}
	harmless(t, stdout.String()+stderr.String())
	return outcome{stdout.String(), stderr.String(), code}
}

// harmless holds output to what a terminal only shows.
func harmless(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if i := strings.IndexFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return !unicode.IsPrint(r) && r <= 0xffff }); i >= 0 {
			t.Errorf("byte %d of %q reaches the terminal", i, line)
		}
	}
}

func sameDocument(t *testing.T, asYAML, asJSON string) {
	t.Helper()
	var a, b lint.Report
	if err := yaml.UnmarshalStrict([]byte(asYAML), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(asJSON), &b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a.Findings, b.Findings); diff != "" || a.Findings == nil {
		t.Errorf("-o yaml and -o json differ, or have no list:\n%s", diff)
	}
}
