package janitor_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/host"
)

func TestQuarantineIsLiftedWhenEveryHostIsFreeAndOnlyThen(t *testing.T) {
	w := held7(t)
	w.quarantine(lobby7, time.Minute, h7, "l7.example.com")
	w.settleQuietly()
	same(t, "lifts while it is held", nil, only("lift", w.pass()))
	w.free()
	w.pass()
	same(t, "lifts", []string{"arena/lobby-7"}, only("lift", w.pass()))
	w.settle()
	w.holds(h7+": "+ofLobby7+", Bound to arena/lobby-7", "l7.example.com: "+ofLobby7+", Bound to arena/lobby-7")
}

func TestQuarantineIsLiftedForWhoHasTheHostByNow(t *testing.T) {
	w := newWorld(t)
	w.claim(lobby7, h7)
	w.quarantine(lobby7, time.Minute, h7)
	same(t, "lifts", []string{"arena/lobby-7"}, only("lift", w.pass()))
}

func TestOfSeveralInQuarantineTheOldestGoesFirst(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.quarantine(host.Party{Namespace: fmt.Sprintf("n%d", i), Set: "lobby", ID: 7}, time.Duration(i)*time.Minute, h7)
	}
	w.quarantine(host.Party{Namespace: "n9", Set: "lobby", ID: 7}, time.Second, "another.example.com")
	same(t, "lifts", []string{"n4/lobby-7", "n9/lobby-7"}, only("lift", w.pass()))
	w.settle()
	w.later(time.Hour)
	same(t, "lifts while it is held", nil, only("lift", w.pass()))
	if got := len(w.waiters(claim7)); got != 4 {
		t.Errorf("%d waiters", got)
	}
}

// What cannot be lifted, for whatever reason, is tried less and less often, and keeps nobody else from his turn.
func TestALiftThatFailsIsTriedAgain(t *testing.T) {
	w := newWorld(t)
	w.quarantine(lobby7, time.Hour, h7)
	w.quarantine(postio7, time.Minute, h7)
	w.before = func(verb, name string) error {
		if verb == "lift" {
			return errors.New("is not among the hosts that GamePolicy p allows")
		}
		return nil
	}
	tries := map[string][]int{}
	for second := range 3600 {
		for _, name := range only("lift", w.pass()) {
			tries[name] = append(tries[name], second)
		}
		w.later(time.Second)
	}
	for _, name := range []string{"arena/lobby-7", "games/postio-7"} {
		if got := tries[name]; len(got) < 18 || len(got) > 28 || got[0] > 1 {
			t.Errorf("%s was tried after %v s", name, got)
		}
	}
	w.before = nil
	w.later(10 * time.Minute)
	if got := only("lift", w.pass()); len(got) != 1 {
		t.Errorf("lifts %v", got)
	}
}

func TestManyInQuarantineTakeTurns(t *testing.T) {
	w := newWorld(t)
	for i := range 50 {
		w.quarantine(host.Party{Namespace: "games", Set: "lobby", ID: i}, time.Minute, fmt.Sprintf("h%d.example.com", i))
	}
	var got []string
	for range 3 {
		lifts := only("lift", w.pass())
		if len(lifts) > 20 {
			t.Errorf("%d lifts in a pass", len(lifts))
		}
		got = append(got, lifts...)
	}
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != 50 {
		t.Errorf("%d of 50 were lifted", n)
	}
}
