package certificates

import (
	"bytes"
	"crypto/tls"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

const testName = "gatehouse.gatehouse-system.svc"

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func ca(t *testing.T, name string) (pair, *tls.Certificate) {
	t.Helper()
	p, err := newCA(name, noon.Add(-time.Hour), 1000*time.Hour)
	must(t, err)
	return p, parsed(t, p)
}

func leaf(t *testing.T, by *tls.Certificate, from time.Time, lives time.Duration) *tls.Certificate {
	t.Helper()
	p, err := newLeaf(by, testName, from, lives)
	must(t, err)
	return parsed(t, p)
}

func parsed(t *testing.T, p pair) *tls.Certificate {
	t.Helper()
	c, err := p.parse()
	must(t, err)
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestANewCertificateIsServedAsSoonAsNoCallFailsBecauseOfIt(t *testing.T) {
	oldCA, oldSigner := ca(t, "old")
	newCA, newSigner := ca(t, "new")
	strangeCA, _ := ca(t, "strange")
	old := leaf(t, oldSigner, noon.Add(-time.Hour), 2*time.Hour)
	renewed := leaf(t, oldSigner, noon, 2*time.Hour)
	next := leaf(t, newSigner, noon, 2*time.Hour)
	early := leaf(t, newSigner, noon.Add(time.Hour), 2*time.Hour)
	elsewhere, err := newLeaf(newSigner, "other.svc", noon, time.Hour)
	must(t, err)
	both := append(bytes.Clone(oldCA.crt), newCA.crt...)

	for name, c := range map[string]struct {
		served, offered *tls.Certificate
		bundles         [][]byte
		changed         time.Duration // how long ago
		now             time.Time
		due             bool
		again           time.Duration
	}{
		"the first one":                           {nil, next, [][]byte{oldCA.crt}, 0, noon, true, 0},
		"one of the same CA":                      {old, renewed, [][]byte{oldCA.crt, oldCA.crt}, time.Hour, noon, true, 0},
		"one whose CA nobody trusts yet":          {old, next, [][]byte{oldCA.crt, oldCA.crt}, time.Hour, noon, false, time.Minute},
		"one whose CA one webhook trusts":         {old, next, [][]byte{both, oldCA.crt}, time.Hour, noon, false, time.Minute},
		"one whose CA all trust since a moment":   {old, next, [][]byte{both, both}, time.Second, noon, false, 2 * time.Second},
		"one whose CA all trust":                  {old, next, [][]byte{both, both}, settle, noon, true, 0},
		"one that takes the old one's place":      {old, next, [][]byte{newCA.crt, newCA.crt}, 0, noon, true, 0},
		"one while one bundle is replaced":        {old, next, [][]byte{newCA.crt, oldCA.crt}, time.Hour, noon, false, time.Minute},
		"one without any configuration":           {old, next, nil, 0, noon, true, 0},
		"one with empty bundles":                  {old, next, [][]byte{nil, {}}, time.Hour, noon, true, 0},
		"one with a bundle that is empty":         {old, next, [][]byte{nil, oldCA.crt}, time.Hour, noon, false, time.Minute},
		"one with bundles of somebody else":       {old, next, [][]byte{strangeCA.crt, strangeCA.crt}, time.Hour, noon, true, 0},
		"one with bundles that cannot be read":    {old, next, [][]byte{[]byte("nonsense")}, time.Hour, noon, true, 0},
		"one when the old one is about to expire": {old, next, [][]byte{oldCA.crt}, time.Hour, noon.Add(50 * time.Minute), false, time.Minute},
		"one seconds before the old one expires":  {old, next, [][]byte{oldCA.crt}, time.Hour, noon.Add(time.Hour - 7*time.Second), false, 7 * time.Second},
		"one when the old one has expired":        {old, next, [][]byte{oldCA.crt}, time.Hour, noon.Add(time.Hour + time.Second), true, 0},
		"one that is not valid yet":               {old, early, [][]byte{both}, time.Hour, noon, false, time.Minute},
		"one for another name":                    {old, parsed(t, elsewhere), [][]byte{both}, time.Hour, noon, false, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			h := handover{served: c.served, offered: c.offered, changed: c.now.Add(-c.changed), dnsName: testName}
			for _, pem := range c.bundles {
				h.bundles = append(h.bundles, newBundle("w", pem))
			}
			if due, again := h.due(c.now); due != c.due || again != c.again {
				t.Errorf("due %t, again in %s; want %t, %s", due, again, c.due, c.again)
			}
		})
	}
}

// clock is one that the test turns.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func TestTheOldCertificateIsServedUntilTheConfigurationsTrustTheNewOne(t *testing.T) {
	oldCA, oldSigner := ca(t, "old")
	newCA, newSigner := ca(t, "new")
	both := append(bytes.Clone(oldCA.crt), newCA.crt...)
	old, next := leaf(t, oldSigner, noon, time.Hour), leaf(t, newSigner, noon, 2*time.Hour)
	c := &clock{noon}
	s := NewServing(testName, true, prometheus.NewRegistry(), c.read, logr.Discard())
	expect := func(what string, want *tls.Certificate) {
		t.Helper()
		s.step()
		got, err := s.Get(nil)
		must(t, err)
		if got.Leaf.SerialNumber.Cmp(want.Leaf.SerialNumber) != 0 {
			t.Errorf("%s: serves the wrong one", what)
		}
		if expiry := testutil.ToFloat64(s.expiry); expiry != float64(want.Leaf.NotAfter.Unix()) {
			t.Errorf("%s: the metric is %f", what, expiry)
		}
	}
	if _, err := s.Get(nil); err == nil || s.Ready(nil) == nil {
		t.Error("serves before there is one")
	}
	s.Offer(old)
	s.saw(mutating, []bundle{newBundle("m", oldCA.crt)})
	s.saw(validating, []bundle{newBundle("v", oldCA.crt)})
	expect("at first", old)
	must(t, s.Ready(nil))
	c.now = c.now.Add(time.Minute)
	s.Offer(next)
	expect("with a new one", old)
	s.saw(mutating, []bundle{newBundle("m", both)})
	c.now = c.now.Add(time.Minute)
	expect("trusted by one", old)
	s.saw(validating, []bundle{newBundle("v", both)})
	expect("trusted by both since now", old)
	must(t, s.Ready(nil))
	c.now = c.now.Add(settle)
	expect("trusted by both", next)
}

func TestAReplicaThatStartsBeforeItIsTrustedWaitsAMomentAndNoLonger(t *testing.T) {
	oldCA, _ := ca(t, "old")
	newCA, newSigner := ca(t, "new")
	start := func(bundles ...[]byte) (*Serving, *clock) {
		c := &clock{noon}
		s := NewServing(testName, true, prometheus.NewRegistry(), c.read, logr.Discard())
		s.Offer(leaf(t, newSigner, noon, time.Hour))
		for i, pem := range bundles {
			s.saw(configurations[i], []bundle{newBundle("w", pem)})
		}
		return s, c
	}
	for name, c := range map[string]struct {
		bundles [][]byte
		ready   bool
	}{
		"nothing known yet": {nil, false},
		"trusted":           {[][]byte{newCA.crt, newCA.crt}, true},
		"not trusted":       {[][]byte{newCA.crt, oldCA.crt}, false},
		"empty":             {[][]byte{nil, nil}, true},
	} {
		s, clock := start(c.bundles...)
		if err := s.Ready(nil); (err == nil) != c.ready {
			t.Errorf("%s: %v", name, err)
		}
		clock.now = clock.now.Add(startGrace)
		if err := s.Ready(nil); err != nil {
			t.Errorf("%s, %s later: %v", name, startGrace, err)
		}
	}
	// Trust that goes away is no reason: every replica would be not ready.
	s, _ := start(newCA.crt, newCA.crt)
	must(t, s.Ready(nil))
	s.saw(mutating, []bundle{newBundle("w", oldCA.crt)})
	must(t, s.Ready(nil))
}
