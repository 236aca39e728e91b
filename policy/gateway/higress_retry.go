package gateway

import (
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

const (
	keyRetryOn      = higressPrefix + "proxy-next-upstream"
	keyRetryTries   = higressPrefix + "proxy-next-upstream-tries"
	keyRetryTimeout = higressPrefix + "proxy-next-upstream-timeout"
)

// renderRetry: tries are Envoy's num_retries, that is attempts after the first. Without any of these keys Higress
// retries twice on its own, so that 0 must be said: with "off" (pkg/ingress/kube/annotations/retry.go).
func renderRetry(r Retry) (map[string]string, []finding.Finding) {
	if r.Attempts < 0 {
		return refuse("retry.attempts", strconv.Itoa(int(r.Attempts))+" is not a number of attempts; 0 switches retries off")
	}
	if r.Attempts == 0 {
		return map[string]string{keyRetryOn: "off"}, nil
	}
	var found []finding.Finding
	out := map[string]string{keyRetryTries: strconv.Itoa(int(r.Attempts))}
	if r.PerTry != 0 {
		if seconds, ok := wholeSeconds(r.PerTry); ok {
			out[keyRetryTimeout] = seconds
		} else {
			found = append(found, cannot("retry.perTryTimeout", r.PerTry.String()+" is not expressible"+needsWholeSeconds))
		}
	}
	on, found := retryConditionsOf(r.On, found)
	if on != "" {
		out[keyRetryOn] = on
	}
	return out, found
}

// retryConditionsOf joins the conditions that Higress knows.
func retryConditionsOf(conditions []string, found []finding.Finding) (string, []finding.Finding) {
	if len(conditions) == 0 {
		return "", found
	}
	var b strings.Builder
	b.Grow(16 * len(conditions))
	onlyIdempotence := true
	for i, c := range conditions {
		if c == "off" || !isRetryCondition(c) {
			found = append(found, cannot("retry.retryOn["+strconv.Itoa(i)+"]", finding.Quote(c)+
				" is no condition; use error, timeout, invalid_header, non_idempotent or http_ with a status code"))
			continue
		}
		onlyIdempotence = onlyIdempotence && c == "non_idempotent"
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(c)
	}
	if b.Len() > 0 && onlyIdempotence {
		// Alone it would leave Envoy without any condition, and so without retries: it says for which requests, not when.
		return "error,non_idempotent", found
	}
	return b.String(), found
}
