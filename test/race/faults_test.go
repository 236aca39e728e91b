package race_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// killEvery is the time between two kills. The next manager is killed while the one before starts again.
const killEvery = 2 * time.Second

// underFire kills one manager after the other until what is done ends, and restarts etcd once.
func (a *arena) underFire(t *testing.T, do func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	kills := 0
	group.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-ctx.Done():
				return
			case <-time.After(killEvery):
			}
			replica := a.Release.Replicas[i%replicas]
			replica.Kill()
			if err := replica.Start(); err != nil {
				t.Error(err)
				return
			}
			kills++
			if i == 4 {
				if err := a.RestartEtcd(); err != nil {
					t.Error(err)
				}
			}
		}
	})
	do()
	cancel()
	group.Wait()
	// A kubelet starts again what has ended by itself, as a manager does that lost its lease.
	for _, replica := range a.Release.Replicas {
		if err := replica.WaitReady(t.Context()); err != nil {
			replica.Kill()
			if err := replica.Start(); err != nil {
				t.Error(err)
			}
		}
	}
	t.Logf("%d managers killed, etcd restarted once", kills)
}

func (a *arena) whileKilled(t *testing.T, n int) {
	a.declare(t, "created", "h<id>.created.test", n)
	begin := time.Now()
	var results answers
	a.underFire(t, func() {
		results = a.contest(t, n, atOnce, func(ctx context.Context, r *rival, i int) error {
			return r.Create(ctx, r.game("created", i, fmt.Sprintf("h%d.created.test", i)))
		})
	})
	a.settle(t, results, gameOf("created")).log(t, "CREATE under fire", n, begin)
}

// churn is everything at once on few hosts: games and front ends come and go, move, and sets are scaled.
func (a *arena) churn(t *testing.T, hosts int) {
	const duration = 40 * time.Second
	a.declare(t, "churn", "h<id>.churn.test", hosts)
	var stored, refused, failed atomic.Int64
	a.underFire(t, func() {
		ctx, cancel := context.WithTimeout(t.Context(), duration)
		defer cancel()
		a.together(func(r *rival) error {
			for ctx.Err() == nil {
				switch err := a.something(ctx, r, hosts); {
				case err == nil:
					stored.Add(1)
				case apierrors.IsForbidden(err), apierrors.IsTooManyRequests(err):
					refused.Add(1)
				default: // not there, there already, written by somebody else, or nobody answers
					failed.Add(1)
				}
			}
			return nil
		})
	})
	t.Logf("%d writes stored, %d refused, %d failed", stored.Load(), refused.Load(), failed.Load())
	if stored.Load() < 100 || refused.Load() < 100 {
		t.Error("that is too little to show anything")
	}
}

func (a *arena) something(ctx context.Context, r *rival, hosts int) error {
	i, j := rand.IntN(hosts), rand.IntN(hosts)
	host := func(i int) string { return fmt.Sprintf("h%d.churn.test", i) }
	switch rand.IntN(10) {
	case 0, 1, 2, 3:
		return r.Create(ctx, r.game("churn", i, host(i)))
	case 4:
		return r.Create(ctx, r.web(fmt.Sprintf("churn-front-%d", i), host(i), host(j)))
	case 5:
		ing := &networkingv1.Ingress{}
		if err := r.Get(ctx, client.ObjectKey{Namespace: r.namespace, Name: fmt.Sprintf("churn-%d", i)}, ing); err != nil {
			return err
		}
		ing.Spec.Rules[0].Host = host(j)
		return r.Update(ctx, ing)
	case 6:
		return a.scale(ctx, r, "churn", rand.IntN(hosts))
	case 7:
		return r.Delete(ctx, r.web(fmt.Sprintf("churn-front-%d", i)))
	}
	return r.Delete(ctx, r.web(fmt.Sprintf("churn-%d", i)))
}
