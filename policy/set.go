package policy

import (
	"cmp"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// Set is the compiled policies of a cluster, in order of precedence and indexed by what they select. It is immutable:
// a change makes a new Set, so that a decision never sees half an edit.
type Set struct {
	policies []*Compiled
	byPolicy map[string]int
	// anyFrozen: without a frozen policy nobody has to read the record of the stored object.
	anyFrozen bool
	// anyCanary: without one nobody has to ask whether an Ingress stands on another's host.
	anyCanary bool
	// anyHosts: some policy has rules for hosts.
	anyHosts bool

	// Each policy stands in exactly one of these, under something without which it cannot match.
	bySetName        map[string][]int
	byNamespaceLabel map[labelPair][]int
	bySetLabel       map[labelPair][]int
	rest             []int
}

// NewSet orders and indexes the policies. The order in which they are given does not matter. Policies that are being
// deleted are left out.
func NewSet(policies []*Compiled) *Set {
	s := &Set{
		byPolicy: map[string]int{}, bySetName: map[string][]int{},
		byNamespaceLabel: map[labelPair][]int{}, bySetLabel: map[labelPair][]int{},
	}
	for _, p := range policies {
		if p != nil && !p.deleting {
			s.policies = append(s.policies, p)
		}
	}
	slices.SortFunc(s.policies, precedence)
	for i, p := range s.policies {
		s.byPolicy[p.name] = i
		s.anyFrozen = s.anyFrozen || p.freezable()
		s.anyHosts = s.anyHosts || p.hosts != nil
		s.anyCanary = s.anyCanary || p.overrides.values[gateway.CanaryRoute] != nil
		s.index(i, &p.targets)
	}
	return s
}

// precedence: the higher priority first, then the older, then the lesser name (as Gateway API orders conflicting
// policies: GEP-713).
func precedence(a, b *Compiled) int {
	return cmp.Or(cmp.Compare(b.priority, a.priority), age(a, b), cmp.Compare(a.name, b.name))
}

// age: the older first. A policy that is not stored yet has no creationTimestamp and will be the youngest.
func age(a, b *Compiled) int {
	unstored := func(p *Compiled) int {
		if p.created.IsZero() {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(unstored(a), unstored(b)), a.created.Compare(b.created))
}

func (s *Set) index(i int, t *targets) {
	switch {
	case t.exactNames:
		for _, name := range t.names {
			if list := s.bySetName[name.prefix]; len(list) == 0 || list[len(list)-1] != i { // a name given twice
				s.bySetName[name.prefix] = append(list, i)
			}
		}
	case t.namespaceLabel.key != "":
		s.byNamespaceLabel[t.namespaceLabel] = append(s.byNamespaceLabel[t.namespaceLabel], i)
	case t.setLabel.key != "":
		s.bySetLabel[t.setLabel] = append(s.bySetLabel[t.setLabel], i)
	default:
		s.rest = append(s.rest, i)
	}
}

// With is the set with one policy as it is to be, in the place of the one of its name if there is one.
func (s *Set) With(c *Compiled) *Set {
	others := slices.DeleteFunc(slices.Clone(s.policies), func(p *Compiled) bool { return p.name == c.name })
	return NewSet(append(others, c))
}

// Policies is how many policies the set holds.
func (s *Set) Policies() int { return len(s.policies) }

// match lists the policies that select the Ingress, by precedence.
func (s *Set) match(r *Request, server gameserver.Identity) []int {
	var found []int
	try := func(candidates []int) {
		for _, i := range candidates {
			if s.policies[i].targets.match(r, server) {
				found = append(found, i)
			}
		}
	}
	try(s.rest)
	try(s.bySetName[server.Set])
	for k, v := range r.NamespaceLabels {
		try(s.byNamespaceLabel[labelPair{k, v}])
	}
	for k, v := range r.SetLabels {
		try(s.bySetLabel[labelPair{k, v}])
	}
	slices.Sort(found)
	return found
}
