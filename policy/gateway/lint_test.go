package gateway_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

type annotations = map[string]string

// lintCases are what is said of annotations, in full: CODE message, in the order of the keys.
var lintCases = []struct {
	name        string
	annotations annotations
	want        []string
}{
	{"nothing", nil, nil},

	// GH406: keys under Higress's own prefix
	{"a typing error", annotations{hp + "timeuot": "60"}, []string{"GH406 higress.io/timeuot is not read; did you mean higress.io/timeout?"}},
	{"a capital letter", annotations{hp + "Timeout": "60"}, []string{"GH406 higress.io/Timeout is not read; did you mean higress.io/timeout?"}},
	{"a name from memory", annotations{hp + "canary-header": "X-Version"}, []string{
		"GH406 higress.io/canary-header is not read; did you mean higress.io/canary-by-header?",
	}},
	{"a key that nothing resembles", annotations{hp + "completely-made-up": "1"}, []string{
		"GH406 higress.io/completely-made-up is not read by Higress; remove it",
	}},
	{"the WebSocket family", annotations{hp + "websocket-enable": "true", hp + "websocket-ping-interval": "30", hp + "enable-websocket": "on"}, []string{
		"GH406 higress.io/enable-websocket: WebSocket needs no annotation; the gateway limits idling",
		"GH406 higress.io/websocket-enable: WebSocket needs no annotation; the gateway limits idling",
		"GH406 higress.io/websocket-ping-interval: WebSocket needs no annotation; the gateway limits idling",
	}},
	{"what is said to keep WebSockets alive", annotations{hp + "upstream-keepalive-connections": "10", hp + "proxy-ignore-client-abort": "on", hp + "request-set-header": "Upgrade $http_upgrade"}, []string{
		"GH406 higress.io/proxy-ignore-client-abort is not read; connections are the gateway's business",
		"GH406 higress.io/request-set-header is not read; use higress.io/request-header-control-update",
		"GH406 higress.io/upstream-keepalive-connections is not read; connections are the gateway's business",
	}},
	{"a condition on no kind", annotations{hp + "match-query-x": "a", hp + "xx-match-header-a": "1"}, []string{
		"GH406 higress.io/match-query-x spoils conditions; write higress.io/exact-match-header-NAME",
		"GH406 higress.io/xx-match-header-a spoils conditions; write higress.io/exact-match-header-NAME",
	}},
	{"what the console writes for itself", annotations{hp + "comment": "by the console", hp + "resource-description": "x", hp + "enable-rewrite": "true", hp + "enable-proxy-next-upstream": "false", hp + "enable-header-control": "true", "disabled.higress.io/rewrite-path": "/a"}, nil},

	// GH407: prefixes
	{"Higress's own keys under nginx's prefix", annotations{np + "timeout": "60", np + "route-limit-rps": "10", np + "response-header-control-update": "X-A b"}, []string{
		"GH407 nginx.ingress.kubernetes.io/response-header-control-update is read under higress.io/ only",
		"GH407 nginx.ingress.kubernetes.io/route-limit-rps is not read; write higress.io/route-limit-rps",
		"GH407 nginx.ingress.kubernetes.io/timeout is not read; write higress.io/timeout",
	}},
	{"a condition under nginx's prefix", annotations{np + "exact-match-header-x": "1"}, []string{
		"GH407 nginx.ingress.kubernetes.io/exact-match-header-x is read under higress.io/ only",
	}},
	{"nginx's limits", annotations{np + "limit-rps": "1", np + "limit-burst-multiplier": "3", np + "limit-connections": "5", np + "limit-whitelist": "10.0.0.0/8"}, []string{
		"GH407 nginx.../limit-burst-multiplier is not read; use higress.io/route-limit-burst-multiplier",
		"GH407 nginx.ingress.kubernetes.io/limit-connections is not read; Higress does not limit connections",
		"GH407 nginx.ingress.kubernetes.io/limit-rps is not read; use higress.io/route-limit-rps",
		"GH407 nginx.ingress.kubernetes.io/limit-whitelist is not read; Higress exempts nobody from a limit",
	}},
	{"nginx's timeouts", annotations{np + "proxy-read-timeout": "3600", np + "proxy-connect-timeout": "5"}, []string{
		"GH407 nginx.../proxy-connect-timeout is not read; use higress.io/timeout (whole request)",
		"GH407 nginx.../proxy-read-timeout is not read; use higress.io/timeout (whole request)",
	}},
	{"nginx's snippets", annotations{np + "server-snippet": "x", np + "configuration-snippet": "y"}, []string{
		"GH407 nginx.../configuration-snippet is not read; Higress takes no nginx configuration",
		"GH407 nginx.ingress.kubernetes.io/server-snippet is not read; Higress takes no nginx configuration",
	}},
	{"nginx's own keys that Higress does without", annotations{np + "proxy-body-size": "8m", np + "proxy-buffering": "off", np + "affinity-mode": "persistent", np + "proxy-http-version": "1.1"}, nil},
	{"a typing error under nginx's prefix", annotations{np + "canary-wieght": "1"}, []string{
		"GH407 nginx.ingress.kubernetes.io/canary-wieght is not read; did you mean higress.io/canary-weight?",
	}},
	{"a key of nginx that Higress has nothing for", annotations{np + "fancy": "1"}, []string{
		"GH407 nginx.ingress.kubernetes.io/fancy is not read by Higress; remove it",
	}},
	{"WebSocket under nginx's prefix", annotations{np + "websocket-services": "game"}, []string{
		"GH407 nginx.../websocket-services: WebSocket needs no annotation; the gateway limits idling",
	}},
	{"the prefixes of other products", annotations{"mse.ingress.kubernetes.io/route-limit-rps": "1", "higress.ingress.kubernetes.io/canary-by-query": "x", "higress.ingress.kubernetes.io/route-limit-burst-multiplier": "3"}, []string{
		"GH407 higress.ingress.kubernetes.io/canary-by-query is not read; use a header, a cookie or a weight",
		"GH407 higress.ingress.kubernetes.io/route-limit-burst-multiplier is read under higress.io/ only",
		"GH407 mse.ingress.kubernetes.io/route-limit-rps is not read; write higress.io/route-limit-rps",
	}},
	{"misspelt prefixes", annotations{"higress.com/timeout": "1", "higres.io/timeout": "1", "higress/timeout": "1", "HIGRESS.io/canary": "true", "ngnix.ingress.kubernetes.io/rewrite-target": "/"}, []string{
		"GH407 HIGRESS.io/canary is not read; write higress.io/canary",
		"GH407 higres.io/timeout is not read; write higress.io/timeout",
		"GH407 higress.com/timeout is not read; write higress.io/timeout",
		"GH407 higress/timeout is not read; write higress.io/timeout",
		"GH407 ngnix.ingress.kubernetes.io/rewrite-target is not read; write higress.io/rewrite-target",
	}},
	{"no prefix", annotations{"rewrite-target": "/", "timeout": "1", "canary": "true", "destination": "a"}, []string{
		"GH407 rewrite-target is not read; write higress.io/rewrite-target",
	}},
	{"others' keys", annotations{"alb.ingress.kubernetes.io/listen-ports": "x", "cert-manager.io/cluster-issuer": "x", "external-dns.alpha.kubernetes.io/hostname": "a.b", "kubernetes.io/ingress.class": "higress", "game.kruise.io/ingress-hash": "1", "gatehouse.dev/applied": "x", "egress.io/timeout": "1", "nginx.org/websocket-services": "game", "team/timeout": "x"}, nil},
	{"a foreign key that spoils conditions", annotations{"foo.example.com/match-header-x": "1"}, []string{
		"GH407 foo.example.com/match-header-x spoils conditions; write higress.io/exact-match-header-NAME",
	}},

	// GH401: values
	{"a timeout with a unit", annotations{hp + "timeout": "60s"}, []string{`GH401 higress.io/timeout: "60s" is dropped; write 60`}},
	{"a minute", annotations{hp + "timeout": "1m"}, []string{`GH401 higress.io/timeout: "1m" is dropped; write 60`}},
	{"minutes and seconds", annotations{hp + "timeout": "1m30s"}, []string{`GH401 higress.io/timeout: "1m30s" is dropped; write 90`}},
	{"a space", annotations{hp + "timeout": " 60"}, []string{`GH401 higress.io/timeout: " 60" is dropped; write 60`}},
	{"a unit in words", annotations{hp + "timeout": "2 min"}, []string{`GH401 higress.io/timeout: "2 min" is dropped; write 120`}},
	{"a day", annotations{hp + "session-cookie-max-age": "1d", hp + "affinity": "cookie"}, []string{
		`GH401 higress.io/session-cookie-max-age: "1d" is dropped; write 86400`,
	}},
	{"whole seconds with a point", annotations{hp + "timeout": "60.0"}, []string{`GH401 higress.io/timeout: "60.0" is dropped; write 60`}},
	{"a fraction", annotations{hp + "timeout": "1.5"}, []string{`GH401 higress.io/timeout: "1.5" is dropped; write whole seconds`}},
	{"milliseconds", annotations{hp + "timeout": "500ms"}, []string{`GH401 higress.io/timeout: "500ms" is dropped; write whole seconds`}},
	{"words", annotations{hp + "timeout": "soon"}, []string{`GH401 higress.io/timeout: "soon" is dropped; write whole seconds`}},
	{"a number beyond all", annotations{hp + "timeout": "99999999999999999999"}, []string{
		`GH401 higress.io/timeout: "99999999999999999999" is dropped; write whole seconds`,
	}},
	{"nothing at all", annotations{hp + "timeout": "", hp + "rewrite-target": " ", np + "backend-protocol": ""}, nil},
	{"a rate with a unit", annotations{hp + "route-limit-rps": "10r/s"}, []string{`GH401 higress.io/route-limit-rps: "10r/s" is dropped; write 10`}},
	{"a share in percent", annotations{hp + "mirror-percentage": "10%", hp + "mirror-target-fqdn": "mirror.example.com"}, []string{
		`GH401 higress.io/mirror-percentage: "10(percent)" is dropped; write 10`,
	}},
	{"a number in powers of ten", annotations{hp + "route-limit-rpm": "1e3"}, []string{
		`GH401 higress.io/route-limit-rpm: "1e3" is dropped; write 1000`,
	}},
	{"a rate below nothing", annotations{hp + "route-limit-rps": "-1"}, []string{
		`GH401 higress.io/route-limit-rps: "-1" with burst 5 is no limit; write numbers from 1 on`,
	}},
	{"a rate past 32 bits", annotations{hp + "route-limit-rps": "858993460"}, []string{
		`GH401 higress.io/route-limit-rps: "858993460" times the burst does not fit 32 bits; lower it`,
	}},
	{"yes", annotations{hp + "enable-cors": "yes"}, []string{`GH401 higress.io/enable-cors: "yes" is dropped; write true`}},
	{"on", annotations{np + "ssl-redirect": "On"}, []string{`GH401 nginx.ingress.kubernetes.io/ssl-redirect: "On" is dropped; write true`}},
	{"no is what is left anyway", annotations{np + "ssl-redirect": "no", hp + "use-regex": "off"}, nil},
	{"no where yes is the default", annotations{hp + "enable-cors": "true", hp + "cors-allow-origin": "https://a.example.com", hp + "cors-allow-credentials": "no"}, []string{
		`GH401 higress.io/cors-allow-credentials: "no" is dropped; write false`,
	}},
	{"a word that is no boolean", annotations{hp + "use-regex": "maybe"}, []string{
		`GH401 higress.io/use-regex: "maybe" is dropped; write true or false`,
	}},
	{"a protocol for WebSocket", annotations{hp + "backend-protocol": "WS"}, []string{
		`GH401 higress.io/backend-protocol: "WS" means HTTP here; write HTTP`,
	}},
	{"a protocol for WebSocket over TLS", annotations{np + "backend-protocol": "WSS"}, []string{
		`GH401 nginx.ingress.kubernetes.io/backend-protocol: "WSS" means HTTP here; write HTTPS`,
	}},
	{"a protocol that Higress has not", annotations{hp + "backend-protocol": "FCGI"}, []string{
		`GH401 higress.io/backend-protocol: "FCGI" means HTTP here; write HTTP, HTTPS, HTTP2, GRPC or GRPCS`,
	}},
	{"load balancing of nginx", annotations{np + "load-balance": "ewma"}, []string{
		`GH401 nginx.ingress.kubernetes.io/load-balance: "ewma" is dropped; write least_request`,
	}},
	{"load balancing with dashes", annotations{hp + "load-balance": "least-conn"}, []string{
		`GH401 higress.io/load-balance: "least-conn" is dropped; write least_conn`,
	}},
	{"load balancing by address", annotations{hp + "load-balance": "ip_hash"}, []string{
		`GH401 higress.io/load-balance: "ip_hash" is dropped; use upstream-hash-by: $remote_addr`,
	}},
	{"load balancing by nobody", annotations{hp + "load-balance": "magic"}, []string{
		`GH401 higress.io/load-balance: "magic" is dropped; write round_robin, random or least_request`,
	}},
	{"nginx's name of the address", annotations{np + "upstream-hash-by": "$binary_remote_addr"}, []string{
		`GH401 nginx.ingress.kubernetes.io/upstream-hash-by: "$binary_remo..." is dropped; write $remote_addr`,
	}},
	{"a hash of a cookie", annotations{hp + "upstream-hash-by": "$cookie_x"}, []string{
		`GH401 higress.io/upstream-hash-by: "$cookie_x" is dropped; use higress.io/session-cookie-name`,
	}},
	{"a variable in braces", annotations{hp + "upstream-hash-by": "${request_uri}"}, []string{
		`GH401 higress.io/upstream-hash-by: "${request_uri}" is dropped; write $request_uri`,
	}},
	{"a hash of something else", annotations{hp + "upstream-hash-by": "server"}, []string{
		`GH401 higress.io/upstream-hash-by: "server" is dropped; write $host, $remote_addr or $http_NAME`,
	}},
	{"one retry condition of two", annotations{hp + "proxy-next-upstream": "error,foo"}, []string{
		`GH401 higress.io/proxy-next-upstream: "foo" is dropped; write error, timeout or http_502`,
	}},
	{"the same between spaces", annotations{hp + "proxy-next-upstream": "error foo"}, []string{
		`GH401 higress.io/proxy-next-upstream: "foo" is dropped; write error, timeout or http_502`,
	}},
	{"no retry condition", annotations{hp + "proxy-next-upstream": "never"}, []string{
		`GH401 higress.io/proxy-next-upstream: "never" is dropped; write error, timeout or http_502`,
	}},
	{"TLS to a backend that is spoken to in plain text", annotations{hp + "proxy-ssl-name": "a.example.com", hp + "proxy-ssl-server-name": "on"}, []string{
		"GH401 higress.io/proxy-ssl-name (and 1 more) is dropped without backend-protocol: HTTPS",
	}},
	{"a redirect code that is none", annotations{hp + "permanent-redirect": "https://a.example.com", hp + "permanent-redirect-code": "200"}, []string{
		`GH401 higress.io/permanent-redirect-code: "200" becomes 301; write 300 to 308`,
	}},
	{"a redirect without a scheme", annotations{hp + "temporal-redirect": "example.com/a"}, []string{
		`GH401 higress.io/temporal-redirect: "example.com/a" is dropped; write https://example.com/a`,
	}},
	{"a redirect to a path", annotations{hp + "permanent-redirect": "/lobby"}, []string{
		`GH401 higress.io/permanent-redirect: "/lobby" is dropped; begin it with https://`,
	}},
	{"a TLS version by number", annotations{hp + "tls-min-protocol-version": "1.2"}, []string{
		`GH401 higress.io/tls-min-protocol-version: "1.2" is dropped; write TLSv1.2`,
	}},
	{"a TLS version of nginx", annotations{hp + "tls-max-protocol-version": "TLSv1_3"}, []string{
		`GH401 higress.io/tls-max-protocol-version: "TLSv1_3" is dropped; write TLSv1.3`,
	}},
	{"a TLS version that is none", annotations{hp + "tls-max-protocol-version": "new"}, []string{
		`GH401 higress.io/tls-max-protocol-version: "new" is dropped; write TLSv1.2 or TLSv1.3`,
	}},
	{"ciphers between commas", annotations{hp + "ssl-cipher": "ECDHE-RSA-AES128-GCM-SHA256,AES128-SHA"}, []string{
		`GH401 higress.io/ssl-cipher: "ECDHE-RSA-AES128-GCM-SHA256..." is dropped; put colons between ciphers`,
	}},
	{"methods between commas", annotations{hp + "match-method": "GET,POST"}, []string{
		`GH401 higress.io/match-method: "GET,POST" is dropped; write GET POST`,
	}},
	{"methods between commas and spaces", annotations{hp + "match-method": "GET, POST"}, []string{
		`GH401 higress.io/match-method: "GET," is dropped; write GET POST`,
	}},
	{"methods that are none", annotations{hp + "match-method": "GET FETCH"}, []string{
		`GH401 higress.io/match-method: "FETCH" is dropped; write methods between single spaces`,
	}},
	{"codes between spaces", annotations{hp + "custom-http-errors": "404 503", hp + "default-backend": "errors"}, []string{
		`GH401 higress.io/custom-http-errors: "404 503" is dropped; write 404,503`,
	}},
	{"a code that is none", annotations{hp + "custom-http-errors": "404,5xx", hp + "default-backend": "errors"}, []string{
		`GH401 higress.io/custom-http-errors: "5xx" is dropped; write numbers between commas`,
	}},
	{"a header with a colon", annotations{hp + "request-header-control-update": "X-Game: post"}, []string{
		`GH401 higress.io/request-header-control-update: "X-Game:" keeps its colon; write NAME VALUE`,
	}},
	{"a header without a value", annotations{hp + "request-header-control-add": "X-A b\nX-Game"}, []string{
		`GH401 higress.io/request-header-control-add: "X-Game" has no value; write NAME VALUE on a line`,
	}},
	{"no header with a value", annotations{hp + "response-header-control-add": "X-Game"}, []string{
		`GH401 higress.io/response-header-control-add: "X-Game" is dropped; write NAME VALUE on a line`,
	}},
	{"the host as a header", annotations{hp + "request-header-control-update": "Host game"}, []string{
		`GH401 higress.io/request-header-control-update: "Host" is left alone; use higress.io/upstream-vhost`,
	}},
	{"a header twice", annotations{hp + "request-header-control-add": "X-A 1\nX-A 2"}, []string{
		`GH401 higress.io/request-header-control-add: "X-A" stands twice; the last line counts`,
	}},
	{"removals between spaces", annotations{hp + "response-header-control-remove": "X-A X-B"}, []string{
		`GH401 higress.io/response-header-control-remove: "X-A X-B" is no header; write names between commas`,
	}},
	{"on for a word of nginx", annotations{hp + "proxy-ssl-verify": "true", hp + "backend-protocol": "HTTPS", hp + "proxy-ssl-secret": "ca"}, []string{
		`GH401 higress.io/proxy-ssl-verify: "true" is dropped; write on`,
	}},
	{"affinity by another name of no", annotations{hp + "affinity": "none"}, []string{
		`GH401 higress.io/affinity: "none" still turns cookie affinity on; remove the key`,
	}},
	{"MCP in capitals", annotations{hp + "mcp-server": "true", hp + "mcp-server-match-rule-type": "Prefix", hp + "mcp-server-upstream-type": "SSE"}, []string{
		`GH401 higress.io/mcp-server-match-rule-type: "Prefix" is dropped; write prefix`,
		`GH401 higress.io/mcp-server-upstream-type: "SSE" is dropped; write sse`,
	}},

	// GH408
	{"a twin with another value", annotations{hp + "canary": "true", np + "canary": "false"}, []string{
		`GH408 higress.io/canary: "false" of its nginx twin counts; remove one`,
	}},
	{"a twin with the same value in other words", annotations{hp + "canary": "true", np + "canary": "1", hp + "canary-weight": "10"}, nil},
	{"a twin without a meaning wins too", annotations{hp + "whitelist-source-range": "10.0.0.0/8", np + "whitelist-source-range": "office"}, []string{
		`GH408 higress.io/whitelist-source-range: "office" of its nginx twin counts; remove one`,
		`GH410 nginx.../whitelist-source-range: "office" lets everybody in; write addresses or CIDRs`,
	}},
	{"a twin that is dropped", annotations{hp + "proxy-next-upstream-tries": "2", np + "proxy-next-upstream-tries": "two"}, []string{
		`GH401 nginx.ingress.kubernetes.io/proxy-next-upstream-tries: "two" is dropped; write a whole number`,
	}},
	{"a twin that is not looked at", annotations{hp + "timeout": "30", np + "timeout": "60"}, []string{
		"GH407 nginx.ingress.kubernetes.io/timeout is not read; write higress.io/timeout",
	}},

	// GH409
	{"a canary that says yes", annotations{hp + "canary": "yes", hp + "canary-weight": "20"}, []string{
		`GH409 higress.io/canary: "yes" makes a route that competes with its primary; write true`,
	}},
	{"a canary that says no", annotations{hp + "canary": "no", hp + "canary-weight": "20"}, nil},
	{"a canary that is switched off", annotations{hp + "canary": "false", hp + "canary-weight": "20", hp + "timeout": "5"}, nil},
	{"a canary to which nothing leads", annotations{hp + "canary": "true"}, []string{
		"GH409 higress.io/canary: nothing leads to this canary; add a header, cookie or weight",
	}},
	{"a weight beside a header", annotations{hp + "canary": "true", hp + "canary-by-header": "X-Version", hp + "canary-weight": "20"}, []string{
		"GH409 higress.io/canary-weight is ignored beside canary-by-header; keep one",
	}},
	{"a weight beside a cookie", annotations{hp + "canary": "true", hp + "canary-by-cookie": "beta", hp + "canary-weight": "20"}, []string{
		"GH409 higress.io/canary-weight is ignored beside canary-by-cookie; keep one",
	}},
	{"a cookie beside a header", annotations{hp + "canary": "true", hp + "canary-by-header": "X-Version", hp + "canary-by-cookie": "beta"}, []string{
		"GH409 higress.io/canary-by-cookie is ignored beside canary-by-header; keep one",
	}},
	{"a pattern beside a value", annotations{hp + "canary": "true", hp + "canary-by-header": "X-V", hp + "canary-by-header-value": "2", hp + "canary-by-header-pattern": "2.*"}, []string{
		"GH409 higress.io/canary-by-header-pattern is ignored beside canary-by-header-value; keep one",
	}},
	{"a value with a point", annotations{np + "canary": "true", np + "canary-by-header": "X-Version", np + "canary-by-header-value": "v1.0"}, []string{
		`GH409 nginx.../canary-by-header-value is a regular expression; write v1\.0 to mean itself`,
	}},
	{"a value that is escaped", annotations{np + "canary": "true", np + "canary-by-header": "X-Version", np + "canary-by-header-value": `v1\.0`}, nil},
	{"a value that takes all", annotations{hp + "canary": "true", hp + "canary-by-header": "X-Version", hp + "canary-by-header-value": ".*"}, []string{
		`GH409 higress.io/canary-by-header-value is a regular expression; write \.\* to mean itself`,
	}},
	{"a value that cannot be copied", annotations{hp + "canary": "true", hp + "canary-by-header": "X-Version", hp + "canary-by-header-value": "spring or summer (any)"}, []string{
		`GH409 higress.io/canary-by-header-value is a regular expression; put \ before what is to mean itself`,
	}},
	{"a value without a header", annotations{hp + "canary": "true", hp + "canary-by-header-value": "v1"}, []string{
		"GH409 higress.io/canary-by-header-value gets the canary nothing; add canary-by-header",
	}},
	{"a pattern without a header", annotations{hp + "canary": "true", hp + "canary-by-header-pattern": "v1"}, []string{
		"GH409 higress.io/canary-by-header-pattern gets the canary nothing; add canary-by-header",
	}},
	{"a cookie with a point", annotations{hp + "canary": "true", hp + "canary-by-cookie": "a.b"}, []string{
		`GH409 higress.io/canary-by-cookie is a regular expression; write a\.b to mean itself`,
	}},
	{"a share that rounds down to nothing", annotations{hp + "canary": "true", hp + "canary-weight": "1", hp + "canary-weight-total": "1000"}, []string{
		"GH409 higress.io/canary-weight: 1 of 1000 rounds down to nothing; give 1 of 100 or more",
	}},
	{"a share of more than all", annotations{hp + "canary": "true", hp + "canary-weight": "150"}, []string{
		"GH409 higress.io/canary-weight: 150 of 100 gives the canary everything; lower it",
	}},
	{"a share of nothing", annotations{hp + "canary": "true", hp + "canary-weight": "20", hp + "canary-weight-total": "0"}, []string{
		`GH409 higress.io/canary-weight-total: "0" means 100; write a number from 1 on`,
	}},
	{"no share yet", annotations{hp + "canary": "true", hp + "canary-weight": "0"}, nil},
	{"settings of the primary", annotations{hp + "canary": "true", hp + "canary-weight": "20", hp + "timeout": "5", hp + "route-limit-rps": "3", np + "whitelist-source-range": "10.0.0.0/8", np + "ssl-redirect": "false"}, []string{
		"GH409 higress.io/route-limit-rps (and 2 more): a canary has its primary's; set it there",
	}},
	{"settings of its own", annotations{hp + "canary": "true", hp + "canary-weight": "20", hp + "request-header-control-add": "X-A b", hp + "rewrite-target": "/", hp + "use-regex": "true", hp + "match-method": "GET", hp + "backend-protocol": "HTTPS"}, nil},

	// GH410
	{"a list of no address", annotations{hp + "whitelist-source-range": "office"}, []string{
		`GH410 higress.io/whitelist-source-range: "office" lets everybody in; write addresses or CIDRs`,
	}},
	{"a list with a star", annotations{hp + "whitelist-source-range": "10.0.0.0/8,*"}, []string{
		`GH410 higress.io/whitelist-source-range: "*" in the list lets everybody in; take it out`,
	}},
	{"an empty list", annotations{np + "whitelist-source-range": ""}, []string{
		`GH410 nginx.../whitelist-source-range: "" lets everybody in; list addresses, or remove it`,
	}},
	{"one address of two", annotations{np + "whitelist-source-range": "10.0.0.0/8, office"}, []string{
		`GH401 nginx.../whitelist-source-range: "office" is dropped; write an address or CIDR`,
	}},
	{"everybody by name", annotations{hp + "whitelist-source-range": "0.0.0.0/0"}, nil},
	{"lists that keep nobody out", annotations{np + "denylist-source-range": "10.0.0.0/8", hp + "blacklist-source-range": "10.0.0.0/8", np + "allowlist-source-range": "10.0.0.0/8", "mse.ingress.kubernetes.io/domain-blacklist-source-range": "10.0.0.1"}, []string{
		"GH410 higress.io/blacklist-source-range keeps nobody out; use higress.io/whitelist-source-range",
		"GH410 mse.../domain-blacklist-source-range keeps nobody out; use higress.io/whitelist-source-range",
		"GH410 nginx.../allowlist-source-range keeps nobody out; use higress.io/whitelist-source-range",
		"GH410 nginx.../denylist-source-range keeps nobody out; use higress.io/whitelist-source-range",
	}},
	{"passwords that nobody asks for", annotations{np + "auth-type": "basic", np + "auth-secret": "users", np + "auth-realm": "games", np + "auth-url": "https://auth.example.com"}, []string{
		"GH410 nginx.ingress.kubernetes.io/auth-type keeps nobody out; use the basic-auth plugin",
		"GH410 nginx.ingress.kubernetes.io/auth-url keeps nobody out; use the ext-auth plugin",
	}},

	// GH411
	{"two rates", annotations{hp + "route-limit-rps": "10", hp + "route-limit-rpm": "100"}, []string{
		"GH411 higress.io/route-limit-rps is ignored beside route-limit-rpm; keep one",
	}},
	{"a burst of no rate", annotations{hp + "route-limit-burst-multiplier": "2"}, []string{
		"GH411 higress.io/route-limit-burst-multiplier needs a rate; add route-limit-rps",
	}},
	{"retries that are off", annotations{hp + "proxy-next-upstream": "off", hp + "proxy-next-upstream-tries": "2", hp + "proxy-next-upstream-timeout": "2"}, []string{
		"GH411 higress.io/proxy-next-upstream-timeout has no effect without retries; remove it",
		"GH411 higress.io/proxy-next-upstream-tries has no effect beside off; remove one",
	}},
	{"no retries twice", annotations{hp + "proxy-next-upstream": "off", hp + "proxy-next-upstream-tries": "0"}, nil},
	{"two rewrites", annotations{hp + "rewrite-path": "/a", np + "rewrite-target": "/b"}, []string{
		"GH411 nginx.ingress.kubernetes.io/rewrite-target is ignored beside rewrite-path; keep one",
	}},
	{"CORS that is not on", annotations{hp + "cors-allow-origin": "https://a.example.com", hp + "cors-max-age": "60"}, []string{
		"GH411 higress.io/cors-allow-origin (and 1 more) needs enable-cors: true",
	}},
	{"CORS that is switched off", annotations{hp + "enable-cors": "false", hp + "cors-allow-origin": "https://a.example.com"}, nil},
	{"a cookie that nobody asked for", annotations{hp + "session-cookie-max-age": "60", hp + "session-cookie-expires": "60"}, []string{
		"GH411 higress.io/session-cookie-expires (and 1 more) needs affinity: cookie",
	}},
	{"two ages of a cookie", annotations{hp + "session-cookie-name": "s", hp + "session-cookie-max-age": "60", hp + "session-cookie-expires": "60"}, []string{
		"GH411 higress.io/session-cookie-expires is ignored beside session-cookie-max-age",
	}},
	{"a cookie beside other balancing", annotations{hp + "affinity": "cookie", hp + "load-balance": "random", hp + "upstream-hash-by": "$host"}, []string{
		"GH411 higress.io/load-balance (and 1 more) is ignored beside cookie affinity; keep one",
	}},
	{"a hash beside other balancing", annotations{hp + "load-balance": "random", hp + "upstream-hash-by": "$host"}, []string{
		"GH411 higress.io/load-balance is ignored beside upstream-hash-by; keep one",
	}},
	{"a parameter of MCP", annotations{hp + "mcp-sse-stateful-param-name": "sid", hp + "load-balance": "random"}, []string{
		"GH411 higress.io/mcp-sse-stateful-param-name needs load-balance: mcp-sse",
	}},
	{"errors that go nowhere", annotations{hp + "custom-http-errors": "404"}, []string{"GH411 higress.io/custom-http-errors needs default-backend"}},
	{"a mirror without a target", annotations{hp + "mirror-percentage": "10", hp + "mirror-target-fqdn-port": "80"}, []string{
		"GH411 higress.io/mirror-percentage needs mirror-target-service",
		"GH411 higress.io/mirror-target-fqdn-port needs mirror-target-fqdn",
	}},
	{"two mirrors", annotations{hp + "mirror-target-fqdn": "m.example.com", hp + "mirror-target-service": "mirror"}, []string{
		"GH411 higress.io/mirror-target-service is ignored beside mirror-target-fqdn; keep one",
	}},
	{"two redirects", annotations{hp + "temporal-redirect": "https://a", np + "permanent-redirect": "https://b", hp + "permanent-redirect-code": "308"}, []string{
		"GH411 higress.io/permanent-redirect-code (and 1 more) is ignored beside temporal-redirect",
	}},
	{"a code without a redirect", annotations{hp + "permanent-redirect-code": "308"}, []string{
		"GH411 higress.io/permanent-redirect-code needs permanent-redirect",
	}},
	{"a canary's keys on a route", annotations{hp + "canary-by-header": "X-V", hp + "canary-by-header-value": "2"}, []string{
		"GH411 higress.io/canary-by-header (and 1 more) needs canary: true",
	}},
	{"MCP that is not on", annotations{hp + "mcp-server-match-rule-domains": "a.example.com", hp + "mcp-server-match-rule-type": "prefix"}, []string{
		"GH411 higress.io/mcp-server-match-rule-domains (and 1 more) needs mcp-server: true",
	}},
	{"MCP without a rule", annotations{hp + "mcp-server": "true"}, []string{"GH411 higress.io/mcp-server needs mcp-server-match-rule-type"}},
	{"verification without a CA", annotations{hp + "backend-protocol": "HTTPS", hp + "proxy-ssl-verify": "on"}, []string{
		"GH411 higress.io/proxy-ssl-verify verifies nothing without proxy-ssl-secret",
	}},
	{"a name that is not sent", annotations{hp + "backend-protocol": "HTTPS", hp + "proxy-ssl-name": "a.example.com"}, []string{
		"GH411 higress.io/proxy-ssl-name needs proxy-ssl-server-name: on",
	}},
	{"a name to send that is not given", annotations{hp + "backend-protocol": "GRPCS", hp + "proxy-ssl-server-name": "on"}, []string{
		"GH411 higress.io/proxy-ssl-server-name needs proxy-ssl-name",
	}},

	// what Harms says
	{"what harms the gateway is said elsewhere", annotations{"match-header-x": "a", hp + "timeout": "-5", hp + "regex-match-query-a": "(", hp + "route-limit-rps": "0"}, nil},
}

func TestLint(t *testing.T) {
	for _, c := range lintCases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, r := range linted(t, c.annotations) {
				got = append(got, string(r.Code)+" "+r.Message)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("said %s\nwant %s", strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
			}
		})
	}
}

// linted holds what is said to its form: about a key of the Ingress that does no harm, sorted, and a line of a terminal.
func linted(t *testing.T, of annotations) []gateway.Remark {
	t.Helper()
	d := gateway.For(gateway.Higress)
	found := d.Lint(of)
	if again := d.Lint(of); !slices.Equal(again, found) {
		t.Errorf("said %v, then %v", found, again)
	}
	if len(found) > 51 {
		t.Errorf("%d remarks", len(found))
	}
	harms := map[string]bool{}
	for _, h := range d.Harms(&networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Annotations: of}}) {
		harms[h.Field] = true
	}
	for i, r := range found {
		if _, there := of[r.Key]; !there || harms["metadata.annotations["+strings.ReplaceAll(r.Key, "%", "(percent)")+"]"] {
			t.Errorf("%q is no key, or does harm: %v", r.Key, r)
		}
		if line := fmt.Sprintf("networkConf[12]: %s [%s]", r.Message, r.Code); len(line) > 120 || strings.ContainsAny(line, "%\n") {
			t.Errorf("%d bytes: %s", len(line), line)
		}
		if i > 0 && (r.Key < found[i-1].Key || r.Key == found[i-1].Key && r.Code < found[i-1].Code) {
			t.Errorf("%v stands after %v", r, found[i-1])
		}
	}
	return found
}

// Whatever a key of the catalog holds, the message names it, and with a prefix.
func TestRemarksNameTheirKey(t *testing.T) {
	for _, prefix := range []string{hp, np} {
		for _, c := range lintCases {
			of := annotations{}
			for key, value := range c.annotations {
				if name, ok := strings.CutPrefix(key, hp); ok {
					key = prefix + name
				}
				of[key] = value
			}
			for _, r := range linted(t, of) {
				domain, name, _ := strings.Cut(r.Key, "/")
				label, _, _ := strings.Cut(domain, ".")
				if !strings.HasPrefix(r.Message, r.Key) && !strings.HasPrefix(r.Message, label+".../"+name) {
					t.Errorf("%q is not named in %q", r.Key, r.Message)
				}
			}
		}
	}
}

// What policies inject says what it means.
func TestWhatIsRenderedIsNeverLinted(t *testing.T) {
	for setting, draw := range generators {
		r := rand.New(rand.NewPCG(3, 4))
		for range 2000 {
			v := draw(r)
			rendered, _ := gateway.For(gateway.Higress).Render(v, seven)
			if found := linted(t, rendered); len(found) > 0 {
				t.Errorf("%s: %#v becomes %q: %v", setting, v, rendered, found)
				break
			}
		}
	}
}

func TestLintIsBoundedForAnyAnnotations(t *testing.T) {
	of := annotations{}
	for i := range 20_000 {
		of[fmt.Sprintf("higress.io/k%05d", i)] = "x"
	}
	found := linted(t, of)
	if len(found) != 51 || !strings.HasPrefix(found[50].Message, "and 19950 more") {
		t.Errorf("%d remarks, the last of them %v", len(found), found[len(found)-1])
	}
	linted(t, annotations{hp + strings.Repeat("x", 250_000): "1"})
	linted(t, annotations{hp + "canary": "true", hp + "canary-by-header": "X", hp + "canary-by-header-value": strings.Repeat("(a.)", 60_000)})
	linted(t, annotations{hp + "request-header-control-add": strings.Repeat("X a\n", 60_000)})
	linted(t, annotations{hp + "whitelist-source-range": strings.Repeat("%\xff,", 60_000)})
}

func TestAGatewayWithoutADialectIsNotLinted(t *testing.T) {
	if found := gateway.For(gateway.Nginx).Lint(annotations{hp + "timeout": "60s"}); found != nil {
		t.Errorf("%v", found)
	}
}

// FuzzLint: any annotations have an answer, in its form.
func FuzzLint(f *testing.F) {
	for _, c := range lintCases {
		keys := append(slices.Sorted(maps.Keys(c.annotations)), "", "", "")
		f.Add(keys[0], c.annotations[keys[0]], keys[1], c.annotations[keys[1]], keys[2], c.annotations[keys[2]])
	}
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2, k3, v3 string) {
		linted(t, annotations{k1: v1, k2: v2, k3: v3})
	})
}
