package gateway

import (
	"iter"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// grammar is how Higress reads the value of a key. Its parsers drop what they cannot read without a word, so that a
// value outside of the grammar is as if it were not there.
type grammar uint8

const (
	anything        grammar = iota // taken as it is, also when empty
	text                           // trimmed line by line; empty is dropped
	integer                        // strconv.Atoi, not trimmed: "60s", " 60" and "1.5" are dropped
	integer32                      // the same in 32 bits
	boolean                        // strconv.ParseBool, not trimmed: "yes" and "on" are dropped
	commaList                      // names between commas, trimmed, empty ones skipped
	headerLines                    // lines of a name and a value; other lines are skipped
	retryConditions                // off, error, timeout, invalid_header, non_idempotent, http_NNN
	addresses                      // addresses and CIDRs between commas; others are skipped
	statusList                     // numbers between commas; others are skipped
	methods                        // methods between single spaces; others are skipped
	webURL                         // a URL with a scheme that begins with http
	redirectCode                   // an integer from 300 to 308
	protocol                       // HTTP, HTTPS, HTTP2, GRPC, GRPCS; others mean HTTP
	onOff                          // on, off
	loadBalancer                   // names of balancing policies
	hashKey                        // $request_uri, $host, $remote_addr, $http_NAME, $arg_NAME
	tlsVersion                     // TLSv1.0 to TLSv1.3
	mcpMatch                       // exact, prefix, suffix, contains, regex
	mcpUpstream                    // rest, sse, streamable
)

// String says in a message what a value has to be.
func (g grammar) String() string {
	switch g {
	case anything:
		return "taken as it is"
	case text:
		return "a text that is not empty"
	case integer, integer32:
		return "a whole number without unit or spaces"
	case boolean:
		return "true or false"
	case commaList:
		return "a list of names between commas"
	case headerLines:
		return "one header per line, its name and value apart by a space"
	case retryConditions:
		return "a list of error, timeout, invalid_header, non_idempotent and http_ with a status code, or off"
	case addresses:
		return "a list of addresses and CIDRs between commas"
	case statusList:
		return "a list of status codes between commas"
	case methods:
		return "a list of methods between single spaces"
	case webURL:
		return "a URL that begins with http:// or https://"
	case redirectCode:
		return "a number from 300 to 308"
	case protocol:
		return "HTTP, HTTPS, HTTP2, GRPC or GRPCS"
	case onOff:
		return "on or off"
	case loadBalancer:
		return "round_robin, least_conn, least_request, random, passthrough or mcp-sse"
	case hashKey:
		return "$request_uri, $host, $remote_addr, $http_NAME or $arg_NAME"
	case tlsVersion:
		return "TLSv1.0, TLSv1.1, TLSv1.2 or TLSv1.3"
	case mcpMatch:
		return "exact, prefix, suffix, contains or regex"
	case mcpUpstream:
		return "rest, sse or streamable"
	}
	return "unknown"
}

// accepts tells whether Higress would take anything from the value. Rules of a list hold per item: one good item is
// enough (pkg/ingress/kube/annotations/parser.go and the file of each key there).
func (g grammar) accepts(value string) bool {
	switch g {
	case anything:
		return true
	case integer:
		_, err := strconv.Atoi(value)
		return err == nil
	case integer32:
		_, err := strconv.ParseInt(value, 10, 32)
		return err == nil
	case boolean:
		_, err := strconv.ParseBool(value)
		return err == nil
	case redirectCode:
		n, err := strconv.Atoi(value)
		return err == nil && n >= 300 && n <= 308
	case headerLines:
		for range headerLinesOf(value) {
			return true
		}
		return false
	case retryConditions:
		return acceptsRetryConditions(value)
	case commaList:
		return anyItem(value, ",", func(s string) bool { return s != "" })
	case addresses:
		return acceptsAddresses(value)
	case statusList:
		return anyItem(value, ",", func(s string) bool { _, err := strconv.ParseUint(s, 10, 32); return err == nil })
	case methods:
		for range methodsOf(value) {
			return true
		}
		return false
	case text:
		return normalize(value) != ""
	case webURL:
		return isWebURL(normalize(value))
	case protocol:
		return isOneOf(protocolOf(value), "HTTP", "HTTPS", "HTTP2", "GRPC", "GRPCS")
	case onOff:
		return isOneOf(normalize(value), "on", "off")
	case loadBalancer:
		return isOneOf(strings.ToUpper(normalize(value)),
			"ROUND_ROBIN", "LEAST_CONN", "LEAST_REQUEST", "RANDOM", "PASSTHROUGH", "MCP-SSE")
	case hashKey:
		word := normalize(value)
		return isOneOf(word, "$request_uri", "$host", "$remote_addr") ||
			hasPrefixAndMore(word, "$http_") || hasPrefixAndMore(word, "$arg_")
	case tlsVersion:
		return isOneOf(normalize(value), "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
	case mcpMatch:
		return isOneOf(normalize(value), "exact", "prefix", "suffix", "contains", "regex")
	case mcpUpstream:
		return isOneOf(normalize(value), "rest", "sse", "streamable")
	}
	return false
}

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
		return anyItem(value, ",", isRetryCondition)
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

// anyItem tells whether one of the items between separators, trimmed, satisfies ok.
func anyItem(list, separator string, ok func(string) bool) bool {
	for item := range strings.SplitSeq(list, separator) {
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
	return !anyItem(value, ",", star) && anyItem(value, ",", isAddress)
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
