package policy

import (
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// HasCanaries tells whether any policy makes a set the canary of another. Without one nobody has to ask who is a canary,
// which costs a decision.
func (s *Set) HasCanaries() bool { return s.anyCanary }

// HasHostRules tells whether any policy says something about hosts.
func (s *Set) HasHostRules() bool { return s.anyHosts }

// Enforces tells whether a policy in mode Enforce selects the Ingress of a request.
func (s *Set) Enforces(r Request) bool {
	server, isGame := gameserver.Identify(r.Ingress)
	if !isGame || !r.Class.Managed {
		return false
	}
	return slices.ContainsFunc(s.match(&r, server), func(i int) bool { return enforcing(s.policies[i].mode) })
}

// Authored is what the annotations of an Ingress would be without us.
func Authored(annotations map[string]string) map[string]string {
	standing, _ := readRecord(annotations)
	return standing.author(annotations)
}
