package policy

import (
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// Party is who asks for the hosts of an Ingress: the game server whose it is, or the web Ingresses of its namespace.
func (s *Set) Party(r Request) host.Party {
	server, isGame := gameserver.Identify(r.Ingress)
	if !isGame {
		return host.Party{Namespace: r.Ingress.Namespace, Solver: host.IsSolver(r.Ingress)}
	}
	p := host.Party{Namespace: server.Namespace, Set: server.Set, ID: server.ID, CanaryOf: s.canaryOf(&r, server)}
	if t := r.Template; t != nil && t.Makes() && !t.HasOwnHosts() {
		p.SharedHost = host.Normalize(t.Host(server.ID))
	}
	return p
}

// canaryOf is the set of which a policy makes the Ingress a canary, if the gateway takes it for one as it stands: what its
// author or a skipped mutator made of it counts, not what it was to be.
func (s *Set) canaryOf(r *Request, server gameserver.Identity) string {
	if !s.anyCanary || !r.Class.Managed {
		return ""
	}
	dialect := gateway.For(r.Class.Gateway)
	if !dialect.IsCanary(r.Ingress.Annotations) {
		return ""
	}
	for _, i := range s.match(r, server) {
		p := s.policies[i]
		canary, ok := p.overrides.values[gateway.CanaryRoute].(gateway.Canary)
		if !ok || !enforcing(p.mode) {
			continue
		}
		vars := gateway.Vars{Namespace: server.Namespace, Set: server.Set, ID: server.ID}
		if rendered, _ := dialect.Render(canary, vars); len(rendered) > 0 {
			return canary.Of
		}
	}
	return ""
}
