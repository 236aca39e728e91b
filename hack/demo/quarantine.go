package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

func (d *demo) letWait(ctx context.Context) error {
	d.title("The operator lets the other team wait: the copy comes in, and its Ingresses stand in quarantine")
	if err := d.kubectl(env.Operator, "apply", "-f", "hack/demo/arcade-waits.yaml"); err != nil {
		return err
	}
	// The manager hears of a policy milliseconds after it is written; a dry run shows when, and writes nothing.
	const waits = `ids 0-2 wait in quarantine for "s0.postio.example.com"`
	err := d.Wait(ctx, "the policy to count", func(context.Context) (bool, error) {
		output, err := d.Kubectl(rival, "apply", "-f", cloneManifest, "--dry-run=server")
		return strings.Contains(output, waits), err
	})
	if err != nil {
		return err
	}
	if err := d.kubectlSays(rival, []string{waits, "postio-clone created"}, "apply", "-f", cloneManifest); err != nil {
		return err
	}
	begin := time.Now()
	if err := d.waitQuarantined(ctx); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\n  after %s:\n", since(begin))
	for _, command := range [][]string{
		{"get", "ingresses", "-n", clone.namespace},
		networkOfClone,
		{"annotate", "pod", clone.set + "-0", "-n", clone.namespace, "example.com/match=7"},
	} {
		if err := d.kubectl(rival, command...); err != nil {
			return err
		}
	}
	fmt.Fprint(d.out, "  (No gateway serves that class. OpenKruiseGame sees the Ingresses that it made, so the Pods run and can be written.)\n\n")
	return d.kubectl(rival, "describe", "hostclaim", claimOf(0))
}

// networkOfClone shows what OpenKruiseGame says of the network of each of the other game's servers.
var networkOfClone = []string{
	"get", "gameservers", "-n", clone.namespace, "-l", "game.kruise.io/owner-gss=" + clone.set,
	"-o", "custom-columns=NAME:.metadata.name,STATE:.status.currentState,NETWORK:.status.networkStatus.currentNetworkState",
}

// waitQuarantined waits until each server of the clone has its Ingress in quarantine, is known to wait for its host, which
// the first game keeps, and is ready as far as OpenKruiseGame goes.
func (d *demo) waitQuarantined(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := d.Wait(ctx, "the other game's Ingresses to be in quarantine", d.allQuarantined)
	if err != nil {
		return err
	}
	err = d.waitClaims(ctx, "each server of the other game to be known to wait", func(id int, claim *v1alpha1.HostClaim) bool {
		return claim != nil && claim.Spec.Holder.Namespace == first.namespace &&
			len(claim.Status.Waiters) == 1 && isClone(claim.Status.Waiters[0], id)
	})
	if err != nil {
		return err
	}
	return d.Wait(ctx, "the other game's servers and their network to be ready", func(context.Context) (bool, error) {
		output, err := d.Kubectl(rival, networkOfClone...)
		return strings.Count(output, " Ready") == 2*clones, err
	})
}

func (d *demo) allQuarantined(ctx context.Context) (bool, error) {
	ingresses, err := d.Ingresses(ctx, clone.namespace, clone.set)
	if err != nil || len(ingresses) != clones {
		return false, err
	}
	for _, ingress := range ingresses {
		if !isOfClass(ingress, policy.QuarantineClass) {
			return false, fmt.Errorf("%s is not", ingress.Name)
		}
	}
	return true, nil
}
