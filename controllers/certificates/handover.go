package certificates

import (
	"crypto/tls"
	"time"
)

const (
	// settle is how long after a change of the bundles every API server has certainly seen it. We may see it first.
	settle = 3 * time.Second
	// lookAgain bounds how long anything is waited for without looking at the clock: certificates and CAs run out.
	lookAgain = time.Minute
	// startGrace bounds how long a replica that has just started is not ready because nobody trusts its certificate yet.
	startGrace = 10 * time.Second
)

// handover is the question whether the certificate that is offered may take the place of the one that is served.
type handover struct {
	served, offered *tls.Certificate
	// bundles are those of both webhook configurations, as far as they are there; changed is when they last did.
	bundles []bundle
	changed time.Time
	dnsName string
}

// due tells whether the new certificate is to be served now, and if not, after what time to ask again unless something
// changes before. It is due as soon as no call fails because of it: no bundle that trusts the old one lacks trust in the new
// one. So a bundle that is empty or trusts neither stops nothing, and an old certificate that has run out is trusted by
// nobody.
func (h handover) due(now time.Time) (bool, time.Duration) {
	if h.served == nil {
		return true, 0 // without any certificate every call fails
	}
	needed := false
	for _, b := range h.bundles {
		if !b.trusts(h.served, h.dnsName, now) {
			continue
		}
		needed = true
		if !b.trusts(h.offered, h.dnsName, now) {
			return false, max(min(lookAgain, h.served.Leaf.NotAfter.Sub(now)), time.Second)
		}
	}
	if wait := h.changed.Add(settle).Sub(now); needed && wait > 0 {
		return false, wait
	}
	return true, 0
}

// distrusted lists the webhooks whose calls fail with the certificate that is served. An empty bundle is not counted: nobody
// has had the time to fill it, and the API server's own roots may apply.
func (h handover) distrusted(now time.Time) []string {
	var names []string
	for _, b := range h.bundles {
		if len(b.pem) > 0 && !b.trusts(h.served, h.dnsName, now) {
			names = append(names, b.webhook)
		}
	}
	return names
}
