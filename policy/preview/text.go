package preview

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

// Text writes a report for a person: a table each for policies, sets and Ingresses, then what there is to say. Servers
// of a set that come out alike share a row.
func Text(w io.Writer, r Report) error {
	t := table{offline.NewTable()}
	if len(r.Policies) > 0 {
		t.Row("GAME POLICY", "ACCEPTED")
		for _, p := range r.Policies {
			t.Row(offline.Printable(p.Name), map[bool]string{true: "yes", false: "no"}[p.Accepted])
		}
		t.Gap()
	}
	if len(r.GameServerSets) > 0 {
		t.Row("GAME SERVER SET", "VERDICT", "SERVERS")
		for _, s := range r.GameServerSets {
			servers := "none"
			if len(s.IDs) > 0 {
				servers = gameserver.DescribeIDs(s.IDs)
			}
			t.Row(offline.Printable(s.Namespace+"/"+s.Name), string(s.Verdict), servers)
		}
		t.Gap()
	}
	groups := group(r.Ingresses)
	if len(groups) > 0 {
		t.Row("INGRESS", "VERDICT", "HOST", "ANNOTATION", "VALUE", "FROM")
		for _, g := range groups {
			t.ingress(g)
		}
		t.Gap()
	}
	if said := remarks(r, groups); len(said) > 0 {
		t.Row("FINDINGS")
		for _, line := range said {
			t.Row(line)
		}
		t.Gap()
	}
	return t.Print(w)
}

type table struct{ *offline.Table }

// servers are Ingresses that came out alike.
type servers []IngressReport

func (g servers) ids() []int {
	var ids []int
	for _, i := range g {
		if i.ID != nil {
			ids = append(ids, *i.ID)
		}
	}
	return ids
}

func (g servers) title() string {
	if len(g) == 1 {
		return offline.Printable(g[0].Namespace + "/" + g[0].Name)
	}
	return offline.Printable(g[0].Namespace+"/"+g[0].GameServerSet) + " " + gameserver.DescribeIDs(g.ids())
}

// group joins the servers of a set that differ in nothing but the host.
func group(list []IngressReport) []servers {
	var out []servers
	place := map[string]int{}
	for _, i := range list {
		signature := i.Namespace + "/" + i.GameServerSet + fmt.Sprint(i.Verdict, i.Removed, i.Provenance, shown(i.Annotations), len(i.Object.Spec.Rules))
		at, known := place[signature]
		if i.ID == nil || !known {
			place[signature] = len(out)
			out = append(out, servers{i})
			continue
		}
		out[at] = append(out[at], i)
	}
	return out
}

// shown leaves out Gatehouse's own record: what it says stands in the last column.
func shown(annotations map[string]string) map[string]string {
	out := maps.Clone(annotations)
	delete(out, policy.AppliedAnnotation)
	return out
}

func (t table) ingress(g servers) {
	i := g[0]
	lead := []string{g.title(), string(i.Verdict), hostOf(g)}
	line := func(cells ...string) {
		t.Row(append(lead, cells...)...)
		lead = []string{"", "", ""}
	}
	annotations := shown(i.Annotations)
	for _, k := range slices.Sorted(maps.Keys(annotations)) {
		from := "author"
		if s, ok := i.Provenance[k]; ok {
			from = offline.Printable(s.Policy) + " (" + string(s.Layer) + ")"
		}
		line(offline.Printable(k), offline.Short(annotations[k]), from)
	}
	for _, k := range slices.Sorted(maps.Keys(i.Removed)) {
		if _, replaced := annotations[k]; !replaced {
			line(offline.Printable(k), offline.Short(i.Removed[k]), "author, taken away")
		}
	}
	if lead[0] != "" {
		line("-", "", "")
	}
}

func hostOf(g servers) string {
	host := "-"
	if rules := g[0].Object.Spec.Rules; len(rules) > 0 {
		host = offline.Printable(cmp.Or(rules[0].Host, "*"))
		if len(rules) > 1 {
			host += fmt.Sprintf(" (+%d)", len(rules)-1)
		}
	}
	for _, i := range g[1:] {
		if rules := i.Object.Spec.Rules; len(rules) > 0 && rules[0].Host != g[0].Object.Spec.Rules[0].Host {
			return host + ", ..."
		}
	}
	return host
}
