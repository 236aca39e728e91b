package janitor

import (
	"context"
	"time"

	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
)

const (
	// shortestPause is between two passes, so that one takes in many changes; a pass that took long is followed by a
	// longer one.
	shortestPause = 500 * time.Millisecond
	// longestPause is how long nothing happens where nothing changes, or after a pass that took long: what only time brings
	// about waits for it, and so does whoever waits for a host.
	longestPause = 5 * time.Second
	// restFactor keeps the janitor below a tenth of one processor core, as long as a pass takes less than half a second.
	restFactor = 10
	// workers is how many claims are written at a time: the API server takes them a few milliseconds each.
	workers = 8
)

// Runner runs a janitor on the leader.
type Runner struct {
	config  Config
	changed chan struct{}
	synced  func() bool
}

// NewRunner makes a runner for a manager. Of the config it fills in what reads and writes through the manager. synced
// tells whether what is in memory is complete.
func NewRunner(mgr manager.Manager, config Config, synced func() bool) *Runner {
	api := cluster{SetReader: snapshot.SetReader{Reader: mgr.GetAPIReader()}, writer: mgr.GetClient()}
	config.Live, config.Writer, config.Workers = api, api, workers
	return &Runner{config: config, changed: make(chan struct{}, 1), synced: synced}
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

// Start tends the claims until the context ends: with the process, or when this replica leads no longer. Then nothing of it
// runs any more.
func (r *Runner) Start(ctx context.Context) error {
	if cache.WaitForCacheSync(ctx.Done(), r.synced) && ctx.Err() == nil {
		j := New(r.config)
		j.log.Info("tending host claims")
		r.tend(ctx, j.Pass)
	}
	return nil
}

// tend makes one pass after the other until the context ends: soon after something has changed, and from time to time.
func (r *Runner) tend(ctx context.Context, pass func(context.Context)) {
	for {
		begin := time.Now()
		pass(ctx)
		rest := min(max(shortestPause, restFactor*time.Since(begin)), longestPause)
		if !pause(ctx, rest) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-r.changed:
		case <-time.After(longestPause - rest):
		}
	}
}

// pause waits. It is false when the context has ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return ctx.Err() == nil
	}
}
