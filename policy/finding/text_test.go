package finding_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

func TestALineKeepsItsCode(t *testing.T) {
	for name, c := range map[string]struct {
		f    finding.Finding
		most int
		want string
	}{
		"it fits":             {finding.Finding{Code: "GH104", Field: "spec.priority", Message: "taken"}, 28, "spec.priority: taken [GH104]"},
		"one byte too long":   {finding.Finding{Code: "GH104", Field: "spec.priority", Message: "taken"}, 27, "spec.priority... [GH104]"},
		"without a field":     {finding.Finding{Code: "GH104", Message: "twelve bytes"}, 18, "twelve... [GH104]"},
		"a word too long":     {finding.Finding{Code: "GH104", Message: "of defaults.requestTimeout"}, 25, "of defaults.re... [GH104]"},
		"a letter of 3 bytes": {finding.Finding{Code: "GH104", Message: "ab水平線"}, 15, "ab... [GH104]"},
		"no room at all":      {finding.Finding{Code: "GH104", Message: "twelve bytes"}, 3, "... [GH104]"},
	} {
		t.Run(name, func(t *testing.T) {
			got := finding.Line(c.f, c.most)
			if got != c.want || !utf8.ValidString(got) || !strings.HasSuffix(got, "[GH104]") {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
