package herald

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

func TestItIsToldOnlyWhereThereIsSomethingToLookAt(t *testing.T) {
	absent := &meta.NoKindMatchError{GroupKind: schema.GroupKind{Group: "game.kruise.io", Kind: "GameServer"}}
	set, one := object("GameServerSet", "postio"), object("GameServer", "postio-7")
	for name, c := range map[string]struct {
		objects  []*unstructured.Unstructured
		err      error
		want     int
		troubles int
	}{
		"a set alone":                     {[]*unstructured.Unstructured{set}, nil, 1, 0},
		"a server alone":                  {[]*unstructured.Unstructured{one}, nil, 1, 0},
		"others":                          {[]*unstructured.Unstructured{object("GameServerSet", "lobby"), object("GameServer", "postio-8")}, nil, 0, 0},
		"OpenKruiseGame is not installed": {nil, absent, 0, 0},
		"the API server is away":          {[]*unstructured.Unstructured{set, one}, errors.New("connection refused"), 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s, at := newAPIServer(t, c.objects...), newClock()
			s.before = func(context.Context, string, client.Object) error { return c.err }
			troubles := 0
			log := funcr.New(func(_, text string) { troubles++; t.Log(text) }, funcr.Options{})
			h := New(s, "a", at.now, log)
			h.Refused(server(7), message)
			h.tellAll(t.Context())
			if got := s.counted(); len(got) != c.want || troubles != c.troubles {
				t.Errorf("%v, %d troubles", got, troubles)
			}
		})
	}
}

func TestWhatFailedIsToldWithTheNextRefusal(t *testing.T) {
	s, c := newAPIServer(t, object("GameServerSet", "postio")), newClock()
	h := replicas(s, c, "a")[0]
	s.before = func(context.Context, string, client.Object) error { return errors.New("connection refused") }
	h.Refused(server(7), message)
	h.tellAll(t.Context())
	s.before = func(context.Context, string, client.Object) error { return nil }
	h.Refused(server(7), message)
	c.after(pause)
	h.tellAll(t.Context())
	if got := s.counted(); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestASetWithManyRefusedServersIsToldOfOnce(t *testing.T) {
	objects := []*unstructured.Unstructured{object("GameServerSet", "postio")}
	for id := range 1000 {
		objects = append(objects, object("GameServer", server(id).Name()))
	}
	s, c := newAPIServer(t, objects...), newClock()
	h := replicas(s, c, "a")[0]
	for range 3 {
		for id := range 1000 {
			h.Refused(server(id), message)
			if id%100 == 0 {
				h.tellAll(t.Context())
			}
		}
		c.after(pause)
		h.tellAll(t.Context())
	}
	want := map[string]int32{"GameServerSet postio: " + more: 3 * 990}
	for id := range 10 {
		want["GameServerSet postio: "+note(server(id), message)] = 3
		want["GameServer "+server(id).Name()+": "+note(server(id), message)] = 3
	}
	if diff := cmp.Diff(want, s.counted()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.writes > 4*21 {
		t.Errorf("%d writes", s.writes)
	}
}

// The API server hangs; nobody who refuses notices, and the process ends all the same.
func TestRefusingNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newAPIServer(t, object("GameServerSet", "postio"))
		s.before = func(ctx context.Context, _ string, _ client.Object) error {
			<-ctx.Done()
			return ctx.Err()
		}
		h := New(s, "a", time.Now, logr.Discard())
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- h.Start(ctx) }()
		synctest.Wait()
		begin := time.Now()
		for i := range 10_000 {
			h.Refused(gameserver.Identity{Namespace: "games", Set: fmt.Sprintf("set%d", i%3000), ID: i % 20}, message)
		}
		if waited := time.Since(begin); waited > 0 {
			t.Errorf("waited %s", waited)
		}
		stop()
		if err := <-ended; err != nil || time.Since(begin) > 0 {
			t.Errorf("ended after %s: %v", time.Since(begin), err)
		}
	})
}

func TestItTellsAtOnceAndWhatItWasSilentAboutAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newAPIServer(t, object("GameServerSet", "postio"))
		h := New(s, "a", time.Now, logr.Discard())
		if h.NeedLeaderElection() {
			t.Error("the replicas that do not lead tell nothing")
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- h.Start(ctx) }()
		synctest.Wait()
		for i, want := range []int32{1, 1, 1} {
			h.Refused(server(7), message)
			synctest.Wait()
			if got := s.counted()["GameServerSet postio: "+note(server(7), message)]; got != want {
				t.Errorf("after %d refusals it counts %d", i+1, got)
			}
		}
		time.Sleep(pause + tidyEvery)
		synctest.Wait()
		if got := s.counted()["GameServerSet postio: "+note(server(7), message)]; got != 3 || s.writes != 2 {
			t.Errorf("afterwards it counts %d, by %d writes", got, s.writes)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
