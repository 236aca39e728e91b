package serve

import (
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/gatehouse-dev/gatehouse/controllers/janitor"
	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// deeds is the ledger with the memory that it looks things up in, and what tells whether that is complete.
type deeds struct {
	*ledger.Ledger
	snap      *snapshot.Snapshot
	claims    *ledger.Claims
	standings *ledger.Standings
	terms     host.Terms
}

// Synced tells whether all claims and Ingresses were known once.
func (d deeds) Synced() bool { return d.snap.Synced() }

// tendHosts has the snapshot follow claims and Ingresses, gives the manager the janitor to run on the leader, and returns
// what the webhooks claim hosts with.
func tendHosts(mgr manager.Manager, o options, snap *snapshot.Snapshot, registry prometheus.Registerer, log logr.Logger) (deeds, error) {
	claims, standings := &ledger.Claims{}, ledger.NewStandings(snap)
	store := ledger.NewStore(mgr.GetClient(), mgr.GetAPIReader())
	terms := host.Terms{ExclusiveWeb: o.webIngresses == webExclusive}

	runner := janitor.NewRunner(mgr, janitor.Config{
		Sources: janitor.Sources{Claims: claims, Ingresses: standings, Resolver: snap, Sets: snap},
		Store:   store, Terms: terms, Events: mgr.GetEventRecorder("gatehouse"), Registry: registry, Now: time.Now, Log: log,
	}, snap.Synced)
	snap.Follow(&v1alpha1.HostClaim{}, snapshot.Handler(
		func(c *v1alpha1.HostClaim) { claims.Put(c); runner.Changed() },
		func(c *v1alpha1.HostClaim) { claims.Remove(c); runner.Changed() }))
	snap.Follow(&networkingv1.Ingress{}, snapshot.Handler(
		func(i *networkingv1.Ingress) { standings.Put(i); runner.Changed() },
		func(i *networkingv1.Ingress) { standings.Remove(i); runner.Changed() }))
	if err := mgr.Add(runner); err != nil {
		return deeds{}, err
	}
	return deeds{ledger.New(store, claims, standings, terms, time.Now, registry, log), snap, claims, standings, terms}, nil
}
