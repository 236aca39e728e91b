package inspect

import (
	"io"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

// Text implements offline.Report.
func (e *Explanation) Text(w io.Writer) error {
	t := offline.NewTable()
	e.head(t)
	if len(e.Annotations) > 0 {
		t.Gap()
		t.Row("ANNOTATION", "VALUE", "FROM", "NOTE")
		for i := range e.Annotations {
			e.Annotations[i].rows(t)
		}
	}
	if len(e.Hosts) > 0 {
		t.Gap()
		t.Row("HOST", "HOLDER", "STATE", "NOTE")
		for _, h := range e.Hosts {
			h.row(t)
		}
	}
	if len(e.Findings) > 0 {
		t.Gap()
		t.Row("FINDINGS")
		for _, f := range e.Findings {
			t.Row(string(f.Severity) + ": " + offline.Escape(f.String()))
		}
	}
	return t.Print(w)
}

func (e *Explanation) head(t *offline.Table) {
	t.Row("INGRESS", offline.Printable(e.Namespace+"/"+e.Name))
	server := "none: no policy applies"
	if e.ID != nil {
		server = offline.Printable(e.Namespace+"/"+e.GameServerSet) + " " + gameserver.DescribeIDs([]int{*e.ID})
	}
	t.Row("GAME SERVER", server)
	class := "none"
	if e.Class != "" {
		class = offline.Printable(e.Class)
	}
	switch {
	case !e.Managed:
		class += ", not managed: no policy applies"
	case e.Gateway == "":
		class += ", and nothing says which gateway serves it"
	default:
		class += ", served by " + e.Gateway
	}
	t.Row("CLASS", class)
	policies := ""
	for i, p := range e.Policies {
		if i > 0 {
			policies += ", "
		}
		policies += offline.Printable(p.Name) + " (" + string(p.Mode) + ")"
	}
	if policies == "" {
		policies = "none"
	}
	t.Row("POLICIES", policies)
	t.Row("STATE", e.State.String())
}

// String is the state with what it means.
func (s State) String() string {
	switch s {
	case UpToDate:
		return "up to date"
	case Pending:
		return "not up to date: it is to be written"
	case Deferred:
		return "as its policies leave it for now; a new Ingress in its place would differ"
	case Quarantined:
		return "in quarantine: no gateway serves it until its hosts are free"
	case Missing:
		return "does not exist; this is what OpenKruiseGame would make"
	case Ungoverned:
		return "not governed"
	}
	return string(s)
}

// rows are the annotation as it is decided, and below it everything else that was said about it.
func (a *Annotation) rows(t *offline.Table) {
	note := ""
	if a.Lag != "" {
		note = "now " + value(a.Carried)
		if by := a.CarriedFrom; by != nil && *by != a.Source {
			note += " by " + source(*by)
		}
		note += ": " + offline.Escape(a.Lag)
	}
	if a.Value == nil && note == "" && len(a.Beaten) > 0 {
		note = "the setting comes whole from there"
	}
	from := source(a.Source)
	if a.Value == nil && a.Source.Layer == policy.LayerAuthor && len(a.Beaten) == 0 {
		from = "-"
	}
	t.Row(offline.Printable(a.Key), value(a.Value), from, note)
	for _, c := range a.Beaten {
		t.Row("", offline.Short(c.Value), source(c.Source), "beaten")
	}
	for _, c := range a.Proposed {
		t.Row("", offline.Short(c.Value), source(c.Source), "not enforced")
	}
}

func value(v *string) string {
	if v == nil {
		return "-"
	}
	return offline.Short(*v)
}

func source(s policy.Source) string {
	if s.Layer == policy.LayerAuthor {
		return "author"
	}
	return offline.Printable(s.Policy) + " (" + string(s.Layer) + ")"
}

func (h *Host) row(t *offline.Table) {
	holder, phase, note := "-", "-", ""
	if h.Holder != nil {
		holder, phase = nameHolder(*h.Holder), string(h.Phase)
	}
	switch {
	case !h.Covered:
		note = "this Ingress may not have it"
	case h.Holder == nil:
		note = "not claimed yet"
	}
	t.Row(offline.Printable(h.Host), holder, phase, note)
}
