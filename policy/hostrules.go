package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// HostRules are what the policies say about the hosts of one game server. Each field comes whole from the first policy in
// mode Enforce that sets it. The zero value, for what no policy governs, allows everything.
type HostRules struct {
	// Governed: some policy has hosts, so wildcards need to be allowed.
	Governed bool
	// OnConflict is Deny if no policy says anything.
	OnConflict v1alpha1.OnConflict

	allowed, wildcards, template rule
}

// rule is one field and the policy that it comes from.
type rule struct {
	set    bool
	hosts  []string
	policy string
}

// HostRules finds the rules for the Ingress of a request. Only game servers are governed.
func (s *Set) HostRules(r Request) HostRules {
	rules := HostRules{OnConflict: v1alpha1.OnConflictDeny}
	server, isGame := gameserver.Identify(r.Ingress)
	if !isGame || !s.anyHosts || !r.Class.Managed {
		return rules
	}
	conflict := v1alpha1.OnConflict("")
	for _, i := range s.match(&r, server) {
		p := s.policies[i]
		if p.hosts == nil || !enforcing(p.mode) {
			continue
		}
		rules.Governed = true
		rules.allowed.take(p.name, p.hosts.Allowed)
		rules.wildcards.take(p.name, p.hosts.Wildcards)
		if p.hosts.Template != "" {
			rules.template.take(p.name, []string{p.hosts.Template})
		}
		if conflict == "" {
			conflict = p.hosts.OnConflict
		}
	}
	if conflict != "" {
		rules.OnConflict = conflict
	}
	return rules
}

func (r *rule) take(policy string, hosts []string) {
	if !r.set && hosts != nil {
		*r = rule{true, hosts, policy}
	}
}

// Check judges hosts of a game server's Ingress. Errors refuse it; a wildcard that nobody governs is worth a warning. ing
// is for the fields that findings name.
func (r HostRules) Check(id int, ing *networkingv1.Ingress, hosts []string) []finding.Finding {
	var out []finding.Finding
	for _, name := range hosts {
		field := HostField(ing, name)
		add := func(code finding.Code, severity finding.Severity, format string, args ...any) {
			out = append(out, finding.Finding{Code: code, Severity: severity, Field: field, Message: QuoteHost(name) + fmt.Sprintf(format, args...)})
		}
		if host.IsWildcard(name) {
			switch {
			case !r.Governed:
				add(finding.HostOverlaps, finding.Warning, " serves what no other Ingress names; give each server a host")
			case !slices.Contains(r.wildcards.hosts, name):
				add(finding.WildcardNotAllowed, finding.Error, " is not among hosts.wildcards%s; use a host of the server's own, or ask the operator to allow it", r.wildcards.by())
			}
			continue
		}
		if r.allowed.set && !slices.ContainsFunc(r.allowed.hosts, func(p string) bool { return matchHost(p, name) }) {
			add(finding.HostNotAllowed, finding.Error, " is not among the hosts that GamePolicy %s allows (%s); use one of these, or ask the operator", r.allowed.policy, some(r.allowed.hosts))
		}
		if r.template.set {
			if want := strings.Replace(r.template.hosts[0], "<id>", strconv.Itoa(id), 1); want != name {
				add(finding.HostNotTemplate, finding.Error, " is not the host of server %d, which is %s by hosts.template of GamePolicy %s; set Host to %s", id, QuoteHost(want), r.template.policy, finding.Quote(r.template.hosts[0]))
			}
		}
	}
	return out
}

func (r rule) by() string {
	if !r.set {
		return ""
	}
	return " of GamePolicy " + r.policy
}

// some lists the first few of many.
func some(hosts []string) string {
	const most = 3
	list := strings.Join(hosts[:min(len(hosts), most)], ", ")
	if left := len(hosts) - most; left > 0 {
		list += " and " + strconv.Itoa(left) + " more"
	}
	return finding.NoPercent(list)
}

// QuoteHost is a host as it stands in a message: that of rules without one in words.
func QuoteHost(name string) string {
	if name == host.Any {
		return "an Ingress rule without host"
	}
	return finding.Quote(name)
}

// HostField is where in an Ingress a normalised host stands.
func HostField(ing *networkingv1.Ingress, name string) string {
	for i := range ing.Spec.Rules {
		if host.Normalize(ing.Spec.Rules[i].Host) == name {
			return "spec.rules[" + strconv.Itoa(i) + "].host"
		}
	}
	return "spec.defaultBackend"
}
