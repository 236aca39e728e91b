package janitor_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// touched passes every second for so long, and says at which seconds the Pod of a party was touched.
func (w *world) touched(p host.Party, seconds int) []int {
	var out []int
	for second := range seconds {
		if slices.Contains(only("touch", w.pass()), p.Namespace+"/"+nameOf(p)) {
			out = append(out, second)
		}
		w.later(time.Second)
	}
	return out
}

// waiting is a world in which arena/lobby-7 waits for the host of games/postio-7.
func waiting(t *testing.T, change ...func(*gamepods.Pod)) *world {
	t.Helper()
	w := held7(t)
	w.declare("arena", "lobby", hosts, 7)
	w.run(lobby7, hosts, change...)
	w.settleQuietly()
	return w
}

// free deletes the set of games/postio-7 and all of it.
func (w *world) free() {
	w.die(postio7)
	delete(w.sets, types.NamespacedName{Namespace: "games", Name: "postio"})
}

func TestAWaitingServerIsRetriedWhenItsHostIsFreeUntilItIsReady(t *testing.T) {
	w := waiting(t)
	same(t, "touches while it is held", nil, only("touch", w.pass()))
	w.free()
	same(t, "calls of the release", []string{"delete " + claim7}, w.pass()[4:])
	if got := w.touched(lobby7, 8); !slices.Equal(got, []int{0, 3, 6}) { // Service, Ingress, Ready
		t.Errorf("touched after %v s", got)
	}
	w.run(lobby7, hosts, ready)
	if got := w.touched(lobby7, 600); len(got) > 0 {
		t.Errorf("a ready server was touched after %v s", got)
	}
}

func TestAServerIsNotRetriedForever(t *testing.T) {
	w := waiting(t)
	w.free()
	w.pass()
	got := w.touched(lobby7, 3600)
	if len(got) < 18 || len(got) > 28 {
		t.Errorf("%d touches in an hour", len(got))
	}
	for i, second := range got[1:] {
		gap := second - got[i]
		if quick := i < 9; quick && gap != 3 || gap < 3 || gap > 300 {
			t.Errorf("touch %d came %d s after the one before", i+2, gap)
		}
	}
	if last := got[len(got)-1] - got[len(got)-2]; last != 300 {
		t.Errorf("in the end every %d s", last)
	}
}

func TestAServerIsNotRetriedWhile(t *testing.T) {
	seconds := func(n int) func(*world) time.Time {
		return func(w *world) time.Time { return w.now.Add(-time.Duration(n) * time.Second) }
	}
	cases := map[string]struct {
		pod   func(*world) func(*gamepods.Pod)
		first int // the second of the first touch, -1 if none
	}{
		"nothing":                {func(*world) func(*gamepods.Pod) { return func(*gamepods.Pod) {} }, 0},
		"it is ready":            {func(*world) func(*gamepods.Pod) { return ready }, -1},
		"it is being deleted":    {func(*world) func(*gamepods.Pod) { return deleting }, -1},
		"it has no parameters":   {func(*world) func(*gamepods.Pod) { return func(p *gamepods.Pod) { p.Conf = "" } }, -1},
		"its parameters are bad": {func(*world) func(*gamepods.Pod) { return func(p *gamepods.Pod) { p.Conf = "[" } }, -1},
		"OpenKruiseGame goes on trying": {func(w *world) func(*gamepods.Pod) {
			return func(p *gamepods.Pod) { p.Triggered = seconds(5)(w) }
		}, 10},
		"it is young": {func(w *world) func(*gamepods.Pod) {
			return func(p *gamepods.Pod) { p.Created = seconds(60)(w) }
		}, 5},
		"it was retried, by the leader before": {func(w *world) func(*gamepods.Pod) {
			return func(p *gamepods.Pod) { p.Retried = seconds(1)(w) }
		}, 14},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.declare("arena", "lobby", hosts, 7)
			w.run(lobby7, hosts, test.pod(w))
			first := -1
			if got := w.touched(lobby7, 100); len(got) > 0 {
				first = got[0]
			}
			if first != test.first {
				t.Errorf("first touched after %d s, want %d", first, test.first)
			}
		})
	}
}

// By its own parameters a Pod makes its Ingress. What the set wants next is nothing to it yet.
func TestAServerWaitsForTheHostOfItsOwnParameters(t *testing.T) {
	w := held7(t)
	w.declare("arena", "lobby", hosts, 7)
	w.run(lobby7, "old<id>.example.com")
	if got := w.touched(lobby7, 4); !slices.Equal(got, []int{0, 3}) {
		t.Errorf("touched after %v s although its own host is free", got)
	}
	w = held7(t)
	w.declare("arena", "lobby", "new<id>.example.com", 7)
	w.run(lobby7, hosts)
	if got := w.touched(lobby7, 4); len(got) > 0 {
		t.Errorf("touched after %v s although its own host is held", got)
	}
}

// Kruise was kept from giving the Pod the new parameters. Events of the Pod make it try again.
func TestAReadyServerThatWasKeptFromANewHostIsRetriedAFewTimes(t *testing.T) {
	w := held7(t)
	w.declare("arena", "lobby", hosts, 7)
	w.run(lobby7, "old<id>.example.com", ready)
	w.settleQuietly()
	if got := w.touched(lobby7, 4); len(got) > 0 {
		t.Errorf("touched after %v s while the new host is held", got)
	}
	w.free()
	w.pass()
	if got := w.touched(lobby7, 600); !slices.Equal(got, []int{0, 3, 6}) {
		t.Errorf("touched after %v s", got)
	}
}

func TestAServerWhoseHostNoPolicyAllowsIsRetriedOnceThatChanges(t *testing.T) {
	w := newWorld(t)
	w.forbidden[h7] = true
	w.declare("arena", "lobby", hosts, 7)
	w.run(lobby7, hosts)
	if got := w.touched(lobby7, 600); len(got) > 0 {
		t.Errorf("touched after %v s", got)
	}
	w.forbidden[h7] = false
	if got := w.touched(lobby7, 4); !slices.Equal(got, []int{0, 3}) {
		t.Errorf("touched after %v s", got)
	}
}

func TestACanaryIsRetriedOnceItsPrimaryHasTheHost(t *testing.T) {
	beta := host.Party{Namespace: "games", Set: "beta", ID: 7}
	w := newWorld(t)
	w.canaries["beta"] = "postio"
	w.declare("games", "beta", hosts, 7)
	w.run(beta, hosts)
	if got := w.touched(beta, 600); len(got) > 0 {
		t.Errorf("touched after %v s without a primary", got)
	}
	w.claim(postio7, h7)
	if got := w.touched(beta, 4); !slices.Equal(got, []int{0, 3}) {
		t.Errorf("touched after %v s", got)
	}
}

// Twenty at a time, and each in its turn, whatever becomes of the others.
func TestManyWaitingServersTakeTurns(t *testing.T) {
	w := held7(t)
	for i := range 100 {
		w.run(host.Party{Namespace: fmt.Sprintf("n%02d", i), Set: "lobby", ID: 7}, hosts)
	}
	w.settleQuietly()
	w.free()
	w.before = func(verb, _ string) error {
		if verb == "touch" {
			return errors.New("admission webhook denied the request")
		}
		return nil
	}
	w.pass()
	touches := map[string]int{}
	for range 6 {
		calls := only("touch", w.pass())
		if len(calls) > 20 {
			t.Errorf("%d touches in a pass", len(calls))
		}
		for _, name := range calls {
			touches[name]++
		}
		w.later(5 * time.Second)
	}
	if len(touches) != 100 {
		t.Errorf("%d of 100 had their turn", len(touches))
	}
}

func TestAServerThatIsRefusedAgainWaitsAgain(t *testing.T) {
	w := waiting(t)
	w.free()
	w.pass()
	w.pass()
	w.claim(shop, h7) // somebody else was faster
	if got := w.touched(lobby7, 60); len(got) > 0 {
		t.Errorf("touched after %v s", got)
	}
	delete(w.claims, claim7)
	if got := w.touched(lobby7, 4); !slices.Equal(got, []int{0, 3}) {
		t.Errorf("touched after %v s", got)
	}
}

func TestANewLeaderRetriesWhoWasFreedBeforeIt(t *testing.T) {
	w := waiting(t)
	w.free()
	w.pass()
	w.lead()
	if got := w.touched(lobby7, 4); !slices.Equal(got, []int{0, 3}) {
		t.Errorf("touched after %v s", got)
	}
}
