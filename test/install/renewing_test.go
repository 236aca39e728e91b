package install_test

import (
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/test/env/chart"
)

// renewing has Ingresses come while certificates are renewed. None may be refused or come out without annotations, no call of the
// API server may fail, and whoever opens a connection at any moment must be shown what both configurations trust then.
func (c *cluster) renewing(t *testing.T, release *chart.Release, set string, do func(*connections)) {
	t.Helper()
	if got := failurePolicy(c.validating(t, release.Name)); got != admissionregistrationv1.Fail {
		t.Fatalf("failurePolicy is %s: a call that fails would not be noticed", got)
	}
	before := c.calls(t, release)
	c.underLoad(t, set, func() {
		w := c.connect(t, release)
		do(w)
		t.Logf("%d connections", w.stop(t))
	})
	after := c.calls(t, release)
	if after.FailedOpen != before.FailedOpen || after.Answered == before.Answered {
		t.Errorf("the API server counts %d calls with and %d without an answer", after.Answered-before.Answered, after.FailedOpen-before.FailedOpen)
	}
}
