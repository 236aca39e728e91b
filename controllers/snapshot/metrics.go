package snapshot

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// policyGauge is gatehouse_policies: how many GamePolicies there are.
type policyGauge struct{ gauge *prometheus.GaugeVec }

type policyLabels struct {
	mode     v1alpha1.Mode
	accepted bool
}

func newPolicyGauge(registry prometheus.Registerer) *policyGauge {
	g := &policyGauge{prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "gatehouse_policies",
		Help: "GamePolicies by mode and by whether this binary accepts them as they stand.",
	}, []string{"mode", "accepted"})}
	registry.MustRegister(g.gauge)
	g.set(nil)
	return g
}

// set writes every series, zero included, so that none disappears and none is missing between two writes.
func (g *policyGauge) set(counts map[policyLabels]int) {
	seen := map[policyLabels]int{}
	for labels, n := range counts {
		seen[policyLabels{knownMode(labels.mode), labels.accepted}] += n
	}
	for _, mode := range []v1alpha1.Mode{v1alpha1.ModeEnforce, v1alpha1.ModeWarn, v1alpha1.ModeAudit} {
		for _, accepted := range []bool{true, false} {
			n := seen[policyLabels{mode, accepted}]
			g.gauge.WithLabelValues(string(mode), strconv.FormatBool(accepted)).Set(float64(n))
		}
	}
}

// knownMode is the mode, or the CRD's default where an object holds none or one that this binary does not know.
func knownMode(mode v1alpha1.Mode) v1alpha1.Mode {
	switch mode {
	case v1alpha1.ModeWarn, v1alpha1.ModeAudit:
		return mode
	case v1alpha1.ModeEnforce:
	}
	return v1alpha1.ModeEnforce
}
