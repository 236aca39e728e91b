package gateway

import (
	"iter"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// normalize is a text as Higress sees it: each line trimmed. A text that is then empty counts as missing; one of two
// empty lines does not.
func normalize(value string) string {
	if strings.IndexByte(value, '\n') < 0 {
		return strings.TrimSpace(value)
	}
	lines := strings.Split(value, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}

func protocolOf(value string) string {
	return strings.ToUpper(strings.TrimSpace(value))
}

// methodsOf are the methods of a match-method value that Higress takes: it splits at single spaces and trims nothing
// in between (pkg/ingress/kube/annotations/match.go).
func methodsOf(value string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for word := range strings.SplitSeq(normalize(value), " ") {
			if m := strings.ToUpper(word); isMethod(m) && !yield(m) {
				return
			}
		}
	}
}

// headerLinesOf are the names and values of a header control value: one header per line, name and value apart by
// space, either in quotes if it likes; Higress skips a line without a value
// (pkg/ingress/kube/annotations/header_control.go).
func headerLinesOf(value string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for line := range strings.SplitSeq(value, "\n") {
			line = strings.TrimSpace(line)
			i := strings.IndexAny(line, "\t\f\r ")
			if i < 0 {
				continue
			}
			if !yield(unquoteOnce(line[:i]), unquoteOnce(strings.TrimSpace(line[i:]))) {
				return
			}
		}
	}
}

// unquoteOnce takes one pair of quotes away.
func unquoteOnce(s string) string {
	if n := len(s); n >= 2 && s[0] == s[n-1] && (s[0] == '"' || s[0] == '\'') {
		return s[1 : n-1]
	}
	return s
}

// acceptsRetryConditions: a value without a comma is split at spaces. What Higress does not know it drops, and a status
// that is none reaches Envoy as the name of a condition it does not know (pkg/ingress/kube/annotations/retry.go).
func acceptsRetryConditions(value string) bool {
	if strings.IndexByte(value, ',') >= 0 {
		return anyItem(value, isRetryCondition)
	}
	for word := range strings.FieldsSeq(value) {
		if isRetryCondition(word) {
			return true
		}
	}
	return false
}

func isRetryCondition(s string) bool {
	return isOneOf(s, "off", "error", "timeout", "invalid_header", "non_idempotent") || isStatusCondition(s)
}

func isStatusCondition(s string) bool {
	digits, ok := strings.CutPrefix(s, "http_")
	code, err := strconv.Atoi(digits)
	return ok && err == nil && http.StatusText(code) != ""
}

// anyItem tells whether one of the items between commas, trimmed, satisfies ok.
func anyItem(list string, ok func(string) bool) bool {
	for item := range strings.SplitSeq(list, ",") {
		if ok(strings.TrimSpace(item)) {
			return true
		}
	}
	return false
}

// acceptsAddresses: a list with a "*" becomes that "*" alone, which is no address and opens the route
// (pkg/ingress/kube/annotations/cors.go splitStringWithSpaceTrim, used for the access list too).
func acceptsAddresses(value string) bool {
	star := func(s string) bool { return s == "*" }
	return !anyItem(value, star) && anyItem(value, isAddress)
}

func isAddress(s string) bool {
	if strings.IndexByte(s, '/') >= 0 {
		_, err := netip.ParsePrefix(s)
		return err == nil
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

func isWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && strings.HasPrefix(u.Scheme, "http")
}

func isMethod(s string) bool {
	return isOneOf(s, "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
}

func isOneOf(s string, words ...string) bool {
	for _, w := range words {
		if s == w {
			return true
		}
	}
	return false
}

func hasPrefixAndMore(s, prefix string) bool {
	return len(s) > len(prefix) && s[:len(prefix)] == prefix
}
