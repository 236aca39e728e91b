package herald

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// What the Events say of themselves.
const (
	reason     = "IngressRefused"
	action     = "AdmitIngress"
	controller = "gatehouse"
)

// The API server's limits: pkg/apis/core/validation/events.go and the length of an object's name.
const (
	maxNote     = 1024
	maxInstance = 128
	maxName     = 253
)

// note is what an Event says: the refusal of which server's Ingress.
func note(server gameserver.Identity, message string) string {
	text := "Ingress " + server.Name() + ": " + message
	if len(text) > maxNote {
		text = strings.ToValidUTF8(text[:maxNote-len("...")], "") + "..."
	}
	return text
}

// record counts refusals in the Event of their text on the object of this kind and name; if there is no such object,
// nobody looks there.
func (h *Herald) record(ctx context.Context, r *refusals, kind, name string) error {
	regarding, err := h.refer(ctx, kind, types.NamespacedName{Namespace: r.set.Namespace, Name: name})
	if regarding == nil || err != nil {
		return err
	}
	event := h.event(*regarding, r)
	// Another replica may have written it since it was read, and its time may have run out.
	raced := func(err error) bool {
		return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err)
	}
	return retry.OnError(retry.DefaultRetry, raced, func() error {
		stored := &eventsv1.Event{}
		err := h.api.Get(ctx, client.ObjectKeyFromObject(event), stored)
		if apierrors.IsNotFound(err) {
			return h.api.Create(ctx, event.DeepCopy())
		}
		if err != nil {
			return err
		}
		addTo(stored, r)
		return h.api.Update(ctx, stored)
	})
}

// refer is nil where there is no such object, or no OpenKruiseGame. kubectl describe looks for Events by the UID.
func (h *Herald) refer(ctx context.Context, kind string, name types.NamespacedName) (*corev1.ObjectReference, error) {
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(gameserver.GroupVersion.WithKind(kind))
	if err := h.api.Get(ctx, name, object); apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return &corev1.ObjectReference{
		APIVersion: gameserver.GroupVersion.String(), Kind: kind, Namespace: name.Namespace, Name: name.Name, UID: object.UID,
	}, nil
}

// event is the Event as it is where nobody has told of it yet. Its name follows from the object and the text, so that
// all replicas mean the same one.
func (h *Herald) event(regarding corev1.ObjectReference, r *refusals) *eventsv1.Event {
	sum := sha256.Sum256([]byte(regarding.Kind + "\x00" + string(regarding.UID) + "\x00" + r.note))
	digest := hex.EncodeToString(sum[:8])
	readable := regarding.Name[:min(len(regarding.Name), maxName-len(digest)-1)]
	instance := controller + "-" + h.instance
	event := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: regarding.Namespace, Name: strings.TrimRight(readable, "-.") + "." + digest},
		EventTime:  metav1.NewMicroTime(r.first),
		Type:       corev1.EventTypeWarning, Reason: reason, Action: action, Note: r.note, Regarding: regarding,
		ReportingController: controller, ReportingInstance: instance[:min(len(instance), maxInstance)],
	}
	if r.times > 1 {
		event.Series = &eventsv1.EventSeries{Count: r.times, LastObservedTime: metav1.NewMicroTime(r.last)}
	}
	return event
}

// addTo counts further refusals in an Event. It is its series alone that the API server lets anybody change.
func addTo(event *eventsv1.Event, r *refusals) {
	series := event.Series
	if series == nil {
		series = &eventsv1.EventSeries{Count: 1, LastObservedTime: event.EventTime}
		event.Series = series
	}
	series.Count += r.times
	if series.LastObservedTime.Time.Before(r.last) {
		series.LastObservedTime = metav1.NewMicroTime(r.last)
	}
}
