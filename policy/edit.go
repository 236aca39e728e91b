package policy

import (
	"maps"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// Edit is one policy as it is to be, among the others as they are.
type Edit struct {
	before, after *Set
	// edited is the policy as it is, if there is one, and as it is to be.
	edited []*Compiled
}

// Edit puts a policy in the place of the one of its name.
func (s *Set) Edit(c *Compiled) Edit {
	e := Edit{before: s, after: s.With(c), edited: []*Compiled{c}}
	if i, known := s.byPolicy[c.name]; known {
		e.edited = append(e.edited, s.policies[i])
	}
	return e
}

// Changes tells whether a standing Ingress would carry other annotations if it were decided anew, as a CREATE is. What
// the record says of it is no difference of its own.
func (e *Edit) Changes(r Request) bool {
	server, isGame := gameserver.Identify(r.Ingress)
	if !isGame || !r.Class.Managed ||
		!slices.ContainsFunc(e.edited, func(c *Compiled) bool { return c.targets.match(&r, server) }) {
		return false
	}
	r.Old = nil
	before, after := e.before.Decide(r).Annotations, e.after.Decide(r).Annotations
	delete(before, AppliedAnnotation)
	delete(after, AppliedAnnotation)
	return !maps.Equal(before, after)
}

// Enforced is the policy as it would be in mode Enforce.
func (c *Compiled) Enforced() *Compiled {
	enforced := *c
	enforced.mode = v1alpha1.ModeEnforce
	return &enforced
}
