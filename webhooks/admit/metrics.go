package admit

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts and times the requests of all webhooks.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// NewMetrics registers gatehouse_admission_requests_total and gatehouse_admission_duration_seconds.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gatehouse_admission_requests_total",
			Help: "Admission requests answered, by webhook and verdict.",
		}, []string{"webhook", "verdict"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gatehouse_admission_duration_seconds",
			Help: "Time from the first byte of an admission request to the last of its answer.",
			// From a quarter of a millisecond, which an answer from memory takes, to OpenKruiseGame's budget for all
			// that happens inside one pod update (podMutatingTimeout, pkg/webhook/mutating_pod.go).
			Buckets: []float64{.00025, .0005, .001, .002, .004, .008, .016, .032, .064, .128, .256, .512, 1, 2, 4, 8},
		}, []string{"webhook"}),
	}
	registry.MustRegister(m.requests, m.duration)
	return m
}

// webhookMetrics are the metrics of one webhook.
type webhookMetrics struct {
	requests *prometheus.CounterVec
	duration prometheus.Observer
}

func (m *Metrics) of(webhook string) webhookMetrics {
	label := prometheus.Labels{"webhook": webhook}
	metrics := webhookMetrics{requests: m.requests.MustCurryWith(label), duration: m.duration.With(label)}
	// An alert on a rate of errors needs the series before the first error.
	metrics.requests.WithLabelValues(string(Error))
	return metrics
}

func (m webhookMetrics) observe(verdict Verdict, took time.Duration) {
	m.requests.WithLabelValues(string(verdict)).Inc()
	m.duration.Observe(took.Seconds())
}
