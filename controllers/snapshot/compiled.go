package snapshot

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// Policy is a GamePolicy that stands, and what of it is in effect.
type Policy struct {
	Name       string
	UID        types.UID
	Generation int64
	Deleting   bool
	// Compiled is what is in effect: what the policy says, or, where that is refused, what it said before; nil if nothing is.
	Compiled *policy.Compiled
	// Refused says why the policy as it stands is not in effect; none where it is.
	Refused []finding.Finding
}

// Policies lists the policies that stand, all of one moment, by name. They must not be changed. There are none while not
// everything is known yet.
func (s *Snapshot) Policies() []Policy {
	if now := s.current.Load(); now != nil {
		return now.standing
	}
	return nil
}

// list is what was compiled last.
func (s *policyStore) list() []Policy {
	out := make([]Policy, 0, len(s.compiled))
	for name, c := range s.compiled {
		p := Policy{Name: name, UID: c.edition.uid, Generation: c.edition.generation, Deleting: c.edition.deleting, Compiled: c.result}
		if c.refused {
			p.Refused = c.findings
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Policy) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
