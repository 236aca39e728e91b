package herald

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

const message = `spec.rules[0].host: "game7.example.com" is held by GameServerSet arena/lobby [GH202]`

func TestARefusalIsToldOnTheSetAndOnTheServer(t *testing.T) {
	s, c := newAPIServer(t, object("GameServerSet", "postio"), object("GameServer", "postio-7")), newClock()
	h := replicas(s, c, "a")[0]
	h.Refused(server(7), message)
	h.tellAll(t.Context())
	events := s.events()
	if len(events) != 2 {
		t.Fatalf("%d events", len(events))
	}
	for i, regarding := range []corev1.ObjectReference{
		{APIVersion: "game.kruise.io/v1alpha1", Kind: "GameServer", Namespace: "games", Name: "postio-7", UID: "uid of postio-7"},
		{APIVersion: "game.kruise.io/v1alpha1", Kind: "GameServerSet", Namespace: "games", Name: "postio", UID: "uid of postio"},
	} {
		got := &events[i]
		name, digest, _ := strings.Cut(got.Name, ".")
		if name != regarding.Name || len(digest) != 16 {
			t.Errorf("name %s", got.Name)
		}
		want := &eventsv1.Event{
			TypeMeta: got.TypeMeta, ObjectMeta: metav1.ObjectMeta{Namespace: "games", Name: got.Name, ResourceVersion: got.ResourceVersion},
			EventTime: micro(c.now()), ReportingController: "gatehouse", ReportingInstance: "gatehouse-a", Action: "AdmitIngress",
			Reason: "IngressRefused", Regarding: regarding, Note: "Ingress postio-7: " + message, Type: "Warning",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// OpenKruiseGame tries 14 times in 42 s: these are its times.
func TestOneEventCountsWhatAllReplicasRefuse(t *testing.T) {
	s, c := newAPIServer(t, object("GameServerSet", "postio"), object("GameServer", "postio-7")), newClock()
	heralds := replicas(s, c, "a", "b")
	for i, wait := range []int{0, 80, 40, 80, 150, 110, 190, 340, 670, 1300, 2580, 5170, 10280, 20660} {
		c.after(time.Duration(wait) * time.Millisecond)
		heralds[i%2].Refused(server(7), message)
		for _, h := range heralds {
			h.tellAll(t.Context())
		}
	}
	c.after(pause)
	for _, h := range heralds {
		h.tellAll(t.Context())
	}
	want := map[string]int32{
		"GameServer postio-7: Ingress postio-7: " + message:  14,
		"GameServerSet postio: Ingress postio-7: " + message: 14,
	}
	if diff := cmp.Diff(want, s.counted()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, e := range s.events() {
		begin, end := newClock().now(), newClock().Add(41650*time.Millisecond)
		if !e.EventTime.Time.Equal(begin) || !e.Series.LastObservedTime.Time.Equal(end) {
			t.Errorf("from %s to %s", e.EventTime, e.Series.LastObservedTime)
		}
	}
	// Both at once, both after 30 s, and one for the last try; on two objects.
	if s.writes > 10 {
		t.Errorf("%d writes", s.writes)
	}
}

func TestReplicasThatWriteAtOneMomentCountEachOther(t *testing.T) {
	s, c := newAPIServer(t, object("GameServerSet", "postio")), newClock()
	heralds := replicas(s, c, "a", "b", "c", "d")
	for range 5 {
		var group sync.WaitGroup
		for _, h := range heralds {
			group.Go(func() {
				h.Refused(server(7), message)
				h.tellAll(t.Context())
			})
		}
		group.Wait()
		c.after(pause)
	}
	if got := s.counted()["GameServerSet postio: Ingress postio-7: "+message]; got != 20 {
		t.Errorf("counted %d of 20", got)
	}
}

func TestAnotherReplicasWriteInBetweenIsKept(t *testing.T) {
	for _, verb := range []string{"create", "update"} {
		t.Run(verb, func(t *testing.T) {
			s, c := newAPIServer(t, object("GameServerSet", "postio")), newClock()
			heralds := replicas(s, c, "a", "b")
			want := int32(2)
			if verb == "update" {
				heralds[1].Refused(server(7), message)
				heralds[1].tellAll(t.Context())
				c.after(pause)
				want++
			}
			s.before = func(ctx context.Context, v string, _ client.Object) error {
				if v == verb {
					s.before = func(context.Context, string, client.Object) error { return nil }
					heralds[1].Refused(server(7), message)
					heralds[1].tellAll(ctx)
				}
				return nil
			}
			heralds[0].Refused(server(7), message)
			heralds[0].tellAll(t.Context())
			if got := s.counted()["GameServerSet postio: Ingress postio-7: "+message]; got != want {
				t.Errorf("counted %d of %d", got, want)
			}
		})
	}
}

func TestAnEventThatRunsOutInBetweenIsMadeAnew(t *testing.T) {
	s, c := newAPIServer(t, object("GameServerSet", "postio")), newClock()
	h := replicas(s, c, "a")[0]
	h.Refused(server(7), message)
	h.tellAll(t.Context())
	c.after(pause)
	s.before = func(ctx context.Context, verb string, event client.Object) error {
		if verb != "update" {
			return nil
		}
		return s.Delete(ctx, event.DeepCopyObject().(*eventsv1.Event)) //nolint:forcetypeassert // it writes nothing else
	}
	h.Refused(server(7), message)
	h.tellAll(t.Context())
	if events := s.events(); len(events) != 1 || !events[0].EventTime.Time.Equal(c.now()) {
		t.Errorf("%v", events)
	}
}

// kubectl describe finds events by the UID, and an event lives for an hour.
func TestASetMadeAnewAndAnEventThatRanOutAreToldAnew(t *testing.T) {
	s, c := newAPIServer(t, object("GameServerSet", "postio")), newClock()
	h := replicas(s, c, "a")[0]
	tell := func() {
		c.after(pause)
		h.Refused(server(7), message)
		h.tellAll(t.Context())
	}
	tell()
	if err := s.Delete(t.Context(), &s.events()[0]); err != nil {
		t.Fatal(err)
	}
	tell()
	again := object("GameServerSet", "postio")
	again.SetUID("another")
	if err := errors.Join(s.Delete(t.Context(), object("GameServerSet", "postio")), s.store(again)); err != nil {
		t.Fatal(err)
	}
	tell()
	uids := map[string]bool{}
	for _, e := range s.events() {
		uids[string(e.Regarding.UID)] = e.Series == nil
	}
	if diff := cmp.Diff(map[string]bool{"uid of postio": true, "another": true}, uids); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnEventIsLegalWhateverItIsAbout(t *testing.T) {
	long := gameserver.Identity{Namespace: "games", Set: strings.Repeat("a-", 110) + strings.Repeat("b", 29), ID: 7}
	dashes := gameserver.Identity{Namespace: "games", Set: strings.Repeat("a", 230) + strings.Repeat("-", 15) + "b", ID: 7}
	for name, c := range map[string]struct {
		server  gameserver.Identity
		message string
		want    string
	}{
		"a long name":       {long, message, "Ingress " + long.Name() + ": " + message},
		"a name cut at '-'": {dashes, message, "Ingress " + dashes.Name() + ": " + message},
		"a long text":       {server(7), strings.Repeat("x", 2000), "Ingress postio-7: " + strings.Repeat("x", 1003) + "..."},
		"cut in a rune":     {server(7), strings.Repeat("x", 1002) + strings.Repeat("\u00fc", 20), "Ingress postio-7: " + strings.Repeat("x", 1002) + "..."},
		"an empty text":     {server(7), "", "Ingress postio-7: "},
	} {
		t.Run(name, func(t *testing.T) {
			s, at := newAPIServer(t, object("GameServerSet", c.server.Set), object("GameServer", c.server.Name())), newClock()
			h := replicas(s, at, strings.Repeat("h", 200))[0]
			h.Refused(c.server, c.message)
			h.tellAll(t.Context())
			want := map[string]int32{"GameServerSet " + c.server.Set + ": " + c.want: 1, "GameServer " + c.server.Name() + ": " + c.want: 1}
			if diff := cmp.Diff(want, s.counted()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
