package snapshot

import (
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	networkingv1 "k8s.io/api/networking/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// pause is the time between two rebuilds. The first edit after a quiet time takes effect at once; of many edits in a
// row, a rebuild takes in all that came during the pause.
const pause = 20 * time.Millisecond

// Snapshot is what is known of the cluster at this moment. Its methods may be called from any goroutine.
type Snapshot struct {
	options policy.Options
	log     logr.Logger
	gauge   *policyGauge

	// policies and classes take events from the informers; only rebuild reads them.
	policies policyStore
	classes  classStore
	changed  chan struct{}

	namespaces labelIndex
	// sets is replaced as a whole when OpenKruiseGame's CRD goes away: late events of the informer that was stopped
	// then land in an index nobody reads.
	sets atomic.Pointer[setIndex]
	// further are the kinds that others have asked to follow.
	further []source
	// wake asks to look again whether the CRD is there.
	wake chan struct{}

	// current is nil until everything is known.
	current atomic.Pointer[world]
	// generation counts what bears on decisions.
	generation atomic.Uint64
	observers  []func()
}

// world is what changes together: policies and classes of one moment.
type world struct {
	policies *policy.Set
	standing []Policy
	classes  policy.Classes
}

// New makes an empty snapshot that is not synced. It registers the gauge gatehouse_policies.
func New(options policy.Options, registry prometheus.Registerer, log logr.Logger) *Snapshot {
	s := &Snapshot{
		options: options,
		log:     log.WithName("snapshot"),
		gauge:   newPolicyGauge(registry),
		changed: make(chan struct{}, 1),
		wake:    make(chan struct{}, 1),
	}
	s.sets.Store(&setIndex{changed: s.regenerate})
	s.namespaces.changed = s.regenerate
	return s
}

// At is all that decides about an Ingress, of one moment: the policies, and the request to put to them, which lacks
// only the stored object of an UPDATE. It is false while not everything is known yet.
func (s *Snapshot) At(ing *networkingv1.Ingress) (*policy.Set, policy.Request, bool) {
	now := s.current.Load()
	if now == nil {
		return nil, policy.Request{}, false
	}
	request := policy.Request{Ingress: ing, Class: now.classes.Of(ing), NamespaceLabels: s.namespaces.of("", ing.Namespace)}
	if server, isGame := gameserver.Identify(ing); isGame {
		if set := s.sets.Load().of(server.Namespace, server.Set); set != nil {
			set.fill(&request)
		}
	}
	return now.policies, request, true
}

// Stand is the key of the gateway that serves an Ingress and the party that it is to its hosts. It is false where the
// class is not managed, or not everything is known yet.
func (s *Snapshot) Stand(ing *networkingv1.Ingress) (gateway string, p host.Party, managed bool) {
	policies, request, synced := s.At(ing)
	if !synced || !request.Class.Managed {
		return "", host.Party{}, false
	}
	return request.Class.Key(), policies.Party(request), true
}

// Foresee is the party that an Ingress yet to be created will be to its hosts, with what the policies inject: a canary is one
// by that. It is false for allowed where the policies refuse its hosts.
func (s *Snapshot) Foresee(ing *networkingv1.Ingress) (p host.Party, allowed bool) {
	policies, request, synced := s.At(ing)
	if !synced {
		return host.Party{}, false
	}
	injected := *ing
	injected.Annotations = policies.Decide(request).Annotations
	request.Ingress = &injected
	p = policies.Party(request)
	for _, f := range policies.HostRules(request).Check(p.ID, &injected, host.Of(&injected)) {
		if f.Severity == finding.Error {
			return p, false
		}
	}
	return p, true
}

// Sets lists the GameServerSets that stand, in no order.
func (s *Snapshot) Sets() []*Set { return s.sets.Load().list() }

// Follow has the snapshot follow a further kind: it is synced only when that is, and trims its objects as they come in.
// Call it before the manager starts.
func (s *Snapshot) Follow(object client.Object, handler toolscache.ResourceEventHandler) {
	s.further = append(s.further, source{object, handler})
}

// Synced tells whether everything was known once. It stays true: what was known serves better than nothing while the
// API server cannot be reached.
func (s *Snapshot) Synced() bool { return s.current.Load() != nil }

// Generation changes whenever an Ingress that has not changed may be decided differently.
func (s *Snapshot) Generation() uint64 { return s.generation.Load() }

// Observe has somebody told whenever the generation changes. Call it before the manager starts.
func (s *Snapshot) Observe(observer func()) { s.observers = append(s.observers, observer) }

func (s *Snapshot) regenerate() {
	s.generation.Add(1)
	for _, tell := range s.observers {
		tell()
	}
}

// notify asks for a rebuild.
func (s *Snapshot) notify() { signal(s.changed) }

// rebuild takes in what has changed since the last time and puts the result in place at once.
func (s *Snapshot) rebuild() {
	begin := time.Now()
	compiled := s.policies.compile(s.log)
	s.current.Store(&world{
		policies: policy.NewSet(compiled),
		standing: s.policies.list(),
		classes:  policy.NewClasses(s.options, s.classes.list()),
	})
	s.regenerate()
	s.gauge.set(s.policies.counts())
	s.log.V(1).Info("policies in effect", "policies", len(compiled), "took", time.Since(begin).String())
}

// signal puts a token into a channel of capacity one; a token that is there already says the same.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
