package snapshot

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
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

// Compile is policy.Compile for a policy as the API server stores it, nil where that refuses it. One that is in memory as
// it stands is not compiled a second time: of a thousand policies that would take seconds.
func (s *Snapshot) Compile(p *v1alpha1.GamePolicy) *policy.Compiled {
	standing := s.Policies()
	i, known := slices.BinarySearchFunc(standing, p.Name, func(known Policy, name string) int { return cmp.Compare(known.Name, name) })
	if !known || standing[i].edition() != editionOf(p) {
		compiled, _ := policy.Compile(p)
		return compiled
	}
	if len(standing[i].Refused) > 0 {
		return nil
	}
	return standing[i].Compiled
}

func (p Policy) edition() edition { return edition{p.UID, p.Generation, p.Deleting} }

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
