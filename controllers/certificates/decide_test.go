package certificates

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"
)

// usual are the chart's durations.
var usual = Durations{Certificate: 90 * day, RenewBefore: 30 * day, CA: 3650 * day}

const day = 24 * time.Hour

// signer is a CA that begins at a moment and lives as long as usual.
func signer(t *testing.T, name string, from time.Time) *tls.Certificate {
	t.Helper()
	p, err := newCA(name, from, usual.CA)
	must(t, err)
	return parsed(t, p)
}

func TestTheNextStepFollowsFromTheSecretsTheBundlesAndTheTime(t *testing.T) {
	old, next, strange := signer(t, "old", noon), signer(t, "next", noon), signer(t, "strange", noon)
	ended := signer(t, "ended", noon.Add(-usual.CA))
	fresh := leaf(t, old, noon, usual.Certificate)
	renewed := leaf(t, next, noon, usual.Certificate)
	endOfCA := old.Leaf.NotAfter.Add(-usual.Certificate)
	late := leaf(t, old, endOfCA.Add(-day), usual.Certificate)

	list := func(cas ...*tls.Certificate) []*x509.Certificate {
		var list []*x509.Certificate
		for _, c := range cas {
			list = append(list, c.Leaf)
		}
		return list
	}
	in := func(bundles ...[]*x509.Certificate) [][]*x509.Certificate { return bundles }
	has := func(signing, next *tls.Certificate, since time.Time, trusted ...*tls.Certificate) authority {
		return authority{signing: signing, next: next, since: since, trusted: list(trusted...)}
	}

	for name, c := range map[string]struct {
		ca      authority
		serving *tls.Certificate
		bundles [][]*x509.Certificate
		now     time.Time

		change  change
		trusted []*x509.Certificate
		publish bool
		leaf    bool
	}{
		"nothing at all": {now: noon, change: create},
		"a Secret that was deleted: what signed before stays trusted": {
			serving: fresh, bundles: in(list(old), list(old, ended)), now: noon, change: create, trusted: list(old)},
		"a CA that has run out": {
			ca: has(nil, nil, noon, ended, old), bundles: in(list(ended)), now: noon, change: create, trusted: list(old)},
		"a CA that has run out, with a next one": {
			ca: has(nil, next, noon, next), bundles: in(list(old)), now: noon, change: promote, trusted: list(next)},
		"somebody else's Secret": {
			ca: has(old, nil, time.Time{}, old), serving: fresh, bundles: in(list(old, strange)), now: noon, change: adopt, trusted: list(old, strange)},
		"a Secret that lists other CAs": {
			ca: has(old, nil, noon, strange), bundles: in(list(old)), now: noon, change: adopt, trusted: list(strange, old)},
		"a new CA: bundles and certificate at once, for nobody is called before": {
			ca: has(old, nil, noon, old), bundles: in(nil, nil), now: noon, trusted: list(old), publish: true, leaf: true},
		"no configurations": {
			ca: has(old, nil, noon, old), now: noon, trusted: list(old), leaf: true},
		"all is well": {
			ca: has(old, nil, noon, old), serving: fresh, bundles: in(list(old), list(old)), now: noon.Add(59 * day), trusted: list(old)},
		"a bundle that was blanked": {
			ca: has(old, nil, noon, old), serving: fresh, bundles: in(list(old), nil), now: noon, trusted: list(old), publish: true},
		"a bundle with a CA too many": {
			ca: has(old, nil, noon, old), serving: fresh, bundles: in(list(old, strange)), now: noon, trusted: list(old), publish: true},
		"a bundle in another order": {
			ca: has(old, next, noon, old, next), serving: fresh, bundles: in(list(old), list(next, old)), now: noon, trusted: list(old, next), publish: true},
		"a certificate whose time has come": {
			ca: has(old, nil, noon, old), serving: fresh, bundles: in(list(old), list(old)), now: noon.Add(60 * day), trusted: list(old), leaf: true},
		"a certificate whose time has come, and a CA that is not trusted everywhere": {
			ca: has(old, nil, noon, old), serving: fresh, bundles: in(list(old), nil), now: noon.Add(60 * day), trusted: list(old), publish: true},
		"a certificate that has run out, whoever trusts its CA": {
			ca: has(old, nil, noon, old), serving: fresh, bundles: in(nil), now: noon.Add(90 * day), trusted: list(old), publish: true, leaf: true},
		"a CA that a certificate would outlive": {
			ca: has(old, nil, noon, old), serving: late, bundles: in(list(old)), now: endOfCA, change: prepare, trusted: list(old)},
		"a CA that just no certificate would outlive": {
			ca: has(old, nil, noon, old), serving: late, bundles: in(list(old)), now: endOfCA.Add(-time.Second), trusted: list(old)},
		"a CA that lives longer than CAs are to": {
			ca: has(old, nil, noon, old), serving: fresh, bundles: in(list(old)), now: noon.Add(-backdate - time.Second), change: prepare, trusted: list(old)},
		"a certificate that lives longer than certificates are to": {
			ca: has(next, nil, noon.Add(-time.Hour), next), serving: leaf(t, next, noon, usual.Certificate+backdate+time.Second), bundles: in(list(next)), now: noon, trusted: list(next), leaf: true},
		"a next CA that no bundle has": {
			ca: has(old, next, noon, old, next), serving: fresh, bundles: in(list(old)), now: noon, trusted: list(old, next), publish: true},
		"a next CA that one bundle has": {
			ca: has(old, next, noon, old, next), serving: fresh, bundles: in(list(old, next), list(old)), now: noon, trusted: list(old, next), publish: true},
		"a next CA that all bundles have": {
			ca: has(old, next, noon, old, next), serving: fresh, bundles: in(list(old, next), list(next, old)), now: noon, change: promote, trusted: list(old, next)},
		"a next CA that somebody took out of the list": {
			ca: has(old, next, noon, old), serving: fresh, bundles: in(list(old)), now: noon, change: prepare, trusted: list(old)},
		"a CA that signs since now": {
			ca: has(next, nil, noon, old, next), serving: fresh, bundles: in(list(old, next)), now: noon, trusted: list(old, next)},
		"a CA that signs since a moment": {
			ca: has(next, nil, noon, old, next), serving: fresh, bundles: in(list(old, next)), now: noon.Add(settle), trusted: list(old, next), leaf: true},
		"a CA that signs since now, and somebody blanked a bundle": {
			ca: has(next, nil, noon, old, next), serving: fresh, bundles: in(list(old, next), nil), now: noon.Add(settle), trusted: list(old, next), publish: true},
		"an old CA whose certificate may still be served": {
			ca: has(next, nil, noon, old, next), serving: renewed, bundles: in(list(old, next)), now: noon.Add(time.Hour - time.Second), trusted: list(old, next)},
		"an old CA that nobody needs": {
			ca: has(next, nil, noon, old, next), serving: renewed, bundles: in(list(old, next)), now: noon.Add(time.Hour), change: withdraw, trusted: list(next)},
		"an old CA whose certificate was never replaced": {
			ca: has(next, nil, noon, old, next), serving: fresh, bundles: in(list(old, next)), now: noon.Add(time.Hour), trusted: list(old, next), leaf: true},
		"an old CA that has run out": {
			ca: has(next, nil, noon, ended, next), serving: fresh, bundles: in(list(next)), now: noon, change: withdraw, trusted: list(next)},
	} {
		t.Run(name, func(t *testing.T) {
			p := decide(state{ca: c.ca, serving: c.serving, bundles: c.bundles, dnsName: testName}, usual, c.now)
			if p.change != c.change || p.publish != c.publish || p.leaf != c.leaf {
				t.Errorf("change %d, publish %t, leaf %t; want %d, %t, %t", p.change, p.publish, p.leaf, c.change, c.publish, c.leaf)
			}
			if !same(p.trusted, c.trusted) {
				t.Errorf("trusts %d CAs, want %d", len(p.trusted), len(c.trusted))
			}
			if !p.again.After(c.now) || p.again.After(c.now.Add(lookAgain)) {
				t.Errorf("looks again %s later", p.again.Sub(c.now))
			}
		})
	}
}

func TestACertificateForAnotherNameIsReplacedAtOnce(t *testing.T) {
	ca := signer(t, "ca", noon)
	other, err := newLeaf(ca, "other.svc", noon, usual.Certificate)
	must(t, err)
	s := state{
		ca:      authority{signing: ca, since: noon, trusted: []*x509.Certificate{ca.Leaf}},
		serving: parsed(t, other), bundles: [][]*x509.Certificate{nil}, dnsName: testName,
	}
	if p := decide(s, usual, noon); !p.leaf {
		t.Error("it is kept")
	}
}

func TestACertificateThatLivesShorterThanItIsToBeRenewedBeforeIsNotRenewedAllTheTime(t *testing.T) {
	c := leaf(t, signer(t, "ca", noon), noon, 30*day)
	if got, want := renewal(c.Leaf, usual), noon.Add(20*day); !got.Equal(want) {
		t.Errorf("renewed at %s, want %s", got, want)
	}
}

func TestWhatIsIssuedIsWhatAnAPIServerExpects(t *testing.T) {
	ca := signer(t, "ca", noon)
	c := leaf(t, ca, noon, usual.Certificate).Leaf
	if len(c.DNSNames) != 1 || c.DNSNames[0] != testName || c.IsCA || c.PublicKeyAlgorithm != x509.ECDSA ||
		len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageServerAuth {
		t.Errorf("the certificate: %v, CA %t, %s, %v", c.DNSNames, c.IsCA, c.PublicKeyAlgorithm, c.ExtKeyUsage)
	}
	if !c.NotAfter.Equal(noon.Add(usual.Certificate)) || !c.NotBefore.Equal(noon.Add(-backdate)) {
		t.Errorf("it is valid from %s to %s", c.NotBefore, c.NotAfter)
	}
	if last := leaf(t, ca, ca.Leaf.NotAfter.Add(-time.Hour), usual.Certificate).Leaf; !last.NotAfter.Equal(ca.Leaf.NotAfter) {
		t.Errorf("it outlives its CA: %s, %s", last.NotAfter, ca.Leaf.NotAfter)
	}
	if !newBundle("w", encode([]*x509.Certificate{ca.Leaf})).trusts(leaf(t, ca, noon, time.Hour), testName, noon) {
		t.Error("its CA does not vouch for it")
	}
}
