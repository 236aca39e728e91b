package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

// rival is the developer of another team, with rights in its own namespace alone (rival.yaml).
const rival env.User = "rival"

// clone is the other team's game: its servers 0 to 2 want the hosts of the first one's.
var clone = game{"arcade", "postio-clone"}

const (
	clones   = 3
	hostForm = "s%d.postio.example.com"
)

// claimOf is the name of the claim to a server's host.
func claimOf(id int) string {
	return host.Deed{Gateway: "higress", Host: fmt.Sprintf(hostForm, id)}.ClaimName()
}

// heldByFirst is what everybody else is told who wants the host of a server of the first game.
func heldByFirst(id int) string {
	return fmt.Sprintf(`"`+hostForm+`" is held by game server games/postio-%d (GameServerSet postio, id %d)`, id, id, id)
}

func (d *demo) sameHosts(ctx context.Context) error {
	d.title("Another team copies the manifest, hosts included: its game gets none of them, and its Pods say why")
	if err := d.kubectl(rival, "apply", "-f", "hack/demo/postio-clone.yaml"); err != nil {
		return err
	}
	begin := time.Now()
	if err := d.waitRefused(ctx); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\n  after %s:\n", since(begin))
	if err := d.kubectl(rival, "events", "--for", "pod/postio-clone-0", "-n", clone.namespace, "--types=Warning"); err != nil {
		return err
	}
	fmt.Fprintln(d.out, "\n  Who has which host, and who waits for one:")
	if err := d.kubectl(env.Operator, "get", "hostclaims"); err != nil {
		return err
	}
	fmt.Fprint(d.out, "  (game0 to game9 stay with their servers for ten minutes: a rollout that is held back may bring old hosts back.)\n\n")
	return d.kubectl(rival, "describe", "hostclaim", claimOf(0))
}

// waitRefused waits until each Pod of the clone has the event with the reason and is known to wait for its host; and makes
// sure that none got it.
func (d *demo) waitRefused(ctx context.Context) error {
	as, err := d.Client(rival)
	if err != nil {
		return err
	}
	err = d.Wait(ctx, "the events of the other game's Pods", func(ctx context.Context) (bool, error) {
		var events corev1.EventList
		if err := as.List(ctx, &events, client.InNamespace(clone.namespace)); err != nil {
			return false, err
		}
		told := map[string]bool{}
		for _, event := range events.Items {
			for id := range clones {
				pod := fmt.Sprintf("%s-%d", clone.set, id)
				if on := event.InvolvedObject; on.Kind == "Pod" && on.Name == pod && strings.Contains(event.Message, heldByFirst(id)) {
					told[pod] = true
				}
			}
		}
		return len(told) == clones, fmt.Errorf("only %d Pods have it", len(told))
	})
	if err != nil {
		return err
	}
	err = d.waitClaims(ctx, "each of its servers to be known to wait", func(id int, claim *v1alpha1.HostClaim) bool {
		return claim != nil && len(claim.Status.Waiters) == 1 && isClone(claim.Status.Waiters[0], id)
	})
	if err != nil {
		return err
	}
	ingresses, err := d.Ingresses(ctx, clone.namespace, clone.set)
	if err == nil && len(ingresses) > 0 {
		err = fmt.Errorf("the other game has %d Ingresses with hosts of the first", len(ingresses))
	}
	return err
}

func (d *demo) giveUp(ctx context.Context) error {
	d.title("The first game takes its servers 0 to 2 offline: those who wait get their hosts, and nobody touches anything")
	patch := `{"spec": {"replicas": 9, "reserveGameServerIds": [0, 1, 2]}}`
	if err := d.kubectl(env.Dev, "patch", "gameserverset", "postio", "-n", "games", "--type=merge", "-p", patch); err != nil {
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
	return d.cloneReady(ctx, free)
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

// cloneReady waits until OpenKruiseGame says that the clone's network is ready, and shows whose the hosts are now.
func (d *demo) cloneReady(ctx context.Context, free time.Time) error {
	network := []string{"get", "gameservers", "-n", clone.namespace, "-o", "custom-columns=NAME:.metadata.name,NETWORK:.status.networkStatus.currentNetworkState"}
	err := d.Wait(ctx, "the network of the other game's servers", func(context.Context) (bool, error) {
		output, err := d.Kubectl(rival, network...)
		return strings.Count(output, " Ready") == clones, err
	})
	if err != nil {
		return err
	}
	err = d.waitClaims(ctx, "the claims to be the other game's", func(id int, claim *v1alpha1.HostClaim) bool {
		return claim != nil && isClone(claim.Spec.Holder, id) && claim.Status.Phase == v1alpha1.HostClaimBound
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\n  after %s:\n", since(free))
	retried := `custom-columns=NAME:.metadata.name,RETRIED:.metadata.annotations.gatehouse\.dev/retry`
	for _, command := range [][]string{network, {"get", "pods", "-n", clone.namespace, "-o", retried}} {
		if err := d.kubectl(rival, command...); err != nil {
			return err
		}
	}
	fmt.Fprintln(d.out, "  (OpenKruiseGame gives up after a minute and never comes back: Gatehouse touches the Pods of those who waited.)")
	return d.kubectl(env.Operator, "get", "hostclaims", claimOf(0), claimOf(1), claimOf(2))
}

// waitClaims waits until the claim to each host that the clone wants, nil where there is none, is as it should be.
func (d *demo) waitClaims(ctx context.Context, what string, holds func(id int, claim *v1alpha1.HostClaim) bool) error {
	admin, err := d.Client(env.Admin, v1alpha1.AddToScheme)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return d.Wait(ctx, what, func(ctx context.Context) (bool, error) {
		for id := range clones {
			claim := &v1alpha1.HostClaim{}
			err := admin.Get(ctx, client.ObjectKey{Name: claimOf(id)}, claim)
			if client.IgnoreNotFound(err) != nil {
				return false, err
			}
			if err != nil {
				claim = nil
			}
			if !holds(id, claim) {
				return false, fmt.Errorf("the claim to the host of server %d is %+v", id, claim)
			}
		}
		return true, nil
	})
}

func isClone(h v1alpha1.Holder, id int) bool {
	return h.Namespace == clone.namespace && h.GameServerSet == clone.set && h.ID != nil && *h.ID == id
}

func since(begin time.Time) time.Duration { return time.Since(begin).Round(100 * time.Millisecond) }
