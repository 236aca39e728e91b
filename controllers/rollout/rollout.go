package rollout

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy"
)

// Policies is what decides, in memory.
type Policies interface {
	// At is what decides about an Ingress; false while not everything is known.
	At(ing *networkingv1.Ingress) (*policy.Set, policy.Request, bool)
	// Generation changes whenever an Ingress that has not changed may be decided differently.
	Generation() uint64
	// Refer is a policy as events name it, nil where it does not stand.
	Refer(name string) runtime.Object
}

// Ingresses are those that stand, with their annotations, in memory.
type Ingresses interface {
	All() []*networkingv1.Ingress
	// Get is nil where there is none of the name.
	Get(name types.NamespacedName) *networkingv1.Ingress
}

// Servers tells whether somebody plays on a game server.
type Servers interface {
	// InUse is asked by the name that the server shares with its Ingress.
	InUse(name types.NamespacedName) bool
}

// Writer writes an Ingress.
type Writer interface {
	// Patch applies a JSON merge patch and returns the Ingress as it is stored then.
	Patch(ctx context.Context, name types.NamespacedName, patch []byte) (*networkingv1.Ingress, error)
}

// Events tells what happens to a policy.
type Events interface {
	Eventf(regarding, related runtime.Object, kind, reason, action, note string, args ...any)
}

// Config is what a rollout works with.
type Config struct {
	Policies  Policies
	Ingresses Ingresses
	Servers   Servers
	Writer    Writer
	Events    Events
	Registry  prometheus.Registerer
	// Workers is how many Ingresses are written at a time.
	Workers int
	Now     func() time.Time
	Log     logr.Logger
}

// Rollout keeps the Ingresses of game servers as the policies want them. Its exported methods may be called from any
// goroutine.
type Rollout struct {
	Config
	metrics metrics
	changed chan struct{}

	mu       sync.Mutex
	items    map[types.NamespacedName]*item
	lanes    map[string]*lane
	ring     []string // the lanes with work, in the order in which they are served
	observer func()
	// counted is the generation of the last pass.
	counted uint64

	// passes counts them.
	passes uint64
	seed   maphash.Seed

	// pass's own. behind: there are Ingresses that memory is too old to judge.
	behind bool
	set    *policy.Set
	trials map[string]policy.Edit
	active map[string]bool
	// rates are those of the policies that stand, and of those that have left something behind.
	rates map[string]int
}

// New makes a rollout. It registers gatehouse_rollout_pending, gatehouse_rollout_paused, gatehouse_rollout_writes_total and
// gatehouse_ingresses.
func New(config Config) *Rollout {
	config.Log = config.Log.WithName("rollout")
	return &Rollout{
		Config: config, metrics: newMetrics(config.Registry), changed: make(chan struct{}, 1), seed: maphash.MakeSeed(),
		items: map[types.NamespacedName]*item{}, lanes: map[string]*lane{}, rates: map[string]int{}, active: map[string]bool{}, observer: func() {},
	}
}

// Changed says that there may be something to do.
func (r *Rollout) Changed() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// Observe has somebody told whenever the tallies may have changed. Call it before Run.
func (r *Rollout) Observe(observer func()) { r.observer = observer }

const (
	// shortestPause is between two passes, so that one takes in many changes. A pass that took long is followed by a longer
	// pause: restFactor keeps the passes below a tenth of one processor core.
	shortestPause = 200 * time.Millisecond
	restFactor    = 10
	// longestPause is how long nothing happens where nothing changes: what only time brings about waits for it.
	longestPause = 2 * time.Second
)

// Run keeps at it until the context ends. Nothing of it runs any more when it returns.
func (r *Rollout) Run(ctx context.Context) {
	var running sync.WaitGroup
	work := make(chan job)
	for range r.Workers {
		running.Go(func() {
			for next := range work {
				r.write(ctx, next)
			}
		})
	}
	running.Go(func() {
		defer close(work)
		r.dispatch(ctx, work)
	})
	defer running.Wait()
	for ctx.Err() == nil {
		begin := time.Now()
		r.step()
		rest := min(max(shortestPause, restFactor*time.Since(begin)), longestPause)
		select {
		case <-ctx.Done():
			return
		case <-time.After(rest):
		}
		select {
		case <-ctx.Done():
		case <-r.changed:
		case <-time.After(longestPause - rest):
		}
	}
}

// Counted is the generation that the tallies are about, or a lower one.
func (r *Rollout) Counted() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counted
}

// Tallies are those of all policies that stand, by name.
func (r *Rollout) Tallies() map[string]Tally {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tally()
}
