package gateway

import "github.com/gatehouse-dev/gatehouse/policy/finding"

// renderTimeout: Higress reads plain seconds and drops "30s" without a word
// (pkg/ingress/kube/annotations/timeout.go).
func renderTimeout(t Timeout) (map[string]string, []finding.Finding) {
	seconds, ok := wholeSeconds(t.Request)
	if !ok {
		return refuse(string(RequestTimeout), t.Request.String()+" is not expressible"+needsWholeSeconds)
	}
	return map[string]string{higressPrefix + "timeout": seconds}, nil
}
