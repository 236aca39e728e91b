package janitor_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// unused is a world with a claim of games/postio-7 that nobody has any use for, and that the leader has just heard of.
func unused(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.claim(postio7, h7)
	w.pass()
	return w
}

func TestAClaimThatNobodyUsesIsReleasedWhenItHasBeenQuietForLongEnough(t *testing.T) {
	w := unused(t)
	w.later(host.Quiet - time.Nanosecond)
	same(t, "calls before", nil, w.pass())
	w.later(time.Nanosecond)
	same(t, "calls", []string{"get " + claim7, "list ingresses", "get set games/postio", "list pods games/postio", "delete " + claim7}, w.pass())
	w.holds()
}

func TestOnlyARenewalMakesTheWaitBeginAnew(t *testing.T) {
	w := unused(t)
	w.later(host.Quiet / 2)
	w.edit(claim7, func(c *v1alpha1.HostClaim) { c.Generation-- }) // a write of status or metadata
	w.pass()
	w.later(host.Quiet/2 - time.Second)
	w.renew(claim7)
	w.pass()
	w.later(host.Quiet - time.Second)
	same(t, "calls", nil, w.pass())
	w.later(time.Second)
	w.pass()
	w.holds()
}

// The wait goes by the leader's own clock: whatever time an admission has written counts for nothing.
func TestTheTimeInAClaimDoesNotShortenTheWait(t *testing.T) {
	w := newWorld(t)
	w.claim(postio7, h7)
	w.edit(claim7, func(c *v1alpha1.HostClaim) { c.Spec.RenewedAt = host.Stamp(noon.Add(-time.Hour)) })
	w.pass()
	w.later(host.Quiet - time.Second)
	same(t, "calls", nil, w.pass())
}

func TestANewLeaderWaitsAnewAndGoesOn(t *testing.T) {
	w := unused(t)
	w.later(host.Quiet)
	w.lead()
	same(t, "calls of a new leader", nil, w.pass())
	w.later(host.Quiet - time.Second)
	same(t, "calls before it has seen it quiet", nil, w.pass())
	w.later(time.Second)
	w.pass()
	w.holds()
}

func TestAnotherClaimOfTheSameNameIsWaitedForAnew(t *testing.T) {
	w := unused(t)
	w.later(host.Quiet)
	delete(w.claims, claim7)
	w.claim(postio7, h7)
	same(t, "calls", nil, w.pass())
}

// What is in memory may be old: before anything is taken away the API server is asked.
func TestNothingIsReleasedThatTheAPIServerSaysIsUsed(t *testing.T) {
	cases := map[string]func(*world){
		"the claim was renewed":  func(w *world) { w.renew(claim7) },
		"the claim is another":   func(w *world) { delete(w.claims, claim7); w.claim(postio7, h7) },
		"an Ingress stands":      func(w *world) { w.stand(postio7, 0, h7) },
		"its canary stands":      func(w *world) { w.stand(host.Party{Namespace: "games", Set: "c", ID: 7, CanaryOf: "postio"}, 0, h7) },
		"the set projects it":    func(w *world) { w.declare("games", "postio", hosts, 6, 7) },
		"a Pod has it":           func(w *world) { w.run(postio7, hosts) },
		"renewed at the last":    func(w *world) { w.onCall("list ingresses", func() { w.renew(claim7) }) },
		"created at the last":    func(w *world) { w.onCall("get", func() { w.stand(postio7, 0, h7) }) },
		"renewed while deleting": func(w *world) { w.onCall("delete", func() { w.renew(claim7) }) },
	}
	for name, meanwhile := range cases {
		t.Run(name, func(t *testing.T) {
			w := unused(t)
			w.later(host.Quiet)
			w.hear()
			meanwhile(w)
			w.passUnheard()
			if w.claims[claim7] == nil {
				t.Errorf("released, by %v", w.calls)
			}
		})
	}
}

// onCall has something happen just before the first call of a verb.
func (w *world) onCall(verb string, do func()) {
	w.before = func(made, name string) error {
		if made == verb || made+" "+name == verb {
			w.before = nil
			do()
		}
		return nil
	}
}

func TestWhatCannotBeReadIsNotReleased(t *testing.T) {
	for _, verb := range []string{"get", "list", "get set", "list pods", "delete"} {
		t.Run(verb, func(t *testing.T) {
			w := unused(t)
			w.later(host.Quiet)
			w.before = func(made, _ string) error {
				if made == verb {
					return errors.New("etcdserver: request timed out")
				}
				return nil
			}
			w.pass()
			if w.claims[claim7] == nil {
				t.Error("released")
			}
			w.before = nil
			w.pass()
			w.holds()
		})
	}
}

func TestAThousandReleasesReadEverythingOnce(t *testing.T) {
	w := newWorld(t)
	for id := range 1000 {
		w.claim(host.Party{Namespace: "games", Set: "postio", ID: id}, fmt.Sprintf("h%d.example.com", id))
	}
	w.pass()
	w.later(host.Quiet)
	calls := w.pass()
	same(t, "lists", []string{"ingresses", "pods games/postio"}, only("list", calls))
	same(t, "sets", []string{"set games/postio"}, only("get", calls)[1:2])
	if n := len(only("delete", calls)); n != 1000 || len(calls) != 2003 {
		t.Errorf("%d released by %d calls", n, len(calls))
	}
	// What fails is not asked for a thousand times either.
	w = newWorld(t)
	for id := range 1000 {
		w.claim(host.Party{Namespace: "games", Set: "postio", ID: id}, fmt.Sprintf("h%d.example.com", id))
	}
	w.pass()
	w.later(host.Quiet)
	w.before = func(verb, _ string) error {
		if verb == "list" {
			return errors.New("too many requests")
		}
		return nil
	}
	if n := len(only("list", w.pass())); n != 1 {
		t.Errorf("%d lists that fail", n)
	}
}
