package review

import (
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
	ids = v.perHost(ids)
	found := map[int]conflict{}
	unclaimed := make([]int, 0, len(ids))
	for _, id := range ids {
		deed := v.deed(id)
		var claim *v1alpha1.HostClaim
		if v.Claims != nil {
			claim = v.Claims.Get(deed.ClaimName())
		}
		if claim == nil {
			unclaimed = append(unclaimed, id)
		} else if c := v.held(claim, deed, v.party(id, deed.Host)); c.kind != free {
			found[id] = c
		}
	}
	v.projected(unclaimed, found)
	groups := grouped{shared: !v.template.HasOwnHosts()}
	for _, id := range ids {
		c, there := found[id]
		if !there {
			continue
		}
		if c.kind == taken && v.waits(id) {
			c.kind = waits
		}
		deed := v.deed(id)
		c.stood = v.had(id, deed.Host)
		groups.add(c, id, deed)
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

func (v *review) deed(id int) host.Deed {
	return host.Deed{Gateway: v.class.Key(), Host: host.Normalize(v.template.Host(id))}
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
		name, request := v.deed(id).Host, v.request(id)
		for _, f := range v.Policies.HostRules(request).Check(id, request.Ingress, []string{name}) {
			if name == host.Any && f.Severity != finding.Error {
				continue // that there is no Host is said already
			}
			groups.add(conflict{kind: forbidden, rule: f, stood: v.had(id, name)}, id, host.Deed{Host: name})
		}
	}
	return groups.list
}
