package gamepods

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
)

// store is the index as a reflector fills it. An informer would keep each object a second time: at ten thousand game
// servers that is a third of the leader's memory.
type store struct{ *Index }

var _ toolscache.TransformingStore = store{}

// Transformer is what a reflector does to the objects of a long list before all of it is there.
func (store) Transformer() toolscache.TransformFunc { return trim }

// Add implements toolscache.ReflectorStore.
func (s store) Add(object any) error {
	if pod, is := object.(*metav1.PartialObjectMetadata); is {
		s.set(nameOf(pod), parse(pod))
	}
	return nil
}

// Update implements toolscache.ReflectorStore.
func (s store) Update(object any) error { return s.Add(object) }

// Delete implements toolscache.ReflectorStore.
func (s store) Delete(object any) error {
	if pod, is := object.(*metav1.PartialObjectMetadata); is {
		s.set(nameOf(pod), nil)
	}
	return nil
}

// Replace implements toolscache.ReflectorStore.
func (s store) Replace(objects []any, _ string) error {
	pods := make(map[types.NamespacedName]*Pod, len(objects))
	for _, object := range objects {
		metadata, is := object.(*metav1.PartialObjectMetadata)
		if !is {
			continue
		}
		if pod := parse(metadata); pod != nil {
			pods[nameOf(metadata)] = pod
		}
	}
	s.replace(pods)
	return nil
}

// Resync implements toolscache.ReflectorStore. Nobody asks for it.
func (store) Resync() error { return nil }

func nameOf(pod *metav1.PartialObjectMetadata) types.NamespacedName {
	return types.NamespacedName{Namespace: pod.Namespace, Name: pod.Name}
}
