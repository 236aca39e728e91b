package offline

import (
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/policy/schema"
)

// Policy is a GamePolicy of the input and what becomes of it.
type Policy struct {
	manifest.Policy
	// Compiled and Typed are nil where it is not accepted.
	Compiled *policy.Compiled
	Typed    *v1alpha1.GamePolicy
	Findings []finding.Finding
}

// Policies compiles the policies of the input, in its order. Of several with one name the first counts.
func Policies(input []manifest.Policy, gateways []gateway.Kind) []Policy {
	out := make([]Policy, 0, len(input))
	seen := map[string]manifest.Source{}
	for _, in := range input {
		p := Policy{Policy: in}
		p.Compiled, p.Typed, p.Findings = accept(in)
		if first, twice := seen[in.Name]; twice {
			p.Compiled, p.Typed = nil, nil
			p.Findings = append(p.Findings, finding.Finding{
				Code: finding.PolicyDuplicate, Severity: finding.Error, Field: "metadata.name",
				Message: "GamePolicy " + in.Name + " is given twice, first in " + first.String() + "; only that one counts",
			})
		} else {
			seen[in.Name] = in.Source
		}
		if p.Compiled != nil {
			p.Findings = append(p.Findings, p.Compiled.Check(gateways)...)
		}
		out = append(out, p)
	}
	return out
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
