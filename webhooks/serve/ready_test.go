package serve

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
)

func TestOneCheckThatFailsIsEnoughNotToBeReady(t *testing.T) {
	var trouble error
	registry := prometheus.NewRegistry()
	registerReady(registry, map[string]healthz.Checker{
		"steady":   healthz.Ping,
		"changing": func(*http.Request) error { return trouble },
	})
	for _, c := range []struct {
		trouble error
		want    string
	}{{nil, "1"}, {errors.New("no certificate"), "0"}, {nil, "1"}} {
		trouble = c.trouble
		want := `# HELP gatehouse_ready 1 while this replica is ready to answer the API server, else 0.
# TYPE gatehouse_ready gauge
gatehouse_ready ` + c.want + "\n"
		if err := testutil.GatherAndCompare(registry, strings.NewReader(want)); err != nil {
			t.Errorf("%v: %v", trouble, err)
		}
	}
}
