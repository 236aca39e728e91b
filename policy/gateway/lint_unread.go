package gateway

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// bookkeeping are keys that Higress's console writes on Ingresses for itself, as comments or to show its switches; what it
// switches off gets the prefix disabled.higress.io/ (higress-console KubernetesConstants.java, McpServerConstants.java).
var bookkeeping = setOf("comment", "resource-description", "enable-rewrite", "enable-proxy-next-upstream", "enable-header-control")

// harmless are keys of ingress-nginx that tune what Envoy does on its own, or that mean what Higress does anyway: nobody
// misses anything where they are not read.
var harmless = setOf(
	"proxy-body-size", "proxy-buffering", "proxy-buffer-size", "proxy-buffers-number", "proxy-max-temp-file-size", "proxy-request-buffering",
	"client-body-buffer-size", "proxy-http-version", "connection-proxy-header", "enable-access-log", "enable-rewrite-log", "enable-opentelemetry",
	"http2-push-preload", "ssl-prefer-server-ciphers", "affinity-mode", "affinity-canary-behavior", "auth-secret", "auth-secret-type", "auth-realm",
	"auth-tls-verify-client", "auth-tls-verify-depth")

// opening are keys that keep somebody out elsewhere, and nobody on Higress.
var opening = setOf("denylist-source-range", "blacklist-source-range", "allowlist-source-range", "auth-type", "auth-url",
	"domain-whitelist-source-range", "domain-blacklist-source-range")

// otherProducts are the prefixes of Alibaba Cloud's gateways for the same names.
var otherProducts = setOf("mse.ingress.kubernetes.io", "higress.ingress.kubernetes.io")

func setOf(words ...string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}

// unread says what to do about a key that Higress does not read, if it was meant for Higress: keys of other controllers and
// tools stand beside its own on many Ingresses.
func (l *linter) unread(key string) {
	domain, name, prefixed := strings.Cut(key, "/")
	if !prefixed {
		domain, name = "", key
	}
	code := finding.AnnotationPrefix
	own, nginx := domain+"/" == higressPrefix, domain+"/" == nginxPrefix
	_, spoils := (higress{}).Spoils(key)
	switch {
	case own && bookkeeping[name], nginx && harmless[name]:
		return
	case own:
		code = finding.AnnotationUnknown
	case nginx, spoils, otherProducts[domain]:
	case prefixed && isFamiliar(name) && isMisspelt(domain):
	case !prefixed && bySuffix[name] != nil && strings.Contains(name, "-"): // "timeout" or "canary" may be anybody's
	default:
		return
	}
	if len(l.found) >= maxRemarks && !l.said[key] { // to look for the nearest of the known keys costs
		l.more++
		return
	}
	switch {
	case (own || nginx || spoils) && holdsMatchWord(key) && lookupMatch(name) == nil:
		l.ofKey(key, code, " spoils conditions; write higress.io/exact-match-header-NAME")
	case opening[name]:
		l.ofKey(key, finding.AccessOpen, instead(key, name))
	default:
		l.ofKey(key, code, instead(key, name))
	}
}

// instead is what to do about a name under a prefix where Higress does not read it.
func instead(key, name string) string {
	hint, expected := unread[name]
	switch {
	case bySuffix[name] != nil || lookupMatch(name) != nil:
		if rest := " is not read; write " + higressPrefix + name; len(key)+len(rest) <= maxMessage {
			return rest
		}
		return " is read under " + higressPrefix + " only"
	case opening[name]:
		if !expected {
			hint = allowListsOnly
		}
		return " keeps nobody out; " + hint
	case hint == noWebSocketKey, !expected && strings.Contains(name, "websocket"):
		return ": " + noWebSocketKey
	case expected:
		return " is not read; " + hint
	}
	if near := nearest(strings.ToLower(name)); near != "" {
		return " is not read; did you mean " + higressPrefix + near + "?"
	}
	return " is not read by Higress; remove it"
}

// isFamiliar tells whether a name is one that Higress reads, or that people expect it to.
func isFamiliar(name string) bool {
	_, expected := unread[name]
	return expected || bySuffix[name] != nil || lookupMatch(name) != nil
}

// isMisspelt tells whether a domain was to be one of Higress's prefixes.
func isMisspelt(domain string) bool {
	domain = strings.ToLower(domain)
	if domain == "higress" || domain == "" {
		return domain != ""
	}
	for _, prefix := range [...]string{higressPrefix, nginxPrefix} {
		right := strings.TrimSuffix(prefix, "/")
		if domain[0] == right[0] && len(domain) <= len(right)+2 && finding.TypingErrors(domain, right) <= 2 {
			return true
		}
	}
	return false
}
