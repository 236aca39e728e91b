package serve

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
)

// readyTimeout bounds what one scrape waits for the checks together.
const readyTimeout = 2 * time.Second

// registerReady registers gatehouse_ready, which asks the checks of /readyz at each scrape. So an alert on replicas that are
// missing needs nobody but the replicas themselves.
func registerReady(registry prometheus.Registerer, checks map[string]healthz.Checker) {
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "gatehouse_ready", Help: "1 while this replica is ready to answer the API server, else 0.",
	}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "/readyz", nil)
		if err != nil {
			return 0
		}
		for _, check := range checks {
			if check(request) != nil {
				return 0
			}
		}
		return 1
	}))
}
