package preview

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// hosts are those of an Ingress, each once: host.Any for a rule without one and for a default backend. They stay as they are
// written, not as host.Of has them: findings are to show what stands in the manifest, legal or not.
func (i *ingress) hosts() []string {
	var out []string
	add := func(name string) {
		if name == "" {
			name = host.Any
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	if i.object.Spec.DefaultBackend != nil {
		add("")
	}
	for _, rule := range i.object.Spec.Rules {
		add(rule.Host)
	}
	return out
}

// takenHosts finds hosts that several sets want. The oldest set has it; of sets that do not exist yet, or were created
// in the same second, the one with the lesser namespace/name. Canaries share the host of their primary.
func (r *run) takenHosts() {
	byDeed := map[host.Deed][]*ingress{}
	for _, i := range r.ingresses {
		if i.class.Managed {
			for _, d := range host.Deeds(i.class.Key(), i.hosts()) {
				byDeed[d] = append(byDeed[d], i)
			}
		}
	}
	conflicts := map[*set]map[*set]*conflict{}
	shared := map[*set]map[string]*conflict{}
	for _, d := range slices.SortedFunc(maps.Keys(byDeed), func(a, b host.Deed) int {
		return cmp.Or(cmp.Compare(a.Gateway, b.Gateway), cmp.Compare(a.Host, b.Host))
	}) {
		r.judgeHost(d.Host, byDeed[d], conflicts, shared)
	}
	for loser, winners := range conflicts {
		for winner, c := range winners {
			loser.findings = append(loser.findings, finding.Finding{
				Code: finding.HostTaken, Severity: finding.Error, Field: loser.template.HostField(),
				Message: fmt.Sprintf("%s collide%s with GameServerSet %s, which has the host %s%s; choose another Host", gameserver.DescribeIDs(c.sorted()), c.s(), winner, finding.Quote(c.example), c.more()),
			})
		}
	}
	for s, others := range shared {
		for other, c := range others {
			s.findings = append(s.findings, finding.Finding{
				Code: finding.HostTaken, Severity: finding.Warning, Field: s.template.HostField(),
				Message: fmt.Sprintf("%s share%s the host %s%s with Ingress %s, which is no game server's; the gateway serves the older where their paths are the same", gameserver.DescribeIDs(c.sorted()), c.s(), finding.Quote(c.example), c.more(), other),
			})
		}
	}
}

// conflict is what one set has against another.
type conflict struct {
	ids     map[int]bool
	example string
	several bool // there are more hosts than the example
}

func note[K comparable](into map[*set]map[K]*conflict, s *set, against K, host string, id int) {
	if into[s] == nil {
		into[s] = map[K]*conflict{}
	}
	c := into[s][against]
	if c == nil {
		c = &conflict{ids: map[int]bool{}, example: host}
		into[s][against] = c
	}
	c.ids[id] = true
	c.several = c.several || c.example != host
}

func (c *conflict) sorted() []int { return slices.Sorted(maps.Keys(c.ids)) }

func (c *conflict) s() string {
	if len(c.ids) == 1 {
		return "s"
	}
	return ""
}

func (c *conflict) more() string {
	if c.several {
		return " and others"
	}
	return ""
}

// judgeHost decides who of the Ingresses on one host may have it.
func (r *run) judgeHost(host string, all []*ingress, conflicts map[*set]map[*set]*conflict, shared map[*set]map[string]*conflict) {
	var rivals, web []*ingress
	for _, i := range all {
		switch {
		case i.set == nil:
			web = append(web, i)
		case !r.standsAsCanary(i, all):
			rivals = append(rivals, i)
		}
	}
	if len(rivals) == 0 {
		return
	}
	winner := slices.MinFunc(rivals, func(a, b *ingress) int {
		return cmp.Or(a.set.older(b.set), cmp.Compare(a.decision.Server.ID, b.decision.Server.ID))
	})
	for _, i := range rivals {
		if i.set == winner.set {
			continue
		}
		i.error(finding.HostTaken, "spec.rules[].host", "the host %s is held by game server %s; choose another Host", finding.Quote(host), winner.decision.Server)
		note(conflicts, i.set, winner.set, host, i.decision.Server.ID)
	}
	for _, w := range web {
		other := name{w.object.Namespace, w.object.Name}
		for _, i := range rivals {
			note(shared, i.set, other.String(), host, i.decision.Server.ID)
		}
	}
}

// standsAsCanary tells whether an Ingress shares the host of its primary: the server of the same id, of the set that its
// policy names.
func (r *run) standsAsCanary(i *ingress, all []*ingress) bool {
	of := r.canaryPartner(i)
	return of != "" && slices.ContainsFunc(all, func(o *ingress) bool {
		return o.set != nil && o.set.name == name{i.set.namespace, of} && o.decision.Server.ID == i.decision.Server.ID
	})
}

// older puts the set that exists longer first; one that does not exist yet is the youngest.
func (s *set) older(o *set) int {
	age := func(t time.Time) int64 {
		if t.IsZero() {
			return 1<<63 - 1
		}
		return t.Unix()
	}
	return cmp.Or(cmp.Compare(age(s.created), age(o.created)), s.compare(o.name))
}

// canaryPartner is the set of which an Ingress is the canary, by an Enforce policy that won.
func (r *run) canaryPartner(i *ingress) string {
	dialect := gateway.For(i.class.Gateway)
	for key, source := range i.decision.Provenance {
		if s, ok := dialect.SettingOf(key); ok && s == gateway.CanaryRoute && source.Layer == policy.LayerOverrides {
			return r.canaryOf[source.Policy]
		}
	}
	return ""
}
