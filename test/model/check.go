package model

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// checkStored holds the promise against what has just been stored: nobody else whom the webhook has let in, or who stood
// there before it, has any of its hosts.
func (r *run) checkStored(ing *networkingv1.Ingress) {
	p := party(&r.api.state, ing)
	key := types.NamespacedName{Namespace: ing.Namespace, Name: ing.Name}
	for _, name := range host.Of(ing) {
		for _, other := range ordered(r.api.state.ingresses, types.NamespacedName.String) {
			q := party(&r.api.state, other)
			if other.UID == ing.UID || !slices.Contains(host.Of(other), name) {
				continue
			}
			// One that stood there before there were claims is reported and left alone. It keeps from nothing whoever holds
			// the deed and was seen to use it.
			a, b := r.unjudged[ing.UID], r.unjudged[other.UID]
			before := a && b || a && r.uses(q, name) || b && r.uses(p, name)
			if exclude(p, q, name) && !before {
				r.fail("%s is stored on %s, where %s stands (%s against %s)", key, name, other.Namespace+"/"+other.Name, p, q)
			}
		}
		if !r.unjudged[ing.UID] {
			r.checkHolds(name, key, p)
		}
	}
}

// exclude tells whether two must not stand on one host. A game may be the guest of its namespace's web Ingresses, so it
// is for both sides to say.
func exclude(p, q host.Party, name string) bool {
	return host.Conflicts(p, q, name, host.Terms{}) && host.Conflicts(q, p, name, host.Terms{})
}

// checkHolds: whoever has served a host and is to have it still, is not robbed of it while its Ingress is made anew.
func (r *run) checkHolds(name string, key types.NamespacedName, p host.Party) {
	holder, held := r.holds[name]
	if held && holder != key {
		q := r.partyOf(holder)
		if exclude(p, q, name) && r.projected(q, name) && r.heedHolds {
			r.fail("%s is stored on %s, which belongs to %s", key, name, q)
		}
	}
	if p.IsServer() && r.owns(p, name) {
		r.holds[name] = key
	}
}

// uses tells whether a party holds the deed to a host and was seen to stand there.
func (r *run) uses(p host.Party, name string) bool {
	claim := r.api.state.claims[host.Deed{Gateway: gatewayKey, Host: name}.ClaimName()]
	return r.owns(p, name) && host.Bound(claim)
}

// owns tells whether a party holds the deed to a host, as it is stored.
func (r *run) owns(p host.Party, name string) bool {
	claim := r.api.state.claims[host.Deed{Gateway: gatewayKey, Host: name}.ClaimName()]
	return claim != nil && host.Owns(&claim.Spec, p)
}

func (r *run) partyOf(key types.NamespacedName) host.Party {
	for namespaced, set := range r.api.state.sets {
		for _, id := range set.IDs {
			if ing := set.Template.Ingress(namespaced.Namespace, namespaced.Name, id); ing.Namespace == key.Namespace && ing.Name == key.Name {
				return party(&r.api.state, ing)
			}
		}
	}
	return host.Party{Namespace: key.Namespace}
}

// projected tells whether the set of a server still brings it forth with this host.
func (r *run) projected(p host.Party, name string) bool {
	set := r.api.state.sets[types.NamespacedName{Namespace: p.Namespace, Name: p.Set}]
	return set != nil && slices.Contains(set.IDs, p.ID) && host.Normalize(set.Template.Host(p.ID)) == name
}

// forget drops who is no longer to have a host: from then on it may be anybody's.
func (r *run) forget() {
	for name, key := range r.holds {
		if r.api.state.ingresses[key] == nil && !r.projected(r.partyOf(key), name) {
			delete(r.holds, name)
		}
	}
}

// checkRefusal: a server is never refused the host that it has.
func (r *run) checkRefusal(c host.Case, verdicts []host.Verdict) {
	for _, v := range verdicts {
		if v.Outcome != host.Refused || !r.heedHolds || !c.Party.IsServer() {
			continue
		}
		claim := r.api.state.claims[v.ClaimName()]
		if key, held := r.holds[v.Host]; held && key.Name == c.Ingress && key.Namespace == c.Party.Namespace && r.projected(c.Party, v.Host) && claim != nil && host.Bound(claim) && host.Owns(&claim.Spec, c.Party) {
			r.fail("%s is refused its own host %s", c.Party, v.Host)
		}
	}
}

// checkLeaks compares the claims with what is named and projected, once everything has come to rest.
func (r *run) checkLeaks() {
	wanted := map[string]bool{}
	for _, ing := range r.api.state.ingresses {
		for _, name := range host.Of(ing) {
			wanted[host.Deed{Gateway: gatewayKey, Host: name}.ClaimName()] = true
		}
	}
	for name := range wanted {
		if r.api.state.claims[name] == nil {
			r.fail("no claim %s although an Ingress stands on the host", name)
		}
	}
	for name, claim := range r.api.state.claims {
		h := claim.Spec.Holder
		p := host.Party{Namespace: h.Namespace, Set: h.GameServerSet}
		projected := false
		if set := r.api.state.sets[types.NamespacedName{Namespace: h.Namespace, Name: h.GameServerSet}]; set != nil {
			for _, id := range set.IDs {
				p.ID = id
				projected = projected || (h.ID == nil || *h.ID == id) && r.projected(p, claim.Spec.Host)
			}
		}
		if !wanted[name] && !projected {
			r.fail("claim %s of %s is left over", name, host.Describe(h))
		}
	}
}
