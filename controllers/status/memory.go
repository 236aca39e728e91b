package status

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// memory is what stands in the status of each policy, as far as this process knows: what it has read at its start and
// written since. In the informers' memory there is no status, so that our own writes cost the other replicas nothing.
type memory struct {
	entries map[types.UID]*entry
	// again is when it is to be read what stands there: somebody else may have written.
	again time.Time
}

type entry struct {
	stored v1alpha1.GamePolicyStatus
	// edition is what was last seen of the policy, and since the generation of the cluster at that time: what was counted
	// before is about another edition.
	edition edition
	since   uint64
	// written is when it was written last; nobody tries before retry again.
	written, retry time.Time
}

type edition struct {
	generation int64
	deleting   bool
}

// relearnEvery is how often what stands there is read.
const relearnEvery = 10 * time.Minute

// learn reads what stands there, unless that is known. It is false where it is not.
func (m *memory) learn(ctx context.Context, api API, now time.Time, log logr.Logger) bool {
	if now.Before(m.again) {
		return m.entries != nil
	}
	within, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	list, err := api.Policies(within)
	if err != nil {
		if ctx.Err() == nil {
			log.Info("GamePolicies cannot be listed", "reason", err.Error())
		}
		m.again = now.Add(longestPause)
		return m.entries != nil
	}
	m.again = now.Add(relearnEvery)
	if m.entries == nil {
		m.entries = make(map[types.UID]*entry, len(list))
	}
	for i := range list {
		m.entry(list[i].UID).stored = list[i].Status
	}
	return true
}

func (m *memory) entry(uid types.UID) *entry {
	e := m.entries[uid]
	if e == nil {
		e = &entry{}
		m.entries[uid] = e
	}
	return e
}

// of is what is known of a policy as it stands at a generation of the cluster. A new one has no status.
func (m *memory) of(p *snapshot.Policy, generation uint64) *entry {
	e := m.entry(p.UID)
	if now := (edition{p.Generation, p.Deleting}); e.edition != now {
		e.edition, e.since = now, generation
	}
	return e
}

// forget drops those that are gone.
func (m *memory) forget(policies []snapshot.Policy) {
	stands := make(map[types.UID]bool, len(policies))
	for i := range policies {
		stands[policies[i].UID] = true
	}
	for uid := range m.entries {
		if !stands[uid] {
			delete(m.entries, uid)
		}
	}
}
