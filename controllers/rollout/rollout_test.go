package rollout

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

const timeoutKey = "higress.io/timeout"

func (c *cluster) expect(name, value string) {
	c.t.Helper()
	if got := c.get(name)[timeoutKey]; got != value {
		c.t.Errorf("%s: timeout %q instead of %q", name, got, value)
	}
}

func tallyOf(t *testing.T, r *Rollout, name string, want Tally) {
	t.Helper()
	got := r.Tallies()[name]
	got.Problems = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tally of %s (-want +got):\n%s", name, diff)
	}
}

func TestAnEditReachesEachIngressOnceAndNothingIsWrittenTwice(t *testing.T) {
	c := newCluster(t, 100)
	c.put(game("postio-7", map[string]string{timeoutKey: "5"})) // its author speaks
	r := c.rollout()
	c.decide(timeout("p", 30, perSecond(1000)))
	if n := c.play(r, 2*time.Second); n != 99 {
		t.Errorf("%d writes for 99 Ingresses", n)
	}
	c.expect("postio-8", "30")
	c.expect("postio-7", "5")
	tallyOf(t, r, "p", Tally{Matched: 100, UpToDate: 100})
	if n := c.play(r, time.Second); n != 0 {
		t.Errorf("%d writes where nothing differs", n)
	}
	c.decide(timeout("p", 30, perSecond(1000)))
	if n := c.play(r, time.Second); n != 0 {
		t.Errorf("%d writes after the same was applied again", n)
	}
	c.decide(timeout("p", 60, perSecond(1000)))
	if n := c.play(r, 2*time.Second); n != 99 {
		t.Errorf("%d writes for the second edit", n)
	}
	want := []string{
		"RolloutStarted p: 99 of 100 Ingresses follow", "RolloutFinished p: 100 of 100 Ingresses are up to date, 0 deferred, 0 denied",
		"RolloutStarted p: 99 of 100 Ingresses follow", "RolloutFinished p: 100 of 100 Ingresses are up to date, 0 deferred, 0 denied",
	}
	if diff := cmp.Diff(want, c.events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestWithoutItsPolicyAnIngressIsAsItsAuthorWroteIt(t *testing.T) {
	c := newCluster(t, 0)
	authors := map[string]map[string]string{
		"postio-0": nil, "postio-1": {timeoutKey: "5", "higress.io/cors-allow-origin": "*"}, "postio-2": {"higress.io/proxy-next-upstream-tries": "9"},
	}
	before := map[string]map[string]string{}
	for name, a := range authors {
		ing := game(name, a)
		before[name] = maps.Clone(ing.Annotations)
		c.put(ing)
	}
	r := c.rollout()
	p := timeout("p", 30)
	p.Spec.Overrides = &v1alpha1.TrafficSettings{Retry: &v1alpha1.Retry{Attempts: 2}}
	c.decide(p)
	c.play(r, time.Second)
	for name := range authors {
		if c.get(name)["higress.io/proxy-next-upstream-tries"] != "2" {
			t.Fatalf("%s: %v", name, c.get(name))
		}
	}
	c.decide()
	c.play(r, time.Second)
	for name := range authors {
		if diff := cmp.Diff(before[name], c.get(name)); diff != "" {
			t.Errorf("%s (-before +after):\n%s", name, diff)
		}
	}
}

func TestAnIngressThatHasLeftTheManagedClassesIsCleared(t *testing.T) {
	c := newCluster(t, 3)
	r := c.rollout()
	c.decide(timeout("p", 30))
	c.play(r, time.Second)
	left, waits := c.stored[key("postio-0")].DeepCopy(), c.stored[key("postio-1")].DeepCopy()
	left.Spec.IngressClassName = ptr.To("nginx")
	waits = policy.Quarantine(waits)
	c.put(left)
	c.put(waits)
	if n := c.play(r, time.Second); n != 1 {
		t.Errorf("%d writes", n)
	}
	c.expect("postio-0", "")
	c.expect("postio-1", "30")
}

func TestARateIsKeptAndOnePolicyDoesNotHoldUpAnother(t *testing.T) {
	c := newCluster(t, 1000)
	for id := range 100 {
		c.put(game(fmt.Sprintf("arena-%d", id), nil))
	}
	r := c.rollout()
	c.decide(timeout("slow", 30, forSets("postio"), perSecond(50)), timeout("other", 40, forSets("arena"), perSecond(50)))
	c.play(r, 4*time.Second)
	slow, other := 0, 0
	for name, n := range c.writes {
		if strings.HasPrefix(name, "postio") {
			slow += n
		} else {
			other += n
		}
	}
	if slow < 180 || slow > 230 || other != 100 {
		t.Errorf("in 4 s at 50 a second: %d, and %d of 100 of the other policy", slow, other)
	}
}

func TestARateIsReachedThoughTheMachineIsBusy(t *testing.T) {
	c := newCluster(t, 1000)
	r := c.rollout()
	c.decide(timeout("p", 30, perSecond(50)))
	for end := c.now.Add(10 * time.Second); c.now.Before(end); c.now = c.now.Add(90 * time.Millisecond) {
		r.pass()
		for next, wait := r.next(); wait == 0; next, wait = r.next() {
			r.write(t.Context(), next)
		}
	}
	if n := c.total(); n < 475 || n > 525 {
		t.Errorf("in 10 s at 50 a second, looked at every 90 ms: %d", n)
	}
}

func TestAPolicyThatIsGoneLetsGoAtItsRate(t *testing.T) {
	c := newCluster(t, 300)
	c.decide(timeout("p", 30, perSecond(1000)))
	for id := range 300 { // as the webhook leaves them
		ing := c.stored[key(fmt.Sprintf("postio-%d", id))]
		_, request, _ := c.At(ing)
		ing.Annotations = c.policies.Decide(request).Annotations
		c.put(ing)
	}
	r := c.rollout()
	if n := c.play(r, time.Second); n != 0 {
		t.Errorf("%d writes where nothing differs", n)
	}
	c.decide()
	if n := c.play(r, time.Second); n != 300 {
		t.Errorf("%d of 300 in a second", n)
	}
	c.play(r, time.Second)
	if len(r.lanes) != 0 || len(r.ring) != 0 {
		t.Errorf("lanes are left: %v", r.ring)
	}
}

func TestASuccessorFinishesWhatIsLeft(t *testing.T) {
	c := newCluster(t, 100)
	c.decide(timeout("p", 30, perSecond(20)))
	first := c.play(c.rollout(), 2*time.Second)
	if first < 30 || first > 60 {
		t.Fatalf("%d writes before the change of the leader", first)
	}
	if second := c.play(c.rollout(), 10*time.Second); first+second != 100 {
		t.Errorf("%d writes by the first and %d by the second of 100", first, second)
	}
}

func TestServersInUseAreWaitedForAndNeverMeansNever(t *testing.T) {
	c := newCluster(t, 3)
	c.inUse["postio-1"] = true
	r := c.rollout()
	c.decide(timeout("p", 30, existing(v1alpha1.RolloutRolling, v1alpha1.RolloutIdle)))
	c.play(r, time.Second)
	c.expect("postio-0", "30")
	c.expect("postio-1", "")
	tallyOf(t, r, "p", Tally{Matched: 3, UpToDate: 2, Deferred: 1})
	if p := r.Tallies()["p"].Problems; len(p) != 1 || p[0].Reason != WaitingForIdle || p[0].ID != 1 {
		t.Errorf("%+v", p)
	}
	c.inUse["postio-1"] = false
	c.play(r, time.Second)
	c.expect("postio-1", "30")
	tallyOf(t, r, "p", Tally{Matched: 3, UpToDate: 3})
	c.decide(timeout("p", 60, existing(v1alpha1.RolloutNever, v1alpha1.RolloutAll)))
	c.play(r, time.Second)
	c.expect("postio-0", "30")
	tallyOf(t, r, "p", Tally{Matched: 3, Deferred: 3})
	c.decide() // what nobody wants any more goes, whatever was said of edits
	c.play(r, time.Second)
	c.expect("postio-0", "")
}

func TestWhatIsOnlyTriedIsCountedAndNotWritten(t *testing.T) {
	for _, m := range []v1alpha1.Mode{v1alpha1.ModeAudit, v1alpha1.ModeWarn} {
		c := newCluster(t, 3)
		c.put(game("postio-2", map[string]string{timeoutKey: "5"}))
		r := c.rollout()
		c.decide(timeout("p", 30, mode(m)))
		if n := c.play(r, time.Second); n != 0 {
			t.Errorf("%s: %d writes", m, n)
		}
		tallyOf(t, r, "p", Tally{Matched: 3, UpToDate: 1, Pending: 2})
		c.decide(timeout("p", 30))
		if n := c.play(r, time.Second); n != 2 {
			t.Errorf("then enforced: %d writes", n)
		}
		if len(c.events) != 2 {
			t.Errorf("events %q", c.events)
		}
	}
}

func TestARefusedWriteIsToldAndNotRepeatedInARush(t *testing.T) {
	c := newCluster(t, 4)
	tries := 0
	c.answer = func(name string) error {
		if name != "postio-2" {
			return nil
		}
		tries++
		return apierrors.NewForbidden(ingresses, name, errors.New("its host is held [GH202]"))
	}
	r := c.rollout()
	c.decide(timeout("p", 30))
	c.play(r, time.Minute)
	if tries < 3 || tries > 8 {
		t.Errorf("%d tries in a minute", tries)
	}
	tallyOf(t, r, "p", Tally{Matched: 4, UpToDate: 3, Denied: 1})
	if p := r.Tallies()["p"].Problems; len(p) != 1 || p[0].Reason != Denied || p[0].ID != 2 || !strings.Contains(p[0].Message, "[GH202]") {
		t.Errorf("%+v", p)
	}
	c.answer = nil
	c.play(r, 2*time.Minute)
	tallyOf(t, r, "p", Tally{Matched: 4, UpToDate: 4})
}

// Sets that come and go, and edits of other policies, are no reason to try again at once.
func TestWhatOthersDoCausesNoRush(t *testing.T) {
	c := newCluster(t, 4)
	tries := 0
	c.answer = func(name string) error {
		if name != "postio-2" {
			return nil
		}
		tries++
		return apierrors.NewForbidden(ingresses, name, errors.New("its host is held [GH202]"))
	}
	r := c.rollout()
	c.decide(timeout("p", 30))
	since := c.now
	for range 10 * 60 {
		c.play(r, time.Second)
		c.generation++
	}
	if tries < 30 || tries > 70 {
		t.Errorf("%d tries in ten minutes", tries)
	}
	if p := r.Tallies()["p"].Problems; len(p) != 1 || p[0].Reason != Denied || p[0].Since.Sub(since) > time.Second {
		t.Errorf("%+v", p)
	}
	c.answer = nil
	c.play(r, reconsider+time.Second)
	tallyOf(t, r, "p", Tally{Matched: 4, UpToDate: 4})
}

func TestARolloutPausesWhenWritesFailAndGoesOnByItself(t *testing.T) {
	c := newCluster(t, 500)
	broken, tries := true, 0
	c.answer = func(string) error {
		if tries++; broken {
			return apierrors.NewInternalError(errors.New("etcd has no leader"))
		}
		return nil
	}
	r := c.rollout()
	c.decide(timeout("p", 30, perSecond(100)))
	c.play(r, time.Minute)
	if tries > 15 {
		t.Errorf("%d tries in a minute of nothing but failures", tries)
	}
	if got := r.Tallies()["p"]; !strings.Contains(got.Paused, "etcd has no leader") || got.Pending != 500 {
		t.Errorf("%+v", got)
	}
	if last := c.events[len(c.events)-1]; !strings.HasPrefix(last, "RolloutPaused p: 5 writes in a row failed, the last of Ingress games/postio-") {
		t.Errorf("events %q", c.events)
	}
	if got := testutil.ToFloat64(r.metrics.paused.WithLabelValues("p")); got != 1 {
		t.Errorf("gatehouse_rollout_paused is %v during the pause", got)
	}
	broken = false
	c.play(r, 6*time.Minute)
	tallyOf(t, r, "p", Tally{Matched: 500, UpToDate: 500})
	if got := testutil.ToFloat64(r.metrics.paused.WithLabelValues("p")); got != 0 {
		t.Errorf("gatehouse_rollout_paused is %v after the pause", got)
	}
	if !sets.New(c.events...).Has("RolloutResumed p: Ingresses can be written again") {
		t.Errorf("events %q", c.events)
	}
}

func TestWhatWasOnItsWayDoesNotMakeAPauseLonger(t *testing.T) {
	c := newCluster(t, 100)
	broken := true
	c.answer = func(string) error {
		if broken {
			return apierrors.NewInternalError(errors.New("etcd has no leader"))
		}
		return nil
	}
	r := c.rollout()
	c.decide(timeout("p", 30, perSecond(1000)))
	r.pass()
	var onTheirWay []job
	for range pauseAfter + 7 { // eight workers have begun when the fifth write fails
		c.now = c.now.Add(tick)
		next, wait := r.next()
		if wait > 0 {
			t.Fatalf("%d handed out", len(onTheirWay))
		}
		onTheirWay = append(onTheirWay, next)
	}
	for _, j := range onTheirWay {
		r.write(t.Context(), j)
	}
	broken = false
	c.play(r, firstPause+5*time.Second)
	tallyOf(t, r, "p", Tally{Matched: 100, UpToDate: 100})
}

func TestWhatIsRefusedForAllPausesToo(t *testing.T) {
	c := newCluster(t, 200)
	tries, full := 0, true
	c.answer = func(name string) error {
		if tries++; full {
			return apierrors.NewForbidden(ingresses, name, errors.New("exceeded quota"))
		}
		return nil
	}
	r := c.rollout()
	c.decide(timeout("p", 30, perSecond(100)))
	c.play(r, 2*time.Minute)
	if tries > 20 || r.Tallies()["p"].Paused == "" {
		t.Errorf("%d tries, %+v", tries, r.Tallies()["p"])
	}
	full = false
	c.play(r, 12*time.Minute)
	tallyOf(t, r, "p", Tally{Matched: 200, UpToDate: 200})
}

func TestAFightIsRecognisedSlowedDownAndReported(t *testing.T) {
	fight(t, func(*cluster) {})
}

func TestAFightIsRecognisedWhateverOthersDo(t *testing.T) {
	fight(t, func(c *cluster) { c.generation++ })
}

func fight(t *testing.T, others func(*cluster)) {
	t.Helper()
	c := newCluster(t, 2)
	r := c.rollout()
	c.decide(timeout("p", 30))
	c.play(r, time.Second)
	fights := 0
	for range 600 { // ten minutes, another writer every second
		if ing := c.stored[key("postio-0")]; ing.Annotations[timeoutKey] == "30" {
			rewritten := ing.DeepCopy()
			delete(rewritten.Annotations, timeoutKey)
			delete(rewritten.Annotations, policy.AppliedAnnotation)
			c.put(rewritten)
			fights++
		}
		others(c)
		c.play(r, time.Second)
	}
	if fights < 4 || fights > 15 {
		t.Errorf("written over %d times in ten minutes", fights)
	}
	tallyOf(t, r, "p", Tally{Matched: 2, UpToDate: 1, Denied: 1})
	if p := r.Tallies()["p"].Problems; len(p) != 1 || p[0].Reason != Contested || p[0].ID != 0 {
		t.Errorf("%+v", p)
	}
	c.play(r, 10*time.Minute)
	tallyOf(t, r, "p", Tally{Matched: 2, UpToDate: 2})
}

func TestDoneIsWhatTheAnswerCarries(t *testing.T) {
	c := newCluster(t, 1)
	older := true
	c.decide(timeout("p", 10))
	before := c.policies
	c.after = func(ing *networkingv1.Ingress) {
		if older { // another replica answers by the policies that it knows
			_, request, _ := c.At(ing)
			ing.Annotations = before.Decide(request).Annotations
		}
	}
	r := c.rollout()
	c.decide(timeout("p", 30))
	c.play(r, 3*time.Second)
	if got := r.Tallies()["p"]; got.UpToDate != 0 || c.writes["postio-0"] > 4 || got.Problems[0].Reason != Failed {
		t.Errorf("%+v after %d writes", got, c.writes["postio-0"])
	}
	older = false
	c.play(r, 30*time.Second)
	tallyOf(t, r, "p", Tally{Matched: 1, UpToDate: 1})
}

func TestMemoryThatIsBehindCausesNoSecondWrite(t *testing.T) {
	c := newCluster(t, 10)
	c.late = true
	r := c.rollout()
	c.decide(timeout("p", 30, perSecond(1000)))
	asked := 0
	c.answer = func(string) error { asked++; return nil }
	c.play(r, 3*time.Second)
	if asked != 10 {
		t.Errorf("%d requests for 10 Ingresses", asked)
	}
	c.decide(timeout("p", 40, perSecond(1000)))
	if r.pass(); r.Counted() == c.generation {
		t.Error("an edit is counted that nobody has judged")
	}
	c.decide(timeout("p", 30, perSecond(1000)))
	c.hear()
	c.play(r, time.Second)
	if r.Counted() != c.generation {
		t.Errorf("counted %d of %d", r.Counted(), c.generation)
	}
	tallyOf(t, r, "p", Tally{Matched: 10, UpToDate: 10})
	if asked != 10 {
		t.Errorf("%d requests for 10 Ingresses", asked)
	}
}

func TestWhoeverWritesFirstIsNotWrittenOver(t *testing.T) {
	c := newCluster(t, 1)
	c.late = true
	r := c.rollout()
	c.decide(timeout("p", 30))
	r.pass()
	c.mu.Lock()
	c.store(game("postio-0", map[string]string{timeoutKey: "7"})) // memory has not heard of it
	c.mu.Unlock()
	c.play(r, time.Second)
	c.expect("postio-0", "7")
	c.hear()
	c.play(r, 3*time.Second)
	c.expect("postio-0", "7")
	tallyOf(t, r, "p", Tally{Matched: 1, UpToDate: 1})
}
