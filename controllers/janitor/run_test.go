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
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
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

// leading is a manager that has only what a Runner asks for.
type leading struct{ manager.Manager }

func (leading) GetClient() client.Client    { return nil }
func (leading) GetAPIReader() client.Reader { return nil }

// empty is a cluster with nothing in it. It tells of each pass.
type empty struct{ passes chan struct{} }

func (e empty) All() []*networkingv1.Ingress { return nil }
func (e empty) Pods() []*gamepods.Pod        { return nil }
func (e empty) Sets() []*snapshot.Set {
	e.passes <- struct{}{}
	return nil
}

// config is a janitor's of that cluster.
func (e empty) config(registry prometheus.Registerer) Config {
	return Config{
		Sources: Sources{Claims: &ledger.Claims{}, Ingresses: e, Sets: e, Pods: e}, Registry: registry, Now: time.Now, Log: logr.Discard(),
	}
}

func TestTheLeaderTendsWhenEverythingIsKnownAndEndsCleanly(t *testing.T) {
	registry := prometheus.NewRegistry()
	sources := empty{make(chan struct{}, 100)}
	asked := make(chan struct{}, 100)
	var synced atomic.Bool
	r := NewRunner(leading{}, sources.config(registry), func() bool { asked <- struct{}{}; return synced.Load() })
	if !r.NeedLeaderElection() {
		t.Error("every replica would tend the claims")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- r.Start(ctx) }()
	<-asked
	<-asked
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
	r := NewRunner(leading{}, Config{Log: logr.Discard()}, func() bool { return false })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := r.Start(ctx); err != nil {
		t.Error(fmt.Errorf("ended with %w", err))
	}
}

func TestALeaderWhoseTermIsOverBeforeItBeginsDoesNothing(t *testing.T) {
	sources := empty{make(chan struct{}, 1)}
	r := NewRunner(leading{}, sources.config(prometheus.NewRegistry()), func() bool { return true })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Start(ctx); err != nil || len(sources.passes) > 0 {
		t.Errorf("%d passes, %v", len(sources.passes), err)
	}
}
