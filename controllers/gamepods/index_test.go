package gamepods

import (
	"context"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
)

// running is an index that follows the Pods of an API server.
type running struct {
	*Index
	t       *testing.T
	changed chan struct{}
	ended   chan error
}

func run(ctx context.Context, t *testing.T, s *podServer) running {
	t.Helper()
	r := running{New(&rest.Config{Host: s.URL}, logr.Discard()), t, make(chan struct{}, 100), make(chan error, 1)}
	r.Notify(func() { r.changed <- struct{}{} })
	go func() { r.ended <- r.Start(ctx) }()
	return r
}

// until waits for something, and looks again only when the index tells of a change.
func (r running) until(what string, is func() bool) {
	r.t.Helper()
	for !is() {
		select {
		case <-r.changed:
		case <-time.After(20 * time.Second):
			r.t.Fatalf("nothing is told of: %s", what)
		}
	}
}

// end waits until the index has ended.
func (r running) end() {
	r.t.Helper()
	select {
	case err := <-r.ended:
		if err != nil {
			r.t.Errorf("the end of its term ends the process with %v", err)
		}
	case <-time.After(20 * time.Second):
		r.t.Fatal("it goes on")
	}
}

func TestPodsAreFollowedUntilTheContextEnds(t *testing.T) {
	s := newPodServer(t)
	s.fails.Store(2) // the API server is away for a moment
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := run(ctx, t, s)
	if !r.NeedLeaderElection() {
		t.Error("every replica would hold all Pods in memory")
	}
	postio7 := func() *Pod { return r.Of("games", "postio-7") }
	r.until("everything is known", r.Synced)
	if pod := postio7(); pod == nil || pod.ID != 7 || !pod.Ready || pod.InUse() {
		t.Fatalf("%+v", pod)
	}
	if r.Of("arena", "postio-7") != nil || r.Of("games", "postio-8") != nil {
		t.Error("a Pod that nobody has created")
	}
	next := serverPod()
	next.ResourceVersion, next.Annotations[statusAnnotation], next.Labels[opsStateLabel] = "6", "", allocated
	s.tell(t, "MODIFIED", next)
	r.until("it is in use and not ready", func() bool { return postio7().InUse() && !postio7().Ready })
	next.ResourceVersion, next.Annotations[typeAnnotation] = "7", "Kubernetes-HostPort"
	s.tell(t, "MODIFIED", next)
	r.until("it has no Ingress", func() bool { return postio7() == nil })
	next = serverPod()
	next.Name, next.UID, next.ResourceVersion = "postio-8", "8", "8"
	s.tell(t, "ADDED", next)
	r.until("another Pod", func() bool { return len(r.Pods()) == 1 && r.Pods()[0].ID == 8 })
	s.tell(t, "DELETED", next)
	r.until("its deletion", func() bool { return len(r.Pods()) == 0 })
	cancel()
	r.end()
	for begin := time.Now(); s.watches.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Since(begin) > 20*time.Second {
			t.Fatal("it is still watched")
		}
	}
}

func TestAllWhoWantToHearOfChangesDo(t *testing.T) {
	i := New(&rest.Config{}, logr.Discard())
	var first, second int
	i.Notify(func() { first++ })
	i.Notify(func() { second += len(i.Pods()) }) // it may look at once
	for _, change := range []func(any) error{store{i}.Add, store{i}.Update, store{i}.Delete} {
		if err := change(serverPod()); err != nil {
			t.Fatal(err)
		}
	}
	if first != 3 || second != 2 {
		t.Errorf("told %d times, with %d Pods in all", first, second)
	}
}

func TestWithoutAnswerNothingIsKnownAndTheEndIsClean(t *testing.T) {
	s := newPodServer(t)
	s.fails.Store(1 << 30)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	r := run(ctx, t, s)
	r.end()
	if r.Synced() || len(r.Pods()) > 0 || r.Of("games", "postio-7") != nil || len(r.changed) > 0 {
		t.Errorf("synced %t, with %v", r.Synced(), r.Pods())
	}
}

func TestATermThatIsOverBeforeItBeginsEndsCleanly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	run(ctx, t, newPodServer(t)).end()
}
