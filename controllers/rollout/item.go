package rollout

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// state is how an Ingress stands towards the policies.
type state string

// The states.
const (
	upToDate state = "up_to_date"
	pending  state = "pending"
	deferred state = "deferred"
	denied   state = "denied"
)

// item is what is known of one game server's Ingress.
type item struct {
	name   types.NamespacedName
	server gameserver.Identity

	// What it was judged on last: it is judged anew when one of these is another.
	version    string
	generation uint64
	inUse      bool
	// seen is the pass that met it last.
	seen uint64

	// matched and trying are the policies that select it; causes those on whose behalf it is to be written, held those that
	// would want it and wait, trial those that would want it if they were enforced.
	matched, trying, causes, held, trial []string
	heldSince                            time.Time

	// wanted is a fingerprint of the record of what it is to carry: by it one sees that what is asked for is the same as
	// before. Ten thousand records would be megabytes.
	wanted uint64
	// pending: it is to be written. charged is the policy whose rate it takes; queued: it stands in that lane or is on its
	// way.
	pending bool
	charged string
	queued  bool

	// written is the generation by which it was written last, and behind the version that this replaced, which may still be
	// what is in memory.
	written   uint64
	writtenAt time.Time
	behind    string
	trouble   trouble
}

// trouble is why an Ingress does not follow.
type trouble struct {
	reason  Reason
	message string
	since   time.Time
	// times is how often in a row, and until when nobody tries again.
	times int
	until time.Time
}

const (
	firstRetry = time.Second
	// longestRetry bounds how long a failed write waits for the next try.
	longestRetry = 5 * time.Minute
	// reconsider is how soon a refused write is tried again after something has changed that may have been in its way.
	reconsider = 10 * time.Second
	// contests is how many times in a row somebody else may write over what was written before that is called a contest.
	contests = 3
	// contestWithin is how soon after our write another one counts against it.
	contestWithin = 2 * time.Minute
)

// fail notes that it does not follow. Each time it waits twice as long.
func (i *item) fail(reason Reason, message string, now time.Time) {
	t := &i.trouble
	if t.reason != reason {
		*t = trouble{reason: reason, since: now}
	}
	t.message = message
	t.until = now.Add(min(firstRetry<<min(t.times, 20), longestRetry))
	t.times++
}

// overwritten notes that somebody has written over it since we wrote it, by the same policies.
func (i *item) overwritten(now time.Time) {
	if now.Sub(i.writtenAt) > contestWithin {
		i.trouble = trouble{}
		return
	}
	times := i.trouble.times
	i.fail(Contested, "somebody else keeps writing over it", now)
	if times+1 < contests {
		i.trouble.until = now
	}
}

// state is that towards one policy.
func (i *item) state(name string) state {
	switch {
	case i.pending && slices.Contains(i.causes, name):
		if i.refused() {
			return denied
		}
		return pending
	case slices.Contains(i.held, name):
		return deferred
	case slices.Contains(i.trial, name):
		return pending
	}
	return upToDate
}

// refused tells whether it takes somebody to do something about it.
func (i *item) refused() bool {
	return i.trouble.reason == Denied || i.trouble.reason == Contested && i.trouble.times >= contests
}
