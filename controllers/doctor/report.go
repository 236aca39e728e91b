package doctor

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

// Result is what came of one check.
type Result string

// The results. Only a Fail fails the command.
const (
	OK      Result = "OK"
	Warn    Result = "WARN"
	Fail    Result = "FAIL"
	Unknown Result = "UNKNOWN" // it could not be looked at
)

// Check is one thing that was looked at.
type Check struct {
	Check  string `json:"check"`
	Result Result `json:"result"`
	Found  string `json:"found"`
	// Remedy is what to do. It is empty where nothing is wrong.
	Remedy string `json:"remedy"`
}

// Report is what the doctor says of an installation.
type Report struct {
	Release   string  `json:"release"`
	Namespace string  `json:"namespace"`
	Healthy   bool    `json:"healthy"` // no check failed
	Checks    []Check `json:"checks"`
}

// Examine judges a world.
func (w *World) Examine() *Report {
	r := &Report{Release: w.Release, Namespace: w.Namespace, Checks: []Check{}}
	parts := []func(*World) []Check{
		(*World).checkDefinitions, (*World).checkHooks, (*World).checkCertificate, (*World).checkManagers,
		(*World).checkRights, (*World).checkClasses, (*World).checkGame, (*World).checkHigress,
	}
	if w.absent() {
		parts = []func(*World) []Check{(*World).tellAbsence, (*World).checkClasses, (*World).checkGame, (*World).checkHigress}
	}
	for _, part := range parts {
		r.Checks = append(r.Checks, part(w)...)
	}
	r.Healthy = r.count(Fail) == 0
	return r
}

// Refused implements offline.Report.
func (r *Report) Refused() bool { return !r.Healthy }

// blind tells that nothing could be looked at.
func (r *Report) blind() bool { return r.count(Unknown) == len(r.Checks) }

func (r *Report) count(of Result) int {
	n := 0
	for _, c := range r.Checks {
		if c.Result == of {
			n++
		}
	}
	return n
}

// Text implements offline.Report.
func (r *Report) Text(w io.Writer) error {
	t := offline.NewTable()
	for _, c := range r.Checks {
		t.Row(string(c.Result), offline.Escape(c.Check), offline.Escape(c.Found+remedy(c.Remedy)))
	}
	t.Gap()
	t.Row(r.summary())
	return t.Print(w)
}

func remedy(text string) string {
	if text == "" {
		return ""
	}
	return ". To do: " + text
}

// summary is the last line.
func (r *Report) summary() string {
	var parts []string
	for _, s := range []struct {
		result Result
		text   string
	}{{Fail, "%d failed"}, {Warn, "%d to look after"}, {Unknown, "%d could not be looked at"}} {
		if n := r.count(s.result); n > 0 {
			parts = append(parts, fmt.Sprintf(s.text, n))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("%d checks: all is well.", len(r.Checks))
	}
	return fmt.Sprintf("%d checks: %s.", len(r.Checks), strings.Join(parts, ", "))
}

// check is the result of what was found wrong: the gravest of it, with everything that is said. Nothing is OK.
func check(name string, found string, wrong ...Check) Check {
	wrong = slices.DeleteFunc(wrong, func(c Check) bool { return c.Result == "" })
	if len(wrong) == 0 {
		return Check{Check: name, Result: OK, Found: found}
	}
	out := Check{Check: name}
	for _, c := range wrong {
		if grave(c.Result) > grave(out.Result) {
			out.Result = c.Result
		}
	}
	var said, remedies []string
	for _, c := range wrong {
		said = append(said, c.Found)
		if c.Remedy != "" && !slices.Contains(remedies, c.Remedy) {
			remedies = append(remedies, c.Remedy)
		}
	}
	out.Found, out.Remedy = strings.Join(said, "; "), strings.Join(remedies, "; ")
	return out
}

func grave(r Result) int { return slices.Index([]Result{OK, Unknown, Warn, Fail}, r) }

func warn(found, remedy string) Check { return Check{Result: Warn, Found: found, Remedy: remedy} }
func fail(found, remedy string) Check { return Check{Result: Fail, Found: found, Remedy: remedy} }
func hidden(name, why string) Check {
	return Check{Check: name, Result: Unknown, Found: "cannot look: " + why}
}

// some names the first of a list.
func some(list []string) string {
	if len(list) > shown {
		return strings.Join(list[:shown], ", ") + fmt.Sprintf(" and %d more", len(list)-shown)
	}
	return strings.Join(list, ", ")
}
