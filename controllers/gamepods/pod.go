package gamepods

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unique"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// What OpenKruiseGame writes on the Pods of game servers: apis/v1alpha1.
const (
	ownerLabel        = "game.kruise.io/owner-gss"
	opsStateLabel     = "game.kruise.io/gs-opsState"
	typeAnnotation    = "game.kruise.io/network-type"
	confAnnotation    = "game.kruise.io/network-conf"
	statusAnnotation  = "game.kruise.io/network-status"
	triggerAnnotation = "game.kruise.io/network-trigger-time"

	allocated   = "Allocated"
	maintaining = "Maintaining"
)

// podsResource is that of the API server.
var podsResource = schema.GroupVersionResource{Version: "v1", Resource: "pods"}

// RetryAnnotation is what a Pod is touched with. It is all that Gatehouse may write on a Pod; the chart has a
// ValidatingAdmissionPolicy for it.
const RetryAnnotation = "gatehouse.dev/retry"

// Pod is the Pod of a game server.
type Pod struct {
	Namespace, Name, Set string
	ID                   int
	// Conf is OpenKruiseGame's parameters for this very Pod, as JSON. In a rollout they may be older than the set's.
	Conf string
	// conf keeps Conf shared by all Pods that have the same.
	conf unique.Handle[string]
	// Ready: OpenKruiseGame says that the network is ready.
	Ready    bool
	Deleting bool
	Created  time.Time
	// Triggered is when OpenKruiseGame last had the Pod tried, Retried when we last did.
	Triggered, Retried time.Time
	// OpsState is what the server is used for, as OpenKruiseGame has copied it from the GameServer; empty until it has.
	OpsState string
}

// InUse tells whether somebody would notice a change: players, or the operators who work on the server. OpenKruiseGame
// takes away servers in these states last (pkg/util/gameserver.go).
func (p *Pod) InUse() bool { return p.OpsState == allocated || p.OpsState == maintaining }

// Metadata stands for a Pod of which the metadata alone is read or written.
func Metadata(namespace, name string) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
	}
}

// parse is nil where a Pod has no Ingress from OpenKruiseGame.
func parse(object metav1.Object) *Pod {
	annotations := object.GetAnnotations()
	set := object.GetLabels()[ownerLabel]
	text, isServer := strings.CutPrefix(object.GetName(), set+"-")
	id, err := strconv.Atoi(text)
	// Only Kruise's spelling counts: "arena-07" is not server 7.
	if set == "" || !isServer || err != nil || id < 0 || strconv.Itoa(id) != text || annotations[typeAnnotation] != gameserver.NetworkType {
		return nil
	}
	conf := unique.Make(annotations[confAnnotation])
	return &Pod{
		Namespace: object.GetNamespace(), Name: object.GetName(), Set: set, ID: id,
		Conf: conf.Value(), conf: conf, Ready: networkReady(annotations[statusAnnotation]),
		Deleting: object.GetDeletionTimestamp() != nil, Created: object.GetCreationTimestamp().Time,
		Triggered: moment(annotations[triggerAnnotation]), Retried: moment(annotations[RetryAnnotation]),
		OpsState: object.GetLabels()[opsStateLabel],
	}
}

// List reads the Pods of a set, for whoever needs them as of now.
func List(ctx context.Context, from client.Reader, namespace, set string) ([]*Pod, error) {
	list := &metav1.PartialObjectMetadataList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}}
	selector := labels.SelectorFromSet(labels.Set{ownerLabel: set})
	if err := from.List(ctx, list, &client.ListOptions{Namespace: namespace, LabelSelector: selector}); err != nil {
		return nil, err
	}
	var pods []*Pod
	for i := range list.Items {
		if pod := parse(&list.Items[i]); pod != nil {
			pods = append(pods, pod)
		}
	}
	return pods, nil
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

// trim drops what parse does not read.
func trim(object any) (any, error) {
	if pod, ok := object.(*metav1.PartialObjectMetadata); ok {
		pod.Labels = only(pod.Labels, ownerLabel, opsStateLabel)
		pod.Annotations = only(pod.Annotations, typeAnnotation, confAnnotation, statusAnnotation, triggerAnnotation, RetryAnnotation)
		pod.ManagedFields, pod.OwnerReferences, pod.Finalizers = nil, nil, nil
	}
	return object, nil
}

func only(all map[string]string, keys ...string) map[string]string {
	kept := make(map[string]string, len(keys))
	for _, key := range keys {
		if value, given := all[key]; given {
			kept[key] = value
		}
	}
	return kept
}
