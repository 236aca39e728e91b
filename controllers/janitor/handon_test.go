package janitor_test

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// contested is a world in which others stand on the host of games/postio-7 too, from before there were claims, and the
// holder is gone for good.
func contested(t *testing.T, others ...host.Party) *world {
	t.Helper()
	w := held7(t)
	for i, p := range others {
		w.stand(p, time.Hour-time.Duration(i)*time.Minute, h7)
	}
	w.settleQuietly()
	w.told()
	w.die(postio7)
	delete(w.sets, types.NamespacedName{Namespace: "games", Name: "postio"})
	return w
}

func TestADeedIsHandedOnToTheOldestOtherIngressInOneUpdate(t *testing.T) {
	w := contested(t, lobby7, shop)
	uid := w.claims[claim7].UID
	same(t, "calls", []string{
		"get " + claim7, "list ingresses", "get set games/postio", "list pods games/postio", "status " + claim7, "update " + claim7,
	}, w.pass())
	w.holds(h7 + ": " + ofLobby7 + ", Pending")
	claim := w.claims[claim7]
	if claim.UID != uid || claim.Spec.RenewedAt != host.Stamp(w.now) {
		t.Errorf("it is another claim, or was renewed at %s", claim.Spec.RenewedAt)
	}
	same(t, "events", []string{"Warning HandedOn TendHostClaim from " + ofPostio7 + " to " + ofLobby7 +
		": its holder no longer uses the host, and Ingress arena/lobby-7 stands on it {kind=HostClaim,apiVersion=gatehouse.dev/v1alpha1}"}, handedOn(w))
	w.settle()
	w.holds(h7 + ": " + ofLobby7 + ", Bound to arena/lobby-7")
	// The heir has it like anybody else.
	w.later(host.Quiet)
	same(t, "calls", nil, w.pass())
}

func handedOn(w *world) []string {
	var out []string
	for _, event := range w.told() {
		if strings.Contains(event, "HandedOn") {
			out = append(out, event)
		}
	}
	return out
}

func TestADeedIsNotHandedOnBeforeItIsQuiet(t *testing.T) {
	w := contested(t, lobby7)
	w.renew(claim7)
	w.pass()
	w.later(host.Quiet - time.Second)
	same(t, "calls", nil, w.pass())
	w.later(time.Second)
	w.settle()
	w.holds(h7 + ": " + ofLobby7 + ", Bound to arena/lobby-7")
}

func TestACanaryIsNoHeir(t *testing.T) {
	w := contested(t, host.Party{Namespace: "arena", Set: "beta", ID: 7, CanaryOf: "lobby"})
	w.settle()
	w.holds()
}

// Whoever relies on the deed in between looks at what stands on the host, because by then it is bound to nobody.
func TestADeedThatSomebodyWritesMeanwhileIsNotHandedOn(t *testing.T) {
	for _, verb := range []string{"list", "status", "update"} {
		t.Run(verb, func(t *testing.T) {
			w := contested(t, lobby7)
			w.onCall(verb, func() { w.renew(claim7) })
			w.pass()
			if got := host.Describe(w.claims[claim7].Spec.Holder); got != ofPostio7 {
				t.Errorf("handed on to %s", got)
			}
			same(t, "events", nil, handedOn(w))
		})
	}
}

func TestADeedIsNotHandedOnIfTheHeirIsGoneByNow(t *testing.T) {
	w := contested(t, lobby7)
	w.hear()
	w.fall(lobby7)
	w.passUnheard()
	w.holds()
}

// beside is a world in which games/postio-7 is the guest of its namespace's web Ingresses.
func beside(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	games := host.Party{Namespace: "games"}
	w.declare("games", "postio", hosts, 7)
	w.claim(games, h7)
	w.stand(games, time.Hour, h7)
	w.stand(postio7, time.Minute, h7)
	w.edit(claim7, func(c *v1alpha1.HostClaim) {
		_, guest := postio7.Claimant(h7)
		c.Spec.Guest = &guest
	})
	w.settleQuietly()
	w.told()
	return w
}

const ofGames = "the web Ingresses of namespace games"

func TestAGuestGetsTheDeedWhenTheWebIngressesAreGone(t *testing.T) {
	w := beside(t)
	same(t, "calls", nil, w.pass())
	w.holds(h7 + ": " + ofGames + ", guest " + ofPostio7 + ", Bound to games/front")
	// Not while they may be installed anew: they would find the deed with their own guest, and be refused.
	w.fall(host.Party{Namespace: "games"})
	w.settle()
	w.holds(h7 + ": " + ofGames + ", guest " + ofPostio7 + ", Bound to games/front")
	w.later(host.LastServed)
	w.settle()
	w.holds(h7 + ": " + ofPostio7 + ", Bound to games/postio-7")
	same(t, "events", []string{"Warning HandedOn TendHostClaim from " + ofGames + " to " + ofPostio7 +
		": the web Ingresses of the namespace no longer use the host, its guest does {kind=HostClaim,apiVersion=gatehouse.dev/v1alpha1}"}, w.told())
}

func TestAGuestIsAGuestWhileItsIngressIsMadeAnew(t *testing.T) {
	w := beside(t)
	w.fall(postio7)
	for range 3 {
		w.later(host.LastServed)
		same(t, "calls", nil, w.pass())
	}
	w.fall(host.Party{Namespace: "games"}) // and gets the deed all the same
	w.settle()
	w.later(host.LastServed)
	w.settle()
	w.holds(h7 + ": " + ofPostio7 + ", Pending")
}

func TestAGuestThatIsGoneIsTakenOff(t *testing.T) {
	w := beside(t)
	w.fall(postio7)
	delete(w.sets, types.NamespacedName{Namespace: "games", Name: "postio"})
	w.settle()
	w.holds(h7 + ": " + ofGames + ", Bound to games/front")
	same(t, "events", nil, w.told())
}

func TestAWholeSetAsGuestGetsTheDeedAsASet(t *testing.T) {
	w := beside(t)
	w.declare("games", "postio", h7, 6, 7)
	w.edit(claim7, func(c *v1alpha1.HostClaim) { c.Spec.Guest.ID = nil })
	w.settleQuietly()
	w.fall(host.Party{Namespace: "games"})
	w.settle()
	w.later(host.LastServed)
	w.settle()
	w.holds(h7 + ": GameServerSet games/postio, Bound to games/postio-7")
}

func TestTheMarkThatOtherNamespacesShareGoesWithTheirIngresses(t *testing.T) {
	web := host.Party{Namespace: "games"}
	w := newWorld(t)
	w.claim(shop, h7)
	w.edit(claim7, func(c *v1alpha1.HostClaim) { c.Spec.Shared = true })
	w.stand(shop, time.Minute, h7)
	w.stand(web, time.Minute, h7)
	w.settleQuietly()
	same(t, "calls", nil, w.pass())
	w.holds(h7 + ": " + ofShop + ", shared, Bound to shop/front")
	w.fall(web)
	w.settle()
	w.holds(h7 + ": " + ofShop + ", Bound to shop/front")
}

// A game of the holder's own namespace is not who shares, and becomes the guest once nobody else does.
func TestTheMarkThatOtherNamespacesShareDoesNotStayForTheHoldersOwnGame(t *testing.T) {
	web := host.Party{Namespace: "games"}
	w := newWorld(t)
	w.declare("games", "postio", hosts, 7)
	w.claim(web, h7)
	w.edit(claim7, func(c *v1alpha1.HostClaim) { c.Spec.Shared = true })
	w.stand(web, time.Hour, h7)
	w.stand(postio7, time.Minute, h7)
	w.settleQuietly()
	w.settle()
	w.holds(h7 + ": " + ofGames + ", guest " + ofPostio7 + ", Bound to games/front")
}

func TestOfSeveralWebNamespacesTheOldestIsTheHeir(t *testing.T) {
	w := newWorld(t)
	w.claim(shop, h7)
	w.edit(claim7, func(c *v1alpha1.HostClaim) { c.Spec.Shared = true })
	w.stand(shop, time.Minute, h7)
	w.stand(host.Party{Namespace: "a"}, time.Minute, h7)
	w.stand(host.Party{Namespace: "z"}, time.Hour, h7)
	w.settleQuietly()
	w.fall(shop)
	w.settle()
	w.holds(h7 + ": the web Ingresses of namespace z, shared, Bound to z/front")
	same(t, "events", []string{"Warning HandedOn TendHostClaim from " + ofShop + " to the web Ingresses of namespace z" +
		": its holder no longer uses the host, and Ingress z/front stands on it {kind=HostClaim,apiVersion=gatehouse.dev/v1alpha1}"}, handedOn(w))
}

func TestAGameThatStandsBesideTheWebIngressesOfItsNamespaceIsTheirGuest(t *testing.T) {
	web := host.Party{Namespace: "games"}
	cases := map[string]struct {
		setUp func(*world)
		want  string
	}{
		"younger":                  {func(w *world) { w.stand(postio7, time.Minute, h7) }, ofGames + ", guest " + ofPostio7 + ", Bound to games/front"},
		"a set":                    {func(w *world) { w.declare("games", "postio", h7, 7); w.stand(postio7, time.Minute, h7) }, ofGames + ", guest GameServerSet games/postio, Bound to games/front"},
		"not of another namespace": {func(w *world) { w.stand(lobby7, time.Minute, h7) }, ofGames + ", Bound to games/front"},
		"not after another namespace's": {func(w *world) {
			w.stand(postio7, time.Minute, h7)
			w.stand(shop, 2*time.Minute, h7)
		}, ofGames + ", Bound to games/front"},
		"not while other namespaces share": {func(w *world) {
			w.stand(postio7, time.Minute, h7)
			w.edit(claim7, func(c *v1alpha1.HostClaim) { c.Spec.Shared = true })
		}, ofGames + ", shared, Bound to games/front"},
		"the oldest of several": {func(w *world) {
			w.stand(host.Party{Namespace: "games", Set: "other", ID: 1}, time.Minute, h7)
			w.stand(postio7, 2*time.Minute, h7)
		}, ofGames + ", guest " + ofPostio7 + ", Bound to games/front"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.claim(web, h7)
			w.stand(web, time.Hour, h7)
			test.setUp(w)
			w.settle()
			w.holds(h7 + ": " + test.want)
			if strings.Contains(test.want, "guest") != (len(only("Normal", w.told())) == 1) {
				t.Error("the event does not say so, or says so for nothing")
			}
		})
	}
}
