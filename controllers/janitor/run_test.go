package janitor

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
)

func TestAPassFollowsSoonAfterAChangeAndOtherwiseNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begin := time.Now()
		var at []time.Duration
		r := &Runner{changed: make(chan struct{}, 1)}
		var took atomic.Int64
		ended := make(chan struct{})
		go func() {
			r.tend(ctx, func(context.Context) {
				at = append(at, time.Since(begin))
				time.Sleep(time.Duration(took.Load()))
			})
			close(ended)
		}()
		time.Sleep(7 * time.Second) // passes at 0 and 5
		for range 100 {
			r.Changed() // one pass takes in all but the first
		}
		time.Sleep(2 * time.Second) // 7 and 7.5
		took.Store(int64(time.Minute))
		r.Changed()
		r.Changed()
		time.Sleep(100 * time.Second) // 9 and, a minute and five seconds later, 74
		cancel()
		<-ended
		want := []time.Duration{0, 5 * time.Second, 7 * time.Second, 7500 * time.Millisecond, 9 * time.Second, 74 * time.Second}
		if !slices.Equal(at, want) {
			t.Errorf("passes after %v, want %v", at, want)
		}
	})
}

func TestChangesDuringAPauseWaitForItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		passes := 0
		r := &Runner{changed: make(chan struct{}, 1)}
		ended := make(chan struct{})
		go func() {
			r.tend(ctx, func(context.Context) { passes++ })
			close(ended)
		}()
		for range 10_000 {
			r.Changed()
			time.Sleep(time.Millisecond)
		}
		cancel()
		<-ended
		if passes < 19 || passes > 21 {
			t.Errorf("%d passes in ten seconds of changes", passes)
		}
	})
}

func TestPodsAreFollowedUntilTheContextEnds(t *testing.T) {
	s := newPodServer(t)
	s.fails.Store(2) // the API server is away for a moment
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	changed := make(chan struct{}, 100)
	pods := &podIndex{}
	ended := pods.follow(ctx, &rest.Config{Host: s.URL}, func() { changed <- struct{}{} }, logr.Discard())
	if list := pods.Pods(); len(list) != 1 || list[0].ID != 7 || !list[0].Ready {
		t.Fatalf("%v", list)
	}
	<-changed
	next := serverPod()
	next.ResourceVersion, next.Annotations[statusAnnotation] = "6", ""
	s.tell(t, "MODIFIED", next)
	<-changed
	if list := pods.Pods(); len(list) != 1 || list[0].Ready {
		t.Errorf("after a change %v", list)
	}
	next.ResourceVersion, next.Annotations[typeAnnotation] = "7", "Kubernetes-HostPort"
	s.tell(t, "MODIFIED", next)
	<-changed
	if list := pods.Pods(); len(list) != 0 {
		t.Errorf("a Pod without Ingress is %v", list)
	}
	next = serverPod()
	next.Name, next.UID, next.ResourceVersion = "postio-8", "8", "8"
	s.tell(t, "ADDED", next)
	<-changed
	s.tell(t, "DELETED", next)
	<-changed
	if list := pods.Pods(); len(list) != 0 {
		t.Errorf("after its deletion %v", list)
	}
	cancel()
	ended()
	for begin := time.Now(); s.watches.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatal("it is still watched")
		}
	}
}

func TestFollowingPodsEndsWithTheContextAlsoWhenNobodyAnswers(t *testing.T) {
	s := newPodServer(t)
	s.fails.Store(1 << 30)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	(&podIndex{}).follow(ctx, &rest.Config{Host: s.URL}, func() {}, logr.Discard())()
}

// leading is a manager that has only what a Runner asks for.
type leading struct {
	manager.Manager
	config *rest.Config
}

func (l leading) GetConfig() *rest.Config   { return l.config }
func (leading) GetClient() client.Client    { return nil }
func (leading) GetAPIReader() client.Reader { return nil }

// empty is a cluster with nothing in it. It tells of each pass.
type empty struct{ passes chan struct{} }

func (e empty) All() []*networkingv1.Ingress { return nil }
func (e empty) Sets() []*snapshot.Set {
	e.passes <- struct{}{}
	return nil
}

func TestTheLeaderTendsWhenEverythingIsKnownAndEndsCleanly(t *testing.T) {
	s := newPodServer(t)
	registry := prometheus.NewRegistry()
	sources := empty{make(chan struct{}, 100)}
	var synced atomic.Bool
	r := NewRunner(leading{config: &rest.Config{Host: s.URL}}, Config{
		Sources: Sources{Claims: &ledger.Claims{}, Ingresses: sources, Sets: sources}, Registry: registry, Now: time.Now, Log: logr.Discard(),
	}, synced.Load)
	if !r.NeedLeaderElection() {
		t.Error("every replica would tend the claims")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- r.Start(ctx) }()
	for begin := time.Now(); s.watches.Load() == 0; time.Sleep(time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatal("Pods are not followed")
		}
	}
	if families, err := registry.Gather(); err != nil || len(families) > 0 || len(sources.passes) > 0 {
		t.Errorf("it has begun before everything was known: %v, %v", families, err)
	}
	synced.Store(true)
	<-sources.passes
	r.Changed()
	<-sources.passes
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the end of its term ends the process with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on")
	}
	passes := len(sources.passes)
	r.Changed()
	if len(sources.passes) != passes {
		t.Error("a pass after the end")
	}
}

func TestALeaderThatNeverGetsToKnowEverythingEndsCleanly(t *testing.T) {
	s := newPodServer(t)
	r := NewRunner(leading{config: &rest.Config{Host: s.URL}}, Config{Log: logr.Discard()}, func() bool { return false })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.Start(ctx); err != nil {
		t.Error(fmt.Errorf("ended with %w", err))
	}
}

func TestALeaderWhoseTermIsOverBeforeItBeginsDoesNothing(t *testing.T) {
	s := newPodServer(t)
	sources := empty{make(chan struct{}, 1)}
	r := NewRunner(leading{config: &rest.Config{Host: s.URL}}, Config{
		Sources: Sources{Claims: &ledger.Claims{}, Ingresses: sources, Sets: sources}, Registry: prometheus.NewRegistry(), Now: time.Now, Log: logr.Discard(),
	}, func() bool { return true })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Start(ctx); err != nil || len(sources.passes) > 0 {
		t.Errorf("%d passes, %v", len(sources.passes), err)
	}
}
