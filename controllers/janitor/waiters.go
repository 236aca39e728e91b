package janitor

import (
	"cmp"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// maxWaiters bounds the list in a claim's status.
const maxWaiters = 64

// waiters are the game servers and sets that want a host which somebody else holds, by what their templates say, and the
// quarantined ones.
func (w *world) waiters(claim *v1alpha1.HostClaim) []v1alpha1.Holder {
	deed := deedOf(claim)
	var out []v1alpha1.Holder
	for _, p := range w.waiting[deed] {
		_, holder := p.Claimant(deed.Host)
		out = append(out, holder)
	}
	slices.SortFunc(out, compareHolders)
	out = slices.CompactFunc(out, func(a, b v1alpha1.Holder) bool { return compareHolders(a, b) == 0 })
	return slices.Clip(out[:min(len(out), maxWaiters)])
}

// compareHolders puts the namespace first, then the set, then the id.
func compareHolders(a, b v1alpha1.Holder) int {
	id := func(h v1alpha1.Holder) int {
		if h.ID == nil {
			return -1
		}
		return *h.ID
	}
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.GameServerSet, b.GameServerSet), cmp.Compare(id(a), id(b)))
}

func sameStatus(a, b *v1alpha1.HostClaimStatus) bool {
	same := func(a, b v1alpha1.Holder) bool { return a.Name == b.Name && compareHolders(a, b) == 0 }
	return a.Phase == b.Phase && slices.EqualFunc(a.Waiters, b.Waiters, same) &&
		(a.Ingress == nil) == (b.Ingress == nil) && (a.Ingress == nil || *a.Ingress == *b.Ingress)
}
