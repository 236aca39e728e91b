package preview

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/policy/schema"
)

// policies compiles the policies of the input. canaryOf is, by policy, the set whose canary it makes others.
func policies(input []manifest.Policy, gateways []gateway.Kind) (reports []PolicyReport, compiled []*policy.Compiled, canaryOf map[string]string) {
	reports, canaryOf = []PolicyReport{}, map[string]string{}
	seen := map[string]manifest.Source{}
	for _, in := range input {
		report := PolicyReport{Name: in.Name}
		c, typed, findings := accept(in)
		if first, twice := seen[in.Name]; twice {
			c = nil
			findings = append(findings, finding.Finding{
				Code: finding.PolicyDuplicate, Severity: finding.Error, Field: "metadata.name",
				Message: "GamePolicy " + in.Name + " is given twice, first in " + first.String() + "; only that one counts",
			})
		} else {
			seen[in.Name] = in.Source
		}
		if c != nil {
			report.Accepted = true
			findings = append(findings, c.Check(gateways)...)
			compiled = append(compiled, c)
			if o := typed.Spec.Overrides; o != nil && o.Canary != nil {
				canaryOf[in.Name] = o.Canary.Of
			}
		}
		report.Findings = settled(findings)
		reports = append(reports, report)
	}
	slices.SortStableFunc(reports, func(a, b PolicyReport) int { return cmp.Compare(a.Name, b.Name) })
	return reports, compiled, canaryOf
}

// accept does what the API server would do with a policy and then what the snapshot does. The schema comes before the
// Go type, because a value that the schema refuses need not fit the type ("1d" is no Go duration).
func accept(in manifest.Policy) (*policy.Compiled, *v1alpha1.GamePolicy, []finding.Finding) {
	object := runtime.DeepCopyJSON(in.Object)
	schema.DefaultGamePolicy(object)
	findings := schema.ValidateGamePolicy(object)
	if finding.HasError(findings) {
		return nil, nil, findings
	}
	typed := &v1alpha1.GamePolicy{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object, typed); err != nil {
		return nil, nil, append(findings, finding.Finding{Code: finding.PolicyInvalid, Severity: finding.Error, Message: err.Error()})
	}
	c, more := policy.Compile(typed)
	return c, typed, append(findings, more...)
}
