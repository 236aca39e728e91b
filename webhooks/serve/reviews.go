package serve

import (
	"context"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/review"
)

// reviewed is what GameServerSets are held against: memory, but for the set that is scaled, of which memory holds too little.
type reviewed struct {
	deeds
	reader      snapshot.SetReader
	autoscalers *snapshot.Autoscalers
}

// reviewSets has the snapshot follow what scales sets, besides what it follows already.
func reviewSets(snap *snapshot.Snapshot, deeds deeds, reader snapshot.SetReader) reviewed {
	r := reviewed{deeds: deeds, reader: reader, autoscalers: &snapshot.Autoscalers{}}
	snap.Follow(&autoscalingv2.HorizontalPodAutoscaler{}, r.autoscalers.Handler())
	return r
}

// World implements gameserverset.Cluster.
func (r reviewed) World(namespace string) (review.World, bool) {
	world, known := r.snap.World(namespace)
	world.Claims, world.Terms = r.claims, r.terms
	return world, known
}

// Live implements gameserverset.Cluster: those that have an Ingress.
func (r reviewed) Live(namespace, set string) []int { return r.standings.Servers(namespace, set) }

// Autoscaler implements gameserverset.Cluster.
func (r reviewed) Autoscaler(namespace, set string) *review.Autoscaler {
	return r.autoscalers.Of(namespace, set)
}

// Set implements gameserverset.Cluster.
func (r reviewed) Set(ctx context.Context, namespace, name string) (*gameserver.GameServerSet, error) {
	return r.reader.GameServerSet(ctx, namespace, name)
}
