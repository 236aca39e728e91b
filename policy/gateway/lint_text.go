package gateway

import (
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// kubectl shows a warning in full up to 120 characters: "networkConf[12]: MESSAGE [GH401]".
const (
	maxMessage = 94
	minQuote   = 10 // what is left of a value at least
)

// shorten is a key in a message. What is too long loses the end of its domain, then that of its name.
func shorten(key string, most int) string {
	if !isPlain(key) {
		return shortQuote(key, most)
	}
	if len(key) <= most {
		return key
	}
	if domain, name, ok := strings.Cut(key, "/"); ok {
		label, _, _ := strings.Cut(domain, ".")
		if key = label + ".../" + name; len(key) <= most {
			return key
		}
	}
	return key[:max(0, most-len("..."))] + "..."
}

// isPlain tells whether a key can stand in a message as it is.
func isPlain(key string) bool {
	for i := range len(key) {
		if c := key[i]; !isAlphanumeric(c) && strings.IndexByte("-_./", c) < 0 {
			return false
		}
	}
	return key != ""
}

// shortQuote is a value in quotes that takes so many bytes at most, if that is enough for quotes.
func shortQuote(s string, most int) string {
	quoted := finding.Quote(s)
	for cut := min(len(s), most); len(quoted) > most && cut > 0; cut-- {
		if utf8.RuneStart(s[cut%len(s)]) {
			quoted = finding.Quote(s[:cut] + "...")
		}
	}
	return quoted
}

// barely is a text as a person can copy it out of a message; "" where it is too long or would need quotes.
func barely(s string) string {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '%' || c == '"' {
			return ""
		}
	}
	if len(s) > 24 {
		return ""
	}
	return s
}
