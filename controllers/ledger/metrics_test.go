package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

func TestClaimsAreTimedByResult(t *testing.T) {
	w := newWorld(t)
	registry := prometheus.NewRegistry()
	w.ledger = ledger.New(w.apiServer, w.claims, w.index, host.Terms{}, func() time.Time { return w.now }, registry, logr.Discard())
	count := func() map[string]uint64 {
		families, err := registry.Gather()
		if err != nil || len(families) != 1 || families[0].GetName() != "gatehouse_host_claim_duration_seconds" {
			t.Fatalf("%v, %v", families, err)
		}
		out := map[string]uint64{}
		for _, m := range families[0].GetMetric() {
			out[m.GetLabel()[0].GetValue()] = m.GetHistogram().GetSampleCount()
		}
		return out
	}
	check := func(claimed, refused, failed uint64) {
		t.Helper()
		got := count()
		if len(got) != 3 || got["claimed"] != claimed || got["refused"] != refused || got["error"] != failed {
			t.Errorf("%v", got)
		}
	}
	check(0, 0, 0)
	w.claim(asks(postio, a))
	w.claim(asks(arena, a))
	check(1, 1, 0)
	w.ledger.Look(asks(arena, a, b))
	check(1, 1, 0)
	w.before = func(string, string) error { return errors.New("etcd is away") }
	if _, err := w.ledger.Claim(t.Context(), asks(postio, b)); err == nil {
		t.Error("no error")
	}
	check(1, 1, 1)
}
