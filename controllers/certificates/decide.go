package certificates

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"time"
)

// Durations say how long what we issue lives.
type Durations struct {
	// Certificate is the life of a serving certificate, RenewBefore how long before its end the next is issued.
	Certificate, RenewBefore time.Duration
	// CA is the life of a CA. The next is made before a certificate would outlive it.
	CA time.Duration
}

// Check refuses what cannot be meant.
func (d Durations) Check() error {
	switch {
	case d.RenewBefore <= 0 || d.RenewBefore >= d.Certificate:
		return fmt.Errorf("--certificate-renew-before %s is not between 0 and --certificate-duration %s", d.RenewBefore, d.Certificate)
	case d.CA <= d.Certificate:
		return fmt.Errorf("--ca-duration %s is not longer than --certificate-duration %s: no certificate outlives its CA", d.CA, d.Certificate)
	}
	return nil
}

// retire is how long a CA that no longer signs is trusted. By then every replica serves what its successor has signed: they
// take it over within seconds, and those that an API server cannot reach answer no calls.
func (d Durations) retire() time.Duration { return min(time.Hour, d.Certificate-d.RenewBefore) }

// state is everything that the next step rests on.
type state struct {
	ca      authority
	serving *tls.Certificate // nil where there is none, or none that can be read
	// vouched are the CAs that its Secret names beside it.
	vouched []*x509.Certificate
	// bundles are what the webhook configurations that exist say, webhook by webhook.
	bundles [][]*x509.Certificate
	dnsName string
}

// change is what becomes of the CA's Secret.
type change int

const (
	none     change = iota
	create          // there is no CA that can sign: make one, and go on trusting what is trusted
	adopt           // somebody else has made the Secret: take it as it is, and note what is trusted
	prepare         // make the next CA and trust it
	promote         // let the next CA sign
	withdraw        // trust no longer what has run out, or has not signed for a while
)

// plan is the next step. At most one Secret is written in a step, so that each rests on what was read just before.
type plan struct {
	change change
	// trusted is what the CA's Secret is to list as trusted, and what the bundles are to hold. What is made is added to it.
	trusted []*x509.Certificate
	// publish asks for the bundles to be written.
	publish bool
	// leaf asks for a new serving certificate.
	leaf bool
	// again is when to look again if nothing changes before.
	again time.Time
}

// decide says what is to be done. The order makes sure that no call fails: a CA is in all bundles before it signs anything,
// a certificate is served when it is trusted (handover), and the CA that signed before is trusted until everybody serves
// what the next one has signed.
func decide(s state, d Durations, now time.Time) plan {
	p := plan{change: s.change(d, now), trusted: valid(s.ca.trusted, now), again: s.next(d, now)}
	switch p.change {
	case create, adopt:
		// Certificates may be served whose CAs only the bundles know: from before the mode, or before the Secret was deleted.
		p.trusted = with(with(p.trusted, s.published(now)...), valid(s.vouched, now)...)
	case withdraw:
		p.trusted = s.kept(d, now)
	case none:
		p.publish = slices.ContainsFunc(s.bundles, func(b []*x509.Certificate) bool { return !same(b, p.trusted) })
		p.leaf = s.wantsLeaf(d, now)
	case prepare, promote:
	}
	return p
}

// change says what becomes of the CA.
func (s state) change(d Durations, now time.Time) change {
	ca := s.ca
	switch {
	case ca.signing == nil && ca.next != nil:
		return promote // better one that not everybody trusts yet than none
	case ca.signing == nil:
		return create
	case ca.since.IsZero() || !contains(ca.trusted, ca.signing.Leaf):
		return adopt
	case ca.next != nil && !contains(ca.trusted, ca.next.Leaf):
		return prepare // somebody has meddled with it
	case ca.next != nil && s.inAllBundles(ca.next.Leaf):
		return promote
	case ca.next == nil && (!now.Before(s.renewCA(d)) || outlives(ca.signing.Leaf, d.CA, now)):
		return prepare
	case !same(ca.trusted, s.kept(d, now)):
		return withdraw
	}
	return none
}

// kept are the CAs that go on being trusted: those that have not run out, and once the present one has signed for a while,
// none that signed before.
func (s state) kept(d Durations, now time.Time) []*x509.Certificate {
	list := valid(s.ca.trusted, now)
	if now.Before(s.ca.since.Add(d.retire())) || !s.signed() {
		return list
	}
	return slices.DeleteFunc(list, func(c *x509.Certificate) bool {
		return !c.Equal(s.ca.signing.Leaf) && (s.ca.next == nil || !c.Equal(s.ca.next.Leaf))
	})
}

// wantsLeaf tells whether a certificate is to be issued. Only one that can be served no longer, or never, is replaced before
// everybody trusts the CA that signs.
func (s state) wantsLeaf(d Durations, now time.Time) bool {
	c := s.serving
	switch {
	case c == nil, !now.Before(c.Leaf.NotAfter), c.Leaf.VerifyHostname(s.dnsName) != nil:
		return true
	case !s.inAllBundles(s.ca.signing.Leaf), now.Before(s.ca.since.Add(settle)):
		// A replica that starts has nothing else to serve, and an API server may learn of its bundles a moment after us.
		return false
	}
	return !s.signed() || !now.Before(renewal(c.Leaf, d)) || outlives(c.Leaf, d.Certificate, now)
}

// signed tells whether the CA that signs now has signed the serving certificate.
func (s state) signed() bool {
	return s.serving != nil && s.serving.Leaf.CheckSignatureFrom(s.ca.signing.Leaf) == nil
}

// renewal is when a serving certificate is to be renewed. One that does not even live as long as it is to be renewed before its
// end, because somebody else made it or its CA was about to end, has a third of its life left then.
func renewal(c *x509.Certificate, d Durations) time.Time {
	before := d.RenewBefore
	if life := c.NotAfter.Sub(c.NotBefore.Add(backdate)); life <= before {
		before = life / 3
	}
	return c.NotAfter.Add(-before)
}

// outlives tells whether a certificate lives longer than it would if it were issued now: somebody wants them to live shorter than
// when it was made, or somebody else has made it. The clock of whoever made it may be ahead of ours.
func outlives(c *x509.Certificate, life time.Duration, now time.Time) bool {
	return c.NotAfter.After(now.Add(life + backdate))
}

// renewCA is when the next CA is to be made: a certificate that is issued from then on would outlive this one.
func (s state) renewCA(d Durations) time.Time { return s.ca.signing.Leaf.NotAfter.Add(-d.Certificate) }

// next is when something is due that no event tells of.
func (s state) next(d Durations, now time.Time) time.Time {
	var times []time.Time
	if s.ca.signing != nil {
		times = append(times, s.renewCA(d), s.ca.since.Add(settle), s.ca.since.Add(d.retire()))
	}
	if s.serving != nil {
		times = append(times, renewal(s.serving.Leaf, d), s.serving.Leaf.NotAfter)
	}
	for _, c := range s.ca.trusted {
		times = append(times, c.NotAfter)
	}
	soonest := now.Add(lookAgain)
	for _, t := range times {
		if t.After(now) && t.Before(soonest) {
			soonest = t
		}
	}
	return soonest
}

// published are the CAs that any bundle holds.
func (s state) published(now time.Time) []*x509.Certificate {
	var list []*x509.Certificate
	for _, b := range s.bundles {
		list = with(list, valid(b, now)...)
	}
	return list
}

// inAllBundles tells whether every webhook's bundle holds the certificate. A configuration that is not there stops nothing.
func (s state) inAllBundles(c *x509.Certificate) bool {
	return !slices.ContainsFunc(s.bundles, func(b []*x509.Certificate) bool { return !contains(b, c) })
}
