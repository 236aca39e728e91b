package rollout_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

// journal sees every revision of every Ingress, in the order in which etcd stored them.
type journal struct {
	mu     sync.Mutex
	stands map[types.NamespacedName]*networkingv1.Ingress
	// revisions are counted since the last call of open.
	revisions map[types.NamespacedName]int
	broken    []string
}

// follow starts a journal. It goes on where it was when the API server ends the watch, so it misses nothing.
func (s *stage) follow(ctx context.Context) (*journal, error) {
	clients, err := kubernetes.NewForConfig(s.Config(env.Admin))
	if err != nil {
		return nil, err
	}
	ingresses := clients.NetworkingV1().Ingresses("")
	now, err := ingresses.List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	watcher, err := watchtools.NewRetryWatcherWithContext(ctx, now.ResourceVersion, &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return ingresses.Watch(ctx, options)
		},
	})
	if err != nil {
		return nil, err
	}
	j := &journal{stands: map[types.NamespacedName]*networkingv1.Ingress{}, revisions: map[types.NamespacedName]int{}}
	go func() {
		for event := range watcher.ResultChan() {
			j.see(event.Type, event.Object)
		}
	}()
	return j, nil
}

func (j *journal) see(change watch.EventType, object runtime.Object) {
	j.mu.Lock()
	defer j.mu.Unlock()
	ing, ok := object.(*networkingv1.Ingress)
	if !ok {
		j.broken = append(j.broken, fmt.Sprintf("the watch broke: %v", object))
		return
	}
	key := types.NamespacedName{Namespace: ing.Namespace, Name: ing.Name}
	if change == watch.Deleted {
		delete(j.stands, key)
		return
	}
	j.stands[key] = ing
	j.revisions[key]++
}

// open begins a new page.
func (j *journal) open() {
	j.mu.Lock()
	defer j.mu.Unlock()
	clear(j.revisions)
}

func (j *journal) get(key types.NamespacedName) *networkingv1.Ingress {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.stands[key]
}

// settling is how long the journal is looked at after all is done, for what is written once too often.
const settling = 1500 * time.Millisecond

// each checks that every Ingress of the sets has got so many revisions on this page.
func (s *stage) each(t *testing.T, want int, all ...fleet) {
	t.Helper()
	time.Sleep(settling)
	j := s.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	var wrong []string
	for _, f := range all {
		for id := range f.servers {
			if got := j.revisions[f.key(id)]; got != want {
				wrong = append(wrong, fmt.Sprintf("%s: %d, now %v", f.key(id), got, j.stands[f.key(id)].Annotations))
			}
		}
	}
	for _, line := range wrong[:min(len(wrong), 5)] {
		t.Errorf("not %d revisions of %s", want, line)
	}
	if len(wrong) > 5 {
		t.Errorf("... and %d more", len(wrong)-5)
	}
	for _, line := range j.broken {
		t.Error(line)
	}
}
