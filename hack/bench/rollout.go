package main

import (
	"context"
	"fmt"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

const (
	// rolloutRounds is how many edits are rolled out, each followed by a bare client that writes the same Ingresses.
	rolloutRounds = 3
	// wantRollout is the target for the ratio of both.
	wantRollout = 1.2
	// timed is how many seconds a rollout with a rate is watched, at so many a second.
	timed, timedRate = 10, 50
)

// rollouts edits the policy of all Ingresses without a bound on the rate, and compares the time until all carry the new value
// with what a bare client takes, as many at a time, through the same webhooks. Then one with a rate.
func (b *bench) rollouts(ctx context.Context) error {
	fmt.Printf("\nAn edit of the policy of %d Ingresses, %d written at a time\n    %-8s %12s %14s %8s\n", b.servers, clients, "round", "rollout s", "bare client s", "ratio")
	var ratios []float64
	for round := range rolloutRounds {
		took, err := b.rollOut(ctx, 40+round, 1000)
		if err != nil {
			return err
		}
		bare, err := b.patchAll(ctx, round)
		if err != nil {
			return err
		}
		ratios = append(ratios, took.Seconds()/bare.Seconds())
		fmt.Printf("    %-8d %12.2f %14.2f %8.3f\n", round, took.Seconds(), bare.Seconds(), ratios[round])
	}
	fmt.Printf("    median ratio %s; each Ingress was written once\n", judged(median(ratios), wantRollout))
	return b.timedRollout(ctx)
}

// fillAll brings the cluster to the last of its sizes.
func (b *bench) fillAll(ctx context.Context) error {
	servers := b.existing[len(b.existing)-1]
	if err := b.fill(ctx, servers); err != nil {
		return err
	}
	return b.settle(ctx, servers)
}

// rollOut edits the policy and waits until nothing is pending and everything was written.
func (b *bench) rollOut(ctx context.Context, seconds int, perSecond int32) (time.Duration, error) {
	before, err := b.written(ctx)
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	if err := b.edit(ctx, seconds, perSecond); err != nil {
		return 0, err
	}
	for {
		switch n, err := b.written(ctx); {
		case err != nil:
			return 0, err
		case n-before == b.servers:
			took := time.Since(begin)
			return took, b.sameEverywhere(ctx, seconds, before)
		case n-before > b.servers:
			return 0, fmt.Errorf("%d writes for %d Ingresses", n-before, b.servers)
		}
		if !pause(ctx, 100*time.Millisecond) {
			return 0, ctx.Err()
		}
	}
}

// sameEverywhere makes sure that all carry the value, and that nothing is written any more.
func (b *bench) sameEverywhere(ctx context.Context, seconds, before int) error {
	var list networkingv1.IngressList
	if err := b.admin.List(ctx, &list, client.InNamespace(standing)); err != nil {
		return err
	}
	for _, ing := range list.Items {
		if got := ing.Annotations["higress.io/timeout"]; got != fmt.Sprint(seconds) {
			return fmt.Errorf("%s has the timeout %q", ing.Name, got)
		}
	}
	if !pause(ctx, 3*time.Second) {
		return ctx.Err()
	}
	if n, err := b.written(ctx); err != nil || n-before != b.servers {
		return fmt.Errorf("%d writes for %d Ingresses: %w", n-before, b.servers, err)
	}
	return nil
}

func (b *bench) edit(ctx context.Context, seconds int, perSecond int32) error {
	p := &v1alpha1.GamePolicy{}
	if err := b.admin.Get(ctx, types.NamespacedName{Name: "wanted"}, p); err != nil {
		return err
	}
	p.Spec.Defaults.RequestTimeout = &metav1.Duration{Duration: time.Duration(seconds) * time.Second}
	p.Spec.Rollout = &v1alpha1.Rollout{MaxPerSecond: ptr.To(perSecond)}
	return b.admin.Update(ctx, p)
}

// written is how many Ingresses the leader has written on behalf of the policy.
func (b *bench) written(ctx context.Context) (int, error) {
	c, err := b.managerCounters(ctx)
	return c.sum("gatehouse_rollout_writes_total", "policy", "wanted", "result", "written"), err
}

// patchAll writes an annotation of the gateway on every Ingress, as the rollout does but for deciding.
func (b *bench) patchAll(ctx context.Context, round int) (time.Duration, error) {
	begin := time.Now()
	patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"metadata":{"annotations":{"higress.io/mirror-percentage":"%d"}}}`, round))
	err := inParallel(b.servers, func(i int) error {
		set, id := room(i)
		return b.admin.Patch(ctx, b.ingress(set, id), patch)
	})
	return time.Since(begin), err
}

// timedRollout counts what is written in some seconds at a rate.
func (b *bench) timedRollout(ctx context.Context) error {
	if b.servers < 2*timed*timedRate {
		return nil
	}
	before, err := b.written(ctx)
	if err != nil {
		return err
	}
	if err := b.edit(ctx, 50, timedRate); err != nil {
		return err
	}
	for { // from the first write on
		if n, err := b.written(ctx); err != nil {
			return err
		} else if n > before {
			before = n
			break
		}
		if !pause(ctx, 5*time.Millisecond) {
			return ctx.Err()
		}
	}
	begin := time.Now()
	if !pause(ctx, timed*time.Second) {
		return ctx.Err()
	}
	n, err := b.written(ctx)
	rate := float64(n-before) / time.Since(begin).Seconds()
	off := max(rate/timedRate, timedRate/rate)
	fmt.Printf("    at maxPerSecond %d: %.1f per second; off by a factor of %s\n", timedRate, rate, judged(off, 1.1))
	return err
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
