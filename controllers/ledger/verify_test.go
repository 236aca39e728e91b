package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

func holderOf(p host.Party) string {
	_, holder := p.Claimant(a)
	return host.Describe(holder)
}

// Before there were claims, or after somebody deleted one, an Ingress can stand on a host that nobody holds.
func TestAFreeHostOnWhichAnotherStandsIsRefusedWithoutAWrite(t *testing.T) {
	w := newWorld(t)
	w.stand(arena, a, noon.Add(-time.Hour))
	v := w.claim(asks(postio, a))[0]
	if v.Outcome != host.Refused || host.Describe(v.Holder) != holderOf(arena) || v.InFlight {
		t.Errorf("%+v", v)
	}
	if diff := cmp.Diff([]string{"get " + claimA}, w.made()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// The Ingress may become known only after the look and before the claim is written: then the deed is its own.
func TestANewClaimIsGivenToWhomItIsFoundToBelong(t *testing.T) {
	for name, test := range map[string]struct {
		setUp func(*world)
		verb  string // the write after which the Ingress is known
		calls []string
	}{
		"made":    {func(*world) {}, "create", []string{"create " + claimA, "update " + claimA}},
		"renewed": {func(w *world) { w.store(postio, a, time.Minute, 0, false); w.hear() }, "update", []string{"update " + claimA, "update " + claimA}},
		"joined":  {func(w *world) { w.store(host.Party{Namespace: "games"}, a, time.Minute, 0, false); w.hear() }, "update", []string{"update " + claimA, "update " + claimA}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test.setUp(w)
			w.before = func(verb, _ string) error {
				if verb == test.verb && len(w.index) == 0 {
					w.stand(arena, a, noon.Add(-time.Hour))
				}
				return nil
			}
			v := w.claim(asks(postio, a))[0]
			if v.Outcome != host.Refused || host.Describe(v.Holder) != holderOf(arena) {
				t.Errorf("%+v", v)
			}
			if diff := cmp.Diff(test.calls, w.made()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(map[string]string{a: holderOf(arena)}, w.holders()); diff != "" {
				t.Errorf("holders (-want +got):\n%s", diff)
			}
			if spec := w.stored[claimA].Spec; spec.Guest != nil || spec.Shared {
				t.Errorf("it is shared: %+v", spec)
			}
			// The one that stands has it, and nobody else.
			w.hear()
			if got := w.claim(asks(arena, a))[0].Outcome; got != host.Renew {
				t.Errorf("the one that stands: outcome %d", got)
			}
		})
	}
}

func TestWhoeverStandsThereRightlyIsNoRival(t *testing.T) {
	second := postio
	second.SharedHost = a
	sister := host.Party{Namespace: "games", Set: "postio", ID: 8, SharedHost: a}
	for name, test := range map[string]struct {
		party    host.Party
		stands   host.Party
		created  time.Duration
		mine     time.Duration // when the party's own Ingress was created; 0: none stands
		outcome  host.Outcome
		standing string
	}{
		"itself":                    {party: postio, stands: postio, outcome: host.Take},
		"a server of its set":       {party: second, stands: sister, outcome: host.Take},
		"one of its namespace":      {party: shop, stands: shop, outcome: host.Take},
		"a solver of its namespace": {party: postio, stands: host.Party{Namespace: "games", Solver: true}, outcome: host.Take},
		"another, younger":          {party: postio, stands: arena, created: time.Minute, mine: -time.Minute, outcome: host.Take},
		"another, older":            {party: postio, stands: arena, created: -time.Minute, mine: time.Minute, outcome: host.Refused},
		"another":                   {party: postio, stands: arena, outcome: host.Refused},
		"a web Ingress elsewhere":   {party: postio, stands: shop, outcome: host.Refused},
		"a server of no shared set": {party: postio, stands: host.Party{Namespace: "games", Set: "postio", ID: 8}, outcome: host.Refused},
		"a mate of a set not known": {party: second, stands: host.Party{Namespace: "games", Set: "postio", ID: 8}, outcome: host.Take},
		"web Ingresses, for one":    {party: host.Party{Namespace: "blog"}, stands: shop, outcome: host.Take},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.stand(test.stands, a, noon.Add(test.created))
			if test.mine != 0 {
				w.index[a] = append(w.index[a], ledger.Standing{Party: test.party, Name: "former-7", Created: noon.Add(test.mine)})
				if w.index[a][0].Created.After(w.index[a][1].Created) {
					w.index[a][0], w.index[a][1] = w.index[a][1], w.index[a][0]
				}
			}
			if got := w.claim(asks(test.party, a))[0].Outcome; got != test.outcome {
				t.Errorf("outcome %d, want %d", got, test.outcome)
			}
		})
	}
}

// An UPDATE makes an Ingress somebody else's: it is no rival of itself.
func TestTheIngressOfTheRequestIsNoRival(t *testing.T) {
	w := newWorld(t)
	w.stand(postio, a, noon.Add(-time.Hour))
	ask := asks(host.Party{Namespace: "games"}, a)
	ask.Ingress = "postio-7"
	if got := w.claim(ask)[0].Outcome; got != host.Take {
		t.Errorf("outcome %d", got)
	}
	ask.Party.Namespace = "arena" // one of the same name elsewhere
	w = newWorld(t)
	w.stand(postio, a, noon.Add(-time.Hour))
	if got := w.claim(ask)[0].Outcome; got != host.Refused {
		t.Errorf("outcome %d", got)
	}
}

func TestAClaimThatCannotBeGivenOnIsGivenBack(t *testing.T) {
	broken := errors.New("etcd is away")
	rivalAppears := func(w *world, then error) {
		w.before = func(verb, name string) error {
			switch verb {
			case "create":
				w.stand(arena, a, noon.Add(-time.Hour))
			case "update":
				return then
			}
			return nil
		}
	}
	w := newWorld(t)
	rivalAppears(w, broken)
	if _, err := w.ledger.Claim(t.Context(), asks(postio, a)); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(map[string]string{}, w.holders()); diff != "" {
		t.Errorf("holders (-want +got):\n%s", diff)
	}
	// Written meanwhile by another request of the same holder, which finds the rival too: refused, and no error.
	w = newWorld(t)
	rivalAppears(w, apierrors.NewConflict(resource, claimA, broken))
	if got := refusedHosts(w.claim(asks(postio, a))); len(got) != 1 {
		t.Errorf("refused %v", got)
	}
}

// A game joins the web Ingresses of its namespace, but not if another one stands there already. The claim, which is in
// use, stays theirs.
func TestADeedInUseIsNotGivenAway(t *testing.T) {
	web := host.Party{Namespace: "games"}
	w := newWorld(t)
	w.store(web, a, time.Hour, 0, true)
	w.stand(web, a, noon.Add(-time.Hour))
	w.hear()
	w.before = func(verb, _ string) error {
		if verb == "update" {
			w.stand(host.Party{Namespace: "games", Set: "arena", ID: 1}, a, noon.Add(-2*time.Hour))
		}
		return nil
	}
	v := w.claim(asks(postio, a))[0]
	if v.Outcome != host.Refused || host.Describe(v.Holder) != "game server games/arena-1 (GameServerSet arena, id 1)" {
		t.Errorf("%+v", v)
	}
	if claim := w.stored[claimA]; claim.Spec.Sharing != v1alpha1.SharingNamespace || claim.Spec.Holder.Namespace != "games" {
		t.Errorf("%+v", claim.Spec)
	}
}

// From before there were claims a game may stand beside the web Ingresses of its namespace and not be their guest.
func TestAForeignFrontEndFindsTheGameBesideThoseThatHoldTheHost(t *testing.T) {
	w := newWorld(t)
	w.store(shop, a, time.Hour, 0, true)
	w.stand(shop, a, noon.Add(-2*time.Hour))
	blog := host.Party{Namespace: "blog"}
	w.hear()
	if v := w.claim(asks(blog, a))[0]; v.Outcome != host.Renew || !v.Shared {
		t.Errorf("without the game: %+v", v)
	}
	game := host.Party{Namespace: shop.Namespace, Set: "arcade", ID: 1}
	w.stand(game, a, noon.Add(-time.Hour))
	w.hear()
	if v := w.claim(asks(blog, a))[0]; v.Outcome != host.Refused || host.Describe(v.Holder) != holderOf(game) {
		t.Errorf("beside the game: %+v", v)
	}
}

// A canary stands in the right of its primary.
func TestAClaimIsGivenToThePrimaryOfACanaryThatStands(t *testing.T) {
	w := newWorld(t)
	w.before = func(verb, _ string) error {
		if verb == "create" && len(w.index) == 0 {
			w.stand(host.Party{Namespace: "games", Set: "beta", ID: 1, CanaryOf: "arena"}, a, noon.Add(-time.Hour))
		}
		return nil
	}
	primary := host.Party{Namespace: "games", Set: "arena", ID: 1}
	if v := w.claim(asks(postio, a))[0]; v.Outcome != host.Refused || host.Describe(v.Holder) != holderOf(primary) {
		t.Errorf("%+v", v)
	}
	if diff := cmp.Diff(map[string]string{a: holderOf(primary)}, w.holders()); diff != "" {
		t.Errorf("holders (-want +got):\n%s", diff)
	}
}

func TestACanaryNeedsItsPrimaryToStandThere(t *testing.T) {
	beta := host.Party{Namespace: "games", Set: "beta", ID: 7, CanaryOf: "postio"}
	for name, test := range map[string]struct {
		setUp func(*world)
		want  host.Outcome
		by    string // the holder that is named
	}{
		"nobody holds it":     {func(*world) {}, host.Refused, "the web Ingresses of namespace "},
		"its primary stands":  {func(w *world) { w.store(postio, a, time.Hour, 0, true); w.stand(postio, a, noon) }, host.Rely, ""},
		"its primary is gone": {func(w *world) { w.store(postio, a, time.Hour, 0, true) }, host.Refused, holderOf(postio)},
		"another server stands": {func(w *world) {
			w.store(postio, a, time.Hour, 0, true)
			w.stand(host.Party{Namespace: "games", Set: "postio", ID: 8}, a, noon)
		}, host.Refused, holderOf(postio)},
		"it stands there itself": {func(w *world) { w.store(postio, a, time.Hour, 0, true); w.stand(beta, a, noon) }, host.Refused, holderOf(postio)},
		"its primary is a canary": {func(w *world) {
			w.store(postio, a, time.Hour, 0, true)
			w.stand(host.Party{Namespace: "games", Set: "postio", ID: 7, CanaryOf: "stable"}, a, noon)
		}, host.Refused, holderOf(postio)},
		"its primary is a guest that stands":  {func(w *world) { guest(w, postio); w.stand(postio, a, noon) }, host.Rely, ""},
		"its primary is a guest that is gone": {func(w *world) { guest(w, postio) }, host.Refused, holderOf(postio)},
		"it holds the host itself":            {func(w *world) { w.store(host.Party{Namespace: "games", Set: "beta", ID: 7}, a, time.Hour, 0, true) }, host.Rely, ""},
		"somebody else holds it":              {func(w *world) { w.store(arena, a, time.Hour, 0, true) }, host.Refused, holderOf(arena)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test.setUp(w)
			w.hear()
			before := w.holders()
			v := w.claim(asks(beta, a))[0]
			if v.Outcome != test.want || test.by != "" && host.Describe(v.Holder) != test.by {
				t.Errorf("%+v", v)
			}
			if v.Outcome == host.Refused && v.NoPrimary != (name != "somebody else holds it") {
				t.Errorf("no primary: %v", v.NoPrimary)
			}
			if diff := cmp.Diff(before, w.holders()); diff != "" {
				t.Errorf("holders (-before +after):\n%s", diff)
			}
		})
	}
}

// guest has a server as the guest of its namespace's web Ingresses.
func guest(w *world, p host.Party) {
	claim := w.store(host.Party{Namespace: p.Namespace}, a, time.Hour, 0, true)
	_, holder := p.Claimant(a)
	claim.Spec.Guest = &holder
}
