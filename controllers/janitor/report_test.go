package janitor_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// duplicates is the gauge.
func (w *world) duplicates() string { return w.gauge("gatehouse_host_duplicates") }

func (w *world) gauge(name string) string {
	w.t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			return strings.TrimPrefix(family.GetMetric()[0].GetGauge().String(), "value:")
		}
	}
	return "none"
}

func TestADuplicateIsToldOnceOnTheIngressAndOnTheClaim(t *testing.T) {
	w := held7(t)
	w.told()
	w.stand(lobby7, time.Minute, h7)
	w.stand(shop, time.Minute, h7)
	w.settle()
	const on = `host "` + h7 + `" is held by ` + ofPostio7 + `; the gateway serves the older Ingress where their paths are the same; choose another host [GH202] {kind=Ingress,apiVersion=networking.k8s.io/v1} {kind=HostClaim,apiVersion=gatehouse.dev/v1alpha1}`
	const of = " stands on the host too {kind=HostClaim,apiVersion=gatehouse.dev/v1alpha1} {kind=Ingress,apiVersion=networking.k8s.io/v1}"
	const warning = "Warning DuplicateHost TendHostClaim "
	same(t, "events", []string{warning + "Ingress arena/lobby-7" + of, warning + "Ingress shop/front" + of, warning + on, warning + on}, w.told())
	if got := w.duplicates(); got != "2" {
		t.Errorf("%s duplicates", got)
	}
	w.later(time.Hour)
	w.settle()
	same(t, "events", nil, w.told())
	w.fall(shop)
	w.fall(lobby7)
	w.settle()
	if got := w.duplicates(); got != "0" {
		t.Errorf("%s duplicates", got)
	}
	w.stand(lobby7, 0, h7) // another Ingress
	w.settle()
	if got := w.told(); len(got) != 2 {
		t.Errorf("events %v", got)
	}
}

func TestADuplicateIsToldOnceHoweverOftenTheHoldersIngressIsMadeAnew(t *testing.T) {
	w := held7(t)
	w.stand(lobby7, time.Minute, h7)
	w.settle()
	w.told()
	for range 3 {
		w.fall(postio7)
		w.later(10 * time.Second)
		w.settle()
		if got := w.duplicates(); got != "1" {
			t.Errorf("%s duplicates", got)
		}
		w.stand(postio7, 0, h7)
		w.settle()
	}
	same(t, "events", nil, w.told())
}

func TestWhoMayStandBesideAnotherIsNoDuplicate(t *testing.T) {
	web := host.Party{Namespace: "games"}
	cases := map[string]struct {
		setUp func(*world)
		want  string
	}{
		"a canary": {func(w *world) {
			w.claim(postio7, h7)
			w.stand(postio7, time.Hour, h7)
			w.stand(host.Party{Namespace: "games", Set: "beta", ID: 7, CanaryOf: "postio"}, 0, h7)
		}, "0"},
		"a canary of another": {func(w *world) {
			w.claim(postio7, h7)
			w.stand(postio7, time.Hour, h7)
			w.stand(host.Party{Namespace: "games", Set: "beta", ID: 7, CanaryOf: "other"}, 0, h7)
		}, "1"},
		"a solver": {func(w *world) {
			w.claim(postio7, h7)
			w.stand(postio7, time.Hour, h7)
			solver(w.stand(web, 0, h7))
		}, "0"},
		"web Ingresses beside a game": {func(w *world) {
			w.claim(postio7, h7)
			w.stand(postio7, time.Hour, h7)
			w.stand(web, 0, h7)
		}, "1"},
		"web Ingresses of several namespaces": {func(w *world) {
			w.claim(shop, h7)
			w.stand(shop, time.Hour, h7)
			w.stand(web, 0, h7)
		}, "0"},
		"web Ingresses of several namespaces where that is not to be": {func(w *world) {
			w.terms.ExclusiveWeb = true
			w.lead()
			w.claim(shop, h7)
			w.stand(shop, time.Hour, h7)
			w.stand(web, 0, h7)
		}, "1"},
		"web Ingresses of another namespace beside a guest": {func(w *world) {
			w.claim(web, h7)
			_, guest := postio7.Claimant(h7)
			w.edit(claim7, func(c *v1alpha1.HostClaim) { c.Spec.Guest = &guest })
			w.stand(web, time.Hour, h7)
			w.stand(postio7, time.Minute, h7)
			w.stand(shop, 0, h7)
		}, "1"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			test.setUp(w)
			w.settle()
			if got := w.duplicates(); got != test.want {
				t.Errorf("%s duplicates, want %s: %v", got, test.want, w.told())
			}
		})
	}
}

func TestTheGaugesCountClaimsByStateAndWhoWaits(t *testing.T) {
	w := held7(t)
	w.claim(lobby7, "other.example.com")
	w.declare("a", "one", hosts, 7)
	w.declare("b", "two", hosts, 7)
	w.settle()
	w.hear()
	w.passUnheard()
	const want = `# HELP gatehouse_host_claims HostClaims by state, as the leading replica sees them.
# TYPE gatehouse_host_claims gauge
gatehouse_host_claims{state="Bound"} 1
gatehouse_host_claims{state="Pending"} 1
# HELP gatehouse_host_waiters Game servers and sets that wait for a host which another one holds, as the leading replica sees them.
# TYPE gatehouse_host_waiters gauge
gatehouse_host_waiters 2
`
	if err := testutil.GatherAndCompare(w.registry, strings.NewReader(want), "gatehouse_host_claims", "gatehouse_host_waiters"); err != nil {
		t.Error(err)
	}
	w.die(postio7)
	w.sets = nil
	w.settleQuietly()
	w.pass()
	w.pass()
	if got := w.gauge("gatehouse_host_claims"); got != "0" {
		t.Errorf("%s bound claims", got)
	}
}

func TestManyDuplicatesAreToldAFewAtATime(t *testing.T) {
	w := held7(t)
	w.told()
	for i := range 35 {
		w.stand(host.Party{Namespace: fmt.Sprintf("n%02d", i)}, time.Minute, h7)
	}
	for pass, want := range []int{20, 20, 20, 10, 0} { // two events for each
		w.pass()
		if got := len(w.told()); got != want {
			t.Errorf("%d events in pass %d, want %d", got, pass, want)
		}
		if got := w.duplicates(); got != "35" {
			t.Errorf("%s duplicates in pass %d", got, pass)
		}
	}
}
