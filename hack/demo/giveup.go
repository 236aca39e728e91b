package main

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

func (d *demo) giveUp(ctx context.Context) error {
	d.title("The first game takes its servers 0 to 2 offline: those who wait get their hosts, and nobody touches anything")
	patch := `{"spec": {"replicas": 9, "reserveGameServerIds": [0, 1, 2]}}`
	ahead := []string{"arcade/brawl", "ids 20-21"} // the first game's next ids
	if err := d.kubectlSays(env.Dev, ahead, "patch", "gameserverset", "postio", "-n", "games", "--type=merge", "-p", patch); err != nil {
		return err
	}
	begin := time.Now()
	if err := d.waitFree(ctx); err != nil {
		return err
	}
	free := time.Now()
	fmt.Fprintf(d.out, "\n  The hosts are free after %s. From then on:\n", since(begin))
	if err := d.expect(ctx, clone, clones, policyOf(hostForm, "60")); err != nil {
		return err
	}
	return d.cloneServed(ctx, free)
}

// waitFree waits until the first game has none of the hosts that the clone wants, and says how long that should take.
func (d *demo) waitFree(ctx context.Context) error {
	told := false
	return d.waitClaims(ctx, "the hosts to be free", func(_ int, claim *v1alpha1.HostClaim) bool {
		if claim == nil || claim.Spec.Holder.Namespace != first.namespace {
			return true
		}
		if left := time.Until(claim.Spec.RenewedAt.Add(host.Quiet)); !told {
			told = true
			fmt.Fprintf(d.out, "  (A host is free when no admission has relied on its claim for %s: at once where servers have run for longer, here in about %s.)\n",
				host.Quiet, max(left, 0).Round(time.Second))
		}
		return false
	})
}

// cloneServed waits until the hosts are the clone's, and shows that its Ingresses, which were there all the time, are served.
func (d *demo) cloneServed(ctx context.Context, free time.Time) error {
	err := d.waitClaims(ctx, "the claims to be the other game's", func(id int, claim *v1alpha1.HostClaim) bool {
		return claim != nil && isClone(claim.Spec.Holder, id) && claim.Status.Phase == v1alpha1.HostClaimBound
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\n  after %s:\n", since(free))
	if err := d.kubectl(rival, "get", "ingresses", "-n", clone.namespace); err != nil {
		return err
	}
	return d.kubectl(rival, "get", "hostclaims", claimOf(0), claimOf(1), claimOf(2))
}
