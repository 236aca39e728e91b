package review

import (
	"fmt"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// maxComparisons bounds how many hosts are held against those of other sets, whatever tenants apply.
const maxComparisons = 2_000_000

// projected finds what other sets are to have among the hosts of these servers, which nobody holds.
func (v *review) projected(ids []int, found map[int]conflict) {
	rivals, compared := v.rivals(), 0
	for i, r := range rivals {
		if compared += min(len(ids), len(r.IDs)); compared > maxComparisons {
			v.say(finding.Finding{
				Code: finding.TooManyIDs, Severity: finding.Warning, Field: v.template.HostField(),
				Message: fmt.Sprintf("%d other sets have hosts like these; only %d of them are compared", len(rivals), i),
			}, false)
			return
		}
		if v.template.HasOwnHosts() && r.shared == "" && len(r.IDs) < len(ids) {
			v.meetFrom(r, ids, found)
			continue
		}
		for _, id := range ids {
			if other, wants := r.wants(v.deed(id).Host); wants {
				v.meet(id, r, other, found)
			}
		}
	}
}

// meetFrom goes through the servers of the other set, where these are fewer.
func (v *review) meetFrom(r *rival, ids []int, found map[int]conflict) {
	for _, theirs := range r.IDs {
		id, _, ok := v.template.ServerOn(r.Template.Host(theirs))
		if _, there := slices.BinarySearch(ids, id); ok && there {
			v.meet(id, r, host.Party{Namespace: r.Namespace, Set: r.Name, ID: theirs}, found)
		}
	}
}

// meet notes that a server of this set and one of another are to have one host, if neither may stand beside the other.
func (v *review) meet(id int, r *rival, other host.Party, found map[int]conflict) {
	if _, known := found[id]; known {
		return
	}
	name := v.deed(id).Host
	if host.Conflicts(v.party(id, name), other, name, v.Terms) && !v.canary(id, other, name) {
		found[id] = conflict{kind: taken, projected: true, holder: r.holder(other.ID)}
	}
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
