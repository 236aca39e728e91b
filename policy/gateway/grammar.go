package gateway

import (
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
		return anyItem(value, func(s string) bool { return s != "" })
	case addresses:
		return acceptsAddresses(value)
	case statusList:
		return anyItem(value, func(s string) bool { _, err := strconv.ParseUint(s, 10, 32); return err == nil })
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
