package gateway

import (
	"math"
	"strconv"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// defaultBurst is the multiplier where none is given (pkg/ingress/kube/annotations/local_rate_limit.go).
const defaultBurst = 5

// renderRateLimit: the bucket holds rate times multiplier tokens in 32 bits. Higress checks nothing: a negative rate
// wraps to no limit at all, a product past 32 bits to a tiny one, and an empty bucket makes Envoy refuse all routes of
// the host. Both rates at once would mean the one per minute alone.
func renderRateLimit(l RateLimit) (map[string]string, []finding.Finding) {
	rate, key, field := l.PerSecond, higressPrefix+"route-limit-rps", "rateLimit.requestsPerSecond"
	if l.PerMinute != 0 {
		if l.PerSecond != 0 {
			return refuse(string(RateLimiting), "both rates are set, of which Higress would take the one per minute alone; set one")
		}
		rate, key, field = l.PerMinute, higressPrefix+"route-limit-rpm", "rateLimit.requestsPerMinute"
	}
	burst := l.BurstMultiplier
	if burst == 0 {
		burst = defaultBurst
	}
	switch {
	case rate == 0:
		return refuse(string(RateLimiting), "no rate is set; set requestsPerSecond or requestsPerMinute, at least 1")
	case rate < 0:
		return refuse(field, strconv.Itoa(int(rate))+" would be no limit on Higress; set at least 1")
	case burst < 0:
		return refuse("rateLimit.burstMultiplier", strconv.Itoa(int(burst))+" is not a size; set at least 1")
	case int64(rate)*int64(burst) > math.MaxUint32:
		return refuse(string(RateLimiting), strconv.Itoa(int(rate))+" requests with a burst of "+strconv.Itoa(int(burst))+
			" times that do not fit the 32 bits of Higress's token bucket; lower one of them")
	}
	out := map[string]string{key: strconv.Itoa(int(rate))}
	if l.BurstMultiplier != 0 {
		out[higressPrefix+"route-limit-burst-multiplier"] = strconv.Itoa(int(burst))
	}
	return out, nil
}
