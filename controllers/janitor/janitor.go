package janitor

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/client-go/tools/events"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// Sources is what the janitor looks at in memory. It may be a little old.
type Sources struct {
	Claims    ledger.ClaimCache
	Ingresses interface {
		All() []*networkingv1.Ingress
	}
	Resolver ledger.Resolver
	Sets     interface{ Sets() []*snapshot.Set }
	Pods     interface{ Pods() []*Pod }
}

// Live reads from the API server itself, as of now.
type Live interface {
	// Ingresses lists all of them, of one moment.
	Ingresses(ctx context.Context) ([]*networkingv1.Ingress, error)
	// Set is nil where there is none.
	Set(ctx context.Context, namespace, name string) (*snapshot.Set, error)
	// Pods lists those of a set.
	Pods(ctx context.Context, namespace, set string) ([]*Pod, error)
}

// Writer is what the janitor writes besides claims.
type Writer interface {
	// Touch makes OpenKruiseGame look at a Pod again.
	Touch(ctx context.Context, pod *Pod, at time.Time) error
	// Lift gives a quarantined Ingress its class back, unless somebody has written it since.
	Lift(ctx context.Context, ing *networkingv1.Ingress) error
}

// Janitor tends the claims. Its methods are for one goroutine.
type Janitor struct {
	sources Sources
	live    Live
	store   ledger.Store
	writer  Writer
	events  events.EventRecorder
	metrics *metrics
	now     func() time.Time
	log     logr.Logger
	// workers is how many claims are written at a time.
	workers int

	terms    host.Terms
	removed  removals
	memories map[string]*memory
	reported map[string]bool
	retries  map[serverName]*retry
	lifts    map[string]*retry
}

// Config is what a Janitor is made of.
type Config struct {
	Sources Sources
	Live    Live
	Store   ledger.Store
	Writer  Writer
	Events  events.EventRecorder
	Terms   host.Terms
	// Registry takes gatehouse_host_claims, gatehouse_host_waiters and gatehouse_host_duplicates.
	Registry prometheus.Registerer
	// Now is the janitor's clock.
	Now func() time.Time
	Log logr.Logger
	// Workers is how many claims are written at a time; 1 if 0.
	Workers int
}

// New makes a janitor that remembers nothing.
func New(c Config) *Janitor {
	return &Janitor{
		sources: c.Sources, live: c.Live, store: c.Store, writer: c.Writer, events: c.Events,
		terms: c.Terms, metrics: newMetrics(c.Registry), now: c.Now, log: c.Log.WithName("janitor"), workers: max(c.Workers, 1),
		memories: map[string]*memory{}, reported: map[string]bool{}, retries: map[serverName]*retry{}, lifts: map[string]*retry{},
	}
}

// Pass looks at everything once and does what is to be done. What fails is logged and comes again in the next pass.
func (j *Janitor) Pass(ctx context.Context) {
	w, pods := j.look()
	claims := j.sources.Claims.List()
	p := &pass{Janitor: j, world: w, now: j.now(), liveSets: map[setName]*liveSet{}}
	p.remember(claims)
	var todo []func(context.Context) error
	todo = append(todo, p.adoptions(claims)...)
	todo = append(todo, p.restorations()...)
	for _, claim := range claims {
		if do := p.tend(claim); do != nil {
			todo = append(todo, do)
		}
	}
	j.each(ctx, todo)
	p.report(claims)
	p.lift(ctx)
	p.retry(ctx, pods)
	j.metrics.set(claims)
}

// each does all of it, a few at a time. What fails is logged.
func (j *Janitor) each(ctx context.Context, todo []func(context.Context) error) {
	one := func(do func(context.Context) error) {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			j.log.Error(err, "comes again in the next pass")
		}
	}
	if j.workers == 1 {
		for _, do := range todo {
			one(do)
		}
		return
	}
	var group errgroup.Group
	group.SetLimit(j.workers)
	for _, do := range todo {
		group.Go(func() error { one(do); return nil })
	}
	_ = group.Wait() // no error: see above
}

// look is the world as it is in memory.
func (j *Janitor) look() (*world, []*Pod) {
	b := newBuilder(j.sources.Resolver)
	b.ingresses(j.sources.Ingresses.All())
	pods := j.sources.Pods.Pods()
	bySet := map[setName][]*Pod{}
	for _, pod := range pods {
		name := setName{pod.Namespace, pod.Set}
		bySet[name] = append(bySet[name], pod)
	}
	for _, set := range j.sources.Sets.Sets() {
		name := setName{set.Namespace, set.Name}
		b.set(set, bySet[name])
		delete(bySet, name)
	}
	for _, left := range bySet {
		b.set(nil, left)
	}
	return b.world, pods
}

// remember updates what is known of each claim. Of those that are gone it keeps the ones that were in use until it has
// looked once whether to restore them.
func (p *pass) remember(claims []*v1alpha1.HostClaim) {
	p.removed.expire(p.now)
	before := p.memories
	p.memories = make(map[string]*memory, len(claims))
	for _, claim := range claims {
		m := before[claim.Name]
		if m == nil || m.claim.UID != claim.UID {
			m = &memory{}
		}
		m.see(claim, p.world, p.now)
		p.removed.replaced(claim)
		p.memories[claim.Name] = m
	}
	p.gone = map[string]*memory{}
	for name, m := range before {
		if p.memories[name] == nil && !m.served.IsZero() && !p.removed.recent(name) {
			p.gone[name] = m
		}
	}
}
