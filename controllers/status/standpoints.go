package status

import (
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// standpoints is how each policy stands to what else there is. To work it out takes comparing all policies with each
// other, so that is done once after an edit, and from time to time for the sake of what they select.
type standpoints struct {
	byUID  map[types.UID]Standpoint
	set    *policy.Set
	worked time.Time
	limits limits
}

// reworkEvery is how often it is worked out without an edit.
const reworkEvery = 10 * time.Second

func (s *standpoints) refresh(ctx context.Context, api API, policies []snapshot.Policy, set *policy.Set, fleet *policy.Fleet, now time.Time) {
	if set == s.set && now.Sub(s.worked) < reworkEvery {
		return
	}
	s.byUID, s.set, s.worked = make(map[types.UID]Standpoint, len(policies)), set, now
	for i := range policies {
		p := &policies[i]
		if p.Compiled != nil && !p.Deleting && len(p.Refused) == 0 { // others have none
			s.byUID[p.UID] = s.work(ctx, api, p.Compiled, fleet, now)
		}
	}
}

func (s *standpoints) work(ctx context.Context, api API, c *policy.Compiled, fleet *policy.Fleet, now time.Time) Standpoint {
	kinds := c.Gateways(fleet.Classes)
	out := Standpoint{
		Overlaps:     s.set.Overlaps(c, fleet),
		OverriddenBy: s.set.Overridden(c, fleet.Classes),
		Empty:        c.SelectsNothing(fleet),
		Unsupported:  slices.DeleteFunc(c.Check(kinds), func(f finding.Finding) bool { return f.Severity == finding.Info }),
	}
	if slices.Contains(kinds, gateway.Higress) && c.Bounded() {
		out.Limits, out.LimitsUnread = s.limits.check(ctx, api, c, now)
	}
	return out
}

// limits are those of Higress, read at most so often.
type limits struct {
	gateway.Limits
	known bool
	err   error
	read  time.Time
}

const readLimitsEvery = time.Minute

// check says what the limits make of a policy, or why they are not known.
func (l *limits) check(ctx context.Context, api API, c *policy.Compiled, now time.Time) (found []finding.Finding, unread string) {
	if l.read.IsZero() || now.Sub(l.read) >= readLimitsEvery {
		within, cancel := context.WithTimeout(ctx, callTimeout)
		l.Limits, l.known, l.err = api.HigressLimits(within)
		cancel()
		l.read = now
	}
	switch {
	case l.err != nil:
		return nil, l.err.Error()
	case !l.known:
		return nil, ""
	}
	return c.CheckLimits(l.Limits), ""
}
