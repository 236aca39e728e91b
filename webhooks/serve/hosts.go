package serve

import (
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
	"github.com/gatehouse-dev/gatehouse/controllers/janitor"
	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/controllers/rollout"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// deeds is the ledger with the memory that it looks things up in, what tells whether that is complete, and the Pods of game
// servers, which the leader alone knows.
type deeds struct {
	*ledger.Ledger
	snap      *snapshot.Snapshot
	claims    *ledger.Claims
	standings *ledger.Standings
	terms     host.Terms
	pods      *gamepods.Index
	rollout   *rollout.Rollout
}

// Synced tells whether all claims and Ingresses were known once.
func (d deeds) Synced() bool { return d.snap.Synced() }

// tendHosts has the snapshot follow claims and Ingresses, gives the manager the janitor to run on the leader with the Pods
// of game servers, and returns what the webhooks claim hosts with.
func tendHosts(mgr manager.Manager, o options, snap *snapshot.Snapshot, registry prometheus.Registerer, log logr.Logger) (deeds, error) {
	claims, standings := &ledger.Claims{}, ledger.NewStandings(snap)
	store := ledger.NewStore(mgr.GetClient(), mgr.GetAPIReader())
	terms := host.Terms{ExclusiveWeb: o.webIngresses == webExclusive}

	pods := gamepods.New(mgr.GetConfig(), log)
	runner := janitor.NewRunner(mgr, janitor.Config{
		Sources: janitor.Sources{Claims: claims, Ingresses: standings, Resolver: snap, Sets: snap, Pods: pods},
		Store:   store, Terms: terms, Events: mgr.GetEventRecorder("gatehouse"), Registry: registry, Now: time.Now, Log: log,
	}, func() bool { return snap.Synced() && pods.Synced() })
	pods.Notify(runner.Changed)
	following := newRollout(mgr, snap, standings, pods, registry, log)
	changed := func() { runner.Changed(); following.Changed() }
	snap.Follow(&v1alpha1.HostClaim{}, snapshot.Handler(
		func(c *v1alpha1.HostClaim) { claims.Put(c); runner.Changed() },
		func(c *v1alpha1.HostClaim) { claims.Remove(c); runner.Changed() }))
	snap.Follow(&networkingv1.Ingress{}, snapshot.Handler(
		func(i *networkingv1.Ingress) { standings.Put(i); changed() },
		func(i *networkingv1.Ingress) { standings.Remove(i); changed() }))
	for _, part := range []manager.Runnable{pods, runner, following} {
		if err := mgr.Add(part); err != nil {
			return deeds{}, err
		}
	}
	return deeds{ledger.New(store, claims, standings, terms, time.Now, registry, log), snap, claims, standings, terms, pods, following.Rollout}, nil
}
