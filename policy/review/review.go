package review

import (
	"cmp"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// Review judges one write. It has an answer for any set. A set that is being deleted passes, and so does one of which
// OpenKruiseGame makes no Ingress.
func (w *World) Review(r Request) Result {
	if r.Set.DeletionTimestamp != nil {
		return Result{}
	}
	v := newReview(w, r)
	for _, f := range v.now.Findings {
		v.say(f, v.stood(f))
	}
	if !makesIngresses(r.Set) {
		return v.result.lenient()
	}
	if v.template.Makes() && len(v.ids) > 0 {
		v.atGateway()
	}
	return v.result.settled()
}

func makesIngresses(set *gameserver.GameServerSet) bool {
	return set != nil && set.Spec.Network != nil && set.Spec.Network.NetworkType == gameserver.NetworkType
}

// review is one review under way.
type review struct {
	*World
	Request
	result Result

	now, before gameserver.Expansion
	template    gameserver.Template
	// ids are those that the set will have: what its spec projects, and what lives. hadIDs are those that it had.
	ids    []int
	hadIDs map[int]bool
	class  policy.Class
	// standing are the names of the sets that there are; nil until somebody asks.
	standing map[[2]string]bool
	// shell is an Ingress that is made that of one server after the other: most of it is the same for all.
	shell *networkingv1.Ingress
}

func newReview(w *World, r Request) *review {
	v := &review{World: w, Request: r, now: gameserver.Inspect(r.Set)}
	v.template, v.ids = v.now.Template, union(v.now.IDs, r.Live)
	if r.Old != nil {
		v.before = gameserver.Inspect(r.Old)
		v.hadIDs = make(map[int]bool, len(v.before.IDs)+len(r.Live))
		for _, id := range union(v.before.IDs, r.Live) {
			v.hadIDs[id] = true
		}
	}
	return v
}

// union is ascending, each id once, at most gameserver.MaxIDs.
func union(projected, live []int) []int {
	ids := slices.Concat(projected, live)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids[:min(len(ids), gameserver.MaxIDs)]
}

// atGateway judges what needs a gateway: that of the class which the Ingresses will have. One of a class that is not
// managed is none of ours.
func (v *review) atGateway() {
	v.shell = v.template.Ingress(v.Set.Namespace, v.Set.Name, v.ids[0])
	if v.class = v.Classes.Of(v.shell); !v.class.Managed {
		return
	}
	v.annotations(gateway.For(v.class.Gateway))
	if v.template.HostMisspelt() {
		return // it is refused for that, and its servers have other hosts than they seem to
	}
	v.repeated()
	v.hosts()
	v.ahead()
}

// request is the question to the policies about one server's Ingress, as OpenKruiseGame will make it. The Ingress is good
// until the next call.
func (v *review) request(id int) policy.Request {
	server := gameserver.Identity{Set: v.Set.Name, ID: id}
	v.shell.Name = server.Name()
	if owner := &v.shell.OwnerReferences[0]; owner.Kind == "Pod" {
		owner.Name = v.shell.Name
	}
	v.shell.Spec.Rules[0].Host = v.template.Host(id)
	return policy.Request{
		Ingress: v.shell, Class: v.class, NamespaceLabels: v.NamespaceLabels, SetLabels: labels(v.Set.Labels),
		Template: &v.template, SetIDs: v.ids,
	}
}

// labels are known to be none where there are none.
func labels(given map[string]string) map[string]string {
	if given == nil {
		return map[string]string{}
	}
	return given
}

// say notes a finding. An Error that stood before is no reason to refuse.
func (v *review) say(f finding.Finding, stood bool) {
	switch {
	case f.Severity != finding.Error:
		v.result.Warnings = append(v.result.Warnings, f)
	case stood:
		v.result.Standing = append(v.result.Standing, f)
	default:
		v.result.Refused = append(v.result.Refused, f)
	}
}

// settled sorts what is said, and leaves out what explains and warns of nothing.
func (r Result) settled() Result {
	r.Warnings = slices.DeleteFunc(r.Warnings, func(f finding.Finding) bool { return f.Severity == finding.Info })
	finding.Sort(r.Refused)
	finding.Sort(r.Standing)
	// By parameter: the author goes through his file.
	slices.SortStableFunc(r.Warnings, func(a, b finding.Finding) int {
		return cmp.Or(compareFields(a.Field, b.Field), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	return r
}

// compareFields orders networkConf[2] before networkConf[10], and what has no index before both.
func compareFields(a, b string) int {
	return cmp.Or(cmp.Compare(strings.IndexByte(a, ']'), strings.IndexByte(b, ']')), cmp.Compare(a, b))
}

// lenient makes warnings of what would refuse: of this set OpenKruiseGame makes no Ingress.
func (r Result) lenient() Result {
	for _, f := range slices.Concat(r.Refused, r.Standing) {
		f.Severity = finding.Warning
		r.Warnings = append(r.Warnings, f)
	}
	r.Refused, r.Standing = nil, nil
	return r.settled()
}
