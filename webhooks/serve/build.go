package serve

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
)

// Build is what the binary knows of its making.
type Build struct{ Version, Commit, Date string }

// register registers gatehouse_build_info.
func (b Build) register(registry prometheus.Registerer) {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "gatehouse_build_info", Help: "1, with what the binary knows of its making.",
	}, []string{"version", "commit", "date", "goversion"})
	registry.MustRegister(info)
	info.WithLabelValues(b.Version, b.Commit, b.Date, runtime.Version()).Set(1)
}
