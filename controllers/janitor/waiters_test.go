package janitor_test

import (
	"fmt"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// quarantine has the Ingress of a party wait.
func (w *world) quarantine(p host.Party, age time.Duration, hostnames ...string) *networkingv1.Ingress {
	ing := policy.Quarantine(w.stand(p, age, hostnames...))
	w.ingresses[types.NamespacedName{Namespace: ing.Namespace, Name: ing.Name}] = ing
	return ing
}

// held7 is a world in which games/postio-7 has h7.example.com.
func held7(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.declare("games", "postio", hosts, 7)
	w.run(postio7, hosts, ready)
	w.claim(postio7, h7)
	w.stand(postio7, time.Hour, h7)
	w.settle()
	return w
}

func TestWaitersAreThoseWhoWantAHostThatAnotherHas(t *testing.T) {
	other := host.Party{Namespace: "games", Set: "other", ID: 7}
	cases := map[string]struct {
		setUp func(*world)
		want  []string
	}{
		"the server that the template of a set names": {func(w *world) {
			w.declare("arena", "lobby", hosts, 6, 7, 8)
		}, []string{ofLobby7}},
		"a set of which all servers share the host, once": {func(w *world) {
			w.declare("arena", "lobby", h7, 0, 1, 2)
		}, []string{"GameServerSet arena/lobby"}},
		"a set without servers": {func(w *world) { w.declare("arena", "lobby", h7) }, nil},
		"a Pod by its own parameters, whatever those of the set say": {func(w *world) {
			w.declare("arena", "lobby", "new<id>.example.com", 7)
			w.run(lobby7, hosts)
		}, []string{ofLobby7}},
		"a Pod that its set no longer asks for": {func(w *world) {
			w.declare("arena", "lobby", "new<id>.example.com", 0)
			w.run(lobby7, hosts, deleting)
		}, []string{ofLobby7}},
		"a Pod whose set is gone": {func(w *world) { w.run(lobby7, hosts) }, []string{ofLobby7}},
		"a live server that the spec does not project": {func(w *world) {
			w.declare("arena", "lobby", hosts, 0)
			w.run(lobby7, "old<id>.example.com", ready)
		}, []string{ofLobby7}},
		"a set that is being deleted": {func(w *world) {
			w.declare("arena", "lobby", hosts, 7)
			w.sets[types.NamespacedName{Namespace: "arena", Name: "lobby"}].Deleting = true
		}, nil},
		"a quarantined Ingress": {func(w *world) { w.quarantine(lobby7, 0, h7) }, []string{ofLobby7}},
		"each of them once": {func(w *world) {
			w.declare("arena", "lobby", hosts, 7)
			w.run(lobby7, hosts)
			w.quarantine(lobby7, 0, h7)
		}, []string{ofLobby7}},
		"a set of the same name": {func(w *world) { w.declare("arena", "postio", hosts, 7) }, []string{"game server arena/postio-7 (GameServerSet postio, id 7)"}},
		// It widens the deed once it asks for it.
		"not the holder's set, which begins to share the host": {func(w *world) { w.declare("games", "postio", h7, 6, 7) }, nil},
		// Its Ingress is let in beside its primary's.
		"not the holder's canary": {func(w *world) {
			w.canaries["other"] = "postio"
			w.declare("games", "other", hosts, 7)
			w.run(other, hosts, ready)
		}, nil},
		"the canary of another": {func(w *world) {
			w.canaries["other"] = "third"
			w.declare("games", "other", hosts, 7)
		}, []string{"game server games/other-7 (GameServerSet other, id 7)"}},
		"not who is not allowed to have it": {func(w *world) {
			w.forbidden[h7] = true
			w.declare("arena", "lobby", hosts, 7)
		}, nil},
		"in order": {func(w *world) {
			w.declare("b", "a", hosts, 7)
			w.declare("a", "b", hosts, 7)
			w.declare("a", "a", "h<id>7.example.com", 1) // another host
			w.declare("a", "a-b", "h<id>.example.com", 7)
			w.run(host.Party{Namespace: "a", Set: "b", ID: 11}, h7)
			w.run(host.Party{Namespace: "a", Set: "b", ID: 2}, h7)
		}, []string{
			"game server a/a-b-7 (GameServerSet a-b, id 7)", "GameServerSet a/b",
			"game server a/b-7 (GameServerSet b, id 7)", "game server b/a-7 (GameServerSet a, id 7)",
		}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			w := held7(t)
			test.setUp(w)
			calls := w.pass()
			same(t, "waiters", test.want, w.waiters(claim7))
			if writes := len(only("status", calls)); (writes == 1) != (len(test.want) > 0) || len(calls) > writes {
				t.Errorf("calls %v", calls)
			}
			if calls := w.pass(); len(calls) > 0 {
				t.Errorf("calls of a second pass: %v", calls)
			}
		})
	}
}

func TestWaitersGoAsTheyCome(t *testing.T) {
	w := held7(t)
	w.declare("arena", "lobby", hosts, 7)
	w.settle()
	w.declare("arena", "lobby", hosts, 6)
	w.settle()
	same(t, "waiters", nil, w.waiters(claim7))
}

func TestAThousandWaitersAreOneWriteAndTheFirst64(t *testing.T) {
	w := held7(t)
	for i := range 1000 {
		w.declare(fmt.Sprintf("n%03d", i), "lobby", hosts, 7)
		w.run(host.Party{Namespace: fmt.Sprintf("n%03d", i), Set: "lobby", ID: 7}, hosts, func(p *gamepods.Pod) { p.Created = w.now })
	}
	same(t, "calls", []string{"status " + claim7}, w.pass())
	got := w.waiters(claim7)
	if len(got) != 64 || got[0] != "game server n000/lobby-7 (GameServerSet lobby, id 7)" || got[63] != "game server n063/lobby-7 (GameServerSet lobby, id 7)" {
		t.Errorf("%d waiters: %v", len(got), got)
	}
	same(t, "calls of a second pass", nil, w.pass())
}
