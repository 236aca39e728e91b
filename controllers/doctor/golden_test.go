package doctor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy/offline"
	"github.com/gatehouse-dev/gatehouse/test/golden"
)

// TestGolden examines the world.yaml in a folder. In it, ${NAME} stands for testdata/certificates/NAME.pem. out.txt is what a
// person reads, with the exit code, and out.json what -o json prints.
func TestGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/*/world.yaml")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range cases {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			w := readWorld(t, file)
			report := w.Examine()
			var text, document bytes.Buffer
			if err := report.Text(&text); err != nil {
				t.Fatal(err)
			}
			harmless(t, text.String())
			if report.Refused() {
				text.WriteString("(exit code 1)\n")
			}
			golden.Compare(t, filepath.Join(dir, "out.txt"), text.Bytes())
			if err := offline.JSON(&document, report); err != nil {
				t.Fatal(err)
			}
			golden.Compare(t, filepath.Join(dir, "out.json"), document.Bytes())
		})
	}
}

func readWorld(t *testing.T, file string) *World {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`\$\{[a-z-]+\}`).ReplaceAllFunc(text, func(name []byte) []byte {
		certificate, err := os.ReadFile(fmt.Sprintf("testdata/certificates/%s.pem", name[2:len(name)-1]))
		if err != nil {
			t.Fatal(err)
		}
		quoted, err := json.Marshal(string(certificate))
		if err != nil {
			t.Fatal(err)
		}
		return quoted
	})
	w := &World{}
	if err := yaml.UnmarshalStrict(text, w); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return w
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

// What is wrong says what to do, and what is fine does not.
func TestWhatIsWrongSaysWhatToDo(t *testing.T) {
	cases, err := filepath.Glob("testdata/*/world.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range cases {
		for _, c := range readWorld(t, file).Examine().Checks {
			if (c.Result == Warn || c.Result == Fail) && c.Remedy == "" || c.Result == OK && c.Remedy != "" || c.Found == "" {
				t.Errorf("%s: %+v", file, c)
			}
		}
	}
}
