package ledger

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// metrics is gatehouse_host_claim_duration_seconds: what the claims of one admission take.
type metrics struct{ duration *prometheus.HistogramVec }

func newMetrics(registry prometheus.Registerer) metrics {
	m := metrics{prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "gatehouse_host_claim_duration_seconds",
		Help: "Time to take or renew all the host claims of one admission, by result.",
		// From a look into memory to the webhook's timeout of 3 s.
		Buckets: []float64{.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 3},
	}, []string{"result"})}
	registry.MustRegister(m.duration)
	for _, result := range []string{"claimed", "refused", "error"} {
		m.duration.WithLabelValues(result)
	}
	return m
}

func (m metrics) observe(start time.Time, verdicts []host.Verdict, err error) {
	result := "claimed"
	switch {
	case err != nil:
		result = "error"
	case host.RefusedAny(verdicts):
		result = "refused"
	}
	m.duration.WithLabelValues(result).Observe(time.Since(start).Seconds())
}
