package policy

import (
	"slices"
	"strconv"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// Overlaps says which other policies of the same priority set what a policy sets, for servers that both can select: only
// their age and names decide there who wins, and nobody has decided that. By precedence.
func (s *Set) Overlaps(c *Compiled, fleet *Fleet) []finding.Finding {
	var out []finding.Finding
	for _, other := range s.policies {
		if other.name == c.name || other.priority != c.priority || force(other.mode) < force(c.mode) {
			continue
		}
		fields := common(c, other, fleet.Classes.Gateways())
		if len(fields) > 0 && fleet.meet(&c.targets, &other.targets) {
			out = append(out, overlap(c, other, fields))
		}
	}
	return out
}

// force orders the modes. A policy that is enforced has nothing to fear from one that is only tried. For one that is
// tried it is worth knowing what will become of it.
func force(m v1alpha1.Mode) int {
	switch m {
	case v1alpha1.ModeAudit:
		return 0
	case v1alpha1.ModeWarn:
		return 1
	default:
		return 2
	}
}

func overlap(c, other *Compiled, fields []string) finding.Finding {
	wins := precedence(other, c) < 0
	verb := map[bool]string{true: "wins", false: "loses"}[wins]
	if !enforcing(c.mode) {
		verb = map[bool]string{true: "would win", false: "would lose"}[wins]
	}
	return finding.Finding{
		Code: finding.PolicyOverlaps, Severity: finding.Warning, Field: "spec.priority",
		Message: "GamePolicy " + other.name + " has " + strconv.Itoa(int(c.priority)) + " too, is " + seniority(other, c) + " and " + verb + " " +
			some(fields) + "; set another",
	}
}

// seniority is what about a policy decides against another one of the same priority.
func seniority(p, other *Compiled) string {
	switch byAge := age(p, other); {
	case byAge < 0:
		return "older"
	case byAge > 0:
		return "younger"
	case p.name < other.name:
		return "first by name"
	}
	return "later by name"
}

// common lists what both policies set in the same layer. Overrides and defaults of one setting do not collide: a layer
// comes before the other.
func common(a, b *Compiled, gateways []gateway.Kind) []string {
	var out []string
	for _, layer := range everyLayer {
		x, y := a.block(layer), b.block(layer)
		for _, s := range gateway.Settings() {
			if x.values[s] != nil && y.values[s] != nil {
				out = append(out, string(layer)+"."+string(s))
			}
		}
		for _, r := range x.raw {
			same := func(k gateway.Kind) bool { d := gateway.For(k); return y.has(d, d.Canonical(r.key)) }
			if slices.ContainsFunc(gateways, same) {
				out = append(out, string(layer)+".annotations["+r.key+"]")
			}
		}
	}
	return append(out, commonHosts(a.hosts, b.hosts)...)
}

func commonHosts(a, b *v1alpha1.HostRules) []string {
	if a == nil || b == nil {
		return nil
	}
	var out []string
	for _, field := range []struct {
		name string
		both bool
	}{
		{"allowed", a.Allowed != nil && b.Allowed != nil},
		{"wildcards", a.Wildcards != nil && b.Wildcards != nil},
		{"template", a.Template != "" && b.Template != ""},
		{"onConflict", a.OnConflict != "" && b.OnConflict != ""},
	} {
		if field.both {
			out = append(out, "hosts."+field.name)
		}
	}
	return out
}
