package gateway

import (
	"regexp"
	"strconv"
	"strings"
)

// Vars are the values of the variables in a setting: <id>, <gss> and <namespace>.
type Vars struct {
	Namespace, Set string
	ID             int
}

// Expand replaces the variables of s, once: what comes out of a variable is not looked at again.
func (v Vars) Expand(s string) string {
	return v.expand(s, func(value string) string { return value })
}

// expandRegex replaces the variables of a regular expression by what matches their value literally; the name of a
// GameServerSet may hold dots.
func (v Vars) expandRegex(s string) string {
	return v.expand(s, regexp.QuoteMeta)
}

func (v Vars) expand(s string, quote func(string) string) string {
	open := strings.IndexByte(s, '<')
	switch {
	case open < 0:
		return s
	case s == "<id>": // the usual value, without a copy
		return strconv.Itoa(v.ID)
	case s == "<gss>":
		return quote(v.Set)
	}
	var b strings.Builder
	b.Grow(len(s) + len(v.Set) + len(v.Namespace))
	for ; open >= 0; open = strings.IndexByte(s, '<') {
		b.WriteString(s[:open])
		s = s[open:]
		switch {
		case strings.HasPrefix(s, "<id>"):
			b.WriteString(strconv.Itoa(v.ID))
			s = s[len("<id>"):]
		case strings.HasPrefix(s, "<gss>"):
			b.WriteString(quote(v.Set))
			s = s[len("<gss>"):]
		case strings.HasPrefix(s, "<namespace>"):
			b.WriteString(quote(v.Namespace))
			s = s[len("<namespace>"):]
		default:
			b.WriteByte('<')
			s = s[1:]
		}
	}
	b.WriteString(s)
	return b.String()
}
