package janitor

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// removedRecently is how long an Ingress that is gone may still be in memory after its claim was released.
const removedRecently = 10 * time.Second

// removals are the claims that this janitor has deleted a short time ago.
type removals struct {
	mu     sync.Mutex
	byName map[string]removal
}

type removal struct {
	uid types.UID
	at  time.Time
}

func (r *removals) add(claim *v1alpha1.HostClaim, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byName == nil {
		r.byName = map[string]removal{}
	}
	r.byName[claim.Name] = removal{claim.UID, now}
}

// replaced takes note that there is a claim of the name: if it is another than the one that was deleted, that is history.
func (r *removals) replaced(claim *v1alpha1.HostClaim) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if gone, known := r.byName[claim.Name]; known && gone.uid != claim.UID {
		delete(r.byName, claim.Name)
	}
}

// expire forgets what is no longer recent.
func (r *removals) expire(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.byName, func(_ string, gone removal) bool { return now.Sub(gone.at) > removedRecently })
}

func (r *removals) recent(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, known := r.byName[name]
	return known
}

// adoptions give a deed to the oldest Ingress on each host that has no claim: from before the installation, from while
// nobody answered, or after somebody deleted the claim.
func (p *pass) adoptions(claims []*v1alpha1.HostClaim) []func(context.Context) error {
	claimed := make(map[string]bool, len(claims))
	for _, claim := range claims {
		claimed[claim.Name] = true // not its spec: somebody may make one under a name that guards nothing
	}
	var todo []func(context.Context) error
	deeds := slices.SortedFunc(maps.Keys(p.world.stands), func(a, b host.Deed) int {
		return cmp.Or(strings.Compare(a.Gateway, b.Gateway), strings.Compare(a.Host, b.Host))
	})
	for _, deed := range deeds {
		if name := deed.ClaimName(); claimed[name] || p.removed.recent(name) {
			continue
		}
		if first := p.world.first(deed); first != nil {
			todo = append(todo, func(ctx context.Context) error { return p.adopt(ctx, deed, first) })
		}
	}
	return todo
}

// first is the oldest Ingress on a host, but for canaries: without a primary the gateway serves nothing by one.
func (w *world) first(deed host.Deed) *ledger.Standing {
	return oldest(w.stands[deed], func(s ledger.Standing) bool { return s.Party.CanaryOf == "" })
}

func (p *pass) adopt(ctx context.Context, deed host.Deed, first *ledger.Standing) error {
	sharing, holder := first.Party.Claimant(deed.Host)
	claim, err := p.create(ctx, deed, sharing, holder)
	if claim == nil {
		return err
	}
	if p.lost[claim.Name] != nil {
		p.warn(claim, "Restored", "the claim was deleted by hand while Ingress %s/%s stands on the host", first.Party.Namespace, first.Name)
	} else {
		p.note(claim, "Adopted", "for Ingress %s/%s, which stood on the host without a claim", first.Party.Namespace, first.Name)
	}
	return nil
}

// restorations make claims anew that somebody deleted while their holder still is to have the host, but has no Ingress just
// now: a rival must not get in between.
func (p *pass) restorations() []func(context.Context) error {
	var todo []func(context.Context) error
	for _, name := range slices.Sorted(maps.Keys(p.lost)) {
		claim := p.lost[name].claim
		if p.world.first(deedOf(claim)) == nil {
			todo = append(todo, func(ctx context.Context) error { return p.restore(ctx, claim) })
		}
	}
	return todo
}

func (p *pass) restore(ctx context.Context, before *v1alpha1.HostClaim) error {
	claim, err := p.create(ctx, deedOf(before), before.Spec.Sharing, before.Spec.Holder)
	if claim == nil {
		return err
	}
	p.warn(claim, "Restored", "the claim was deleted by hand while %s is to have the host", host.Describe(before.Spec.Holder))
	return nil
}

// create is nil where somebody else has made the claim first.
func (p *pass) create(ctx context.Context, deed host.Deed, sharing v1alpha1.Sharing, holder v1alpha1.Holder) (*v1alpha1.HostClaim, error) {
	claim := ledger.NewClaim(deed, &v1alpha1.HostClaimSpec{
		Class: deed.Gateway, Host: deed.Host, Sharing: sharing, Holder: holder, RenewedAt: host.Stamp(p.Janitor.now()),
	})
	claim.Spec.Shared = p.world.foreignStands(claim)
	err := p.store.Create(ctx, claim)
	if apierrors.IsAlreadyExists(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("create HostClaim %s: %w", claim.Name, err)
	}
	return claim, nil
}
