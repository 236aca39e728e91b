package rollout

import (
	"hash/maphash"
	"maps"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// step makes a pass and has whoever observes told.
func (r *Rollout) step() {
	r.pass()
	r.observer()
}

// pass looks at every Ingress of a game server whose outcome may have changed, and queues what is to be written.
func (r *Rollout) pass() {
	generation := r.Policies.Generation()
	now := r.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.behind = false
	if set, _, known := r.Policies.At(&networkingv1.Ingress{}); known {
		r.use(set)
	}
	r.passes++
	for _, ing := range r.Ingresses.All() {
		server, isGame := gameserver.Identify(ing)
		if !isGame || ing.DeletionTimestamp != nil {
			continue
		}
		name := types.NamespacedName{Namespace: ing.Namespace, Name: ing.Name}
		i := r.items[name]
		if i == nil {
			i = &item{name: name, server: server}
		}
		if !r.judge(i, ing, generation, now) {
			continue // not managed, or not everything is known
		}
		r.items[name] = i
		i.seen = r.passes
	}
	maps.DeleteFunc(r.items, func(_ types.NamespacedName, i *item) bool { return i.seen != r.passes })
	if !r.behind { // else some were counted by what was decided before
		r.counted = generation
	}
	if r.set != nil {
		r.enqueue(now)
		r.told()
	}
}

// judge works out what is to become of an Ingress, unless it has been under the same circumstances. It is false where
// that is nobody's business.
func (r *Rollout) judge(i *item, ing *networkingv1.Ingress, generation uint64, now time.Time) bool {
	inUse := r.Servers.InUse(i.name)
	switch {
	case ing.ResourceVersion == i.behind: // memory has not heard of our own write yet
		r.behind = r.behind || i.generation != generation
		return true
	case ing.ResourceVersion == i.version && generation == i.generation && inUse == i.inUse:
		return true
	}
	set, request, known := r.Policies.At(ing)
	if !known || !concerns(ing, request.Class) {
		return false
	}
	r.use(set)
	request.Idle = !inUse
	f := set.Follow(request)
	before := *i
	i.version, i.generation, i.inUse = ing.ResourceVersion, generation, inUse
	i.matched, i.trying, i.causes, i.held = f.Matched, f.Trying, f.Causes, f.Held
	i.trial = r.tried(f.Trying, request)
	if len(i.held) > 0 && len(before.held) == 0 {
		i.heldSince = now
	}
	i.wanted = r.fingerprint(f.Annotations[policy.AppliedAnnotation])
	i.pending, i.charged = f.Changed, set.Slowest(f.Causes)
	i.settle(&before, now)
	return true
}

// fingerprint is that of a record.
func (r *Rollout) fingerprint(record string) uint64 { return maphash.String(r.seed, record) }

// concerns tells whether an Ingress is anybody's business: one of a managed class, or one that has left the managed classes
// with what was injected. What waits in quarantine is decided about when it gets its class back.
func concerns(ing *networkingv1.Ingress, class policy.Class) bool {
	if class.Managed {
		return true
	}
	_, waits := ing.Annotations[policy.QuarantinedAnnotation]
	_, recorded := ing.Annotations[policy.AppliedAnnotation]
	return recorded && !waits
}

// settle brings the trouble in line with a new judgement. That somebody has edited another policy, or has made a set, does
// not end it.
func (i *item) settle(before *item, now time.Time) {
	another := i.generation != before.generation
	if another && i.wanted == before.wanted && i.written == before.generation {
		i.written = i.generation
	}
	switch {
	case !i.pending:
		if i.trouble.reason != Contested {
			i.trouble = trouble{}
		}
	case another && i.wanted != before.wanted:
		i.trouble = trouble{} // it is another write that is asked for
	case i.written == i.generation && before.version != "" && !before.pending:
		i.overwritten(now)
	case i.trouble.reason == Denied && i.version != before.version:
		i.trouble.until = now // what was refused may have changed
	case i.trouble.reason == Denied && another && i.trouble.until.After(now.Add(reconsider)):
		i.trouble.until = now.Add(reconsider) // and so may what it was refused for
	}
}

// use notes the policies of this pass, with what those that are only tried would do.
func (r *Rollout) use(set *policy.Set) {
	if r.set == set {
		return
	}
	r.set, r.trials = set, set.Trials()
	for name := range r.rates {
		if !set.Has(name) && r.lanes[name] == nil && !r.owes(name) {
			delete(r.rates, name)
		}
	}
	for _, name := range set.Names() {
		r.rates[name] = set.PerSecond(name)
	}
}

// owes tells whether an Ingress carries what a policy has set, or is on its way to.
func (r *Rollout) owes(name string) bool {
	for _, i := range r.items {
		if slices.Contains(i.matched, name) || slices.Contains(i.causes, name) {
			return true
		}
	}
	return false
}

func (r *Rollout) tried(names []string, request policy.Request) []string {
	var out []string
	for _, name := range names {
		if edit, known := r.trials[name]; known && edit.Changes(request) {
			out = append(out, name)
		}
	}
	return out
}

// enqueue puts what is to be written into the lane of the policy that is charged, the older servers first.
func (r *Rollout) enqueue(now time.Time) {
	var ready []*item
	for _, i := range r.items {
		if i.pending && !i.queued && !now.Before(i.trouble.until) {
			ready = append(ready, i)
		}
	}
	slices.SortFunc(ready, func(a, b *item) int { return compareNames(a.name, b.name) })
	for _, i := range ready {
		i.queued = true
		r.lane(i.charged).push(i.name)
	}
}
