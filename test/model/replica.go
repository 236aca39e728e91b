package model

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
	"github.com/gatehouse-dev/gatehouse/controllers/janitor"
	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// maxLag is how old what a replica has in memory may be.
const maxLag = 15 * time.Second

// replica is one manager: a clock of its own and memory that lags behind.
type replica struct {
	*run
	skew time.Duration
	// seen is what the informers have brought, at seenAt.
	seen   *state
	seenAt time.Time
	// janitor is nil where the replica does not lead.
	janitor *janitor.Janitor
	tending bool
}

func (r *replica) clock() time.Time { return r.now.Add(r.skew) }

// sync brings the memory up to date.
func (r *replica) sync() { r.seen, r.seenAt = r.api.state.copy(), r.now }

// restart forgets everything, as a process that starts again; it is ready only with its memory filled.
func (r *replica) restart() {
	r.crash(r)
	r.janitor, r.tending = nil, false
	r.sync()
}

// What the ledger and the janitor look up in memory.

type claimCache struct{ *replica }

func (c claimCache) Get(name string) *v1alpha1.HostClaim { return c.seen.claims[name] }
func (c claimCache) List() []*v1alpha1.HostClaim {
	return ordered(c.seen.claims, func(a string) string { return a })
}

type index struct{ *replica }

func (i index) On(deed host.Deed) []ledger.Standing {
	if i.bugs.blind {
		return nil
	}
	s := ledger.NewStandings(i)
	for _, ing := range i.seen.ingresses {
		s.Put(ing)
	}
	return s.On(deed)
}

func (i index) All() []*networkingv1.Ingress {
	return ordered(i.seen.ingresses, types.NamespacedName.String)
}

// Stand is the resolver of the model: everything is on one gateway.
func (r *replica) Stand(ing *networkingv1.Ingress) (string, host.Party, bool) {
	return gatewayKey, party(r.seen, ing), true
}

func (r *replica) Sets() []*snapshot.Set { return ordered(r.seen.sets, types.NamespacedName.String) }

func (*replica) Pods() []*gamepods.Pod { return nil }

// ordered lists a map in the order of its keys, so that a seed always means the same.
func ordered[K comparable, V any](m map[K]V, name func(K) string) []V {
	keys := slices.SortedFunc(maps.Keys(m), func(a, b K) int {
		switch x, y := name(a), name(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	list := make([]V, 0, len(keys))
	for _, k := range keys {
		list = append(list, m[k])
	}
	return list
}

const gatewayKey = "higress"

// party is whose an Ingress is, by the sets of a moment.
func party(s *state, ing *networkingv1.Ingress) host.Party {
	server, isGame := gameserver.Identify(ing)
	if !isGame {
		return host.Party{Namespace: ing.Namespace}
	}
	p := host.Party{Namespace: server.Namespace, Set: server.Set, ID: server.ID}
	if set := s.sets[types.NamespacedName{Namespace: server.Namespace, Name: server.Set}]; set != nil && set.Template.Makes() && !set.Template.HasOwnHosts() {
		p.SharedHost = host.Normalize(set.Template.Host(server.ID))
	}
	return p
}

// ledger is that of the replica for one request.
func (r *replica) ledger(a *actor) *ledger.Ledger {
	return ledger.New(&claims{apiServer: r.api, actor: a}, claimCache{r}, index{r}, host.Terms{}, r.clock, prometheus.NewRegistry(), logr.Discard())
}

// The janitor's view of the API server.
type live struct {
	*apiServer
	actor *actor
	stale *replica // answers from memory, to show what reading anew is for
}

func (l live) state() *state {
	l.park(l.actor)
	if l.stale != nil {
		return l.stale.seen
	}
	return &l.apiServer.state
}

func (l live) Ingresses(context.Context) ([]*networkingv1.Ingress, error) {
	return ordered(l.state().ingresses, types.NamespacedName.String), nil
}

func (l live) Set(_ context.Context, namespace, name string) (*snapshot.Set, error) {
	return l.state().sets[types.NamespacedName{Namespace: namespace, Name: name}], nil
}

func (l live) Pods(context.Context, string, string) ([]*gamepods.Pod, error) { return nil, nil }

type nothing struct{}

func (nothing) Touch(context.Context, *gamepods.Pod, time.Time) error { return nil }
func (nothing) Lift(context.Context, *networkingv1.Ingress) error {
	return errors.New("nothing is quarantined here")
}

// lead makes the replica the leader, with a janitor that remembers nothing.
func (r *replica) lead() {
	r.tending = true
	r.start(r, func(a *actor) {
		l := live{apiServer: r.api, actor: a}
		if r.bugs.hasty {
			l.stale = r
		}
		j := janitor.New(janitor.Config{
			Sources: janitor.Sources{Claims: claimCache{r}, Ingresses: index{r}, Resolver: r, Sets: r, Pods: r},
			Live:    l, Store: &claims{apiServer: r.api, actor: a, heedless: r.bugs.hasty}, Writer: nothing{},
			Events: &events.FakeRecorder{}, Registry: prometheus.NewRegistry(), Now: r.clock, Log: logr.Discard(),
		})
		if r.bugs.impatient {
			began := r.clock()
			j = janitor.New(janitor.Config{
				Sources: janitor.Sources{Claims: claimCache{r}, Ingresses: index{r}, Resolver: r, Sets: r, Pods: r},
				Live:    l, Store: &claims{apiServer: r.api, actor: a}, Writer: nothing{},
				Events: &events.FakeRecorder{}, Registry: prometheus.NewRegistry(), Log: logr.Discard(),
				Now: func() time.Time { return began.Add(30 * r.clock().Sub(began)) },
			})
		}
		for {
			r.park(a)
			j.Pass(context.Background())
		}
	})
}
