package gateway

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// isToken tells whether a text is a token of RFC 9110: the name of a header, a method, a cookie.
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// isFieldText tells whether a text can stand in the value of a header: no control characters but the tab.
func isFieldText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return utf8.ValidString(s)
}

// isRegex tells whether Envoy's RE2 can compile a text, by parsing alone: Go's dialect is RE2's.
func isRegex(s string) bool {
	_, err := syntax.Parse(s, syntax.Perl)
	return err == nil
}
