package janitor

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
)

const (
	// shortestPause is between two passes, so that one takes in many changes; a pass that took long is followed by a
	// longer one.
	shortestPause = 500 * time.Millisecond
	// longestPause is how long nothing happens where nothing changes: what only time brings about waits for it.
	longestPause = 5 * time.Second
	// restFactor keeps the janitor below a tenth of one processor core.
	restFactor = 10
	// workers is how many claims are written at a time: the API server takes them a few milliseconds each.
	workers = 8
)

// Runner runs a janitor on the leader.
type Runner struct {
	config  Config
	manager manager.Manager
	changed chan struct{}
	synced  func() bool
}

// NewRunner makes a runner for a manager. Of the config it fills in what reads and writes through the manager. synced
// tells whether what is in memory is complete.
func NewRunner(mgr manager.Manager, config Config, synced func() bool) *Runner {
	api := cluster{SetReader: snapshot.SetReader{Reader: mgr.GetAPIReader()}, writer: mgr.GetClient()}
	config.Live, config.Writer, config.Workers = api, api, workers
	return &Runner{config: config, manager: mgr, changed: make(chan struct{}, 1), synced: synced}
}

// Changed says that there may be something to do.
func (r *Runner) Changed() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// NeedLeaderElection is true: two janitors would do each other no harm, but all work twice.
func (*Runner) NeedLeaderElection() bool { return true }

// Start tends the claims until the context ends.
func (r *Runner) Start(ctx context.Context) error {
	pods := &podIndex{}
	if err := pods.follow(ctx, r.manager.GetConfig(), r.Changed); err != nil {
		return ended(ctx, err)
	}
	r.config.Sources.Pods = pods
	for !r.synced() {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(shortestPause):
		}
	}
	j := New(r.config)
	j.log.Info("tending host claims")
	for {
		begin := time.Now()
		j.Pass(ctx)
		pause := max(shortestPause, restFactor*time.Since(begin))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.changed:
		case <-time.After(max(0, longestPause-pause)):
		}
	}
}

// ended is nil for what fails because the context has ended.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // see above
	}
	return err
}
