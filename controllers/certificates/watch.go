package certificates

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The two kinds of webhook configurations. Ours bear one name.
const (
	mutating   = "MutatingWebhookConfiguration"
	validating = "ValidatingWebhookConfiguration"
)

var configurations = []string{mutating, validating}

// AddToScheme adds the kinds that this package reads and writes.
func AddToScheme(scheme *runtime.Scheme) error {
	if err := corev1.AddToScheme(scheme); err != nil {
		return err
	}
	return admissionregistrationv1.AddToScheme(scheme)
}

// Watch tells a Serving of the bundles in the webhook configurations of a name, until the context ends. It only reads.
type Watch struct {
	API     client.WithWatch
	Name    string
	Serving *Serving
	// changed is called after every change; may be nil.
	changed func()
}

// Run follows both configurations.
func (w *Watch) Run(ctx context.Context) error {
	parts, ctx := errgroup.WithContext(ctx)
	for kind, list := range map[string]client.ObjectList{
		mutating:   &admissionregistrationv1.MutatingWebhookConfigurationList{},
		validating: &admissionregistrationv1.ValidatingWebhookConfigurationList{},
	} {
		parts.Go(func() error {
			return follow(ctx, w.API, list, types.NamespacedName{Name: w.Name}, func(object client.Object) {
				var bundles []bundle
				if object != nil {
					bundles = bundlesOf(object)
				}
				w.Serving.saw(kind, bundles)
				if w.changed != nil {
					w.changed()
				}
			})
		})
	}
	return parts.Wait()
}

// follow calls a function with one object as it is now, nil where there is none, and again whenever it has changed. The
// selector by name is what lets a right for this one name do.
func follow(ctx context.Context, api client.WithWatch, list client.ObjectList, key types.NamespacedName, seen func(client.Object)) error {
	example, err := exampleOf(api, list)
	if err != nil {
		return err
	}
	options := func(raw metav1.ListOptions) *client.ListOptions {
		return &client.ListOptions{
			Namespace: key.Namespace, FieldSelector: fields.OneTermEqualSelector("metadata.name", key.Name), Raw: &raw,
		}
	}
	source := &toolscache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, raw metav1.ListOptions) (runtime.Object, error) {
			found := list.DeepCopyObject().(client.ObjectList)
			return found, api.List(ctx, found, options(raw))
		},
		WatchFuncWithContext: func(ctx context.Context, raw metav1.ListOptions) (watch.Interface, error) {
			return api.Watch(ctx, list.DeepCopyObject().(client.ObjectList), options(raw))
		},
	}
	var (
		mu       sync.Mutex
		store    toolscache.Store
		informer toolscache.Controller
	)
	// What is in the store counts, not the event: so nothing that is older can be told last.
	look := func() {
		mu.Lock()
		defer mu.Unlock()
		if found := store.List(); len(found) > 0 {
			seen(found[0].(client.Object))
			return
		}
		seen(nil)
	}
	store, informer = toolscache.NewInformerWithOptions(toolscache.InformerOptions{
		ListerWatcher: toolscache.ToListWatcherWithWatchListSemantics(source, listFirst{}), ObjectType: example,
		Handler: toolscache.ResourceEventHandlerFuncs{
			AddFunc: func(any) { look() }, UpdateFunc: func(any, any) { look() }, DeleteFunc: func(any) { look() },
		},
	})
	go func() {
		// No event tells of an object that was never there.
		if toolscache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
			look()
		}
	}()
	informer.RunWithContext(ctx)
	return nil
}

// listFirst has an informer list what there is and then watch it. For one object that is no more work, every API server can do
// it, and no right is asked for in vain.
type listFirst struct{}

// IsWatchListSemanticsUnSupported is what an informer asks.
func (listFirst) IsWatchListSemanticsUnSupported() bool { return true }

func exampleOf(api client.Client, list client.ObjectList) (runtime.Object, error) {
	kinds, _, err := api.Scheme().ObjectKinds(list)
	if err != nil {
		return nil, err
	}
	kind := kinds[0]
	kind.Kind = kind.Kind[:len(kind.Kind)-len("List")]
	example, err := api.Scheme().New(kind)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	return example, nil
}
