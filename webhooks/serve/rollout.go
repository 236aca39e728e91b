package serve

import (
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/controllers/rollout"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
)

// rolloutWorkers is how many Ingresses are written at a time. Each takes the API server a few milliseconds, most of them for
// our own webhooks.
const rolloutWorkers = 8

// inUse tells by their Pods whether somebody plays on servers.
type inUse struct{ *gamepods.Index }

// InUse implements rollout.Servers. Nobody plays on a server without a Pod.
func (u inUse) InUse(name types.NamespacedName) bool {
	pod := u.Of(name.Namespace, name.Name)
	return pod != nil && pod.InUse()
}

// newRollout is what brings the Ingresses that stand in line with the policies, on the leader.
func newRollout(mgr manager.Manager, snap *snapshot.Snapshot, standings *ledger.Standings, pods *gamepods.Index, registry prometheus.Registerer, log logr.Logger) *rollout.Runner {
	r := rollout.New(rollout.Config{
		Policies: snap, Ingresses: standings, Servers: inUse{pods}, Writer: rollout.ClientWriter{Client: mgr.GetClient()},
		Events: mgr.GetEventRecorder("gatehouse"), Registry: registry, Workers: rolloutWorkers, Now: time.Now, Log: log,
	})
	snap.Observe(r.Changed)
	pods.Notify(r.Changed)
	return &rollout.Runner{Rollout: r, Synced: func() bool { return snap.Synced() && pods.Synced() }}
}
