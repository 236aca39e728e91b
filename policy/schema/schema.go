// Package schema runs the CRDs' own structural schema, defaulting and CEL rules outside the API server, with the API
// server's own packages. What it accepts is what the API server accepts, with the same messages: there is no second
// copy of a rule in Go. Unknown fields are not looked for here; package manifest decodes strictly.
package schema

import (
	"sync"

	"k8s.io/apimachinery/pkg/util/validation/field"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// gamePolicy is compiled once, at first use: compiling the CEL rules takes far longer than running them.
var gamePolicy = sync.OnceValue(func() *crd { return mustLoad(chart.GamePolicyCRD) })

// ValidateGamePolicy says what the API server would refuse when a GamePolicy is created: a PolicyInvalid Error with
// the field and the API server's own message for each mistake. The object is as JSON decodes it into an unstructured
// object (integers are int64), with defaults set; apiVersion and kind may be missing. It is not changed.
func ValidateGamePolicy(obj map[string]any) []finding.Finding {
	var findings []finding.Finding
	for _, err := range gamePolicy().validate(obj) {
		findings = append(findings, finding.Finding{
			Code: finding.PolicyInvalid, Severity: finding.Error, Field: path(err), Message: err.ErrorBody(),
		})
	}
	return findings
}

// DefaultGamePolicy sets, in place, what the CRD says for fields that are not given, and drops null values as the API
// server does.
func DefaultGamePolicy(obj map[string]any) {
	gamePolicy().setDefaults(obj)
}

// path is the field of an error. The API server writes "<nil>" for remarks about the object as a whole.
func path(err *field.Error) string {
	if err.Field == "<nil>" {
		return ""
	}
	return err.Field
}
