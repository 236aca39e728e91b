package ledger

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// Standing is an Ingress that stands on a host.
type Standing struct {
	Party   host.Party
	Name    string
	UID     types.UID
	Created time.Time
}

// Older orders Ingresses as Higress does where two have the same route: the older first, then the lesser name.namespace
// (pkg/ingress/kube/common/tool.go SortIngressByCreationTime).
func Older(a, b Standing) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Name+"."+a.Party.Namespace, b.Name+"."+b.Party.Namespace))
}

// Resolver tells as what an Ingress stands on its hosts.
type Resolver interface {
	// Stand is the key of the gateway that serves the Ingress and the party whose it is. It is false where the class is
	// not managed, or not everything is known yet.
	Stand(ing *networkingv1.Ingress) (gateway string, p host.Party, managed bool)
}

// Standings are the Ingresses that stand, by host, in memory. Which gateway serves one and whose it is depends on
// IngressClasses, policies and sets, so that is worked out when somebody asks.
type Standings struct {
	resolver Resolver

	mu     sync.RWMutex
	byName map[types.NamespacedName]*networkingv1.Ingress
	byHost map[string][]*networkingv1.Ingress
}

// NewStandings makes an empty index.
func NewStandings(resolver Resolver) *Standings {
	return &Standings{
		resolver: resolver,
		byName:   map[types.NamespacedName]*networkingv1.Ingress{}, byHost: map[string][]*networkingv1.Ingress{},
	}
}

// Put takes an Ingress as an informer has seen it. One that is being deleted stands until it is gone: the gateway serves it.
func (s *Standings) Put(ing *networkingv1.Ingress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(ing)
	s.byName[types.NamespacedName{Namespace: ing.Namespace, Name: ing.Name}] = ing
	for _, name := range host.Of(ing) {
		s.byHost[name] = append(s.byHost[name], ing)
	}
}

// Remove forgets an Ingress that is gone.
func (s *Standings) Remove(ing *networkingv1.Ingress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(ing)
}

func (s *Standings) remove(ing *networkingv1.Ingress) {
	key := types.NamespacedName{Namespace: ing.Namespace, Name: ing.Name}
	before, known := s.byName[key]
	if !known {
		return
	}
	delete(s.byName, key)
	for _, name := range host.Of(before) {
		left := slices.DeleteFunc(s.byHost[name], func(other *networkingv1.Ingress) bool { return other == before })
		if len(left) == 0 {
			delete(s.byHost, name)
			continue
		}
		s.byHost[name] = left
	}
}

// On lists what stands on a deed, the oldest first.
func (s *Standings) On(deed host.Deed) []Standing {
	s.mu.RLock()
	there := slices.Clone(s.byHost[deed.Host])
	s.mu.RUnlock()
	var out []Standing
	for _, ing := range there {
		if gateway, p, managed := s.resolver.Stand(ing); managed && gateway == deed.Gateway {
			out = append(out, NewStanding(ing, p))
		}
	}
	slices.SortFunc(out, Older)
	return out
}

// NewStanding is how an Ingress of a party stands.
func NewStanding(ing *networkingv1.Ingress, p host.Party) Standing {
	return Standing{Party: p, Name: ing.Name, UID: ing.UID, Created: ing.CreationTimestamp.Time}
}

// Get is nil where there is no Ingress of the name.
func (s *Standings) Get(name types.NamespacedName) *networkingv1.Ingress {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byName[name]
}

// All lists every Ingress, in no order.
func (s *Standings) All() []*networkingv1.Ingress {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.AppendSeq(make([]*networkingv1.Ingress, 0, len(s.byName)), maps.Values(s.byName))
}

// Servers are the ids of the game servers of a set that have an Ingress, in no order.
func (s *Standings) Servers(namespace, set string) []int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	prefix := set + "-"
	var ids []int
	for name, ing := range s.byName {
		if name.Namespace != namespace || !strings.HasPrefix(name.Name, prefix) {
			continue
		}
		if server, isGame := gameserver.Identify(ing); isGame && server.Set == set {
			ids = append(ids, server.ID)
		}
	}
	return ids
}
