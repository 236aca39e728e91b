package snapshot

import (
	"context"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// AddToScheme registers the kinds that a snapshot follows as a whole; of the others it reads the metadata alone.
func AddToScheme(scheme *runtime.Scheme) error {
	builder := runtime.NewSchemeBuilder(v1alpha1.AddToScheme, networkingv1.AddToScheme, autoscalingv2.AddToScheme,
		func(s *runtime.Scheme) error { metav1.AddToGroupVersion(s, metav1.Unversioned); return nil })
	return builder.AddToScheme(scheme)
}

// CacheOptions are for the manager's cache. One transform serves all kinds: per-kind options would need
// OpenKruiseGame's CRD to be there when the cache is made.
func (s *Snapshot) CacheOptions() cache.Options {
	return cache.Options{
		DefaultTransform:         trim,
		DefaultWatchErrorHandler: s.watchFailed,
		// Nothing reads through the cache by chance and holds a whole kind in memory for it.
		ReaderFailOnMissingInformer: true,
		// Whoever reads from this cache must not change what he gets.
		DefaultUnsafeDisableDeepCopy: ptr.To(true),
	}
}

// SetupWithManager lets the manager start the snapshot.
func (s *Snapshot) SetupWithManager(mgr manager.Manager) error {
	lookup, err := discovery.NewDiscoveryClientForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return err
	}
	return mgr.Add(&follower{Snapshot: s, cache: mgr.GetCache(), discovery: lookup})
}

// follower runs the informers of a snapshot.
type follower struct {
	*Snapshot
	cache     cache.Cache
	discovery discovery.ServerResourcesInterface
}

// NeedLeaderElection is false: every replica answers admission requests.
func (*follower) NeedLeaderElection() bool { return false }

// Start follows the cluster until the context ends.
func (f *follower) Start(ctx context.Context) error {
	sets := &gameServerSets{follower: f}
	go sets.run(ctx)
	synced := []toolscache.InformerSynced{sets.settled}
	for _, source := range append(f.sources(), f.further...) {
		registration, err := f.listen(ctx, source)
		if err != nil {
			return nil //nolint:nilerr // the context ended
		}
		synced = append(synced, registration.HasSynced)
	}
	if !toolscache.WaitForCacheSync(ctx.Done(), synced...) {
		return nil
	}
	f.rebuild()
	f.log.Info("synced", "policies", f.current.Load().policies.Policies())
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.changed:
			f.rebuild()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// source is a kind to follow and what to do with its objects.
type source struct {
	object  client.Object
	handler toolscache.ResourceEventHandler
}

// sources are the kinds that every cluster with Gatehouse has.
func (f *follower) sources() []source {
	namespace := &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}}
	putPolicy := func(p *v1alpha1.GamePolicy) {
		if f.policies.put(p) {
			f.notify()
		}
	}
	return []source{
		{namespace, f.namespaces.handler()},
		{&v1alpha1.GamePolicy{}, Handler(putPolicy, func(p *v1alpha1.GamePolicy) { f.policies.remove(p); f.notify() })},
		{&networkingv1.IngressClass{}, Handler(
			func(c *networkingv1.IngressClass) { f.classes.put(c); f.notify() },
			func(c *networkingv1.IngressClass) { f.classes.remove(c); f.notify() })},
	}
}

// listen starts an informer. It tries again until the kind is served: the API server may be away for a moment, and
// the GamePolicy CRD is not served the moment that Helm has created it.
func (f *follower) listen(ctx context.Context, from source) (toolscache.ResourceEventHandlerRegistration, error) {
	var registration toolscache.ResourceEventHandlerRegistration
	var reason string
	const every = 500 * time.Millisecond
	err := wait.PollUntilContextCancel(ctx, every, true, func(ctx context.Context) (bool, error) {
		informer, err := f.cache.GetInformer(ctx, from.object, cache.BlockUntilSynced(false))
		if err == nil {
			registration, err = informer.AddEventHandler(from.handler)
		}
		if err != nil && err.Error() != reason {
			reason = err.Error()
			f.log.Info("cannot follow a kind yet", "reason", reason)
		}
		return err == nil, nil
	})
	return registration, err
}
