package rollout

import (
	"context"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Runner runs a rollout on the leader.
type Runner struct {
	*Rollout
	// Synced tells whether what is in memory is complete.
	Synced func() bool
}

// NeedLeaderElection is true: two would write everything twice.
func (*Runner) NeedLeaderElection() bool { return true }

// Start keeps at it until the context ends: with the process, or when this replica leads no longer.
func (r *Runner) Start(ctx context.Context) error {
	for !r.Synced() {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(shortestPause):
		}
	}
	r.Log.Info("following the policies")
	r.Run(ctx)
	return nil
}

// ClientWriter writes through a client.
type ClientWriter struct{ client.Client }

// Patch implements Writer.
func (w ClientWriter) Patch(ctx context.Context, name types.NamespacedName, patch []byte) (*networkingv1.Ingress, error) {
	ing := &networkingv1.Ingress{}
	ing.Namespace, ing.Name = name.Namespace, name.Name
	return ing, w.Client.Patch(ctx, ing, client.RawPatch(types.MergePatchType, patch))
}
