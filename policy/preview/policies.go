package preview

import (
	"cmp"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

// policies compiles the policies of the input. canaryOf is, by policy, the set whose canary it makes others.
func policies(input []manifest.Policy, gateways []gateway.Kind) (reports []PolicyReport, compiled []*policy.Compiled, canaryOf map[string]string) {
	reports, canaryOf = []PolicyReport{}, map[string]string{}
	for _, p := range offline.Policies(input, gateways) {
		reports = append(reports, PolicyReport{Name: p.Name, Accepted: p.Compiled != nil, Findings: settled(p.Findings)})
		if p.Compiled == nil {
			continue
		}
		compiled = append(compiled, p.Compiled)
		if o := p.Typed.Spec.Overrides; o != nil && o.Canary != nil {
			canaryOf[p.Name] = o.Canary.Of
		}
	}
	slices.SortStableFunc(reports, func(a, b PolicyReport) int { return cmp.Compare(a.Name, b.Name) })
	return reports, compiled, canaryOf
}
