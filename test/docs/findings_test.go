package docs_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

func TestThePageOfFindingsIsTheCatalogs(t *testing.T) {
	fresh := filepath.Join(t.TempDir(), "findings.md")
	generate := exec.CommandContext(t.Context(), "go", "run", "./hack/findings", fresh)
	generate.Dir = root
	if out, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if diff := cmp.Diff(string(read(t, fresh)), string(read(t, filepath.Join(root, "docs/findings.md")))); diff != "" {
		t.Errorf("docs/findings.md is stale, run make generate (-generated +there):\n%s", diff)
	}
}

// Every example is what the programs say of its input, with the field or without. What only a cluster brings about, a test
// of the programs has to say.
func TestEveryExampleOfAFindingIsTrue(t *testing.T) {
	tested := map[finding.Code]bool{}
	walkGo(t, func(file, text string) {
		if !strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "test/docs/") {
			return
		}
		for _, e := range finding.Catalog() {
			tested[e.Code] = tested[e.Code] || strings.Contains(text, e.Example.Message)
		}
	})
	for _, e := range finding.Catalog() {
		t.Run(string(e.Code), func(t *testing.T) {
			var heard []string
			said := tested[e.Code]
			for _, h := range listen(t, complete(e.Example.Input)) {
				heard = append(heard, h.String())
				field := h.Field
				h.Field = ""
				said = said || e.Example.Message == h.String() || e.Example.Message == field+": "+h.String()
			}
			if !said {
				t.Errorf("no program and no test says\n%s\nbut\n%s", e.Example.Message, strings.Join(heard, "\n"))
			}
		})
	}
}

// Nothing is said with a severity, or at a place, that the catalog does not list for its code.
func TestTheCatalogListsWhereFindingsAreSaid(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "policy/preview/testdata/*/*/in.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no inputs", err)
	}
	var inputs []string
	for _, file := range files {
		inputs = append(inputs, string(read(t, file)))
	}
	entries := map[finding.Code]finding.Entry{}
	for _, e := range finding.Catalog() {
		entries[e.Code] = e
		inputs = append(inputs, complete(e.Example.Input))
	}
	for _, input := range inputs {
		for _, h := range listen(t, input) {
			e := entries[h.Code]
			listed := map[finding.Severity][]finding.Place{finding.Error: e.Errors, finding.Warning: e.Warnings, finding.Info: e.Infos}
			if !slices.Contains(listed[h.Severity], h.place) {
				t.Errorf("%s is given with severity %s at %s: %s", h.Code, h.Severity, h.place, h)
			}
		}
	}
}

// A code that no program gives is dead.
func TestEveryCodeIsGiven(t *testing.T) {
	given := map[string]bool{}
	named := regexp.MustCompile(`\bfinding\.([A-Z]\w*)`)
	walkGo(t, func(file, text string) {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "hack/") {
			return
		}
		for _, found := range named.FindAllStringSubmatch(text, -1) {
			given[found[1]] = true
		}
	})
	constant := regexp.MustCompile(`(?m)^\t(\w+) +Code = "(GH\d+)"$`)
	for _, code := range constant.FindAllStringSubmatch(string(read(t, filepath.Join(root, "policy/finding/codes.go"))), -1) {
		if !given[code[1]] {
			t.Errorf("nothing says %s, finding.%s", code[2], code[1])
		}
	}
}
