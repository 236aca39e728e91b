package gateway

import (
	"strconv"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// higress is the dialect of Higress 2.x. It renders under higress.io/ alone. Each setting has a file of its own;
// the rules in them were read from pkg/ingress/kube/annotations of Higress and from the pilot that feeds its Envoys.
type higress struct{}

// Kind implements Dialect.
func (higress) Kind() Kind { return Higress }

// Render implements Dialect. What Higress cannot mean exactly is left out and said, never approximated in silence.
func (higress) Render(v Value, vars Vars) (map[string]string, []finding.Finding) {
	switch v := v.(type) {
	case Timeout:
		return renderTimeout(v)
	case WebSocket:
		return renderWebSocket(v)
	case RateLimit:
		return renderRateLimit(v)
	case Retry:
		return renderRetry(v)
	case Canary:
		return renderCanary(v, vars)
	case Headers:
		return renderHeaders(v, vars)
	case Match:
		return renderMatch(v, vars)
	case Access:
		return renderAccess(v)
	case CORS:
		return renderCORS(v)
	}
	return nil, nil
}

// cannot is the finding for what Higress cannot express.
func cannot(field, message string) finding.Finding {
	return finding.Finding{Code: finding.GatewayUnsupported, Severity: finding.Warning, Field: field, Message: message}
}

// refuse is the answer where nothing of a setting can be rendered.
func refuse(field, message string) (map[string]string, []finding.Finding) {
	return nil, []finding.Finding{cannot(field, message)}
}

// wholeSeconds is a duration as Higress takes it, which reads integers only and drops everything else.
func wholeSeconds(d time.Duration) (string, bool) {
	if d < time.Second || d%time.Second != 0 || d/time.Second > maxSeconds {
		return "", false
	}
	return strconv.FormatInt(int64(d/time.Second), 10), true
}

const needsWholeSeconds = "; Higress takes whole seconds, at least 1 s"
