package inspect

import (
	"fmt"
	"io"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

// mostGroups bounds a table: values that hold the id make a group of each server.
const mostGroups = 50

// Text implements offline.Report.
func (d *Difference) Text(w io.Writer) error {
	t := offline.NewTable()
	refused, findings := false, false
	for _, p := range d.Policies {
		refused = refused || !p.Accepted
		findings = findings || len(p.Findings) > 0
		for _, f := range p.Findings {
			t.Row(string(f.Severity) + ": GamePolicy " + offline.Printable(p.Name) + ": " + offline.Escape(f.String()))
		}
	}
	if findings {
		t.Gap()
	}
	if refused {
		t.Row("Nothing is compared: a policy is refused.")
		return t.Print(w)
	}
	groups(t, d.Changes)
	bars(t, d.Hosts)
	t.Row(d.summary())
	for _, h := range d.Held {
		t.Row(h.String())
	}
	if trying := d.trying(); trying != "" {
		n := 0
		for _, g := range d.Enforced {
			n += len(g.IDs)
		}
		end := "."
		if n > 0 {
			end = ":\n"
		}
		t.Row(fmt.Sprintf("Enforced, %s would change %d of %d game Ingresses%s", trying, n, d.Ingresses, end))
		groups(t, d.Enforced)
	}
	return t.Print(w)
}

func groups(t *offline.Table, list []Group) {
	if len(list) == 0 {
		return
	}
	t.Row("GAME SERVERS", "ANNOTATION", "NOW", "THEN", "BY")
	for _, g := range list[:min(len(list), mostGroups)] {
		lead := g.String()
		for _, c := range g.Annotations {
			t.Row(lead, offline.Printable(c.Key), value(c.From), value(c.To), source(c.Source))
			lead = ""
		}
	}
	if more := len(list) - mostGroups; more > 0 {
		t.Row(fmt.Sprintf("and %d more rows; -o yaml has all", more))
	}
	t.Gap()
}

func bars(t *offline.Table, list []Barred) {
	if len(list) == 0 {
		return
	}
	t.Row("GAME SERVERS", "REFUSED WHEN CREATED ANEW")
	for _, b := range list[:min(len(list), mostGroups)] {
		t.Row(b.String(), offline.Escape(b.Finding.String()))
	}
	if more := len(list) - mostGroups; more > 0 {
		t.Row(fmt.Sprintf("and %d more rows; -o yaml has all", more))
	}
	t.Gap()
}

// String is "games/postio ids 0-9".
func (s Servers) String() string {
	return offline.Printable(s.Namespace+"/"+s.GameServerSet) + " " + gameserver.DescribeIDs(s.IDs)
}

func (d *Difference) summary() string {
	switch {
	case d.Ingresses == 0:
		return "There is no game Ingress yet that could change."
	case d.Changed == 0:
		return fmt.Sprintf("None of %d game Ingresses would change.", d.Ingresses)
	}
	return fmt.Sprintf("%d of %d game Ingresses would change.", d.Changed, d.Ingresses)
}

// String says how many stay as they are, and why.
func (h Held) String() string {
	if h.Until == "Idle" {
		return fmt.Sprintf("%d of them only when nobody plays on the server: GamePolicy %s has rollout.servers Idle.", h.Ingresses, offline.Printable(h.Policy))
	}
	return fmt.Sprintf("%d of them only when they are created anew: GamePolicy %s has rollout.existing Never.", h.Ingresses, offline.Printable(h.Policy))
}

// trying names the policies of the edit that are not enforced.
func (d *Difference) trying() string {
	var names []string
	for _, p := range d.Policies {
		if p.Action != Delete && p.Mode != v1alpha1.ModeEnforce {
			names = append(names, offline.Printable(p.Name)+" (mode "+string(p.Mode)+")")
		}
	}
	return strings.Join(names, " and ")
}
