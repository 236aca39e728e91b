package ledger

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// Claims are the HostClaims that stand, in memory. The zero value is empty. What it returns must not be changed.
type Claims struct {
	mu     sync.RWMutex
	byName map[string]*v1alpha1.HostClaim
}

// Put takes a claim as an informer has seen it.
func (c *Claims) Put(claim *v1alpha1.HostClaim) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byName == nil {
		c.byName = map[string]*v1alpha1.HostClaim{}
	}
	c.byName[claim.Name] = claim
}

// Remove forgets a claim that is gone.
func (c *Claims) Remove(claim *v1alpha1.HostClaim) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byName, claim.Name)
}

// Get is nil where no claim of the name is known.
func (c *Claims) Get(name string) *v1alpha1.HostClaim {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.byName[name]
}

// List is all claims, in no order.
func (c *Claims) List() []*v1alpha1.HostClaim {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.AppendSeq(make([]*v1alpha1.HostClaim, 0, len(c.byName)), maps.Values(c.byName))
}

// maxOverlaps bounds what is said about one host.
const maxOverlaps = 5

// covering lists hosts of other namespaces that a wildcard brings together with a deed, by name. Most hosts are exact and
// cost a look-up per label; a wildcard is compared with every claim.
func covering(claims ClaimCache, deed host.Deed, p host.Party) []host.Overlap {
	var out []host.Overlap
	add := func(claim *v1alpha1.HostClaim) {
		if claim != nil && claim.Spec.Class == deed.Gateway && claim.Spec.Holder.Namespace != p.Namespace {
			out = append(out, host.Overlap{Host: claim.Spec.Host, Holder: claim.Spec.Holder})
		}
	}
	for _, wildcard := range host.Wildcards(deed.Host) {
		add(claims.Get(host.Deed{Gateway: deed.Gateway, Host: wildcard}.ClaimName()))
	}
	if host.IsWildcard(deed.Host) {
		for _, claim := range claims.List() {
			if host.Covers(deed.Host, claim.Spec.Host) {
				add(claim)
			}
		}
	}
	slices.SortFunc(out, func(a, b host.Overlap) int { return strings.Compare(a.Host, b.Host) })
	return slices.Clip(out[:min(len(out), maxOverlaps)])
}
