package ledger_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

const (
	a, b, c = "a.example.com", "b.example.com", "c.example.com"
	claimA  = a + ".higress"
)

var (
	postio = host.Party{Namespace: "games", Set: "postio", ID: 7}
	arena  = host.Party{Namespace: "arena", Set: "lobby", ID: 3}
	shop   = host.Party{Namespace: "shop"}
)

func TestTheFirstToCreateTheClaimHasTheHost(t *testing.T) {
	w := newWorld(t)
	verdicts := w.claim(asks(postio, a))
	if verdicts[0].Outcome != host.Take || verdicts[0].Deed != deed(a) {
		t.Errorf("%+v", verdicts)
	}
	id := 7
	want := v1alpha1.HostClaimSpec{
		Class: "higress", Host: a, Sharing: v1alpha1.SharingServer, RenewedAt: host.Stamp(noon),
		Holder: v1alpha1.Holder{Name: "games/postio", Namespace: "games", GameServerSet: "postio", ID: &id},
	}
	if diff := cmp.Diff(want, w.stored[claimA].Spec); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Another replica has not heard of it.
	w.restart()
	w.made()
	w.now = noon.Add(host.InFlight - time.Nanosecond)
	v := w.claim(asks(arena, a))[0]
	if v.Outcome != host.Refused || host.Describe(v.Holder) != "game server games/postio-7 (GameServerSet postio, id 7)" || !v.InFlight || !v.News {
		t.Errorf("%+v", v)
	}
	if diff := cmp.Diff([]string{"create " + claimA, "get " + claimA}, w.made()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// Undisturbed, a deed costs one write at most, and none where it was relied on lately. Whatever memory says, the outcome
// is that of the claim as it is.
func TestADeedCostsAtMostOneWriteAndNoneWhereItIsFresh(t *testing.T) {
	const known, unknown = true, false
	cases := map[string]struct {
		setUp func(*world)
		known bool // by this replica
		want  host.Outcome
		calls []string
	}{
		"free":                  {func(*world) {}, known, host.Take, []string{"create"}},
		"its own, fresh":        {func(w *world) { w.store(postio, a, time.Hour, host.RenewAfter-time.Microsecond, true) }, known, host.Rely, nil},
		"its own, not so fresh": {func(w *world) { w.store(postio, a, time.Hour, host.RenewAfter, true) }, known, host.Renew, []string{"update"}},
		"its own, never seen":   {func(w *world) { w.store(postio, a, time.Hour, 0, false) }, known, host.Renew, []string{"update"}},
		"its own, fresh, unknown": {
			func(w *world) { w.store(postio, a, time.Hour, 0, true) }, unknown, host.Rely, []string{"create", "get"}},
		"its own, not so fresh, unknown": {
			func(w *world) { w.store(postio, a, time.Hour, time.Minute, true) }, unknown, host.Renew, []string{"create", "get", "update"}},
		"its own, just made, unknown": {
			func(w *world) { w.store(postio, a, time.Second, time.Second, false) }, unknown, host.Renew, []string{"create", "get", "update"}},
		"another's":          {func(w *world) { w.store(arena, a, time.Hour, 0, true) }, known, host.Refused, []string{"get"}},
		"another's, unknown": {func(w *world) { w.store(arena, a, time.Hour, 0, true) }, unknown, host.Refused, []string{"create", "get"}},
		"another's that is gone": {func(w *world) {
			w.claims.Put(w.store(arena, a, time.Hour, 0, true))
			delete(w.stored, claimA)
		}, unknown, host.Take, []string{"get", "get", "create"}},
		"another's that is its own by now": {func(w *world) {
			w.claims.Put(w.store(arena, a, time.Hour, 0, true))
			w.store(postio, a, time.Hour, 0, true)
		}, unknown, host.Rely, []string{"get", "get"}},
		"its own that is gone": {func(w *world) {
			w.claims.Put(w.store(postio, a, time.Hour, time.Minute, true))
			delete(w.stored, claimA)
		}, unknown, host.Take, []string{"update", "get", "create"}},
		"its own that is another's by now": {func(w *world) {
			w.claims.Put(w.store(postio, a, time.Hour, time.Minute, true))
			w.store(arena, a, time.Minute, 0, true)
		}, unknown, host.Refused, []string{"update", "get"}},
		"its own that was renewed elsewhere": {func(w *world) {
			w.claims.Put(w.store(postio, a, time.Hour, time.Minute, true))
			w.store(postio, a, time.Hour, 0, true)
		}, unknown, host.Rely, []string{"update", "get"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test.setUp(w)
			if test.known {
				w.hear()
			}
			before := map[string]string{}
			if claim := w.stored[claimA]; claim != nil {
				before[a] = host.Describe(claim.Spec.Holder)
			}
			if got := w.claim(asks(postio, a))[0].Outcome; got != test.want {
				t.Errorf("outcome %d, want %d", got, test.want)
			}
			var calls []string
			for _, call := range w.made() {
				calls = append(calls, strings.TrimSuffix(call, " "+claimA))
			}
			if diff := cmp.Diff(test.calls, calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if test.want != host.Refused {
				before[a] = host.Describe(w.ours())
			}
			if diff := cmp.Diff(before, w.holders()); diff != "" {
				t.Errorf("holders (-want +got):\n%s", diff)
			}
			if renewed := w.stored[claimA].Spec.RenewedAt; test.want == host.Renew && renewed != host.Stamp(noon) {
				t.Errorf("renewed at %s", renewed)
			}
		})
	}
}

// ours is the holder that postio is.
func (w *world) ours() v1alpha1.Holder {
	_, holder := postio.Claimant(a)
	return holder
}

func TestAHostIsInFlightOnlyWhileItsClaimIsNewAndNoIngressWasSeen(t *testing.T) {
	for name, test := range map[string]struct {
		age   time.Duration
		bound bool
		seen  bool // the Ingress, by this replica
		want  bool
	}{
		"just made":            {0, false, false, true},
		"almost 3 s old":       {host.InFlight - time.Nanosecond, false, false, true},
		"3 s old":              {host.InFlight, false, false, false},
		"from a clock ahead":   {-time.Second, false, false, true},
		"from a clock far off": {-time.Hour, false, false, false},
		"just made and bound":  {0, true, false, false},
		"just made and stored": {0, false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.store(arena, a, test.age, test.age, test.bound)
			if test.seen {
				w.stand(arena, a, noon)
			}
			for _, known := range []bool{false, true} {
				if known {
					w.hear()
				}
				if v := w.claim(asks(postio, a))[0]; v.Outcome != host.Refused || v.InFlight != test.want {
					t.Errorf("known %v: %+v", known, v)
				}
			}
		})
	}
}

func TestSeveralHostsAreClaimedInTheOrderOfTheirNames(t *testing.T) {
	w := newWorld(t)
	if got := refusedHosts(w.claim(asks(postio, c, a, b))); got != nil {
		t.Errorf("refused %v", got)
	}
	if diff := cmp.Diff([]string{"create " + claimA, "create " + b + ".higress", "create " + c + ".higress"}, w.made()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// All hosts or none. A claim that was there before the request stays, renewed or not.
func TestARefusedCaseGivesBackWhatItHasCreatedItself(t *testing.T) {
	w := newWorld(t)
	w.store(postio, b, time.Hour, time.Minute, true)
	w.hear()
	w.store(arena, c, time.Hour, 0, true) // not heard of
	if diff := cmp.Diff([]string{c}, refusedHosts(w.claim(asks(postio, "d.example.com", c, b, a)))); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	calls := []string{"create " + claimA, "update " + b + ".higress", "create " + c + ".higress", "get " + c + ".higress", "delete " + claimA}
	if diff := cmp.Diff(calls, w.made()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	want := map[string]string{b: host.Describe(w.ours()), c: "game server arena/lobby-3 (GameServerSet lobby, id 3)"}
	if diff := cmp.Diff(want, w.holders()); diff != "" {
		t.Errorf("holders (-want +got):\n%s", diff)
	}
	// Heard of, it costs no write at all.
	w.hear()
	w.claim(asks(postio, "d.example.com", c, b, a))
	if diff := cmp.Diff([]string{"get " + c + ".higress"}, w.made()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// Somebody else of the same holder may have relied on the claim meanwhile, or it is another one of the same name.
func TestAClaimThatOthersWroteSinceIsNotGivenBack(t *testing.T) {
	for name, meanwhile := range map[string]func(*world){
		"renewed":            func(w *world) { w.stored[claimA].ResourceVersion = w.next() },
		"deleted and remade": func(w *world) { delete(w.stored, claimA); w.store(postio, a, 0, 0, false) },
		"deleted":            func(w *world) { delete(w.stored, claimA); w.store(arena, a, 0, 0, false) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.store(arena, b, time.Hour, 0, true)
			w.before = func(verb, name string) error {
				if verb == "delete" {
					w.stored[claimA] = w.stored[claimA].DeepCopy()
					meanwhile(w)
				}
				return nil
			}
			if diff := cmp.Diff([]string{b}, refusedHosts(w.claim(asks(postio, a, b)))); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
			if w.stored[claimA] == nil {
				t.Error("deleted all the same")
			}
		})
	}
}

func TestAskingTwiceIsAskingOnce(t *testing.T) {
	for name, between := range map[string]func(*world){
		"by another replica": (*world).restart, "by one that has heard": (*world).hear, "by the same at once": func(*world) {},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.claim(asks(postio, a, b))
			uid := w.stored[claimA].UID
			between(w)
			w.now = w.now.Add(time.Second)
			if got := refusedHosts(w.claim(asks(postio, a, b))); got != nil {
				t.Errorf("refused %v", got)
			}
			if len(w.stored) != 2 || w.stored[claimA].UID != uid {
				t.Errorf("claims %v", w.holders())
			}
			// A second try that is refused leaves to the first one what that has created.
			w.store(arena, c, time.Hour, 0, true)
			if diff := cmp.Diff([]string{c}, refusedHosts(w.claim(asks(postio, a, b, c)))); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
			if w.stored[claimA] == nil || w.stored[claimA].UID != uid {
				t.Errorf("claims %v", w.holders())
			}
		})
	}
}

func TestWhatTheAPIServerDoesNotAnswerIsAnError(t *testing.T) {
	broken := errors.New("etcd is away")
	for name, test := range map[string]struct {
		setUp func(*world)
		fails string
		want  map[string]string
	}{
		"a create":          {func(*world) {}, "create " + b + ".higress", map[string]string{}},
		"a renewal":         {func(w *world) { w.store(postio, b, time.Hour, time.Minute, true); w.hear() }, "update " + b + ".higress", map[string]string{b: "ours"}},
		"a read":            {func(w *world) { w.store(arena, b, time.Hour, 0, true) }, "get " + b + ".higress", map[string]string{b: "arena"}},
		"a read in advance": {func(w *world) { w.store(arena, b, time.Hour, 0, true); w.hear() }, "get " + b + ".higress", map[string]string{b: "arena"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test.setUp(w)
			w.before = func(verb, name string) error {
				if verb+" "+name == test.fails {
					return broken
				}
				return nil
			}
			if _, err := w.ledger.Claim(t.Context(), asks(postio, a, b)); !errors.Is(err, broken) || !strings.Contains(err.Error(), b+".higress") {
				t.Errorf("error %v", err)
			}
			got := w.holders()
			for host, by := range got {
				switch {
				case strings.Contains(by, "postio-7"):
					got[host] = "ours"
				case strings.Contains(by, "arena"):
					got[host] = "arena"
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("holders (-want +got):\n%s", diff)
			}
		})
	}
}

// The client may have gone, or the webhook's time is up: what was created is given back all the same.
func TestAnEndedRequestLeavesNothingBehind(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.before = func(verb, name string) error {
		if verb == "create" && name != claimA {
			cancel()
		}
		return nil
	}
	if _, err := w.ledger.Claim(ctx, asks(postio, a, b)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if len(w.stored) > 0 {
		t.Errorf("left behind: %v", w.holders())
	}
}

// If even that fails, the answer is the same: the janitor releases the claim.
func TestAClaimThatCannotBeGivenBackDoesNotChangeTheAnswer(t *testing.T) {
	w := newWorld(t)
	w.store(arena, b, time.Hour, 0, true)
	w.before = func(verb, _ string) error {
		if verb == "delete" {
			return errors.New("etcd is away")
		}
		return nil
	}
	if diff := cmp.Diff([]string{b}, refusedHosts(w.claim(asks(postio, a, b)))); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
}

func TestAClaimThatIsWrittenAllTheTimeIsAnErrorInTheEnd(t *testing.T) {
	w := newWorld(t)
	w.store(postio, a, time.Hour, time.Minute, true)
	w.hear()
	w.before = func(verb, name string) error {
		if verb == "update" {
			return apierrors.NewConflict(resource, name, errors.New("again"))
		}
		return nil
	}
	_, err := w.ledger.Claim(t.Context(), asks(postio, a))
	if err == nil || err.Error() != "HostClaim a.example.com.higress was written by others 32 times in a row" {
		t.Errorf("error %v", err)
	}
}

// Former is whose Ingress an UPDATE orphans. Where it stood, and only there, it goes on standing, a duplicate too.
func TestAnIngressThatBecomesNobodysKeepsItsHost(t *testing.T) {
	orphan := func(former host.Party, stood ...string) host.Case {
		c := asks(host.Party{Namespace: "games"}, a)
		c.Ingress, c.Former, c.Stood = "postio-7", &former, stood
		return c
	}
	for name, test := range map[string]struct {
		c    host.Case
		want host.Outcome
	}{
		"where it stood":    {orphan(postio, a), host.Renew},
		"another server's":  {orphan(host.Party{Namespace: "games", Set: "postio", ID: 8}, a), host.Rely},
		"a host it had not": {orphan(postio, b), host.Refused},
		"without a past":    {asks(host.Party{Namespace: "games"}, a), host.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.store(postio, a, time.Hour, time.Minute, true)
			w.stand(postio, a, noon.Add(-time.Hour))
			w.hear()
			if got := w.claim(test.c)[0].Outcome; got != test.want {
				t.Errorf("outcome %d, want %d", got, test.want)
			}
			if diff := cmp.Diff(map[string]string{a: host.Describe(w.ours())}, w.holders()); diff != "" {
				t.Errorf("holders (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLookingWritesAndReadsNothing(t *testing.T) {
	w := newWorld(t)
	w.store(postio, a, time.Hour, time.Minute, true)
	w.store(arena, b, time.Hour, 0, true)
	w.hear()
	w.store(arena, "d.example.com", time.Hour, 0, true) // not heard of
	want := map[string]host.Outcome{a: host.Renew, b: host.Refused, c: host.Take, "d.example.com": host.Take}
	if diff := cmp.Diff(want, outcomes(w.ledger.Look(asks(postio, c, b, a, "d.example.com")))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if calls := w.made(); calls != nil {
		t.Errorf("calls %v", calls)
	}
}

// Many ask for the same two hosts at once, each through a replica of its own that has heard of nothing, in either order.
func TestOfManyAtOnceOneHasAll(t *testing.T) {
	for range 20 {
		w := newWorld(t)
		const many = 16
		type answer struct {
			party   host.Party
			refused []string
			err     error
		}
		answers := make(chan answer, many)
		for i := range many {
			p := host.Party{Namespace: "games", Set: "postio", ID: i}
			ask := asks(p, a, b)
			if i%2 == 1 {
				ask = asks(p, b, a)
			}
			l := ledger.New(w.apiServer, &ledger.Claims{}, standing{}, host.Terms{}, func() time.Time { return noon }, prometheus.NewRegistry(), logr.Discard())
			go func() {
				verdicts, err := l.Claim(t.Context(), ask)
				answers <- answer{p, refusedHosts(verdicts), err}
			}()
		}
		var winners []host.Party
		for range many {
			got := <-answers
			if got.err != nil {
				t.Fatal(got.err)
			}
			if got.refused == nil {
				winners = append(winners, got.party)
			}
		}
		if len(winners) != 1 {
			t.Fatalf("winners %v", winners)
		}
		_, holder := winners[0].Claimant(a)
		want := map[string]string{a: host.Describe(holder), b: host.Describe(holder)}
		if diff := cmp.Diff(want, w.holders()); diff != "" {
			t.Fatalf("holders (-want +got):\n%s", diff)
		}
	}
}
