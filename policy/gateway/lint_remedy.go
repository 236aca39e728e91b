package gateway

import (
	"strconv"
	"strings"
	"time"
)

// remedy is what to write instead of a value that is dropped as a whole: the value that works, if it can be told.
func remedy(e *entry, value string) string {
	const dropped = "is dropped; write "
	value = strings.TrimSpace(value)
	switch e.grammar {
	case integer, integer32:
		return dropped + number(e, value)
	case boolean:
		if meant := booleanMeant(value); meant != "" {
			return dropped + meant
		}
		return dropped + "true or false"
	case onOff:
		switch booleanMeant(value) {
		case "true":
			return dropped + "on"
		case "false":
			return dropped + "off"
		}
		return dropped + "on or off"
	case redirectCode:
		return "becomes 301; write 300 to 308"
	case protocol:
		return protocolMeant(value)
	case loadBalancer:
		return balancerMeant(value)
	case hashKey:
		return hashKeyMeant(value)
	case webURL:
		if strings.Contains(value, ".") && !strings.Contains(value, "://") && barely("https://"+value) != "" && value[0] != '/' {
			return dropped + "https://" + value
		}
		return "is dropped; begin it with https://"
	case tlsVersion:
		if n := len(value); n > 0 && strings.IndexByte("0123", value[n-1]) >= 0 && strings.IndexByte(value, '1') >= 0 {
			return dropped + "TLSv1." + value[n-1:]
		}
		return dropped + "TLSv1.2 or TLSv1.3"
	case retryConditions:
		return dropped + "error, timeout or http_502"
	case statusList:
		return "is dropped; " + listMeant(value, ",", isStatus)
	case methods:
		return "is dropped; " + listMeant(value, " ", isAnyMethod)
	case headerLines:
		return dropped + "NAME VALUE on a line"
	case mcpMatch, mcpUpstream:
		if lower := strings.ToLower(value); e.grammar.accepts(lower) {
			return dropped + lower
		}
		if e.grammar == mcpMatch {
			return dropped + "exact, prefix or regex"
		}
	case anything, text, commaList, addresses: // not dropped, or looked at elsewhere
	}
	return dropped + e.grammar.String()
}

// listMeant is a list with the right separator, if all its items are right.
func listMeant(value, separator string, ok func(string) bool) string {
	items := strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" ,;|\t\n", r) })
	for _, item := range items {
		if !ok(item) {
			items = nil
			break
		}
	}
	switch list := strings.Join(items, separator); {
	case list != "" && len(list) < 30:
		return "write " + list
	case separator == " ":
		return "write methods between single spaces"
	default:
		return "write numbers between commas"
	}
}

// number is the whole number that was meant by one with a unit, a space or a fraction.
func number(e *entry, value string) string {
	var n int
	var ok bool
	what := "a whole number"
	switch e.suffix {
	case "timeout", "proxy-next-upstream-timeout", "cors-max-age", "session-cookie-max-age", "session-cookie-expires":
		n, ok = secondsMeant(value)
		what = "whole seconds"
	default:
		n, ok = countMeant(value)
	}
	if text := strconv.Itoa(n); ok && n >= 0 && e.grammar.accepts(text) {
		return text
	}
	return what
}

// countMeant reads 20%, 5x, 10r/s and 1e3.
func countMeant(value string) (int, bool) {
	digits := strings.TrimRight(strings.ToLower(value), "%xrps/m ")
	f, err := strconv.ParseFloat(digits, 64)
	return int(f), err == nil && f == float64(int(f))
}

// secondsMeant reads 60s, 1m30s, 2 min, 1d and 60.0.
func secondsMeant(value string) (int, bool) {
	value = strings.ToLower(strings.ReplaceAll(value, " ", ""))
	number := strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyz")
	unit := map[string]time.Duration{
		"": time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second,
		"min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
		"hour": time.Hour, "hours": time.Hour, "d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
	}[value[len(number):]]
	if f, err := strconv.ParseFloat(number, 64); err == nil && unit > 0 {
		seconds := f * unit.Seconds()
		return int(seconds), seconds == float64(int(seconds))
	}
	d, err := time.ParseDuration(value)
	return int(d / time.Second), err == nil && d%time.Second == 0
}

// booleanMeant is the boolean that somebody meant, if that is plain.
func booleanMeant(value string) string {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "true", "t", "1", "yes", "y", "on", "enable", "enabled":
		return "true"
	case "false", "f", "0", "no", "n", "off", "disable", "disabled", "none":
		return "false"
	}
	return ""
}

// protocolMeant: what Higress does not know means HTTP to it (pkg/ingress/kube/annotations/upstreamtls.go).
func protocolMeant(value string) string {
	meant := "HTTP, HTTPS, HTTP2, GRPC or GRPCS"
	switch strings.ToUpper(value) {
	case "WS", "AUTO_HTTP", "HTTP/1.1", "HTTP1", "H1", "TCP":
		meant = "HTTP"
	case "WSS", "TLS", "SSL":
		meant = "HTTPS"
	case "H2", "H2C", "HTTP/2":
		meant = "HTTP2"
	}
	return "means HTTP here; write " + meant
}

func balancerMeant(value string) string {
	meant := strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(value))
	switch meant {
	case "rr", "roundrobin":
		meant = "round_robin"
	case "ewma", "leastconn", "least_connections", "least_connection", "leastrequest":
		meant = "least_request"
	case "ip_hash", "iphash":
		return "is dropped; use upstream-hash-by: $remote_addr"
	}
	if loadBalancer.accepts(meant) {
		return "is dropped; write " + meant
	}
	return "is dropped; write round_robin, random or least_request"
}

func hashKeyMeant(value string) string {
	bare := strings.Trim(value, "${}")
	switch {
	case bare == "binary_remote_addr":
		bare = "remote_addr"
	case bare == "uri":
		bare = "request_uri"
	case strings.HasPrefix(bare, "cookie_"):
		return "is dropped; use higress.io/session-cookie-name"
	}
	if meant := "$" + bare; hashKey.accepts(meant) && barely(meant) != "" {
		return "is dropped; write " + meant
	}
	return "is dropped; write $host, $remote_addr or $http_NAME"
}
