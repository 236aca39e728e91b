package snapshot

import (
	"sync"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/review"
)

// World is what a GameServerSet of a namespace is held against, of one moment, but for the claims and their terms. It is
// false while not everything is known yet.
func (s *Snapshot) World(namespace string) (review.World, bool) {
	now := s.current.Load()
	if now == nil {
		return review.World{}, false
	}
	return review.World{
		Policies: now.policies, Classes: now.classes, NamespaceLabels: s.namespaces.of("", namespace), Now: time.Now(), Others: s.knownSets(),
	}, true
}

// Autoscalers are what scales GameServerSets by itself. KEDA makes a HorizontalPodAutoscaler too. The zero value is empty.
type Autoscalers struct {
	mu sync.RWMutex
	// byName is the set that each autoscaler scales, and how far.
	byName map[objectName]scaling
}

type scaling struct {
	set string
	max int32
}

// Of is the autoscaler of a set that scales it the furthest, nil if there is none.
func (a *Autoscalers) Of(namespace, set string) *review.Autoscaler {
	a.mu.RLock()
	defer a.mu.RUnlock()
	var found *review.Autoscaler
	for name, s := range a.byName {
		if name.namespace != namespace || s.set != set {
			continue
		}
		this := review.Autoscaler{Name: "autoscaler " + name.name, Max: s.max}
		if found == nil || this.Max > found.Max || this.Max == found.Max && this.Name < found.Name {
			found = &this
		}
	}
	return found
}

// Handler keeps it up to date.
func (a *Autoscalers) Handler() toolscache.ResourceEventHandler {
	return Handler(a.put, a.remove)
}

func (a *Autoscalers) put(h *autoscalingv2.HorizontalPodAutoscaler) {
	target := h.Spec.ScaleTargetRef
	if target.Kind != "GameServerSet" || target.APIVersion != gameserver.GroupVersion.String() {
		a.remove(h)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byName == nil {
		a.byName = map[objectName]scaling{}
	}
	a.byName[objectName{h.Namespace, h.Name}] = scaling{target.Name, h.Spec.MaxReplicas}
}

func (a *Autoscalers) remove(h *autoscalingv2.HorizontalPodAutoscaler) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.byName, objectName{h.Namespace, h.Name})
}
