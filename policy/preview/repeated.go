package preview

import (
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// repeatedHosts finds servers of one set with the same host, path and conditions: OpenKruiseGame reports all of them
// ready, and the gateway serves the first.
func (r *run) repeatedHosts() {
	type route struct {
		set        *set
		gateway    string
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
				key := route{i.set, i.class.Key(), rule.Host, path, conditions}
				before := first[key]
				if before == nil {
					first[key] = i
				}
				if before == nil || before == i {
					continue
				}
				_, shown, _ := strings.Cut(path, " ")
				i.error(finding.HostRepeated, "spec.rules[].host", "host %s and path %s are those of %s already; the gateway serves only one of them", finding.Quote(rule.Host), finding.Quote(shown), before.decision.Server)
				c := repeated[i.set]
				if c == nil {
					c = &conflict{ids: map[int]bool{}, example: fmt.Sprintf("host %s and path %s, those of id %d", finding.Quote(rule.Host), finding.Quote(shown), before.decision.Server.ID)}
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
		if host.IsCondition(k) {
			out = append(out, k+"\x00"+v)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\x00")
}
