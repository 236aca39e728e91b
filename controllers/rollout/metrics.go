package rollout

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	pending   *prometheus.GaugeVec
	paused    *prometheus.GaugeVec
	ingresses *prometheus.GaugeVec
	writes    *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer) metrics {
	m := metrics{
		pending: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "gatehouse_rollout_pending", Help: "Ingresses that are to be written on behalf of a policy.",
		}, []string{"policy"}),
		paused: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "gatehouse_rollout_paused", Help: "1 while nothing is written on behalf of a policy because too many writes have failed in a row, else 0.",
		}, []string{"policy"}),
		ingresses: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "gatehouse_ingresses", Help: "Ingresses that a policy selects, by how they stand towards it.",
		}, []string{"policy", "state"}),
		writes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gatehouse_rollout_writes_total", Help: "Writes of Ingresses on behalf of a policy, by what became of them.",
		}, []string{"policy", "result"}),
	}
	registry.MustRegister(m.pending, m.paused, m.ingresses, m.writes)
	return m
}

// set writes the gauges of the policies that stand; those of others disappear.
func (m metrics) set(tallies map[string]Tally) {
	m.pending.Reset()
	m.paused.Reset()
	m.ingresses.Reset()
	for name, t := range tallies {
		m.pending.WithLabelValues(name).Set(float64(t.Pending))
		m.paused.WithLabelValues(name).Set(0)
		if t.Paused != "" {
			m.paused.WithLabelValues(name).Set(1)
		}
		for state, n := range map[state]int{upToDate: t.UpToDate, pending: t.Pending, deferred: t.Deferred, denied: t.Denied} {
			m.ingresses.WithLabelValues(name, string(state)).Set(float64(n))
		}
	}
}
