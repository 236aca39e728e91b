package snapshot

import (
	"maps"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
)

// labelIndex holds the labels of objects by namespace and name. The zero value is empty. The maps are those of the
// informer's objects and are never changed.
type labelIndex struct {
	mu     sync.RWMutex
	labels map[objectName]map[string]string
	// changed is called when an object has other labels, if anybody wants to know.
	changed func()
}

type objectName struct{ namespace, name string }

// of is nil where the object is not known, and not nil where it is known to have no labels.
func (l *labelIndex) of(namespace, name string) map[string]string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.labels[objectName{namespace, name}]
}

func (l *labelIndex) put(object metav1.Object) {
	labels := object.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.labels == nil {
		l.labels = map[objectName]map[string]string{}
	}
	name := objectName{object.GetNamespace(), object.GetName()}
	before, known := l.labels[name]
	l.labels[name] = labels
	if l.changed != nil && (!known || !maps.Equal(before, labels)) {
		l.changed()
	}
}

func (l *labelIndex) remove(object metav1.Object) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.labels, objectName{object.GetNamespace(), object.GetName()})
}

func (l *labelIndex) handler() toolscache.ResourceEventHandler {
	return Handler(l.put, l.remove)
}

// Handler makes an event handler of what to do with an object that stands and with one that is gone.
func Handler[T any](put, remove func(T)) toolscache.ResourceEventHandler {
	when := func(object any, do func(T)) {
		// The last state of a deletion that the watch missed.
		if gone, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
			object = gone.Obj
		}
		if typed, ok := object.(T); ok {
			do(typed)
		}
	}
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { when(object, put) },
		UpdateFunc: func(_, object any) { when(object, put) },
		DeleteFunc: func(object any) { when(object, remove) },
	}
}
