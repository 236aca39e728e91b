package review

import (
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// hosts judges the hosts of all servers: what the policies allow, and who has them.
func (v *review) hosts() {
	for _, c := range v.conflicts(v.ids) {
		v.say(c.finding(v.template.HostField(), len(v.ids)), c.stood)
	}
	for _, c := range v.notAllowed(v.ids) {
		v.say(c.finding(v.template.HostField(), len(v.ids)), c.stood)
	}
	v.primary()
}

// conflicts holds the host of each server against the deeds, and where nobody has one, against what the other sets are to
// have. Servers with the same adversary are one conflict.
func (v *review) conflicts(ids []int) []*conflict {
	groups := grouped{shared: !v.template.HasOwnHosts()}
	rivals := v.rivals()
	for _, id := range v.perHost(ids) {
		deed := host.Deed{Gateway: v.class.Key(), Host: host.Normalize(v.template.Host(id))}
		found := v.contest(id, deed, rivals)
		if found.kind == free {
			continue
		}
		if found.kind == taken && v.waits(id) {
			found.kind = waits
		}
		found.stood = v.had(id, deed.Host)
		groups.add(found, id, deed)
	}
	return groups.list
}

// perHost is one server for each host: where all share one, the first stands for all.
func (v *review) perHost(ids []int) []int {
	if v.template.HasOwnHosts() {
		return ids
	}
	return ids[:min(len(ids), 1)]
}

// contest finds who stands in a server's way.
func (v *review) contest(id int, deed host.Deed, rivals []*rival) conflict {
	party := v.party(id, deed.Host)
	if v.Claims != nil {
		if claim := v.Claims.Get(deed.ClaimName()); claim != nil {
			return v.held(claim, deed, party)
		}
	}
	for _, r := range rivals {
		other, ok := r.wants(deed.Host)
		if ok && host.Conflicts(party, other, deed.Host, v.Terms) && !v.canary(id, other, deed.Host) {
			return conflict{kind: taken, projected: true, holder: r.holder(other.ID)}
		}
	}
	return conflict{}
}

// held judges a deed that somebody has.
func (v *review) held(claim *v1alpha1.HostClaim, deed host.Deed, party host.Party) conflict {
	if host.Fits(&claim.Spec, party) || host.Judge(claim, deed, party, v.Terms, v.Now).Outcome != host.Refused {
		return conflict{}
	}
	holder := host.Game(&claim.Spec)
	c := conflict{kind: taken, holder: holder}
	switch {
	case holder.Namespace == party.Namespace && holder.GameServerSet == party.Set:
		c.kind = moves
	case v.standsAsCanary(party, claim):
		return conflict{}
	case holder.GameServerSet != "" && !v.stands(holder):
		c.kind = leaving
	}
	return c
}

// party is a server of the set towards a host, as no canary.
func (v *review) party(id int, name string) host.Party {
	p := host.Party{Namespace: v.Set.Namespace, Set: v.Set.Name, ID: id}
	if !v.template.HasOwnHosts() {
		p.SharedHost = name
	}
	return p
}

// stands tells whether the set of a holder is there. Deeds outlive it by a moment.
func (v *review) stands(h v1alpha1.Holder) bool {
	if v.standing == nil {
		v.standing = make(map[[2]string]bool, len(v.Others))
		for i := range v.Others {
			v.standing[[2]string{v.Others[i].Namespace, v.Others[i].Name}] = true
		}
	}
	return v.standing[[2]string{h.Namespace, h.GameServerSet}]
}

// waits tells whether a server whose host somebody else has would wait in quarantine.
func (v *review) waits(id int) bool {
	return v.Policies.HasHostRules() && v.Policies.HostRules(v.request(id)).OnConflict == v1alpha1.OnConflictQuarantine
}

// notAllowed holds the host of each server against the rules of the policies.
func (v *review) notAllowed(ids []int) []*conflict {
	groups := grouped{}
	if len(ids) == 0 || !v.Policies.HasHostRules() && !host.IsWildcard(host.Normalize(v.template.Host(ids[0]))) {
		return nil
	}
	for _, id := range ids {
		name := host.Normalize(v.template.Host(id))
		request := v.request(id)
		for _, f := range v.Policies.HostRules(request).Check(id, request.Ingress, []string{name}) {
			if f.Code == finding.HostOverlaps {
				continue // what the parameters leave open is said of them already
			}
			groups.add(conflict{kind: forbidden, rule: f, stood: v.had(id, name)}, id, host.Deed{Host: name})
		}
	}
	return groups.list
}

// rival is another set whose servers may have hosts of this one.
type rival struct {
	policy.KnownSet
	shared string
}

// rivals are the sets with which this one may meet, on the same gateway. Most sets end at the comparison of templates.
func (v *review) rivals() []*rival {
	var out []*rival
	for _, o := range v.Others {
		if o.Namespace == v.Set.Namespace && o.Name == v.Set.Name || len(o.IDs) == 0 || !v.template.MayMeet(o.Template) {
			continue
		}
		class := v.Classes.Of(o.Template.Ingress(o.Namespace, o.Name, o.IDs[0]))
		if !class.Managed || class.Key() != v.class.Key() {
			continue
		}
		r := &rival{KnownSet: o}
		if !o.Template.HasOwnHosts() {
			r.shared = host.Normalize(o.Template.Host(o.IDs[0]))
		}
		out = append(out, r)
	}
	return out
}

// wants is the server of the set that is to have a host.
func (r *rival) wants(name string) (host.Party, bool) {
	p := host.Party{Namespace: r.Namespace, Set: r.Name, SharedHost: r.shared}
	if name == host.Any {
		name = ""
	}
	id, every, ok := r.Template.ServerOn(name)
	if !ok {
		return p, false
	}
	if every {
		id = r.IDs[0]
	}
	p.ID = id
	_, projected := slices.BinarySearch(r.IDs, id)
	return p, projected
}

// holder is what the set would hold of a host that it is to have.
func (r *rival) holder(id int) v1alpha1.Holder {
	h := v1alpha1.Holder{Namespace: r.Namespace, GameServerSet: r.Name}
	if r.shared == "" {
		h.ID = &id
	}
	return h
}
