package gateway

import (
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// twins: of a key under both prefixes nginx's counts if it parses, whatever it says.
func (l *linter) twins() {
	for i := range catalog {
		e := &catalog[i]
		keys := l.keysOf(e.suffix)
		if e.suffix == "affinity" || len(keys) < 2 {
			continue
		}
		counts, ignored := l.annotations[keys[0]], l.annotations[keys[1]]
		if e.grammar.parses(counts) && strings.TrimSpace(ignored) != "" && !e.grammar.same(counts, ignored) {
			l.ofValue(keys[1], finding.AnnotationTwin, counts, "of its nginx twin counts; remove one")
		}
	}
}

// same tells whether two values mean the same, so that it does not matter which of them counts.
func (g grammar) same(a, b string) bool {
	switch g {
	case integer, integer32, redirectCode:
		m, errA := strconv.Atoi(a)
		n, errB := strconv.Atoi(b)
		return errA == nil && errB == nil && m == n
	case boolean:
		return isTrue(a) == isTrue(b) && booleanMeant(b) != ""
	case protocol, loadBalancer:
		return strings.EqualFold(normalize(a), normalize(b))
	default:
		return normalize(a) == normalize(b)
	}
}

// shadow is a rule about keys that others on the same Ingress, or their absence, leave without effect. A switch that is set
// to false was meant: then nothing is said.
type shadow struct {
	keys []string
	when func(*linter) bool
	rest string
}

var shadows = [...]shadow{
	// pkg/ingress/kube/annotations/local_rate_limit.go
	{[]string{"route-limit-rps"}, counted("route-limit-rpm"), " is ignored beside route-limit-rpm; keep one"},
	{[]string{"route-limit-burst-multiplier"}, none("route-limit-rps", "route-limit-rpm"), " needs a rate; add route-limit-rps"},
	// retry.go
	{[]string{"proxy-next-upstream-timeout"}, noRetries, " has no effect without retries; remove it"},
	{[]string{"proxy-next-upstream-tries"}, func(l *linter) bool {
		_, tries, _ := l.counts("proxy-next-upstream-tries")
		n, _ := strconv.Atoi(tries)
		return n > 0 && noRetries(l)
	}, " has no effect beside off; remove one"},
	// rewrite.go
	{[]string{"rewrite-target"}, counted("rewrite-path"), " is ignored beside rewrite-path; keep one"},
	// cors.go
	{[]string{"cors-allow-origin", "cors-allow-methods", "cors-allow-headers", "cors-expose-headers", "cors-allow-credentials", "cors-max-age"},
		none("enable-cors"), " needs enable-cors: true"},
	// loadbalance.go
	{[]string{"session-cookie-max-age", "session-cookie-expires"}, none("affinity", "session-cookie-name", "session-cookie-path"),
		" needs affinity: cookie"},
	{[]string{"session-cookie-expires"}, counted("session-cookie-max-age"), " is ignored beside session-cookie-max-age"},
	{[]string{"upstream-hash-by", "load-balance"}, some("affinity", "session-cookie-name", "session-cookie-path"),
		" is ignored beside cookie affinity; keep one"},
	{[]string{"load-balance"}, some("upstream-hash-by"), " is ignored beside upstream-hash-by; keep one"},
	{[]string{"mcp-sse-stateful-param-name"}, func(l *linter) bool {
		_, v, _ := l.counts("load-balance")
		return !strings.EqualFold(normalize(v), "mcp-sse")
	}, " needs load-balance: mcp-sse"},
	// default_backend.go
	{[]string{"custom-http-errors"}, none("default-backend"), " needs default-backend"},
	// mirror.go
	{[]string{"mirror-target-fqdn-port"}, none("mirror-target-fqdn"), " needs mirror-target-fqdn"},
	{[]string{"mirror-percentage"}, none("mirror-target-fqdn", "mirror-target-service"), " needs mirror-target-service"},
	{[]string{"mirror-target-service"}, counted("mirror-target-fqdn"), " is ignored beside mirror-target-fqdn; keep one"},
	// redirect.go
	{[]string{"permanent-redirect", "permanent-redirect-code"}, func(l *linter) bool {
		_, v, ok := l.counts("temporal-redirect")
		return ok && webURL.accepts(v)
	}, " is ignored beside temporal-redirect"},
	{[]string{"permanent-redirect-code"}, none("permanent-redirect"), " needs permanent-redirect"},
	// canary.go
	{[]string{"canary-by-header", "canary-by-header-value", "canary-by-header-pattern", "canary-by-cookie", "canary-weight", "canary-weight-total"},
		none("canary"), " needs canary: true"},
	// mcpserver.go
	{[]string{"mcp-server-match-rule-domains", "mcp-server-match-rule-type", "mcp-server-match-rule-value", "mcp-server-upstream-type",
		"mcp-server-enable-path-rewrite", "mcp-server-path-rewrite-prefix"}, none("mcp-server"), " needs mcp-server: true"},
	{[]string{"mcp-server"}, func(l *linter) bool { return l.isOn("mcp-server") && !l.given("mcp-server-match-rule-type") },
		" needs mcp-server-match-rule-type"},
	// upstreamtls.go
	{[]string{"proxy-ssl-verify"}, func(l *linter) bool {
		return overTLS(l) && l.isWord("proxy-ssl-verify", "on") && !l.isCounted("proxy-ssl-secret")
	},
		" verifies nothing without proxy-ssl-secret"},
	{[]string{"proxy-ssl-name"}, func(l *linter) bool { return overTLS(l) && !l.given("proxy-ssl-server-name") },
		" needs proxy-ssl-server-name: on"},
	{[]string{"proxy-ssl-server-name"}, func(l *linter) bool {
		return overTLS(l) && l.isWord("proxy-ssl-server-name", "on") && !l.given("proxy-ssl-name")
	}, " needs proxy-ssl-name"},
}

func (l *linter) shadowed() {
	for _, s := range shadows {
		if keys := l.keysOfAll(s.keys); len(keys) > 0 && s.when(l) {
			l.together(keys, finding.AnnotationShadowed, s.rest)
		}
	}
	if keys := l.keysOfAll([]string{"proxy-ssl-secret", "proxy-ssl-verify", "proxy-ssl-name", "proxy-ssl-server-name"}); !overTLS(l) {
		l.together(keys, finding.AuthorValueDropped, " is dropped without backend-protocol: HTTPS")
	}
}

// keysOfAll are the keys for several names that have a value.
func (l *linter) keysOfAll(suffixes []string) []string {
	var keys []string
	for _, suffix := range suffixes {
		for _, key := range l.keysOf(suffix) {
			if strings.TrimSpace(l.annotations[key]) != "" {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

func (l *linter) isWord(suffix, word string) bool {
	_, v, ok := l.counts(suffix)
	return ok && normalize(v) == word
}

// counted: one of the names has a value that parses.
func counted(suffix string) func(*linter) bool {
	return func(l *linter) bool { return l.isCounted(suffix) }
}

// some: one of the names is there, whatever its value.
func some(suffixes ...string) func(*linter) bool {
	return func(l *linter) bool {
		for _, suffix := range suffixes {
			if l.given(suffix) {
				return true
			}
		}
		return false
	}
}

// none: none of the names is there.
func none(suffixes ...string) func(*linter) bool {
	given := some(suffixes...)
	return func(l *linter) bool { return !given(l) }
}

// noRetries: Higress was told not to retry.
func noRetries(l *linter) bool { return !(&harms{annotations: l.annotations}).retries() }

// overTLS tells whether Higress keeps what is said about TLS to the backend: for all protocols but HTTP.
func overTLS(l *linter) bool {
	_, v, ok := l.counts("backend-protocol")
	return ok && protocol.accepts(v) && protocolOf(v) != "HTTP"
}
