package herald

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// apiServer stores what its rules for Events allow, and counts the writes.
type apiServer struct {
	client.WithWatch
	t *testing.T
	// store makes an object that is no Event.
	store func(client.Object) error

	mu     sync.Mutex
	writes int
	// before runs ahead of a call, without the lock: what others do meanwhile. An error is the answer.
	before func(ctx context.Context, verb string, object client.Object) error
}

// newAPIServer is one with these objects.
func newAPIServer(t *testing.T, objects ...*unstructured.Unstructured) *apiServer {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := eventsv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	s := &apiServer{t: t, before: func(context.Context, string, client.Object) error { return nil }}
	builder := fake.NewClientBuilder().WithScheme(scheme)
	for _, object := range objects {
		builder.WithObjects(object)
	}
	stored := builder.Build()
	s.store = func(object client.Object) error { return stored.Create(t.Context(), object) }
	s.WithWatch = interceptor.NewClient(stored, interceptor.Funcs{Get: s.get, Create: s.create, Update: s.update})
	return s
}

func object(kind, name string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{}
	o.SetGroupVersionKind(gameserver.GroupVersion.WithKind(kind))
	o.SetNamespace("games")
	o.SetName(name)
	o.SetUID(types.UID("uid of " + name))
	return o
}

func (s *apiServer) get(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	if err := s.before(ctx, "get", object); err != nil {
		return err
	}
	return c.Get(ctx, key, object, options...)
}

func (s *apiServer) create(ctx context.Context, c client.WithWatch, object client.Object, options ...client.CreateOption) error {
	if err := s.before(ctx, "create", object); err != nil {
		return err
	}
	s.written(object)
	return c.Create(ctx, object, options...)
}

func (s *apiServer) update(ctx context.Context, c client.WithWatch, object client.Object, options ...client.UpdateOption) error {
	if err := s.before(ctx, "update", object); err != nil {
		return err
	}
	s.written(object)
	stored := &eventsv1.Event{}
	if err := c.Get(ctx, client.ObjectKeyFromObject(object), stored); err == nil {
		s.unchanged(stored, object)
	}
	if object.GetResourceVersion() == "" {
		s.t.Error("updated whatever others have written")
	}
	return c.Update(ctx, object, options...)
}

// written checks what pkg/apis/core/validation/events.go does.
func (s *apiServer) written(object client.Object) {
	s.mu.Lock()
	s.writes++
	s.mu.Unlock()
	e, isEvent := object.(*eventsv1.Event)
	if !isEvent {
		s.t.Errorf("wrote %T", object)
		return
	}
	if wrong := validation.IsDNS1123Subdomain(e.Name); wrong != nil {
		s.t.Errorf("name %s: %v", e.Name, wrong)
	}
	if len(e.Note) > 1024 || len(e.ReportingInstance) > 128 || e.ReportingInstance == "" || e.ReportingController == "" ||
		e.Action == "" || e.Reason == "" || e.Type != "Warning" || e.EventTime.IsZero() || e.Regarding.Namespace != e.Namespace ||
		e.Series != nil && (e.Series.Count < 2 || e.Series.LastObservedTime.IsZero()) {
		s.t.Errorf("not valid: %+v", e)
	}
}

func (s *apiServer) unchanged(stored *eventsv1.Event, object client.Object) {
	updated := object.DeepCopyObject().(*eventsv1.Event) //nolint:forcetypeassert // see written
	updated.Series, updated.ResourceVersion = stored.Series, stored.ResourceVersion
	if diff := cmp.Diff(stored, updated); diff != "" {
		s.t.Errorf("changed more than the series:\n%s", diff)
	}
}

// events are those that there are, by name.
func (s *apiServer) events() []eventsv1.Event {
	s.t.Helper()
	var list eventsv1.EventList
	if err := s.List(s.t.Context(), &list); err != nil {
		s.t.Fatal(err)
	}
	return list.Items
}

// counted is how often it was told, by kind, name and note.
func (s *apiServer) counted() map[string]int32 {
	s.t.Helper()
	out := map[string]int32{}
	for _, e := range s.events() {
		count := int32(1)
		if e.Series != nil {
			count = e.Series.Count
		}
		key := e.Regarding.Kind + " " + e.Regarding.Name + ": " + e.Note
		if out[key] > 0 {
			s.t.Errorf("several events of %s", key)
		}
		out[key] = count
	}
	return out
}

// clock is a time that tests move.
type clock struct{ time.Time }

func newClock() *clock { return &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) after(d time.Duration) { c.Time = c.Add(d) }

func (c *clock) now() time.Time { return c.Time }

func replicas(s *apiServer, c *clock, names ...string) []*Herald {
	var out []*Herald
	for _, name := range names {
		out = append(out, New(s, name, c.now, logr.Discard()))
	}
	return out
}

func server(id int) gameserver.Identity {
	return gameserver.Identity{Namespace: "games", Set: "postio", ID: id}
}

func micro(at time.Time) metav1.MicroTime { return metav1.NewMicroTime(at) }
