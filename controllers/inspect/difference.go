package inspect

import (
	"cmp"
	"maps"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// Difference is what an edit of policies changes. No list in it is ever null, and all are sorted: programs read it.
type Difference struct {
	Policies []Edited `json:"policies"`
	// Ingresses is how many of game servers were looked at, and Changed how many would change.
	Ingresses int `json:"ingresses"`
	Changed   int `json:"changed"`
	// Changes are the changes, of Ingresses that change alike together.
	Changes []Group `json:"changes"`
	// Held are Ingresses among these that stay as they are for now.
	Held []Held `json:"held"`
	// Enforced are the further changes if the policies of the edit that are in mode Warn or Audit were enforced.
	Enforced []Group `json:"enforced"`
	// Hosts are hosts of Ingresses that stand and that would be refused where the Ingress is created anew.
	Hosts []Barred `json:"hosts"`

	changes, enforced map[string]*Group
	held              map[Held]int
	hosts             map[string]*Barred
}

// Action is what becomes of a policy.
type Action string

// The actions.
const (
	Create Action = "Create"
	Change Action = "Change"
	Delete Action = "Delete"
)

// Edited is a policy of the edit.
type Edited struct {
	Name     string            `json:"name"`
	Action   Action            `json:"action"`
	Mode     v1alpha1.Mode     `json:"mode"`
	Accepted bool              `json:"accepted"`
	Findings []finding.Finding `json:"findings"`
}

// Servers are game servers of one set.
type Servers struct {
	Namespace     string `json:"namespace"`
	GameServerSet string `json:"gameServerSet"`
	IDs           []int  `json:"ids"`
}

// Group is game servers whose Ingresses change alike.
type Group struct {
	Servers
	Annotations []Changed `json:"annotations"`
}

// Changed is one annotation that is another.
type Changed struct {
	Key string `json:"key"`
	// From and To are null where the annotation is not there.
	From *string `json:"from"`
	To   *string `json:"to"`
	// Source is who brings it about: who has their way afterwards, or who had it where nobody sets the annotation any more.
	Source policy.Source `json:"source"`
}

// Held is how many Ingresses a policy leaves as they are, and until when.
type Held struct {
	Policy string `json:"policy"`
	// Until is Recreated or Idle.
	Until     string `json:"until"`
	Ingresses int    `json:"ingresses"`
}

// Barred is game servers with hosts that would be refused.
type Barred struct {
	Servers
	// Finding is that of the first of them.
	Finding finding.Finding `json:"finding"`
}

func newDifference(e *edit) *Difference {
	slices.SortFunc(e.policies, func(a, b Edited) int { return cmp.Compare(a.Name, b.Name) })
	return &Difference{
		Policies: e.policies, Changes: []Group{}, Held: []Held{}, Enforced: []Group{}, Hosts: []Barred{},
		changes: map[string]*Group{}, enforced: map[string]*Group{}, held: map[Held]int{}, hosts: map[string]*Barred{},
	}
}

// Refused implements offline.Report.
func (d *Difference) Refused() bool {
	return len(d.Changes) > 0 || len(d.Hosts) > 0 || slices.ContainsFunc(d.Policies, func(p Edited) bool { return !p.Accepted })
}

// look holds one Ingress against the edit, as if it were created anew.
func (d *Difference) look(w *world, e *edit, ing *networkingv1.Ingress) {
	if waiting, ok := policy.Unquarantine(ing); ok {
		ing = waiting // it is decided about as if it had its class already
	}
	r := w.request(ing)
	server, isGame := gameserver.Identify(ing)
	if !isGame || !r.Class.Managed {
		return
	}
	d.Ingresses++
	if changed := compare(e.before, e.after, r); len(changed) > 0 {
		d.Changed++
		group(d.changes, server, changed)
		d.hold(e, r)
	}
	if e.enforced != nil {
		group(d.enforced, server, compare(e.after, e.enforced, r))
	}
	d.bar(e, r, server)
}

// hold counts an Ingress that changes only later.
func (d *Difference) hold(e *edit, r policy.Request) {
	now, then := e.before.Follow(r), e.after.Follow(r)
	delete(now.Annotations, policy.AppliedAnnotation)
	delete(then.Annotations, policy.AppliedAnnotation)
	if len(then.Held) == 0 || !maps.Equal(now.Annotations, then.Annotations) {
		return
	}
	h := Held{Policy: then.Held[0], Until: "Recreated"}
	if e.after.WaitsForIdle(h.Policy) {
		h.Until = "Idle"
	}
	d.held[h]++
}

// bar notes hosts that the edit no longer allows.
func (d *Difference) bar(e *edit, r policy.Request, server gameserver.Identity) {
	hosts := host.Of(r.Ingress)
	stood := e.before.HostRules(r).Check(server.ID, r.Ingress, hosts)
	for _, f := range e.after.HostRules(r).Check(server.ID, r.Ingress, hosts) {
		if f.Severity != finding.Error || slices.ContainsFunc(stood, func(s finding.Finding) bool { return s.Code == f.Code && s.Field == f.Field }) {
			continue
		}
		key := server.Namespace + "/" + server.Set + "/" + string(f.Code)
		if d.hosts[key] == nil {
			d.hosts[key] = &Barred{Servers{server.Namespace, server.Set, []int{}}, f}
		}
		if b := d.hosts[key]; !slices.Contains(b.IDs, server.ID) {
			b.IDs = append(b.IDs, server.ID)
		}
	}
}

// settle sorts what was collected.
func (d *Difference) settle() {
	d.Changes, d.Enforced = sorted(d.changes), sorted(d.enforced)
	for _, b := range d.hosts {
		slices.Sort(b.IDs)
		d.Hosts = append(d.Hosts, *b)
	}
	slices.SortFunc(d.Hosts, func(a, b Barred) int {
		return cmp.Or(a.compare(b.Servers), cmp.Compare(a.Finding.Code, b.Finding.Code))
	})
	for h, n := range d.held {
		h.Ingresses = n
		d.Held = append(d.Held, h)
	}
	slices.SortFunc(d.Held, func(a, b Held) int { return cmp.Compare(a.Policy, b.Policy) })
}

func sorted(groups map[string]*Group) []Group {
	out := make([]Group, 0, len(groups))
	for _, g := range groups {
		slices.Sort(g.IDs)
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b Group) int { return a.compare(b.Servers) })
	return out
}

func (s Servers) compare(o Servers) int {
	return cmp.Or(cmp.Compare(s.Namespace, o.Namespace), cmp.Compare(s.GameServerSet, o.GameServerSet), slices.Compare(s.IDs, o.IDs))
}

// settled sorts findings and makes an empty list of none.
func settled(list []finding.Finding) []finding.Finding {
	out := append([]finding.Finding{}, list...)
	finding.Sort(out)
	return out
}
