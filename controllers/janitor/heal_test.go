package janitor_test

import (
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// give makes a party the holder, by hand.
func (w *world) give(p host.Party) {
	w.edit(claim7, func(c *v1alpha1.HostClaim) { c.Spec.Sharing, c.Spec.Holder = p.Claimant(h7) })
}

func TestAClaimThatWasEditedByHandGoesBackToTheIngressThatStands(t *testing.T) {
	for name, p := range map[string]host.Party{
		"to another namespace":    lobby7,
		"to another set":          {Namespace: "games", Set: "other", ID: 7},
		"to another id":           {Namespace: "games", Set: "postio", ID: 8},
		"to a whole other set":    {Namespace: "games", Set: "other", ID: 7, SharedHost: h7},
		"to web Ingresses":        shop,
		"to the set of that name": {Namespace: "arena", Set: "postio", ID: 7, SharedHost: h7},
	} {
		t.Run(name, func(t *testing.T) {
			w := held7(t)
			w.told()
			w.give(p)
			// The deed is bound to nobody before it changes hands.
			same(t, "calls", []string{"status " + claim7, "update " + claim7}, w.pass())
			w.holds(h7 + ": " + ofPostio7 + ", Pending")
			w.settle()
			w.holds(h7 + ": " + ofPostio7 + ", Bound to games/postio-7")
			_, edited := p.Claimant(h7)
			same(t, "events", []string{"Warning Healed TendHostClaim from " + host.Describe(edited) + " to " + ofPostio7 +
				": the claim was edited by hand while Ingress games/postio-7 stands on the host {kind=HostClaim,apiVersion=gatehouse.dev/v1alpha1}"}, w.told())
		})
	}
}

func TestAnEditStandsWhereTheIngressIsGone(t *testing.T) {
	w := held7(t)
	w.die(postio7)
	w.pass()
	w.declare("arena", "lobby", hosts, 7)
	w.give(lobby7)
	w.settle()
	w.holds(h7 + ": " + ofLobby7 + ", Pending")
	same(t, "waiters", []string{ofPostio7}, w.waiters(claim7))
}

// An edit while the server's Ingress is made anew, in favour of somebody who has no use for the host, is history when the
// claim has been quiet for long enough.
func TestAnEditInFavourOfNobodyIsUndoneInTheEnd(t *testing.T) {
	w := held7(t)
	w.fall(postio7)
	w.pass()
	w.give(lobby7)
	w.settleQuietly()
	w.settle()
	w.holds()
	w.stand(postio7, 0, h7) // adopted, or claimed by its own admission
	w.later(time.Minute)
	w.settle()
	w.holds(h7 + ": " + ofPostio7 + ", Bound to games/postio-7")
}

func TestAHealingThatIsOutrunIsNotTold(t *testing.T) {
	w := held7(t)
	w.told()
	w.give(lobby7)
	w.onCall("update", func() { w.renew(claim7) })
	w.pass()
	same(t, "events", nil, w.told())
	w.settleQuietly()
	w.settle()
	w.holds(h7 + ": " + ofPostio7 + ", Bound to games/postio-7")
}
