// Package finding is the vocabulary in which every part of Gatehouse says what is wrong or noteworthy:
// a code, a severity, the field it is about and a sentence. It imports nothing of Gatehouse, so that the
// leaves of policy/ (gameserver, gateway) and the engine speak the same type.
package finding

import (
	"cmp"
	"slices"
)

// Severity says what a finding does: an Error refuses, a Warning is shown, Info explains.
type Severity string

// The severities, gravest first.
const (
	Error   Severity = "Error"
	Warning Severity = "Warning"
	Info    Severity = "Info"
)

// Finding is one thing to say about an object. Message is a full sentence fragment in the form
// "fact with its value; who it collides with; next step" without the code, and never contains a percent sign
// (OpenKruiseGame uses refusals as a format string).
type Finding struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	Field    string   `json:"field"`
	Message  string   `json:"message"`
}

// String is the finding as a person reads it: "field: message [code]".
func (f Finding) String() string {
	s := f.Message + " [" + string(f.Code) + "]"
	if f.Field == "" {
		return s
	}
	return f.Field + ": " + s
}

// Sort orders findings by severity, then field, code and message, so that output is the same every time.
func Sort(list []Finding) {
	rank := map[Severity]int{Error: 0, Warning: 1, Info: 2}
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank[a.Severity], rank[b.Severity]), cmp.Compare(a.Field, b.Field),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
}

// HasError tells whether one of the findings refuses the object.
func HasError(list []Finding) bool {
	return slices.ContainsFunc(list, func(f Finding) bool { return f.Severity == Error })
}
