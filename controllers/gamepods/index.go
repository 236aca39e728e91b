package gamepods

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
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

// New makes an empty index for a manager to start. It follows the Pods by itself: the manager's cache is filled on every
// replica.
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
	from, err := i.listerWatcher()
	if err != nil {
		return err
	}
	toolscache.NewReflectorWithOptions(from, &metav1.PartialObjectMetadata{}, store{i}, toolscache.ReflectorOptions{
		Name: "gamepods", TypeDescription: "Pods of game servers", Logger: &i.log,
	}).RunWithContext(klog.NewContext(ctx, i.log))
	return nil
}

// listerWatcher reads the metadata of the Pods that have an owner from OpenKruiseGame, whichever that is.
func (i *Index) listerWatcher() (toolscache.ListerWatcher, error) {
	client, err := metadata.NewForConfig(i.config)
	if err != nil {
		return nil, err
	}
	pods := client.Resource(podsResource)
	return toolscache.ToListWatcherWithWatchListSemantics(&toolscache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.LabelSelector = ownerLabel
			return pods.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.LabelSelector = ownerLabel
			return pods.Watch(ctx, options)
		},
	}, client), nil
}

func (i *Index) notify() {
	for _, changed := range i.changed {
		changed()
	}
}

// set puts a Pod in its place; nil where none is to be there.
func (i *Index) set(name types.NamespacedName, pod *Pod) {
	i.mu.Lock()
	if pod != nil {
		i.pods[name] = pod
	} else {
		delete(i.pods, name)
	}
	i.mu.Unlock()
	i.notify()
}

// replace takes in all Pods that there are.
func (i *Index) replace(pods map[types.NamespacedName]*Pod) {
	i.mu.Lock()
	i.pods = pods
	i.mu.Unlock()
	i.synced.Store(true)
	i.notify()
}
