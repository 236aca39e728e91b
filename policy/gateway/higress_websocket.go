package gateway

import "github.com/gatehouse-dev/gatehouse/policy/finding"

// renderWebSocket renders nothing: Higress upgrades WebSockets on every route and reads no annotation about them. The
// idle limit belongs to the gateway (ConfigMap higress-config, downstream.idleTimeout).
func renderWebSocket(w WebSocket) (map[string]string, []finding.Finding) {
	if !w.Enabled {
		return refuse("webSocket.enabled", "false has no effect; Higress upgrades WebSockets on every route")
	}
	f := finding.Finding{
		Code: finding.WebSocketIdle, Severity: finding.Info, Field: "webSocket.enabled",
		Message: "Higress carries WebSockets on every route, no annotation is needed",
	}
	if w.IdleTimeout != 0 {
		f.Field = "webSocket.idleTimeout"
		f.Message += "; " + w.IdleTimeout.String() + " cannot be set for one route: idle connections are cut after " +
			"downstream.idleTimeout of the ConfigMap higress-config, 180 s unless changed there, on all routes alike"
	}
	return nil, []finding.Finding{f}
}
