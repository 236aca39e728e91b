package status

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-dev/gatehouse/controllers/rollout"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// inTime runs a test in a time of its own.
func inTime(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newWorld(t)) })
}

func TestARolloutWritesTheStatusOnceASecondAtMost(t *testing.T) {
	inTime(t, func(w *world) {
		const servers = 10_000
		w.put("p", "{}")
		w.put("other", "{}")
		w.lead(func(c *Controller) {
			for done := range servers + 1 {
				w.count("p", rollout.Tally{Matched: servers, UpToDate: done, Pending: servers - done})
				c.Changed()
				time.Sleep(2 * time.Millisecond)
			}
			time.Sleep(shortestPause)
			if want := "Programmed True Programmed: 10000 of 10000 Ingresses up to date"; w.status("p") != want {
				t.Errorf("status %q, want %q", w.status("p"), want)
			}
		})
		at := w.writes["p"]
		for i := range at[1:] {
			if pause := at[i+1].Sub(at[i]); pause < time.Second {
				t.Errorf("two writes within %s", pause)
			}
		}
		if n := len(at); n < 15 || n > 25 {
			t.Errorf("%d writes in 20 seconds", n)
		}
		if n := w.written("other"); n != 1 {
			t.Errorf("%d writes of a policy of which there is nothing new", n)
		}
	})
}

func TestNothingIsWrittenWhereNothingDiffersAfterAChangeOfLeadersEither(t *testing.T) {
	inTime(t, func(w *world) {
		w.put("p", "{defaults: {requestTimeout: 30s}}")
		w.count("p", rollout.Tally{Matched: 3, UpToDate: 2, Denied: 1, Problems: []rollout.Problem{{Namespace: "games", GameServerSet: "postio", ID: 1, Since: time.Now().Add(time.Nanosecond), Reason: rollout.Denied}}})
		w.lead(func(*Controller) { time.Sleep(time.Hour) })
		if n := w.written("p"); n != 1 {
			t.Fatalf("%d writes in an hour", n)
		}
		counted := w.counted
		w.counted, w.generation = 0, w.generation+5 // the next leader starts to count, and has seen other things come
		w.lead(func(*Controller) {
			time.Sleep(time.Minute)
			w.count("p", w.tallies["p"])
			time.Sleep(time.Hour)
		})
		if n := w.written("p"); n != 1 || w.counted == counted {
			t.Errorf("the next leader writes %d times", n-1)
		}
	})
}

func TestAnEditIsNotProgrammedBeforeItWasCounted(t *testing.T) {
	inTime(t, func(w *world) {
		const done = "Programmed True Programmed: 2 of 2 Ingresses up to date"
		w.put("p", "{}")
		w.put("quiet", "{}")
		w.count("quiet", rollout.Tally{Matched: 1, UpToDate: 1})
		w.count("p", rollout.Tally{Matched: 2, UpToDate: 2})
		w.lead(func(c *Controller) {
			synctest.Wait()
			if w.status("p") != done {
				t.Fatalf("status %q", w.status("p"))
			}
			w.put("p", "{priority: 1}")
			c.Changed()
			time.Sleep(2 * shortestPause)
			if want := "Programmed Unknown Pending: the Ingresses that exist have not been counted yet"; w.status("p") != want || w.stored["p"].ObservedGeneration != 2 {
				t.Errorf("after an edit: %q of generation %d", w.status("p"), w.stored["p"].ObservedGeneration)
			}
			if n := w.written("quiet"); n != 1 {
				t.Errorf("an edit of another policy writes %d times", n-1)
			}
			w.count("p", rollout.Tally{Matched: 2, UpToDate: 2})
			c.Changed()
			time.Sleep(2 * shortestPause)
			if w.status("p") != done {
				t.Errorf("counted: %q", w.status("p"))
			}

			w.remove("p")
			w.put("p", "{priority: 2}")
			c.Changed()
			time.Sleep(2 * shortestPause)
			if !strings.HasPrefix(w.status("p"), "Programmed Unknown Pending") || w.stored["p"].ObservedGeneration != 1 {
				t.Errorf("another policy of the name: %q", w.status("p"))
			}
		})
	})
}

func TestAPolicyWithoutIngressesIsProgrammed(t *testing.T) {
	inTime(t, func(w *world) {
		w.put("p", "{}")
		w.lead(func(*Controller) {
			time.Sleep(longestPause)
			w.counted = w.generation
			time.Sleep(2 * longestPause)
			if want := "Programmed True NoTargets: no Ingress of a game server is selected"; w.status("p") != want || *w.stored["p"].Matched != 0 {
				t.Errorf("status %q, want %q", w.status("p"), want)
			}
		})
	})
}

func TestManyPoliciesAreWrittenInTurn(t *testing.T) {
	inTime(t, func(w *world) {
		const policies = 10 * maxWrites
		for i := range policies {
			w.put(fmt.Sprint("p", i), fmt.Sprintf("{priority: %d}", i))
		}
		begin := time.Now()
		w.lead(func(c *Controller) {
			for second := range 20 { // each of them has something new all the time
				for i := range policies {
					w.count(fmt.Sprint("p", i), rollout.Tally{Matched: 100, UpToDate: second, Pending: 100 - second})
				}
				c.Changed()
				time.Sleep(time.Second)
			}
		})
		bySecond := map[time.Duration]int{}
		for i := range policies {
			at := w.writes[fmt.Sprint("p", i)]
			if len(at) < 2 || len(at) > 3 {
				t.Errorf("policy %d was written %d times in 20 seconds, want each as often", i, len(at))
			}
			for _, at := range at {
				bySecond[at.Sub(begin).Truncate(time.Second)]++
			}
		}
		for second, n := range bySecond {
			if n > maxWrites {
				t.Errorf("%d writes in second %s", n, second)
			}
		}
	})
}

func TestAWriteThatFailsIsTriedAgainAndNotAtOnce(t *testing.T) {
	inTime(t, func(w *world) {
		w.put("p", "{}")
		w.count("p", rollout.Tally{Matched: 1, UpToDate: 1})
		w.lead(func(c *Controller) {
			synctest.Wait()
			w.fail = errors.New("not now")
			w.count("p", rollout.Tally{Matched: 1, Denied: 1})
			for range 60 {
				c.Changed()
				time.Sleep(time.Second)
			}
			if n := w.written("p"); n < 4 || n > 7 {
				t.Errorf("%d tries in a minute", n)
			}
			w.fail = nil
			time.Sleep(2 * longestPause)
			if want := "Programmed False PartiallyProgrammed: 0 of 1 Ingresses up to date; 1 kept from following"; w.status("p") != want {
				t.Errorf("status %q, want %q", w.status("p"), want)
			}
		})
	})
}

func TestNothingIsWrittenBeforeItIsKnownWhatStandsThere(t *testing.T) {
	inTime(t, func(w *world) {
		w.put("p", "{}")
		w.count("p", rollout.Tally{Matched: 1, UpToDate: 1})
		w.lead(func(*Controller) { time.Sleep(time.Minute) })
		w.fail = errors.New("not now")
		w.lead(func(*Controller) {
			time.Sleep(time.Minute)
			if n := w.written("p"); n != 1 {
				t.Errorf("%d writes", n)
			}
			w.fail = nil
			time.Sleep(time.Minute)
		})
		if n := w.written("p"); n != 1 {
			t.Errorf("%d writes", n)
		}
	})
}

func TestWhatSomebodyElseWroteOverOursIsTakenBackInTime(t *testing.T) {
	inTime(t, func(w *world) {
		w.put("p", "{}")
		w.count("p", rollout.Tally{Matched: 1, UpToDate: 1})
		w.lead(func(*Controller) {
			synctest.Wait()
			before := w.status("p")
			w.stored["p"] = v1alpha1.GamePolicyStatus{}
			time.Sleep(11 * time.Minute)
			if w.status("p") != before || w.stored["p"].Matched == nil {
				t.Errorf("still %q", w.status("p"))
			}
		})
	})
}

func TestTheLimitsOfHigressAreReadOnceAMinuteAndOnlyWhereTheyMatter(t *testing.T) {
	inTime(t, func(w *world) {
		w.put("p", "{defaults: {retry: {attempts: 1}}}")
		w.lead(func(*Controller) { time.Sleep(10 * time.Minute) })
		if w.limits != 0 {
			t.Errorf("read %d times for nobody", w.limits)
		}
		w.put("q", "{priority: 1, defaults: {webSocket: {enabled: true, idleTimeout: 10m}}}")
		w.put("r", "{priority: 2, defaults: {webSocket: {enabled: true, idleTimeout: 11m}}}")
		w.lead(func(c *Controller) {
			for i := range 600 {
				w.put("p", fmt.Sprintf("{priority: %d, defaults: {retry: {attempts: 1}}}", 10+i))
				c.Changed()
				time.Sleep(time.Second)
			}
		})
		if w.limits < 9 || w.limits > 11 {
			t.Errorf("read %d times in ten minutes", w.limits)
		}
		if want := "GatewayLimits True GatewayLimit: spec.defaults.webSocket.idleTimeout: 11m, but Higress cuts at 180 s (downstream.idleTimeout); ping [GH506]"; !strings.HasSuffix(w.status("r"), want) {
			t.Errorf("status %q, want %q", w.status("r"), want)
		}
	})
}

func TestAPolicyHearsOfOthersThatComeBesideIt(t *testing.T) {
	inTime(t, func(w *world) {
		w.put("p", "{defaults: {requestTimeout: 30s}}")
		w.lead(func(c *Controller) {
			synctest.Wait()
			w.put("top", "{priority: 1, overrides: {requestTimeout: 30s}}")
			c.Changed()
			time.Sleep(2 * shortestPause)
			if !strings.Contains(w.status("p"), "Conflicted True Overridden: spec.priority: GamePolicy top ") {
				t.Errorf("status %q", w.status("p"))
			}
			w.put("top", "{defaults: {requestTimeout: 30s}}")
			c.Changed()
			time.Sleep(2 * shortestPause)
			if !strings.Contains(w.status("p"), "Conflicted True EqualPriority: spec.priority: GamePolicy top has 0 too") {
				t.Errorf("status %q", w.status("p"))
			}
			w.remove("top")
			c.Changed()
			time.Sleep(2 * shortestPause)
			if strings.Contains(w.status("p"), "Conflicted") {
				t.Errorf("status %q", w.status("p"))
			}
		})
	})
}
