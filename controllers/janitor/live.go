package janitor

import (
	"context"
	"sync"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// liveReads is what the API server has, read at most once in a pass and only if somebody asks: also what cannot be read is
// not asked for again.
type liveReads struct {
	ingresses func() (map[host.Deed][]ledger.Standing, error)

	mu   sync.Mutex
	sets map[setName]func() (*world, error)
}

func (p *pass) readLive(ctx context.Context) {
	p.reads.sets = map[setName]func() (*world, error){}
	p.reads.ingresses = sync.OnceValues(func() (map[host.Deed][]ledger.Standing, error) {
		list, err := p.live.Ingresses(ctx)
		if err != nil {
			return nil, err
		}
		b := newBuilder(p.sources.Resolver)
		b.ingresses(list)
		return b.stands, nil
	})
}

// liveWorld is all that bears on one claim, as the API server has it: what stands, and what the one set projects that its
// holder or its guest is of.
func (p *pass) liveWorld(ctx context.Context, claim *v1alpha1.HostClaim) (*world, error) {
	standing, err := p.reads.ingresses()
	if err != nil {
		return nil, err
	}
	name := setName{claim.Spec.Holder.Namespace, claim.Spec.Holder.GameServerSet}
	if guest := claim.Spec.Guest; guest != nil {
		name = setName{guest.Namespace, guest.GameServerSet} // only a namespace has a guest
	}
	if name.name == "" {
		return &world{stands: standing}, nil
	}
	projected, err := p.liveSet(ctx, name)()
	if err != nil {
		return nil, err
	}
	w := *projected
	w.stands = standing
	return &w, nil
}

func (p *pass) liveSet(ctx context.Context, name setName) func() (*world, error) {
	p.reads.mu.Lock()
	defer p.reads.mu.Unlock()
	read := p.reads.sets[name]
	if read == nil {
		read = sync.OnceValues(func() (*world, error) {
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
		})
		p.reads.sets[name] = read
	}
	return read
}
