package certificates

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
)

var (
	errNoCertificate = errors.New("no certificate yet")
	errNotKnown      = errors.New("the webhook configurations are not known yet")
)

// Serving is the certificate that is served. Whoever has a newer one offers it, and it is served as soon as the API server
// trusts it.
type Serving struct {
	dnsName string
	// watching is true where somebody tells of the bundles, so that they are worth waiting for.
	watching bool
	now      func() time.Time
	log      logr.Logger
	expiry   prometheus.Gauge
	registry prometheus.Registerer
	woken    chan struct{}

	mu      sync.RWMutex
	served  *tls.Certificate
	offered *tls.Certificate
	bundles map[string][]bundle // by the kind of their configuration
	changed time.Time
	begun   time.Time // when the first certificate was served
	proven  bool      // the API server trusted a certificate of this process once
	kept    *tls.Certificate
	said    string
}

// NewServing makes one that serves nothing yet. The API server calls the webhooks by the DNS name; with watching, the
// bundles of the webhook configurations are told to it by a Watch.
func NewServing(dnsName string, watching bool, registry prometheus.Registerer, now func() time.Time, log logr.Logger) *Serving {
	s := &Serving{
		dnsName: dnsName, watching: watching, now: now, log: log.WithName("certificate"),
		woken: make(chan struct{}, 1), bundles: map[string][]bundle{},
		expiry: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "gatehouse_certificate_expiry_timestamp_seconds",
			Help: "When the certificate that is served runs out, in seconds since 1970.",
		}),
		registry: registry,
	}
	return s
}

// Get is for tls.Config.GetCertificate.
func (s *Serving) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.served == nil {
		return nil, errNoCertificate
	}
	return s.served, nil
}

// Ready is a readiness check. A replica that has just started and whose certificate the API server does not trust yet leaves
// the calls to the others for a moment; later, trust that is missing is no reason to be not ready, for every replica would.
func (s *Serving) Ready(*http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	switch {
	case s.served == nil:
		return errNoCertificate
	case s.proven || !s.watching || !now.Before(s.begun.Add(startGrace)):
		return nil
	case len(s.bundles) < len(configurations):
		return errNotKnown
	}
	if names := s.handover().distrusted(now); len(names) > 0 {
		return fmt.Errorf("the caBundle of %s does not trust the certificate yet", strings.Join(names, ", "))
	}
	s.proven = true
	return nil
}

// Offer gives it the newest certificate. It takes effect at once where that harms nobody.
func (s *Serving) Offer(c *tls.Certificate) {
	s.mu.Lock()
	s.offered = c
	if s.served != nil && s.served.Leaf.Equal(c.Leaf) {
		s.offered, s.kept = nil, nil
	}
	s.mu.Unlock()
	s.step()
	s.wake()
}

// saw tells it the bundles of one configuration; none where there is no such object.
func (s *Serving) saw(kind string, bundles []bundle) {
	s.mu.Lock()
	before, known := s.bundles[kind]
	if !known || !slices.EqualFunc(before, bundles, func(a, b bundle) bool { return a.webhook == b.webhook && bytes.Equal(a.pem, b.pem) }) {
		s.changed = s.now()
	}
	s.bundles[kind] = bundles
	s.mu.Unlock()
	s.wake()
}

func (s *Serving) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// Run takes offers over as they become due, until the context ends.
func (s *Serving) Run(ctx context.Context) error {
	for {
		timer := time.NewTimer(s.step())
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-s.woken:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// step serves the offer if it is due, and says after what time to look again.
func (s *Serving) step() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, wait := s.now(), lookAgain
	if s.offered != nil {
		due, again := s.handover().due(now)
		if due {
			s.serve(s.offered, now)
		} else {
			wait = again
			s.keep()
		}
	}
	s.tell(now)
	return wait
}

func (s *Serving) handover() handover {
	h := handover{served: s.served, offered: s.offered, changed: s.changed, dnsName: s.dnsName}
	for _, kind := range configurations {
		h.bundles = append(h.bundles, s.bundles[kind]...)
	}
	return h
}

func (s *Serving) serve(c *tls.Certificate, now time.Time) {
	if s.served == nil {
		s.begun = now
		s.registry.MustRegister(s.expiry) // without a certificate there is nothing that could run out
	}
	s.served, s.offered, s.kept = c, nil, nil
	s.expiry.Set(float64(c.Leaf.NotAfter.Unix()))
	s.log.Info("serving a certificate", "serial", c.Leaf.SerialNumber.String(), "until", c.Leaf.NotAfter)
}

// keep says once for each offer that it has to wait.
func (s *Serving) keep() {
	if s.kept != nil && s.kept.Leaf.Equal(s.offered.Leaf) {
		return
	}
	s.kept = s.offered
	s.log.Info("keeping the certificate until the webhook configurations trust the next one",
		"serial", s.served.Leaf.SerialNumber.String(), "until", s.served.Leaf.NotAfter, "next", s.offered.Leaf.SerialNumber.String())
}

// tell says when the API server stops trusting what is served, and when it trusts it again.
func (s *Serving) tell(now time.Time) {
	if s.served == nil {
		return
	}
	said := strings.Join(s.handover().distrusted(now), ", ")
	if said == s.said {
		return
	}
	s.said = said
	if said == "" {
		s.log.Info("the webhook configurations trust the certificate that is served")
		return
	}
	s.log.Info("the API server does not trust the certificate that is served: the caBundle of the webhook configurations must hold its CA",
		"webhooks", said, "name", s.dnsName)
}
