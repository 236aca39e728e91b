// Package docs_test holds the documentation to what the programs do.
package docs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/lint"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/policy/preview"
)

// The README's policy is the one of the demo and the tests, so whoever copies it gets what is shown.
func TestTheREADMEsPolicyIsTheDemos(t *testing.T) {
	var shown, used any
	unmarshal(t, []byte(between(t, "```yaml\n", "```")), &shown)
	unmarshal(t, read(t, "../testdata/postio-gamepolicy.yaml"), &used)
	if diff := cmp.Diff(used, shown); diff != "" {
		t.Errorf("README.md's policy differs from test/testdata (-used +shown):\n%s", diff)
	}
}

// The README's preview is what the command prints for that policy and one server of the article's game.
func TestTheREADMEsPreviewIsTheCommands(t *testing.T) {
	set := strings.Replace(string(read(t, "../testdata/postio-gameserverset.yaml")), "replicas: 3", "replicas: 1", 1)
	if diff := cmp.Diff(run(t, string(read(t, "../testdata/postio-gamepolicy.yaml"))+"\n---\n"+set),
		between(t, "$ gatehouse preview -f policy.yaml -f gameserverset.yaml\n", "```")); diff != "" {
		t.Errorf("README.md's preview differs (-command +shown):\n%s", diff)
	}
}

// What lint says of a broken set is what the command prints.
func TestTheREADMEsLintIsTheCommands(t *testing.T) {
	input, problems := manifest.Decode("gameserverset.yaml", read(t, "../testdata/broken-gameserverset.yaml"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var out bytes.Buffer
	if err := lint.Run(input, policy.DefaultOptions()).Text(&out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(out.String(), between(t, "$ gatehouse lint -f gameserverset.yaml\n", "```")); diff != "" {
		t.Errorf("README.md's lint differs (-command +shown):\n%s", diff)
	}
}

// What a game developer sees is a transcript of a session with the real API server (test/terminal).
func TestTheREADMEsSessionsAreThoseThatTookPlace(t *testing.T) {
	readme := string(read(t, "../../README.md"))
	sessions, err := filepath.Glob("../terminal/testdata/readme-*/transcript.txt")
	if err != nil || len(sessions) < 3 {
		t.Fatalf("%d sessions: %v", len(sessions), err)
	}
	for _, s := range sessions {
		if !strings.Contains(readme, "```console\n"+strings.TrimSuffix(string(read(t, s)), "\n")+"\n```") {
			t.Errorf("README.md does not show %s as it is", s)
		}
	}
	if shown := strings.Count(readme, "\ndev$ kubectl apply"); shown != len(sessions) {
		t.Errorf("README.md shows %d sessions, of which %d took place", shown, len(sessions))
	}
}

func TestTheREADMEHasNoBlankLeft(t *testing.T) {
	if blank := regexp.MustCompile(`@[A-Z_]+@`).FindString(string(read(t, "../../README.md"))); blank != "" {
		t.Errorf("README.md still says %s", blank)
	}
}

func run(t *testing.T, text string) string {
	t.Helper()
	input, problems := manifest.Decode("input", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var out bytes.Buffer
	if err := preview.Text(&out, preview.Run(input, policy.DefaultOptions())); err != nil {
		t.Fatal(err)
	}
	// A text that ends in an empty line looks odd between fences.
	return strings.TrimRight(out.String(), "\n") + "\n"
}

func between(t *testing.T, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(string(read(t, "../../README.md")), from)
	if !found {
		t.Fatalf("README.md has no %q", from)
	}
	text, _, _ := strings.Cut(rest, to)
	return text
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func unmarshal(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		t.Fatal(err)
	}
}
