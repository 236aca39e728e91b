package janitor

import (
	"context"
	"sync"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// liveReads is what the API server has. Each part is read at most once in a pass, and only if somebody asks: a thousand
// claims that are released together cost one list.
type liveReads struct {
	ingresses once[map[host.Deed][]ledger.Standing]

	mu   sync.Mutex
	sets map[setName]*once[*world]
}

// once is something that is read once. What cannot be read is not asked for again either.
type once[T any] struct {
	mu    sync.Mutex
	done  bool
	value T
	err   error
}

func (o *once[T]) get(read func() (T, error)) (T, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.done {
		o.value, o.err = read()
		o.done = true
	}
	return o.value, o.err
}

// set is what is known of one set.
func (r *liveReads) set(name setName) *once[*world] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sets == nil {
		r.sets = map[setName]*once[*world]{}
	}
	if r.sets[name] == nil {
		r.sets[name] = &once[*world]{}
	}
	return r.sets[name]
}

// liveWorld is all that bears on one claim, as the API server has it: what stands, and what the one set projects that its
// holder or its guest is of.
func (p *pass) liveWorld(ctx context.Context, claim *v1alpha1.HostClaim) (*world, error) {
	stands, err := p.reads.ingresses.get(func() (map[host.Deed][]ledger.Standing, error) {
		list, err := p.live.Ingresses(ctx)
		if err != nil {
			return nil, err
		}
		b := newBuilder(p.sources.Resolver)
		b.ingresses(list)
		return b.stands, nil
	})
	if err != nil {
		return nil, err
	}
	game := host.Game(&claim.Spec) // only web Ingresses have a guest, so there is one set at most
	w := &world{}
	if name := (setName{game.Namespace, game.GameServerSet}); name.name != "" {
		projected, err := p.reads.set(name).get(func() (*world, error) { return p.readSet(ctx, name) })
		if err != nil {
			return nil, err
		}
		*w = *projected
	}
	w.stands = stands
	return w, nil
}

// readSet is what a set and its Pods project.
func (p *pass) readSet(ctx context.Context, name setName) (*world, error) {
	set, err := p.live.Set(ctx, name.namespace, name.name)
	if err != nil {
		return nil, err
	}
	pods, err := p.live.Pods(ctx, name.namespace, name.name)
	if err != nil {
		return nil, err
	}
	b := newBuilder(p.sources.Resolver)
	b.set(set, pods)
	return b.world, nil
}
