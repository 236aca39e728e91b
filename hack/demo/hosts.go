package main

import (
	"context"
	"fmt"
	"time"

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
	clones        = 3
	cloneManifest = "hack/demo/postio-clone.yaml"
	hostForm      = "s%d.postio.example.com"
)

// claimOf is the name of the claim to a server's host.
func claimOf(id int) string {
	return host.Deed{Gateway: "higress", Host: fmt.Sprintf(hostForm, id)}.ClaimName()
}

// heldByFirst is what everybody else is told who wants the host of a server of the first game.
func heldByFirst(id int) string {
	return fmt.Sprintf(`"`+hostForm+`" is held by game server games/postio-%d (GameServerSet postio, id %d)`, id, id, id)
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
