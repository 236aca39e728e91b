package janitor

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// metrics are gauges of the leader; the other replicas leave them out.
type metrics struct {
	claims     *prometheus.GaugeVec
	waiting    prometheus.Gauge
	duplicates prometheus.Gauge
}

func newMetrics(registry prometheus.Registerer) *metrics {
	m := &metrics{
		prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "gatehouse_host_claims", Help: "HostClaims by state, as the leading replica sees them.",
		}, []string{"state"}),
		prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "gatehouse_host_waiters", Help: "Game servers and sets that wait for a host which another one holds, as the leading replica sees them.",
		}),
		prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "gatehouse_host_duplicates", Help: "Ingresses that stand on a host which another one holds and uses, as the leading replica sees them.",
		}),
	}
	registry.MustRegister(m.claims, m.waiting, m.duplicates)
	return m
}

func (m *metrics) set(claims []*v1alpha1.HostClaim) {
	counts := map[v1alpha1.HostClaimPhase]int{v1alpha1.HostClaimPending: 0, v1alpha1.HostClaimBound: 0}
	waiting := 0
	for _, claim := range claims {
		phase := claim.Status.Phase
		if phase != v1alpha1.HostClaimBound {
			phase = v1alpha1.HostClaimPending
		}
		counts[phase]++
		waiting += len(claim.Status.Waiters)
	}
	for phase, n := range counts {
		m.claims.WithLabelValues(string(phase)).Set(float64(n))
	}
	m.waiting.Set(float64(waiting))
}
