package janitor_test

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// serving is a world in which games/postio-7 has served h7.example.com for a while.
func serving(t *testing.T) *world {
	t.Helper()
	w := held7(t)
	w.settleQuietly()
	w.pass()
	return w
}

func TestAServersDeedOutlivesItsIngressWhileTheServerIsToHaveTheHost(t *testing.T) {
	const never = time.Duration(0)
	cases := map[string]struct {
		happens func(*world)
		// released is how long afterwards, to the second.
		released time.Duration
	}{
		"its Pod is made anew":     {func(w *world) { w.die(postio7) }, never},
		"its Ingress is made anew": {func(w *world) { w.fall(postio7) }, never},
		"it is scaled down": {func(w *world) {
			w.die(postio7)
			w.declare("games", "postio", hosts, 0)
			w.run(host.Party{Namespace: "games", Set: "postio"}, hosts, ready)
		}, time.Second},
		"it is scaled down and its Pod takes its time": {func(w *world) {
			w.fall(postio7)
			w.declare("games", "postio", hosts)
			w.run(postio7, hosts, deleting)
		}, never},
		"its set is deleted": {func(w *world) {
			w.die(postio7)
			delete(w.sets, types.NamespacedName{Namespace: "games", Name: "postio"})
		}, time.Second},
		"its set is being deleted": {func(w *world) {
			w.die(postio7)
			w.declare("games", "postio", hosts, 7)
			w.sets[types.NamespacedName{Namespace: "games", Name: "postio"}].Deleting = true
		}, time.Second},
		"its set is deleted and recreated": {func(w *world) {
			w.die(postio7)
			w.declare("games", "postio", hosts, 7)
		}, never},
		"its set has another host, its Pod still the old one": {func(w *world) {
			w.fall(postio7)
			w.declare("games", "postio", "new<id>.example.com", 7)
		}, never},
		"a rollout reaches it": {func(w *world) {
			w.fall(postio7)
			w.declare("games", "postio", "new<id>.example.com", 7)
			w.run(postio7, "new<id>.example.com")
		}, host.LastServed},
		"a rollout that is held back at a partition makes its Pod anew": {func(w *world) {
			w.die(postio7)
			w.declare("games", "postio", "new<id>.example.com", 7)
		}, host.LastServed},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			w := serving(t)
			test.happens(w)
			begin := w.now
			limit := 2 * host.LastServed
			for w.claims[claim7] != nil && w.now.Sub(begin) < limit {
				w.later(time.Second)
				w.pass()
			}
			switch got := w.now.Sub(begin); {
			case test.released == never && got < limit:
				t.Errorf("released after %s", got)
			case test.released != never && got != test.released:
				t.Errorf("released after %s, want %s", got, test.released)
			}
		})
	}
}

// A set that was scaled down from the middle has ids that its spec does not project. Such a server keeps its host while its
// Pod is made anew: until then the set has one Pod less than it is to have.
func TestAServerThatTheSpecDoesNotProjectKeepsItsHostWhileItsPodIsMadeAnew(t *testing.T) {
	postio1 := host.Party{Namespace: "games", Set: "postio", ID: 1}
	w := newWorld(t)
	w.declare("games", "postio", hosts, 0, 1) // alive are 1 and 7
	for p, name := range map[host.Party]string{postio1: "h1.example.com", postio7: h7} {
		w.run(p, hosts, ready)
		w.claim(p, name)
		w.stand(p, time.Hour, name)
	}
	w.settleQuietly()
	w.pass()
	w.die(postio7)
	w.later(time.Second)
	w.pass()
	if w.claims[claim7] == nil {
		t.Fatal("released while the Pod is made anew")
	}
	w.declare("games", "postio", hosts, 0) // and then it is scaled down after all
	w.later(time.Second)
	w.pass()
	if w.claims[claim7] != nil {
		t.Error("kept although the set has all its servers")
	}
}

func TestASetsDeedStandsAsLongAsTheSetProjectsIt(t *testing.T) {
	const shared = "lobby.example.com"
	server := host.Party{Namespace: "arena", Set: "lobby", ID: 1}
	w := newWorld(t)
	w.declare("arena", "lobby", shared, 0, 1)
	w.claim(host.Party{Namespace: "arena", Set: "lobby", SharedHost: shared}, shared)
	w.stand(server, time.Hour, shared)
	w.settleQuietly()
	w.pass()
	w.fall(server)
	for range 3 {
		w.later(host.LastServed)
		same(t, "calls", nil, w.pass())
	}
	w.declare("arena", "lobby", "new.example.com", 0, 1)
	w.settle()
	w.holds()
}

func TestTheDeedOfWebIngressesEndsWithTheLastOfThem(t *testing.T) {
	w := newWorld(t)
	w.claim(shop, h7)
	w.stand(shop, time.Hour, h7)
	w.settleQuietly()
	same(t, "calls", nil, w.pass())
	w.fall(shop)
	w.pass()
	w.holds()
}

func TestASetThatMovesToAnotherHostKeepsTheOldOneForAWhile(t *testing.T) {
	const shared = "lobby.example.com"
	server := host.Party{Namespace: "arena", Set: "lobby", ID: 1}
	w := newWorld(t)
	w.declare("arena", "lobby", shared, 0, 1)
	w.claim(host.Party{Namespace: "arena", Set: "lobby", SharedHost: shared}, shared)
	w.stand(server, time.Hour, shared)
	w.settleQuietly()
	w.pass()
	w.fall(server)
	w.declare("arena", "lobby", "new.example.com", 0, 1)
	w.later(host.LastServed - time.Second)
	same(t, "calls", nil, w.pass())
	w.later(time.Second)
	w.pass()
	w.holds()
}

// A new leader does not know when a server has last served. It takes a bound claim for one of which the server did so just now.
func TestANewLeaderKeepsADeedForAsLongAsTheServerMightComeBack(t *testing.T) {
	w := serving(t)
	w.die(postio7)
	w.declare("games", "postio", "new<id>.example.com", 7)
	w.pass()
	w.later(5 * time.Minute)
	w.lead()
	w.pass()
	w.later(host.LastServed - time.Second)
	same(t, "calls", nil, w.pass())
	w.later(time.Second)
	w.pass()
	w.holds()
}
