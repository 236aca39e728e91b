package janitor_test

import (
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

const (
	ofPostio7 = "game server games/postio-7 (GameServerSet postio, id 7)"
	ofLobby7  = "game server arena/lobby-7 (GameServerSet lobby, id 7)"
	ofShop    = "the web Ingresses of namespace shop"
)

// solver makes an Ingress one that answers an ACME challenge.
func solver(ing *networkingv1.Ingress) {
	ing.Name += "-solver"
	ing.OwnerReferences = []metav1.OwnerReference{{APIVersion: "acme.cert-manager.io/v1", Kind: "Challenge", Name: "x", Controller: ptr.To(true)}}
	for i := range ing.Spec.Rules {
		ing.Spec.Rules[i].HTTP = &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{Path: "/.well-known/acme-challenge/token"}}}
	}
}

func TestAClaimIsBoundToTheOldestIngressOfItsHolder(t *testing.T) {
	shared := "lobby.example.com"
	ids := func(id int) host.Party { return host.Party{Namespace: "arena", Set: "lobby", ID: id} }
	cases := map[string]struct {
		stands func(*world)
		want   string
	}{
		"nobody stands there yet": {func(*world) {}, "GameServerSet arena/lobby, Pending"},
		"the oldest of several": {func(w *world) {
			w.stand(ids(1), 2*time.Minute, shared)
			w.stand(ids(2), 3*time.Minute, shared)
			w.stand(ids(3), time.Minute, shared)
		}, "GameServerSet arena/lobby, Bound to arena/lobby-2"},
		"of two of the same age the one that the gateway prefers": {func(w *world) {
			w.stand(ids(10), time.Minute, shared)
			w.stand(ids(2), time.Minute, shared)
		}, "GameServerSet arena/lobby, Bound to arena/lobby-10"},
		"not who else stands there": {func(w *world) {
			w.stand(postio7, time.Hour, shared)
			w.stand(host.Party{Namespace: "arena"}, time.Hour, shared)
			w.stand(host.Party{Namespace: "arena", Set: "canary", ID: 1, CanaryOf: "lobby"}, time.Hour, shared)
			ing := w.stand(host.Party{Namespace: "arena"}, time.Hour, shared)
			solver(ing)
			w.stand(ids(1), time.Minute, shared)
		}, "GameServerSet arena/lobby, Bound to arena/lobby-1"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.declare("arena", "lobby", shared, 1, 2, 3)
			w.claim(host.Party{Namespace: "arena", Set: "lobby", SharedHost: shared}, shared)
			test.stands(w)
			calls := w.pass()
			w.holds(shared + ": " + test.want)
			if writes := len(calls); writes > 1 {
				t.Errorf("calls %v, want one write of status at most", calls)
			}
		})
	}
}

func TestABoundClaimStaysWithItsIngressAndFollowsItsServer(t *testing.T) {
	w := newWorld(t)
	w.declare("arena", "lobby", "lobby.example.com", 1, 2)
	w.claim(host.Party{Namespace: "arena", Set: "lobby", SharedHost: "lobby.example.com"}, "lobby.example.com")
	first, second := host.Party{Namespace: "arena", Set: "lobby", ID: 1}, host.Party{Namespace: "arena", Set: "lobby", ID: 2}
	w.stand(first, time.Minute, "lobby.example.com")
	w.settle()
	w.stand(second, time.Hour, "lobby.example.com")
	if calls := w.pass(); len(calls) > 0 {
		t.Errorf("an older Ingress makes a difference: %v", calls)
	}
	w.fall(first)
	w.settle()
	w.holds("lobby.example.com: GameServerSet arena/lobby, Bound to arena/lobby-2")
	w.fall(second)
	w.settle()
	w.holds("lobby.example.com: GameServerSet arena/lobby, Bound to arena/lobby-2") // it is to come back
	before := w.claims["lobby.example.com.higress"].Status.Ingress.UID
	w.stand(second, 0, "lobby.example.com")
	w.settle()
	if after := w.claims["lobby.example.com.higress"].Status.Ingress.UID; after == before {
		t.Error("still bound to the Ingress that is gone")
	}
}

func TestWhereNothingChangesNothingIsReadOrWritten(t *testing.T) {
	w := newWorld(t)
	w.declare("games", "postio", hosts, 7)
	w.run(postio7, hosts, ready)
	w.claim(postio7, h7)
	w.stand(postio7, time.Minute, h7)
	w.declare("arena", "lobby", hosts, 7)
	w.settle()
	w.told()
	for range 3 {
		w.later(host.Quiet)
		if calls := w.pass(); len(calls) > 0 {
			t.Errorf("calls %v", calls)
		}
	}
	same(t, "events", nil, w.told())
}

func TestAStatusThatWasEditedIsPutRight(t *testing.T) {
	w := newWorld(t)
	w.declare("games", "postio", hosts, 7)
	w.claim(postio7, h7)
	w.stand(postio7, time.Minute, h7)
	w.settle()
	w.edit(claim7, func(c *v1alpha1.HostClaim) {
		c.Generation-- // it counts the spec alone
		c.Status = v1alpha1.HostClaimStatus{Phase: v1alpha1.HostClaimPending, Waiters: []v1alpha1.Holder{{Namespace: "x"}}}
	})
	w.settle()
	w.holds(h7 + ": " + ofPostio7 + ", Bound to games/postio-7")
	same(t, "waiters", nil, w.waiters(claim7))
}

func TestAClaimIsNotBoundToAnIngressThatIsNoLongerItsHolders(t *testing.T) {
	const shared = "lobby.example.com"
	w := newWorld(t)
	w.declare("arena", "lobby", shared, 1, 2)
	w.claim(host.Party{Namespace: "arena", Set: "lobby", SharedHost: shared}, shared)
	orphan := w.stand(host.Party{Namespace: "arena", Set: "lobby", ID: 1}, time.Hour, shared)
	w.stand(host.Party{Namespace: "arena", Set: "lobby", ID: 2}, time.Minute, shared)
	w.settle()
	w.holds(shared + ": GameServerSet arena/lobby, Bound to arena/lobby-1")
	orphan.OwnerReferences = nil
	w.settle()
	w.holds(shared + ": GameServerSet arena/lobby, Bound to arena/lobby-2")
}
