package janitor_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

func TestTheOldestIngressOnAHostGetsTheDeedThatThereWasNot(t *testing.T) {
	canary := host.Party{Namespace: "games", Set: "beta", ID: 7, CanaryOf: "postio"}
	cases := map[string]struct {
		setUp func(*world)
		want  []string
	}{
		"a game server alone": {func(w *world) { w.stand(postio7, 0, h7) }, []string{h7 + ": " + ofPostio7 + ", Bound to games/postio-7"}},
		"several hosts":       {func(w *world) { w.stand(shop, 0, "a.example.com", "*.example.com", "") }, []string{"*.example.com: " + ofShop + ", Bound to shop/front", "*: " + ofShop + ", Bound to shop/front", "a.example.com: " + ofShop + ", Bound to shop/front"}},
		"the oldest": {func(w *world) {
			w.stand(postio7, time.Minute, h7)
			w.stand(lobby7, time.Hour, h7)
			w.stand(shop, 0, h7)
		}, []string{h7 + ": " + ofLobby7 + ", Bound to arena/lobby-7"}},
		"of the same second, the one that the gateway serves": {func(w *world) {
			w.stand(host.Party{Namespace: "a", Set: "zz", ID: 1}, time.Minute, h7)
			w.stand(host.Party{Namespace: "z", Set: "aa", ID: 1}, time.Minute, h7)
		}, []string{h7 + ": game server z/aa-1 (GameServerSet aa, id 1), Bound to z/aa-1"}},
		"no canary, however old": {func(w *world) {
			w.stand(canary, 2*time.Hour, h7)
			w.stand(postio7, time.Hour, h7)
		}, []string{h7 + ": " + ofPostio7 + ", Bound to games/postio-7"}},
		"no canary alone": {func(w *world) { w.stand(canary, time.Hour, h7) }, nil},
		"nobody whose class is not managed": {func(w *world) {
			class := "nginx"
			w.stand(shop, time.Hour, h7).Spec.IngressClassName = &class
		}, nil},
		"nobody in quarantine": {func(w *world) { w.quarantine(lobby7, 0, h7); w.claim(postio7, h7) }, []string{h7 + ": " + ofPostio7 + ", Pending"}},
		"the whole set where it shares the host": {func(w *world) {
			w.declare("games", "postio", h7, 6, 7)
			w.stand(postio7, time.Hour, h7)
			w.stand(host.Party{Namespace: "games", Set: "postio", ID: 6}, time.Minute, h7)
		}, []string{h7 + ": GameServerSet games/postio, Bound to games/postio-7"}},
		"a front end with the game of its namespace": {func(w *world) {
			w.stand(host.Party{Namespace: "games"}, time.Hour, h7)
			w.stand(postio7, time.Minute, h7)
		}, []string{h7 + ": " + ofGames + ", guest " + ofPostio7 + ", Bound to games/front"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test.setUp(w)
			w.settle()
			w.holds(test.want...)
		})
	}
}

func TestAnAdoptionIsToldOnce(t *testing.T) {
	w := newWorld(t)
	w.stand(postio7, time.Hour, h7)
	w.settle()
	w.later(host.Quiet)
	w.settle()
	same(t, "events", []string{"Normal Adopted TendHostClaim for Ingress games/postio-7, which stood on the host without a claim {kind=HostClaim,apiVersion=gatehouse.dev/v1alpha1}"}, w.told())
}

// What is in memory may lag behind: a claim that is there is not made, and an Ingress that is gone gets none.
func TestAdoptionGoesByWhatIsReallyThere(t *testing.T) {
	w := newWorld(t)
	w.stand(lobby7, time.Hour, h7)
	w.hear()
	w.claim(postio7, h7)
	same(t, "calls", []string{"create " + claim7}, w.passUnheard())
	w.holds(h7 + ": " + ofPostio7 + ", Pending")
	same(t, "events", nil, w.told())

	// The Ingress of a claim that was just released is gone, whatever memory says.
	w = contested(t)
	gone := w.stand(postio7, time.Hour, h7)
	w.fall(postio7)
	w.pass()
	w.holds()
	w.hear()
	w.memory.ingresses[types.NamespacedName{Namespace: "games", Name: "postio-7"}] = gone
	w.later(5 * time.Second)
	same(t, "calls right after the release", nil, w.passUnheard())
}

func TestAClaimUnderAnotherNameGuardsNothing(t *testing.T) {
	w := newWorld(t)
	_, holder := lobby7.Claimant(h7)
	claim := ledger.NewClaim(host.Deed{Gateway: "higress", Host: h7}, &v1alpha1.HostClaimSpec{
		Class: "higress", Host: h7, Sharing: v1alpha1.SharingServer, Holder: holder, RenewedAt: host.Stamp(w.now),
	})
	claim.Name = "made-by-hand"
	w.store(claim)
	w.stand(postio7, time.Hour, h7)
	w.settle()
	if claim := w.claims[claim7]; claim == nil || host.Describe(claim.Spec.Holder) != ofPostio7 {
		t.Errorf("claims %v", w.held())
	}
}

func TestAClaimThatSomebodyDeletedIsMadeAnew(t *testing.T) {
	const suffix = " {kind=HostClaim,apiVersion=gatehouse.dev/v1alpha1}"
	cases := map[string]struct {
		before func(*world)
		want   []string
		told   string
	}{
		"while its Ingress stands": {func(*world) {}, []string{h7 + ": " + ofPostio7 + ", Bound to games/postio-7"},
			"the claim was deleted by hand while Ingress games/postio-7 stands on the host"},
		"while its Ingress is made anew": {func(w *world) { w.die(postio7) }, []string{h7 + ": " + ofPostio7 + ", Pending"},
			"the claim was deleted by hand while " + ofPostio7 + " is to have the host"},
		"while its Ingress is made anew and its canary's stands": {func(w *world) {
			w.die(postio7)
			w.stand(host.Party{Namespace: "games", Set: "beta", ID: 7, CanaryOf: "postio"}, time.Hour, h7)
		}, []string{h7 + ": " + ofPostio7 + ", Pending"}, "the claim was deleted by hand while " + ofPostio7 + " is to have the host"},
		"when nobody is to have the host any more": {func(w *world) {
			w.die(postio7)
			delete(w.sets, types.NamespacedName{Namespace: "games", Name: "postio"})
		}, nil, ""},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			w := held7(t)
			w.told()
			test.before(w)
			w.pass()
			delete(w.claims, claim7)
			w.settle()
			w.holds(test.want...)
			var told []string
			if test.told != "" {
				told = []string{"Warning Restored TendHostClaim " + test.told + suffix}
			}
			same(t, "events", told, w.told())
		})
	}
}

func TestAClaimThatCouldNotBeMadeAnewComesAgain(t *testing.T) {
	w := held7(t)
	w.told()
	w.die(postio7)
	w.pass()
	delete(w.claims, claim7)
	w.before = func(verb, _ string) error {
		if verb == "create" {
			return errors.New("etcdserver: leader changed")
		}
		return nil
	}
	w.pass()
	w.later(time.Minute)
	w.pass()
	w.before = nil
	w.pass()
	w.holds(h7 + ": " + ofPostio7 + ", Pending")
	if got := w.told(); len(got) != 1 {
		t.Errorf("events %v", got)
	}
}

func TestAClaimThatSomebodyElseHasMadeMeanwhileStays(t *testing.T) {
	w := held7(t)
	w.die(postio7)
	w.pass()
	delete(w.claims, claim7)
	w.hear()
	w.claim(lobby7, h7)
	w.told()
	w.passUnheard()
	w.settle()
	w.holds(h7 + ": " + ofLobby7 + ", Pending")
	same(t, "events", nil, w.told())
	w.later(host.Quiet)
	w.declare("arena", "lobby", hosts, 7)
	same(t, "waiters", []string{ofPostio7}, func() []string { w.settle(); return w.waiters(claim7) }())
}

func TestTenThousandIngressesAreAdoptedByManyHands(t *testing.T) {
	w := newWorld(t)
	w.workers = 8
	w.lead()
	for id := range 10_000 {
		p := host.Party{Namespace: "games", Set: "postio", ID: id}
		w.stand(p, time.Hour, fmt.Sprintf("h%d.example.com", id))
	}
	w.settle()
	if n := len(w.claims); n != 10_000 {
		t.Errorf("%d claims", n)
	}
	for _, line := range w.held() {
		if line[len(line)-1] == 'g' { // Pending
			t.Fatal(line)
		}
	}
}
