package finding_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

func TestEveryCodeHasOneEntryInOrder(t *testing.T) {
	var entries []finding.Code
	for _, e := range finding.Catalog() {
		entries = append(entries, e.Code)
	}
	if diff := cmp.Diff(constants(t), entries); diff != "" {
		t.Errorf("the catalog differs from codes.go (-codes +catalog):\n%s", diff)
	}
}

// constants are the codes that codes.go declares, ascending.
func constants(t *testing.T) []finding.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []finding.Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, isValue := n.(*ast.ValueSpec)
		if !isValue {
			return true
		}
		for _, v := range spec.Values {
			code, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, finding.Code(code))
		}
		return false
	})
	slices.Sort(codes)
	return codes
}

func TestEveryEntryIsComplete(t *testing.T) {
	for _, e := range finding.Catalog() {
		t.Run(string(e.Code), func(t *testing.T) {
			if e.Title == "" || strings.HasSuffix(e.Title, ".") || strings.Contains(e.Title, "\n") || strings.Contains(e.Title, "|") {
				t.Errorf("the title is no cell of a table without a full stop: %q", e.Title)
			}
			for name, text := range map[string]string{"cause": e.Cause, "remedy": e.Remedy} {
				if !strings.HasSuffix(text, ".") {
					t.Errorf("the %s is no sentence: %q", name, text)
				}
			}
			if len(e.Errors)+len(e.Warnings)+len(e.Infos) == 0 {
				t.Error("it is given nowhere")
			}
			if m := e.Example.Message; !strings.Contains(m, "["+string(e.Code)+"]") || strings.ContainsAny(m, "%\n") {
				t.Errorf("the example's message is none of this code: %q", m)
			}
			if e.Beyond != "" && len(e.Errors) == 0 {
				t.Error("it refuses nothing, so not beyond anybody")
			}
		})
	}
}

func TestBeyondListsWhatOnlyGatehouseRefuses(t *testing.T) {
	for code, want := range map[finding.Code]bool{
		finding.HostRepeated: true, finding.HostTaken: true, finding.ParameterUnknown: true, finding.GatewayHarmed: true,
		finding.ParameterMissing: false, finding.IngressInvalid: false, finding.HostMissing: false,
	} {
		if slices.Contains(finding.Beyond(), code) != want {
			t.Errorf("%s: not %v", code, want)
		}
	}
}
