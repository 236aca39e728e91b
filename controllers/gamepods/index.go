package gamepods

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
)

// Index holds the Pods of game servers while this replica leads. Its methods may be called from any goroutine, except for
// Notify. The Pods that it hands out are never changed.
type Index struct {
	config  *rest.Config
	log     logr.Logger
	changed []func()
	synced  atomic.Bool

	mu   sync.RWMutex
	pods map[types.NamespacedName]*Pod
}

// New makes an empty index for a manager to start. It has a cache of its own: the manager's is filled on every replica.
func New(config *rest.Config, log logr.Logger) *Index {
	return &Index{config: config, log: log.WithName("gamepods"), pods: map[types.NamespacedName]*Pod{}}
}

// Notify has a function called after every change, and once all Pods are known. It must not block. All have to be given
// before the index is started.
func (i *Index) Notify(changed func()) { i.changed = append(i.changed, changed) }

// Synced tells whether all Pods were known once. Before that, and on a replica that does not lead, none is known for sure.
func (i *Index) Synced() bool { return i.synced.Load() }

// Pods lists them, in no order.
func (i *Index) Pods() []*Pod {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return slices.AppendSeq(make([]*Pod, 0, len(i.pods)), maps.Values(i.pods))
}

// Of is nil where there is no such Pod, or none that has an Ingress from OpenKruiseGame.
func (i *Index) Of(namespace, name string) *Pod {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.pods[types.NamespacedName{Namespace: namespace, Name: name}]
}

// NeedLeaderElection is true: whoever asks for Pods runs on the leader.
func (*Index) NeedLeaderElection() bool { return true }

// Start follows the Pods until the context ends: with the process, or when this replica leads no longer, which ends the
// process too. Then nothing of it runs any more.
func (i *Index) Start(ctx context.Context) error {
	pods, registration, err := i.listen(ctx)
	if err != nil {
		return nil //nolint:nilerr // the context ended
	}
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() error { return pods.Start(ctx) })
	select {
	case <-registration.HasSyncedChecker().Done():
		i.synced.Store(true)
		i.notify()
	case <-ctx.Done():
	}
	return parts.Wait()
}

func (i *Index) notify() {
	for _, changed := range i.changed {
		changed()
	}
}

// listen makes an informer that fills the index once it is started. It tries again what fails: that the API server is away
// for a moment must not end the process.
func (i *Index) listen(ctx context.Context) (pods cache.Cache, registration toolscache.ResourceEventHandlerRegistration, err error) {
	var reason string
	const every = 500 * time.Millisecond
	err = wait.PollUntilContextCancel(ctx, every, true, func(ctx context.Context) (bool, error) {
		var failed error
		if pods, registration, failed = i.informer(ctx); failed != nil && failed.Error() != reason {
			reason = failed.Error()
			i.log.Info("cannot follow Pods yet", "reason", reason)
		}
		return failed == nil, nil
	})
	return pods, registration, err
}

// informer is a cache of the Pods of game servers, and what tells that all of them have reached the index.
func (i *Index) informer(ctx context.Context) (cache.Cache, toolscache.ResourceEventHandlerRegistration, error) {
	owned, err := labels.Parse(ownerLabel) // whatever its value
	if err != nil {
		return nil, nil, err
	}
	kind := Metadata("", "")
	pods, err := cache.New(i.config, cache.Options{
		ByObject:                     map[client.Object]cache.ByObject{kind: {Label: owned}},
		DefaultTransform:             trim,
		DefaultUnsafeDisableDeepCopy: ptr.To(true),
	})
	if err != nil {
		return nil, nil, err
	}
	informer, err := pods.GetInformer(ctx, kind, cache.BlockUntilSynced(false))
	if err != nil {
		return nil, nil, err
	}
	registration, err := informer.AddEventHandler(snapshot.Handler(i.put, i.remove))
	return pods, registration, err
}

func (i *Index) put(object *metav1.PartialObjectMetadata) {
	i.set(object, parse(object))
}

func (i *Index) remove(object *metav1.PartialObjectMetadata) {
	i.set(object, nil)
}

// set puts a Pod in its place; nil where none is to be there.
func (i *Index) set(object *metav1.PartialObjectMetadata, pod *Pod) {
	key := types.NamespacedName{Namespace: object.Namespace, Name: object.Name}
	i.mu.Lock()
	if pod != nil {
		i.pods[key] = pod
	} else {
		delete(i.pods, key)
	}
	i.mu.Unlock()
	i.notify()
}
