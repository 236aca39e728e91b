package rollout

import (
	"context"
	"math"
	"slices"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy"
)

const (
	// pauseAfter is how many writes in a row have to fail until nothing more is written on behalf of a policy for a while.
	pauseAfter = 5
	firstPause = 5 * time.Second
	// longestPaused bounds a pause. After each one a single write tries whether it is over.
	longestPaused = 5 * time.Minute
	// tick is how often lanes are looked at while their rate holds them up, and idle how often while there is no work.
	tick, idle = 5 * time.Millisecond, 20 * time.Millisecond
	// catchUp is how much of its rate a lane makes up for after it was not looked at: on a busy machine that happens for
	// longer than a tick, and the rate would never be reached.
	catchUp = 100 * time.Millisecond
)

// job is one Ingress to be written, on behalf of the policy in whose lane it stood.
type job struct {
	name types.NamespacedName
	lane string
	// probe: it alone is written while the lane is paused, to try whether that is over.
	probe bool
}

// lane is what waits to be written on behalf of one policy.
type lane struct {
	queue   []types.NamespacedName
	limiter *rate.Limiter
	// failures is how many writes in a row have failed.
	failures int
	// why is not empty while the lane is paused, until the time given and for as long as the probe takes.
	why     string
	until   time.Time
	pauses  int
	probing bool
}

func (l *lane) push(name types.NamespacedName) { l.queue = append(l.queue, name) }

// ready tells whether the next of the lane may be written.
func (l *lane) ready(now time.Time) bool {
	switch {
	case len(l.queue) == 0, l.probing, now.Before(l.until):
		return false
	}
	return l.limiter.AllowN(now, 1)
}

func (l *lane) pop() (name types.NamespacedName, probe bool) {
	name = l.queue[0]
	l.queue = l.queue[1:]
	l.probing = l.why != ""
	return name, l.probing
}

// succeeded ends a pause. It tells whether there was one.
func (l *lane) succeeded() bool {
	paused := l.why != ""
	l.failures, l.pauses, l.why, l.until = 0, 0, "", time.Time{}
	return paused
}

// failed counts, and begins a pause; a probe makes it longer, what was on its way before does not. It tells whether one
// has begun.
func (l *lane) failed(why string, probe bool, now time.Time) bool {
	l.failures++
	began := l.why == "" && l.failures >= pauseAfter
	if began || probe {
		l.why = why
		l.until = now.Add(min(firstPause<<min(l.pauses, 20), longestPaused))
		l.pauses++
	}
	return began
}

// lane is that of a policy, at the rate which the policy has now; of one that is gone, at the rate which it had.
func (r *Rollout) lane(name string) *lane {
	perSecond, known := r.rates[name]
	if !known {
		perSecond = policy.DefaultPerSecond
	}
	l := r.lanes[name]
	if l == nil {
		l = &lane{limiter: rate.NewLimiter(0, 1)}
		r.lanes[name] = l
		r.ring = append(r.ring, name)
	}
	if l.limiter.Limit() != rate.Limit(perSecond) {
		l.limiter.SetLimit(rate.Limit(perSecond))
		l.limiter.SetBurst(1 + int(math.Ceil(float64(perSecond)*catchUp.Seconds())))
	}
	return l
}

// dispatch hands out what is to be written, one policy after the other, until the context ends.
func (r *Rollout) dispatch(ctx context.Context, work chan<- job) {
	for {
		next, wait := r.next()
		if wait == 0 {
			select {
			case <-ctx.Done():
				return
			case work <- next:
				continue
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// next is the next to be written; where there is none, how long to wait.
func (r *Rollout) next() (next job, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, wait := r.Now(), idle
	for turn, of := range r.ring {
		l := r.lanes[of]
		if l.ready(now) {
			// Whoever was served stands behind all others.
			r.ring = append(slices.Delete(r.ring, turn, turn+1), of)
			name, probe := l.pop()
			return job{name, of, probe}, 0
		}
		if len(l.queue) > 0 {
			wait = tick
		}
	}
	return next, wait
}

// tidyLanes drops lanes that nobody needs: those of policies that are gone, with nothing left that they had set.
func (r *Rollout) tidyLanes(owing []string) {
	r.ring = slices.DeleteFunc(r.ring, func(name string) bool {
		gone := !r.set.Has(name) && !slices.Contains(owing, name) && len(r.lanes[name].queue) == 0 && r.lanes[name].why == ""
		if gone {
			delete(r.lanes, name)
			delete(r.rates, name)
		}
		return gone
	})
}
