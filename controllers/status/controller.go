package status

import (
	"context"
	"time"

	"github.com/go-logr/logr"

	"github.com/gatehouse-dev/gatehouse/controllers/rollout"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// Cluster is what is known in memory.
type Cluster interface {
	// Policies are those that stand, by name; none while not everything is known yet.
	Policies() []snapshot.Policy
	// Fleet is the policies that stand and what they can select; false while not everything is known yet.
	Fleet() (*policy.Set, policy.Fleet, bool)
	// Generation changes whenever an Ingress that has not changed may be decided differently: with each edit.
	Generation() uint64
}

// Rollout tells how far the policies have come.
type Rollout interface {
	// Counted is the generation of the cluster that the tallies are about, or a lower one.
	Counted() uint64
	// Tallies are by the name of the policy; one that is missing is zero.
	Tallies() map[string]rollout.Tally
}

// API is the API server.
type API interface {
	// Policies lists the policies with their status.
	Policies(ctx context.Context) ([]v1alpha1.GamePolicy, error)
	// Apply puts a status in place of the one that was applied before; NotFound where there is no such policy.
	Apply(ctx context.Context, name string, status *v1alpha1.GamePolicyStatus) error
	// HigressLimits are Higress's own; known is false where nobody is to look.
	HigressLimits(ctx context.Context) (limits gateway.Limits, known bool, err error)
}

// Controller writes the status of policies. Changed may be called from any goroutine.
type Controller struct {
	cluster Cluster
	rollout Rollout
	api     API
	now     func() time.Time
	log     logr.Logger
	changed chan struct{}

	// Start's own
	memory      memory
	standpoints standpoints
}

// New makes a controller.
func New(cluster Cluster, rollout Rollout, api API, now func() time.Time, log logr.Logger) *Controller {
	return &Controller{cluster: cluster, rollout: rollout, api: api, now: now, log: log.WithName("status"), changed: make(chan struct{}, 1)}
}

const (
	// shortestPause is between two passes. A pass writes each policy at most once, so this bounds the writes of one policy. A
	// pass that took long is followed by a longer pause: restFactor keeps the passes below a tenth of one processor core.
	shortestPause = time.Second
	restFactor    = 10
	// longestPause is how long nothing happens where nobody says that anything has changed.
	longestPause = 10 * time.Second
	// maxWrites bounds the writes of one pass, and so those of a second. What is left comes in the next one.
	maxWrites = 20
	// callTimeout bounds one call of the API server.
	callTimeout = 10 * time.Second
)

// Changed says that there may be something new to tell.
func (c *Controller) Changed() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// NeedLeaderElection is true: two would write the same twice.
func (*Controller) NeedLeaderElection() bool { return true }

// Start tells what there is to tell until the context ends.
func (c *Controller) Start(ctx context.Context) error {
	for {
		begin := time.Now()
		c.pass(ctx)
		rest := min(max(shortestPause, restFactor*time.Since(begin)), longestPause)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(rest):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-c.changed:
		case <-time.After(longestPause - rest):
		}
	}
}

// pass writes what differs from what stands in the policies.
func (c *Controller) pass(ctx context.Context) {
	// In this order: policies are as new as the fleet at least, the generation as the policies, and the tallies as what was
	// counted.
	set, fleet, known := c.cluster.Fleet()
	policies := c.cluster.Policies()
	generation := c.cluster.Generation()
	if !known || !c.memory.learn(ctx, c.api, c.now(), c.log) {
		return
	}
	counted, tallies := c.rollout.Counted(), c.rollout.Tallies()
	c.standpoints.refresh(ctx, c.api, policies, set, &fleet, c.now())

	var due []write
	for i := range policies {
		p := &policies[i]
		entry := c.memory.of(p, generation)
		facts := Facts{Policy: *p, Standpoint: c.standpoints.byUID[p.UID]}
		if counted >= entry.since {
			tally := tallies[p.Name] // none: no Ingress is selected
			facts.Tally = &tally
		}
		if wanted := Of(&facts, &entry.stored, c.now()); differs(&entry.stored, &wanted) {
			due = append(due, write{p.Name, entry, wanted})
		}
	}
	c.memory.forget(policies)
	c.writeAll(ctx, due)
}
