package gameserver

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// maxFindings bounds what is said about one set. An object may be 1.5 MB of wrong parameters, and nobody reads more.
const maxFindings = 100

// findings collects what is to be said, up to maxFindings, and counts the rest. The zero value is ready for use.
type findings struct {
	said    []finding.Finding
	omitted []finding.Finding // the first Error and the first other finding that did not fit, so that none is lost in kind
	more    int
}

func (f *findings) error(code finding.Code, field, format string, args ...any) {
	f.say(finding.Error, code, field, format, args...)
}

func (f *findings) warn(code finding.Code, field, format string, args ...any) {
	f.say(finding.Warning, code, field, format, args...)
}

func (f *findings) info(code finding.Code, field, format string, args ...any) {
	f.say(finding.Info, code, field, format, args...)
}

func (f *findings) say(severity finding.Severity, code finding.Code, field, format string, args ...any) {
	f.add(finding.Finding{Code: code, Severity: severity, Field: field, Message: fmt.Sprintf(format, args...)})
}

func (f *findings) add(x finding.Finding) {
	if len(f.said) < maxFindings {
		f.said = append(f.said, x)
		return
	}
	f.more++
	isError := x.Severity == finding.Error
	for _, o := range f.omitted {
		if (o.Severity == finding.Error) == isError {
			return
		}
	}
	f.omitted = append(f.omitted, x)
}

func (f *findings) addAll(list []finding.Finding) {
	for _, x := range list {
		f.add(x)
	}
}

// list is what was collected, sorted. Past the bound the first that did not fit, of Errors and of the others, still
// stands there: an Error must not vanish because it came late.
func (f *findings) list() []finding.Finding {
	out := append([]finding.Finding{}, f.said...)
	for i, o := range f.omitted {
		if more := f.more - len(f.omitted); i == 0 && more > 0 {
			o.Message += fmt.Sprintf("; and %d more findings", more)
		}
		out = append(out, o)
	}
	finding.Sort(out)
	return out
}
