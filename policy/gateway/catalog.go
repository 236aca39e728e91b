package gateway

// prefixes says under which of its two prefixes Higress reads a key.
type prefixes uint8

const (
	// both: nginx.ingress.kubernetes.io/ wins if its value parses, else higress.io/ is looked at
	// (the *ASAP lookups of pkg/ingress/kube/annotations/parser.go).
	both prefixes = iota
	// higressOnly: higress.io/ alone (the *ForHigress lookups).
	higressOnly
)

// scope says on what a key works beyond the Ingress that carries it.
type scope uint8

const (
	onRoute   scope = iota // the routes of that Ingress
	onService              // the service and port: shared by every Ingress with that backend
	onHost                 // the host: shared by every Ingress with that host
	onGateway              // the whole gateway
)

// entry is one key that Higress reads.
type entry struct {
	suffix   string
	prefixes prefixes
	scope    scope
	grammar  grammar
	setting  Setting // the typed setting it belongs to, if any
	doc      string
}

// matchKinds and matchSubjects make up the keys that hold a name themselves: KIND-match-SUBJECT-NAME, under higress.io/
// alone (pkg/ingress/kube/annotations/match.go). Only header conditions have a typed setting.
var (
	matchKinds    = [...]string{"exact-", "prefix-", "regex-"}
	matchSubjects = [...]string{"match-header", "match-pseudo-header", "match-query"}
)

// catalog is every key with a fixed name that Higress reads from an Ingress, as of v2.2
// (pkg/ingress/kube/annotations). What is not here has no effect, under whichever prefix.
var catalog = [...]entry{
	{"timeout", higressOnly, onRoute, integer, RequestTimeout, "seconds for a whole request; 0 is none"},

	{"route-limit-rps", higressOnly, onRoute, integer, RateLimiting, "requests per second, per route and gateway replica"},
	{"route-limit-rpm", higressOnly, onRoute, integer, RateLimiting, "requests per minute; wins over route-limit-rps"},
	{"route-limit-burst-multiplier", higressOnly, onRoute, integer, RateLimiting, "bucket size as a multiple of the rate, 5 by default"},

	{"proxy-next-upstream", both, onRoute, retryConditions, Retries, "when to retry: off, or error, timeout, invalid_header, non_idempotent, http_NNN"},
	{"proxy-next-upstream-tries", both, onRoute, integer32, Retries, "retries after the first attempt, 3 by default"},
	{"proxy-next-upstream-timeout", both, onRoute, integer, Retries, "seconds for each attempt"},

	{"canary", both, onRoute, boolean, CanaryRoute, "makes the Ingress the canary of the one with the same rule"},
	{"canary-by-header", both, onRoute, text, CanaryRoute, "header that leads to the canary with the value always"},
	{"canary-by-header-value", both, onRoute, text, CanaryRoute, "regular expression for the whole value of that header"},
	{"canary-by-header-pattern", both, onRoute, text, CanaryRoute, "regular expression for a part of the value of that header"},
	{"canary-by-cookie", both, onRoute, text, CanaryRoute, "cookie that leads to the canary with the value always"},
	{"canary-weight", both, onRoute, integer, CanaryRoute, "share of the canary"},
	{"canary-weight-total", both, onRoute, integer, CanaryRoute, "what the share is of, 100 by default"},

	{"request-header-control-add", higressOnly, onRoute, headerLines, RequestHeaders, "one \"name value\" per line"},
	{"request-header-control-update", higressOnly, onRoute, headerLines, RequestHeaders, "one \"name value\" per line"},
	{"request-header-control-remove", higressOnly, onRoute, commaList, RequestHeaders, "header names"},
	{"response-header-control-add", higressOnly, onRoute, headerLines, ResponseHeaders, "one \"name value\" per line"},
	{"response-header-control-update", higressOnly, onRoute, headerLines, ResponseHeaders, "one \"name value\" per line"},
	{"response-header-control-remove", higressOnly, onRoute, commaList, ResponseHeaders, "header names"},

	{"whitelist-source-range", both, onRoute, addresses, AccessControl, "client addresses and CIDRs that may pass"},

	{"enable-cors", both, onRoute, boolean, CrossOrigin, "answers CORS preflights"},
	{"cors-allow-origin", both, onRoute, text, CrossOrigin, "origins, any by default"},
	{"cors-allow-methods", both, onRoute, text, CrossOrigin, "methods"},
	{"cors-allow-headers", both, onRoute, text, CrossOrigin, "request headers"},
	{"cors-expose-headers", both, onRoute, text, CrossOrigin, "response headers"},
	{"cors-allow-credentials", both, onRoute, boolean, CrossOrigin, "true by default"},
	{"cors-max-age", both, onRoute, integer, CrossOrigin, "seconds, 1728000 by default"},

	{"match-method", higressOnly, onRoute, methods, "", "methods, separated by one space"},
	{"ignore-path-case", both, onRoute, boolean, "", "matches paths without regard to case"},

	{"rewrite-target", both, onRoute, text, "", "path sent to the backend"},
	{"rewrite-path", higressOnly, onRoute, text, "", "replaces the matched prefix; wins over rewrite-target"},
	{"use-regex", both, onRoute, boolean, "", "the path is a regular expression for a prefix"},
	{"full-path-regex", higressOnly, onRoute, boolean, "", "the path is a regular expression for the whole path"},
	{"upstream-vhost", both, onRoute, text, "", "Host sent to the backend"},

	{"app-root", both, onHost, text, "", "redirects the path / of the host; the youngest Ingress wins"},
	{"temporal-redirect", both, onRoute, webURL, "", "redirects with 302"},
	{"permanent-redirect", both, onRoute, webURL, "", "redirects with 301"},
	{"permanent-redirect-code", both, onRoute, redirectCode, "", "300 to 308"},
	{"ssl-redirect", both, onRoute, boolean, "", "redirects to https with 308"},
	{"force-ssl-redirect", both, onRoute, boolean, "", "redirects to https with 308"},

	{"backend-protocol", both, onService, protocol, "", "HTTP, HTTPS, HTTP2, GRPC or GRPCS"},
	{"proxy-ssl-secret", both, onService, text, "", "client certificate for the backend; needs a TLS backend-protocol"},
	{"proxy-ssl-verify", both, onService, onOff, "", "verifies the backend's certificate"},
	{"proxy-ssl-name", both, onService, text, "", "server name of the backend"},
	{"proxy-ssl-server-name", both, onService, onOff, "", "sends proxy-ssl-name as SNI"},

	{"load-balance", both, onService, loadBalancer, "", "round_robin, least_conn, least_request, random, passthrough or mcp-sse"},
	{"mcp-sse-stateful-param-name", both, onService, text, "", "session parameter of load-balance mcp-sse"},
	{"upstream-hash-by", both, onService, hashKey, "", "$request_uri, $host, $remote_addr, $http_NAME or $arg_NAME"},
	{"affinity", both, onService, anything, "", "its presence alone turns cookie affinity on"},
	{"session-cookie-name", both, onService, anything, "", "its presence alone turns cookie affinity on"},
	{"session-cookie-path", both, onService, anything, "", "its presence alone turns cookie affinity on"},
	{"session-cookie-max-age", both, onService, integer, "", "seconds"},
	{"session-cookie-expires", both, onService, integer, "", "seconds, where session-cookie-max-age is not set"},

	{"mirror-target-service", both, onRoute, text, "", "[namespace/]service[:port] that gets a copy of the requests"},
	{"mirror-target-fqdn", both, onRoute, text, "", "host that gets a copy of the requests"},
	{"mirror-target-fqdn-port", both, onRoute, integer32, "", "port of mirror-target-fqdn, 80 by default"},
	{"mirror-percentage", both, onRoute, integer, "", "share of the requests that is copied"},

	{"default-backend", both, onRoute, text, "", "[namespace/]service that serves while the backend cannot"},
	{"custom-http-errors", both, onRoute, statusList, "", "answers that default-backend replaces"},
	{"destination", higressOnly, onRoute, text, "", "lines of [share] host[:port] [subset], for McpBridge backends"},
	{"rpc-destination-name", higressOnly, onRoute, text, "", "Http2Rpc object"},

	{"auth-tls-secret", both, onHost, text, "", "CA for client certificates; only the TLS secret itself or its -cacert"},
	{"ssl-cipher", both, onHost, text, "", "cipher suites, separated by colons"},
	{"tls-min-protocol-version", both, onHost, tlsVersion, "", "TLSv1.0 to TLSv1.3"},
	{"tls-max-protocol-version", both, onHost, tlsVersion, "", "TLSv1.0 to TLSv1.3"},

	{"mcp-server", both, onGateway, boolean, "", "registers the Ingress as an MCP server"},
	{"mcp-server-match-rule-domains", both, onGateway, text, "", "domains of the MCP server, all by default"},
	{"mcp-server-match-rule-type", both, onGateway, mcpMatch, "", "exact, prefix, suffix, contains or regex"},
	{"mcp-server-match-rule-value", both, onGateway, text, "", "path of the MCP server"},
	{"mcp-server-upstream-type", both, onGateway, mcpUpstream, "", "rest, sse or streamable"},
	{"mcp-server-enable-path-rewrite", both, onGateway, boolean, "", "rewrites the path of the MCP server"},
	{"mcp-server-path-rewrite-prefix", both, onGateway, text, "", "prefix it is rewritten to"},
}

// unread are names that people expect Higress to read, with what does the job there. Most are ingress-nginx's, from which
// people move here.
//
//nolint:gosec // G101 takes the names of annotations about authentication for credentials.
var unread = map[string]string{
	"limit-rps":               "use higress.io/route-limit-rps",
	"limit-rpm":               "use higress.io/route-limit-rpm",
	"limit-burst-multiplier":  "use higress.io/route-limit-burst-multiplier",
	"limit-connections":       "Higress does not limit connections",
	"limit-whitelist":         "Higress exempts nobody from a limit",
	"limit-rate":              "Higress does not limit bandwidth",
	"limit-rate-after":        "Higress does not limit bandwidth",
	"proxy-connect-timeout":   wholeRequest,
	"proxy-read-timeout":      wholeRequest,
	"proxy-send-timeout":      wholeRequest,
	"retry-times":             "use higress.io/proxy-next-upstream-tries",
	"denylist-source-range":   allowListsOnly,
	"blacklist-source-range":  allowListsOnly,
	"allowlist-source-range":  "use higress.io/whitelist-source-range",
	"auth-type":               "use the basic-auth plugin",
	"auth-secret":             "use the basic-auth plugin",
	"auth-url":                "use the ext-auth plugin",
	"ssl-ciphers":             "use higress.io/ssl-cipher",
	"secure-backends":         "use higress.io/backend-protocol",
	"ssl-passthrough":         "Higress ends TLS itself",
	"server-alias":            "add the name as a host of a rule",
	"server-snippet":          noSnippets,
	"configuration-snippet":   noSnippets,
	"custom-headers":          "use higress.io/request-header-control-update",
	"proxy-set-headers":       "use higress.io/request-header-control-update",
	"request-set-header":      "use higress.io/request-header-control-update",
	"service-weight":          "use higress.io/canary-weight",
	"canary-by-query":         canaryConditions,
	"canary-by-query-value":   canaryConditions,
	"canary-by-query-pattern": canaryConditions,
	"canary-by-cookie-value":  "the cookie's value is always",

	"websocket-services":              noWebSocketKey,
	"websocket-enable":                noWebSocketKey,
	"enable-websocket":                noWebSocketKey,
	"websocket":                       noWebSocketKey,
	"proxy-ignore-client-abort":       theGateways,
	"upstream-keepalive-connections":  theGateways,
	"upstream-keepalive-requests":     theGateways,
	"upstream-keepalive-timeout":      theGateways,
	"upstream-keepalive-time":         theGateways,
	"upstream-keepalive-idle-timeout": theGateways,
}

const (
	noWebSocketKey   = "WebSocket needs no annotation; the gateway limits idling"
	wholeRequest     = "use higress.io/timeout (whole request)"
	allowListsOnly   = "use higress.io/whitelist-source-range"
	noSnippets       = "Higress takes no nginx configuration"
	canaryConditions = "use a header, a cookie or a weight"
	theGateways      = "connections are the gateway's business"
)
