package janitor

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// What OpenKruiseGame writes on the Pods of game servers: apis/v1alpha1/gameserver_types.go.
const (
	ownerLabel        = "game.kruise.io/owner-gss"
	typeAnnotation    = "game.kruise.io/network-type"
	confAnnotation    = "game.kruise.io/network-conf"
	statusAnnotation  = "game.kruise.io/network-status"
	triggerAnnotation = "game.kruise.io/network-trigger-time"
)

// RetryAnnotation is what a Pod is touched with. It is all that Gatehouse may write on a Pod; the chart has a
// ValidatingAdmissionPolicy for it.
const RetryAnnotation = "gatehouse.dev/retry"

// podMeta stands for Pods of which the metadata alone is read.
func podMeta() *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}}
}

// ofGameServers selects the Pods that OpenKruiseGame owns.
func ofGameServers() labels.Selector {
	owned, err := labels.NewRequirement(ownerLabel, selection.Exists, nil)
	if err != nil {
		panic(err) // a constant
	}
	return labels.NewSelector().Add(*owned)
}

// parsePod is nil where a Pod has no Ingress from OpenKruiseGame.
func parsePod(object metav1.Object) *Pod {
	annotations := object.GetAnnotations()
	set := object.GetLabels()[ownerLabel]
	text, isServer := strings.CutPrefix(object.GetName(), set+"-")
	id, err := strconv.Atoi(text)
	// Only Kruise's spelling counts: "arena-07" is not server 7.
	if set == "" || !isServer || err != nil || id < 0 || strconv.Itoa(id) != text || annotations[typeAnnotation] != gameserver.NetworkType {
		return nil
	}
	return &Pod{
		Namespace: object.GetNamespace(), Name: object.GetName(), Set: set, ID: id,
		Conf: annotations[confAnnotation], Ready: networkReady(annotations[statusAnnotation]),
		Deleting: object.GetDeletionTimestamp() != nil, Created: object.GetCreationTimestamp().Time,
		Triggered: moment(annotations[triggerAnnotation]), Retried: moment(annotations[RetryAnnotation]),
	}
}

func networkReady(text string) bool {
	var status struct {
		Current string `json:"currentNetworkState"`
	}
	return json.Unmarshal([]byte(text), &status) == nil && status.Current == "Ready"
}

// moment is zero where the text is none.
func moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// podIndex holds the Pods of game servers while this replica leads. The zero value is empty.
type podIndex struct {
	mu   sync.Mutex
	pods map[types.NamespacedName]*Pod
}

// Pods lists them, in no order.
func (i *podIndex) Pods() []*Pod {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.AppendSeq(make([]*Pod, 0, len(i.pods)), maps.Values(i.pods))
}

func (i *podIndex) put(object *metav1.PartialObjectMetadata) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.pods == nil {
		i.pods = map[types.NamespacedName]*Pod{}
	}
	key := types.NamespacedName{Namespace: object.Namespace, Name: object.Name}
	if pod := parsePod(object); pod != nil {
		i.pods[key] = pod
	} else {
		delete(i.pods, key)
	}
}

func (i *podIndex) remove(object *metav1.PartialObjectMetadata) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.pods, types.NamespacedName{Namespace: object.Namespace, Name: object.Name})
}

// follow fills the index until the context ends. It returns when it is filled, or when the context has ended, and tries
// again what fails: that the API server is away for a moment must not end the process. ended waits for what still runs
// after the context has ended.
func (i *podIndex) follow(ctx context.Context, config *rest.Config, changed func(), log logr.Logger) (ended func()) {
	var running sync.WaitGroup
	var filled func() bool
	for {
		pods, registered, err := i.informer(ctx, config, changed)
		if err == nil {
			filled = registered
			running.Go(func() { _ = pods.Start(ctx) }) // it returns when the context ends
			break
		}
		log.Info("cannot follow Pods yet", "reason", err.Error())
		if !pause(ctx, shortestPause) {
			return running.Wait
		}
	}
	for !filled() && pause(ctx, 20*time.Millisecond) {
	}
	return running.Wait
}

// informer is a cache of the Pods of game servers that fills the index once it is started, and what tells that it has.
func (i *podIndex) informer(ctx context.Context, config *rest.Config, changed func()) (cache.Cache, func() bool, error) {
	pods, err := cache.New(config, cache.Options{
		ByObject:                     map[client.Object]cache.ByObject{podMeta(): {Label: ofGameServers()}},
		DefaultTransform:             trimPod,
		DefaultUnsafeDisableDeepCopy: ptr.To(true),
	})
	if err != nil {
		return nil, nil, err
	}
	informer, err := pods.GetInformer(ctx, podMeta(), cache.BlockUntilSynced(false))
	if err != nil {
		return nil, nil, err
	}
	registration, err := informer.AddEventHandler(snapshot.Handler(
		func(p *metav1.PartialObjectMetadata) { i.put(p); changed() },
		func(p *metav1.PartialObjectMetadata) { i.remove(p); changed() }))
	if err != nil {
		return nil, nil, err
	}
	return pods, registration.HasSynced, nil
}

// trimPod drops what parsePod does not read.
func trimPod(object any) (any, error) {
	if pod, ok := object.(*metav1.PartialObjectMetadata); ok {
		kept := map[string]string{}
		for _, key := range [...]string{typeAnnotation, confAnnotation, statusAnnotation, triggerAnnotation, RetryAnnotation} {
			if value, given := pod.Annotations[key]; given {
				kept[key] = value
			}
		}
		pod.Labels = map[string]string{ownerLabel: pod.Labels[ownerLabel]}
		pod.Annotations, pod.ManagedFields, pod.OwnerReferences, pod.Finalizers = kept, nil, nil, nil
	}
	return object, nil
}
