package gateway

import (
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

const keyMatchMethod = higressPrefix + "match-method"

// The keys that Higress reads under both prefixes, in its order.
var (
	backendProtocol   = [2]string{nginxPrefix + "backend-protocol", higressPrefix + "backend-protocol"}
	temporalRedirect  = [2]string{nginxPrefix + "temporal-redirect", higressPrefix + "temporal-redirect"}
	permanentRedirect = [2]string{nginxPrefix + "permanent-redirect", higressPrefix + "permanent-redirect"}
	sslRedirect       = [2]string{nginxPrefix + "ssl-redirect", higressPrefix + "ssl-redirect"}
	forceSSLRedirect  = [2]string{nginxPrefix + "force-ssl-redirect", higressPrefix + "force-ssl-redirect"}
	appRoot           = [2]string{nginxPrefix + "app-root", higressPrefix + "app-root"}
)

// Upgrade implements Dialect. The handshake of a WebSocket is a GET over HTTP/1.1 with Connection and Upgrade headers
// that is answered with 101: whatever changes one of these breaks it.
func (higress) Upgrade(annotations map[string]string) []finding.Finding {
	if len(annotations) == 0 {
		return nil
	}
	var found []finding.Finding
	if key, value, ok := effective(annotations, backendProtocol, text); ok && isOneOf(protocolOf(value), "HTTP2", "GRPC", "GRPCS") {
		found = append(found, breaks(key, finding.Quote(value)+" turns the handshake into HTTP/2, which game servers refuse; use HTTP or HTTPS"))
	}
	found = append(found, hopByHopChanges(annotations)...)
	found = append(found, redirects(annotations)...)
	if value, ok := annotations[keyMatchMethod]; ok {
		allowed := slices.Collect(methodsOf(value))
		if len(allowed) > 0 && !slices.Contains(allowed, "GET") {
			found = append(found, breaks(keyMatchMethod, finding.Quote(value)+" leaves GET out, which the handshake is; add GET"))
		}
	}
	return found
}

// effective is the annotation that counts of two keys: the first whose value parses.
func effective(annotations map[string]string, keys [2]string, g grammar) (key, value string, ok bool) {
	for _, key := range keys {
		if value, ok = annotations[key]; ok && g.accepts(value) {
			return key, value, true
		}
	}
	return "", "", false
}

// hopByHopChanges looks for header control on the headers that make an upgrade, which are Envoy's own business.
func hopByHopChanges(annotations map[string]string) []finding.Finding {
	var found []finding.Finding
	for _, keys := range [...]*[3]string{&requestHeaderKeys, &responseHeaderKeys} {
		for i, key := range keys {
			value, ok := annotations[key]
			if !ok {
				continue
			}
			for _, name := range controlledHeaders(value, i == len(keys)-1) {
				if isUpgradeHeader(name) {
					found = append(found, breaks(key, "changes the header "+finding.Quote(name)+", which belongs to the handshake; leave it alone"))
				}
			}
		}
	}
	return found
}

func controlledHeaders(value string, removal bool) []string {
	var names []string
	if removal {
		for name := range strings.SplitSeq(value, ",") {
			names = append(names, strings.TrimSpace(name))
		}
		return names
	}
	for name := range headerLinesOf(value) {
		names = append(names, name)
	}
	return names
}

func isUpgradeHeader(name string) bool {
	const webSocket = "sec-websocket-"
	return strings.EqualFold(name, "connection") || strings.EqualFold(name, "upgrade") ||
		len(name) > len(webSocket) && strings.EqualFold(name[:len(webSocket)], webSocket)
}

// redirects looks for what answers a handshake with a redirect, which WebSocket clients do not follow
// (pkg/ingress/kube/annotations/redirect.go).
func redirects(annotations map[string]string) []finding.Finding {
	var found []finding.Finding
	if key, value, ok := redirectURL(annotations); ok {
		found = append(found, breaks(key, "redirects every request to "+finding.Quote(value)+"; WebSocket clients do not follow redirects"))
	} else {
		for _, keys := range [...][2]string{sslRedirect, forceSSLRedirect} {
			if key, value, ok := effective(annotations, keys, boolean); ok && isTrue(value) {
				found = append(found, breaks(key, "redirects ws://, which WebSocket clients do not follow; let players use wss://"))
			}
		}
	}
	if key, _, ok := effective(annotations, appRoot, text); ok {
		f := breaks(key, "redirects the path / of the host; a WebSocket that is opened there gets the redirect")
		f.Severity = finding.Info
		found = append(found, f)
	}
	return found
}

// redirectURL is the redirect that Higress makes of the two keys: the temporary one first; an empty one under
// higress.io/ ends its search.
func redirectURL(annotations map[string]string) (key, value string, ok bool) {
	key, value, ok = effective(annotations, temporalRedirect, text)
	if ok && webURL.accepts(value) {
		return key, value, true
	}
	if _, there := annotations[temporalRedirect[1]]; there && !ok {
		return "", "", false
	}
	key, value, ok = effective(annotations, permanentRedirect, text)
	return key, value, ok && webURL.accepts(value)
}

func isTrue(value string) bool {
	return isOneOf(value, "1", "t", "T", "TRUE", "true", "True")
}

func breaks(key, message string) finding.Finding {
	return finding.Finding{
		Code: finding.UpgradeBroken, Severity: finding.Warning, Field: "metadata.annotations[" + key + "]", Message: message,
	}
}
