package preview

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// deed is what one set can have: a host at the gateway of a class.
type deed struct{ class, host string }

// hosts are the hosts of an Ingress, each once: "*" for a rule without one and for a default backend.
func (i *ingress) hosts() []string {
	var out []string
	add := func(host string) {
		if host == "" {
			host = "*"
		}
		if !slices.Contains(out, host) {
			out = append(out, host)
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
	byDeed := map[deed][]*ingress{}
	for _, i := range r.ingresses {
		if i.class.Managed {
			for _, host := range i.hosts() {
				d := deed{i.class.Name, host}
				byDeed[d] = append(byDeed[d], i)
			}
		}
	}
	conflicts := map[*set]map[*set]*conflict{}
	shared := map[*set]map[string]*conflict{}
	for _, d := range slices.SortedFunc(maps.Keys(byDeed), func(a, b deed) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.host, b.host))
	}) {
		r.judgeHost(d.host, byDeed[d], conflicts, shared)
	}
	for loser, winners := range conflicts {
		for winner, c := range winners {
			loser.findings = append(loser.findings, finding.Finding{
				Code: finding.HostTaken, Severity: finding.Error, Field: loser.template.HostField(),
				Message: fmt.Sprintf("%s collide%s with GameServerSet %s, which has the host %q%s; choose another Host", gameserver.DescribeIDs(c.sorted()), c.s(), winner, c.example, c.more()),
			})
		}
	}
	for s, others := range shared {
		for other, c := range others {
			s.findings = append(s.findings, finding.Finding{
				Code: finding.HostTaken, Severity: finding.Warning, Field: s.template.HostField(),
				Message: fmt.Sprintf("%s share%s the host %q%s with Ingress %s, which is no game server's; the gateway serves the older where their paths are the same", gameserver.DescribeIDs(c.sorted()), c.s(), c.example, c.more(), other),
			})
		}
	}
}

// conflict is what one set has against another.
type conflict struct {
	ids     map[int]bool
	hosts   int
	example string
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
	if !c.ids[id] {
		c.ids[id] = true
	}
	if c.example != host {
		c.hosts++
	}
}

func (c *conflict) sorted() []int { return slices.Sorted(maps.Keys(c.ids)) }

func (c *conflict) s() string {
	if len(c.ids) == 1 {
		return "s"
	}
	return ""
}

func (c *conflict) more() string {
	if c.hosts > 0 {
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
		i.error(finding.HostTaken, "spec.rules[].host", "the host %q is held by game server %s; choose another Host", host, winner.decision.Server)
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

// repeatedHosts finds servers of one set with the same host, path and conditions: OpenKruiseGame reports all of them
// ready, and the gateway serves the first.
func (r *run) repeatedHosts() {
	type route struct {
		set        *set
		class      string
		host, path string
		conditions string
	}
	first := map[route]*ingress{}
	repeated := map[*set]*conflict{}
	for _, i := range r.ingresses {
		if i.set == nil || !i.class.Managed {
			continue
		}
		conditions := i.conditions()
		for _, rule := range i.object.Spec.Rules {
			for _, path := range paths(rule) {
				key := route{i.set, i.class.Name, rule.Host, path, conditions}
				before := first[key]
				if before == nil {
					first[key] = i
				}
				if before == nil || before == i {
					continue
				}
				_, shown, _ := strings.Cut(path, " ")
				i.error(finding.HostRepeated, "spec.rules[].host", "host %q and path %q are those of %s already; the gateway serves only one of them", rule.Host, shown, before.decision.Server)
				c := repeated[i.set]
				if c == nil {
					c = &conflict{ids: map[int]bool{}, example: fmt.Sprintf("host %q and path %q, those of id %d", rule.Host, shown, before.decision.Server.ID)}
					repeated[i.set] = c
				}
				c.ids[i.decision.Server.ID] = true
			}
		}
	}
	for s, c := range repeated {
		s.findings = append(s.findings, finding.Finding{
			Code: finding.HostRepeated, Severity: finding.Error, Field: s.template.HostField(),
			Message: fmt.Sprintf("%s would have %s; the gateway serves only one of them; put <id> into Host or Path", gameserver.DescribeIDs(c.sorted()), c.example),
		})
	}
}

// paths are the paths of a rule, each with its type, as the gateway tells them apart: to Higress the prefixes /a and
// /a/ are one route.
func paths(rule networkingv1.IngressRule) []string {
	if rule.HTTP == nil {
		return nil
	}
	var out []string
	for _, p := range rule.HTTP.Paths {
		kind, path := networkingv1.PathTypeImplementationSpecific, p.Path
		if p.PathType != nil {
			kind = *p.PathType
		}
		if kind == networkingv1.PathTypePrefix && len(path) > 1 {
			path = strings.TrimSuffix(path, "/")
		}
		out = append(out, string(kind)+" "+path)
	}
	return out
}

// conditions are the annotations that narrow a route. A policy can tell servers on one host and path apart by them.
func (i *ingress) conditions() string {
	var out []string
	for k, v := range i.decision.Annotations {
		if strings.Contains(k, "match-") {
			out = append(out, k+"\x00"+v)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\x00")
}
