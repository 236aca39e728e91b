// Package docs_test holds the documentation to what the programs do.
package docs_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy"
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

// So is the refusal of a broken set.
func TestTheREADMEsRefusalIsTheCommands(t *testing.T) {
	if diff := cmp.Diff(run(t, string(read(t, "../testdata/broken-gameserverset.yaml"))),
		between(t, "$ gatehouse preview -f gameserverset.yaml\n", "```")); diff != "" {
		t.Errorf("README.md's refusal differs (-command +shown):\n%s", diff)
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
