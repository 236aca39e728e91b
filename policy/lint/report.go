package lint

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

// Report is the document that the command prints, in the order of files and lines. Its list is never null.
type Report struct {
	Findings []Finding `json:"findings"`

	strict bool
}

// Finding is a finding and the object that it is about.
type Finding struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"` // empty for a GamePolicy
	Name      string `json:"name"`
	finding.Finding
}

// Refused implements offline.Report.
func (r Report) Refused() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return r.strict || f.Severity == finding.Error })
}

// Text implements offline.Report: one line for each finding, as compilers write them.
func (r Report) Text(w io.Writer) error {
	var page strings.Builder
	for _, f := range r.Findings {
		about := f.Name
		if f.Namespace != "" {
			about = f.Namespace + "/" + f.Name
		}
		if f.File != "" { // what was read stands somewhere
			fmt.Fprintf(&page, "%s:%d: ", offline.Escape(f.File), f.Line)
		}
		fmt.Fprintf(&page, "%s: %s %s: %s\n", f.Severity, f.Kind, offline.Printable(about), offline.Escape(f.String()))
	}
	_, err := io.WriteString(w, page.String())
	return err
}

// subject is an object of the input.
type subject struct {
	kind, namespace, name string
	// at says where a field of it stands.
	at func(field string) manifest.Source
}

// add takes findings up that ask something of somebody, each once. What only explains is for preview.
func (r *Report) add(about subject, found ...finding.Finding) {
	for _, f := range found {
		if f.Severity == finding.Info {
			continue
		}
		source := about.at(f.Field)
		line := Finding{File: source.File, Line: source.Line, Kind: about.kind, Namespace: about.namespace, Name: about.name, Finding: f}
		r.Findings = append(r.Findings, line)
	}
}

func (r *Report) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Severity, b.Severity),
			cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	r.Findings = slices.Compact(r.Findings)
}
