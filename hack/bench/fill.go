package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

const (
	// clients send at the same time while the cluster is filled.
	clients = 8
	// serversPerRoom is how many game servers each of the sets has that are there already.
	serversPerRoom = 10
)

// room is the set of the i-th server that is there already, and the server's id.
func room(i int) (set gameSet, id int) {
	return gameSet{standing, fmt.Sprintf("room-%04d", i/serversPerRoom), 0, serversPerRoom}, i % serversPerRoom
}

// rooms is how many sets there are with so many servers.
func rooms(servers int) int { return (servers + serversPerRoom - 1) / serversPerRoom }

// fill brings the cluster to so many game servers: sets and Pods by their own authors, Ingresses by the ordinary user and
// through Gatehouse, as all others.
func (b *bench) fill(ctx context.Context, servers int) error {
	if servers == b.servers {
		return nil
	}
	var sets []gameSet
	for i := rooms(b.servers); i < rooms(servers); i++ {
		set, _ := room(i * serversPerRoom)
		sets = append(sets, set)
	}
	if err := b.createSets(ctx, sets...); err != nil {
		return err
	}
	more, from := servers-b.servers, b.servers
	if err := inParallel(more, func(i int) error {
		set, id := room(from + i)
		pod, err := set.pod(id)
		if err != nil {
			return err
		}
		return b.admin.Create(ctx, pod)
	}); err != nil {
		return err
	}
	begin := time.Now()
	if err := inParallel(more, func(i int) error {
		set, id := room(from + i)
		return b.client.Create(ctx, b.ingress(set, id))
	}); err != nil {
		return err
	}
	fmt.Printf("\n%d Ingresses created by %d clients at %.0f per second.\n", more, clients, float64(more)/time.Since(begin).Seconds())
	b.servers = servers
	return b.settle(ctx, servers)
}

// settle waits until the leader sees so many claims, all bound to their Ingresses: then the janitor has nothing to do.
func (b *bench) settle(ctx context.Context, claims int) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	return b.Wait(ctx, fmt.Sprintf("%d claims, all bound", claims), func(ctx context.Context) (bool, error) {
		c, err := b.managerCounters(ctx)
		if err != nil {
			return false, err
		}
		pending, bound := c.sum("gatehouse_host_claims", "state", "Pending"), c.sum("gatehouse_host_claims", "state", "Bound")
		return pending == 0 && bound == claims, fmt.Errorf("%d are pending, %d bound", pending, bound)
	})
}

// deleteIngresses deletes those that were measured, and the claims of the benchmark's own kind.
func (b *bench) deleteIngresses(ctx context.Context) error {
	for _, namespace := range []string{plain, constant, governed} {
		if err := b.admin.DeleteAllOf(ctx, &networkingv1.Ingress{}, client.InNamespace(namespace)); err != nil {
			return err
		}
	}
	return b.deeds.DeleteAllOf(ctx, &v1alpha1.HostClaim{})
}

// hearsOf is how long a manager may take to hear that something is gone.
const hearsOf = 2 * time.Second

// clear takes away everything that a stage has made: Ingresses, sets, and the claims that the sets would keep.
func (s *stage) clear(ctx context.Context) error {
	if err := s.deleteIngresses(ctx); err != nil {
		return err
	}
	for round := range s.rounds {
		for _, set := range s.sets(round) {
			if err := s.admin.Delete(ctx, set.object()); err != nil {
				return err
			}
		}
	}
	// The janitor would release the claims 90 s after they were written. By hand it is faster: it does not restore those
	// of sets that are gone. What it has not heard of yet it restores, and releases after all.
	select {
	case <-time.After(hearsOf):
	case <-ctx.Done():
		return ctx.Err()
	}
	var claims v1alpha1.HostClaimList
	if err := s.admin.List(ctx, &claims); err != nil {
		return err
	}
	if err := inParallel(len(claims.Items), func(i int) error {
		if claims.Items[i].Spec.Holder.Namespace == standing {
			return nil
		}
		return client.IgnoreNotFound(s.admin.Delete(ctx, &claims.Items[i]))
	}); err != nil {
		return err
	}
	return s.settle(ctx, s.existing)
}

// inParallel calls do for 0 to n-1 from several goroutines and returns the first error.
func inParallel(n int, do func(int) error) error {
	var group sync.WaitGroup
	errs := make(chan error, clients)
	for first := range clients {
		group.Go(func() {
			for i := first; i < n; i += clients {
				if err := do(i); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(errs)
	return <-errs
}
