package snapshot

import (
	"maps"
	"slices"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// Set is a GameServerSet as far as its Ingresses go. It is immutable.
type Set struct {
	Namespace, Name string
	UID             types.UID
	Labels          map[string]string
	// Template is what its parameters say; it makes no Ingress where they cannot be read.
	Template gameserver.Template
	// IDs are what its spec projects, ascending.
	IDs []int
	// Deleting: the set is being deleted and brings forth no server any more.
	Deleting bool
}

// ParseSet reads a set as the API server has it. What cannot be read, a number beyond Go's types for instance, leaves a
// set without Ingresses: its labels still count.
func ParseSet(object *unstructured.Unstructured) *Set {
	set := &Set{
		Namespace: object.GetNamespace(), Name: object.GetName(), UID: object.GetUID(),
		Labels: object.GetLabels(), Deleting: object.GetDeletionTimestamp() != nil,
	}
	if set.Labels == nil {
		set.Labels = map[string]string{} // known to have none
	}
	var typed gameserver.GameServerSet
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &typed); err != nil {
		return set
	}
	set.Template, _ = gameserver.ParseNetwork(typed.Spec.Network)
	if typed.Spec.Replicas != nil {
		set.IDs, _ = gameserver.IDs(*typed.Spec.Replicas, typed.Spec.ReserveGameServerIDs)
	}
	return set
}

// fill puts what decides about one Ingress of the set into a request.
func (s *Set) fill(r *policy.Request) {
	r.SetLabels, r.Template, r.SetIDs = s.Labels, &s.Template, s.IDs
}

// setIndex holds the sets by namespace and name. The zero value is empty.
type setIndex struct {
	mu   sync.RWMutex
	sets map[objectName]*Set
	// changed is called when a set has come or has other labels, if anybody wants to know.
	changed func()
}

// of is nil where the set is not known.
func (i *setIndex) of(namespace, name string) *Set {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.sets[objectName{namespace, name}]
}

func (i *setIndex) put(object *unstructured.Unstructured) {
	set := ParseSet(object)
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.sets == nil {
		i.sets = map[objectName]*Set{}
	}
	name := objectName{set.Namespace, set.Name}
	before := i.sets[name]
	i.sets[name] = set
	if i.changed != nil && (before == nil || !maps.Equal(before.Labels, set.Labels)) {
		i.changed()
	}
}

func (i *setIndex) remove(object metav1.Object) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.sets, objectName{object.GetNamespace(), object.GetName()})
	if i.changed != nil {
		i.changed()
	}
}

func (i *setIndex) list() []*Set {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return slices.AppendSeq(make([]*Set, 0, len(i.sets)), maps.Values(i.sets))
}

func (i *setIndex) handler() toolscache.ResourceEventHandler {
	return Handler(i.put, func(set *unstructured.Unstructured) { i.remove(set) })
}
