package janitor

import (
	"context"
	"maps"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
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
	Pods     interface{ Pods() []*gamepods.Pod }
}

// Live reads from the API server itself, as of now.
type Live interface {
	// Ingresses lists all of them, of one moment.
	Ingresses(ctx context.Context) ([]*networkingv1.Ingress, error)
	// Set is nil where there is none.
	Set(ctx context.Context, namespace, name string) (*snapshot.Set, error)
	// Pods lists those of a set.
	Pods(ctx context.Context, namespace, set string) ([]*gamepods.Pod, error)
}

// Writer is what the janitor writes besides claims.
type Writer interface {
	// Touch makes OpenKruiseGame look at a Pod again.
	Touch(ctx context.Context, pod *gamepods.Pod, at time.Time) error
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
	// lost are claims that were in use and that somebody has deleted, until there are others or nobody is to have the host.
	lost     map[string]*memory
	reported map[string]bool
	retries  map[serverName]*retry
	lifted   map[types.UID]*retry
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
		memories: map[string]*memory{}, lost: map[string]*memory{}, reported: map[string]bool{}, retries: map[serverName]*retry{}, lifted: map[types.UID]*retry{},
	}
}

// Pass looks at everything once and does what is to be done. What fails is logged and comes again in the next pass.
func (j *Janitor) Pass(ctx context.Context) {
	w, pods, claims := j.look()
	p := &pass{Janitor: j, world: w, now: j.now()}
	p.remember(claims)
	todo := append(p.adoptions(claims), p.restorations()...)
	for _, claim := range claims {
		if do := p.tend(claim); do != nil {
			todo = append(todo, do)
		}
	}
	j.each(ctx, todo)
	p.report(claims)
	j.metrics.set(claims)
	j.each(ctx, append(p.lifts(), p.touches(pods)...))
}

// maxLogged bounds how many failures of a pass are logged one by one: while nobody answers, all fail alike.
const maxLogged = 5

// each does all of it, a few at a time, until the context ends. What fails is logged.
func (j *Janitor) each(ctx context.Context, todo []func(context.Context) error) {
	var failures atomic.Int32
	one := func(do func(context.Context) error) {
		if ctx.Err() != nil {
			return
		}
		if err := do(ctx); err != nil && ctx.Err() == nil && failures.Add(1) <= maxLogged {
			j.log.Error(err, "comes again in the next pass")
		}
	}
	defer func() {
		if n := failures.Load(); n > maxLogged {
			j.log.Info("more come again in the next pass", "failures", n)
		}
	}()
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

// look is the world as it is in memory, and the claims in it. The claims are read twice: of what came in between, a host
// counts as not held, or as held by its former holder, for one pass.
func (j *Janitor) look() (*world, []*gamepods.Pod, []*v1alpha1.HostClaim) {
	b := newBuilder(j.sources.Resolver)
	b.judge = j.judge
	b.ingresses(j.sources.Ingresses.All())
	pods := j.sources.Pods.Pods()
	bySet := map[setName][]*gamepods.Pod{}
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
	return b.world, pods, j.sources.Claims.List()
}

// judge tells what a party could do with a deed now, by the claims in memory.
func (j *Janitor) judge(deed host.Deed, p host.Party) host.Outcome {
	claim := j.sources.Claims.Get(deed.ClaimName())
	if claim != nil && host.Fits(&claim.Spec, p) {
		return host.Rely
	}
	return host.Judge(claim, deed, p, j.terms, j.now()).Outcome
}

// remember updates what is known of each claim. Those that were in use and are gone it keeps as long as somebody is to have
// the host and there is no other claim: what could not be made anew in one pass is in the next.
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
		delete(p.lost, claim.Name)
	}
	for name, m := range before {
		if p.memories[name] == nil && !m.holder.served.IsZero() && !p.removed.recent(name) {
			p.lost[name] = m
		}
	}
	maps.DeleteFunc(p.lost, func(_ string, m *memory) bool {
		return p.world.first(deedOf(m.claim)) == nil && !p.world.keeps(m.claim, m.claim.Spec.Holder, m.holder, p.now)
	})
}
