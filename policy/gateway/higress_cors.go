package gateway

import (
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

const (
	keyCORS            = higressPrefix + "enable-cors"
	keyCORSOrigins     = higressPrefix + "cors-allow-origin"
	keyCORSMethods     = higressPrefix + "cors-allow-methods"
	keyCORSHeaders     = higressPrefix + "cors-allow-headers"
	keyCORSExpose      = higressPrefix + "cors-expose-headers"
	keyCORSCredentials = higressPrefix + "cors-allow-credentials"
	keyCORSMaxAge      = higressPrefix + "cors-max-age"
)

// renderCORS: switched on with nothing else, Higress lets any origin in, with credentials
// (pkg/ingress/kube/annotations/cors.go). So origins are required and credentials are always said; not given means no.
func renderCORS(c CORS) (map[string]string, []finding.Finding) {
	origins, found := corsOrigins(c.AllowOrigins)
	if origins == "" {
		return nil, append(found, cannot("cors.allowOrigins", "holds no origin; Higress would let any origin in; name the origins, or \"*\""))
	}
	credentials := c.AllowCredentials != nil && *c.AllowCredentials
	out := map[string]string{keyCORS: "true", keyCORSOrigins: origins, keyCORSCredentials: strconv.FormatBool(credentials)}
	if credentials && origins == "*" {
		found = append(found, cannot("cors.allowCredentials", "true with any origin lets every site act with the player's credentials; name the origins"))
	}
	for _, list := range [...]struct {
		key, field string
		names      []string
	}{
		{keyCORSMethods, "cors.allowMethods", c.AllowMethods},
		{keyCORSHeaders, "cors.allowHeaders", c.AllowHeaders},
		{keyCORSExpose, "cors.exposeHeaders", c.ExposeHeaders},
	} {
		var names string
		if names, found = corsNames(list.field, list.names, found); names != "" {
			out[list.key] = names
		}
	}
	if c.MaxAge != 0 {
		seconds, ok := wholeSeconds(c.MaxAge)
		if !ok {
			return out, append(found, cannot("cors.maxAge", c.MaxAge.String()+" is not expressible"+needsWholeSeconds))
		}
		out[keyCORSMaxAge] = seconds
	}
	return out, found
}

// corsOrigins joins the origins. A "*" among them stands for all, as Higress has it.
func corsOrigins(origins []string) (string, []finding.Finding) {
	var found []finding.Finding
	kept := make([]string, 0, len(origins))
	for i, origin := range origins {
		if origin == "*" {
			return "*", nil
		}
		field := "cors.allowOrigins[" + strconv.Itoa(i) + "]"
		switch wildcard := strings.IndexByte(origin, '*') >= 0; {
		case !isOrigin(origin):
			found = append(found, cannot(field, finding.Quote(origin)+
				" is not an origin that Higress can match; write https://game.example.com or https://*.example.com"))
			continue
		case wildcard:
			found = append(found, cannot(field, finding.Quote(origin)+" also lets other schemes of these hosts in; Higress matches the host alone where it has a wildcard"))
		}
		kept = append(kept, origin)
	}
	return strings.Join(kept, ","), found
}

// isOrigin tells whether Higress matches an origin as it is meant: scheme, host and port, nothing else, with a wildcard
// only as the whole first label. Without a wildcard it compares the whole origin, so that any scheme will do, such as
// those of apps. It drops wildcards elsewhere, or without a scheme, and makes a regular expression of the others in
// which dots alone are escaped.
func isOrigin(s string) bool {
	scheme, host, ok := strings.Cut(s, "://")
	if !ok || !isScheme(scheme) {
		return s == "null"
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		if port, err := strconv.ParseUint(host[i+1:], 10, 16); err != nil || strconv.FormatUint(port, 10) != host[i+1:] {
			return false
		}
		host = host[:i]
	}
	host = strings.TrimPrefix(host, "*.")
	for label := range strings.SplitSeq(host, ".") {
		if !isLabel(label) {
			return false
		}
	}
	return true
}

// isScheme tells whether a text is the scheme of an origin as browsers send it, in lower case.
func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return s != ""
}

// isLabel tells whether a text is one label of a host name as browsers send it.
func isLabel(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '-' && c != '_' || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return s != ""
}

func corsNames(field string, names []string, found []finding.Finding) (string, []finding.Finding) {
	kept := make([]string, 0, len(names))
	for i, name := range names {
		if !isToken(name) {
			found = append(found, cannot(field+"["+strconv.Itoa(i)+"]", finding.Quote(name)+" is not a name"))
			continue
		}
		kept = append(kept, name)
	}
	return strings.Join(kept, ","), found
}
