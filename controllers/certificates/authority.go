package certificates

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// The keys of the CA's Secret besides those of every TLS Secret. ca.crt holds every CA that is to be trusted.
const (
	trustedKey  = "ca.crt"
	nextCertKey = "next.crt"
	nextKeyKey  = "next.key"
	// changedAnnotation tells since when the present CA signs. What signed before is trusted for a while longer.
	changedAnnotation = "gatehouse.dev/ca-since"
)

// authority is the CA as its Secret holds it.
type authority struct {
	// signing signs certificates; next is to, once it is trusted everywhere. Each is nil where it is missing or of no use.
	signing, next *tls.Certificate
	// trusted are the CAs that the API server is to trust.
	trusted []*x509.Certificate
	// since is when signing began to sign; zero where nobody of us has written that yet.
	since time.Time
}

// readAuthority understands what it can. A CA that cannot sign now is as good as none.
func readAuthority(secret *corev1.Secret, now time.Time) authority {
	if secret == nil {
		return authority{}
	}
	a := authority{
		signing: readCA(pair{secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey]}, now),
		next:    readCA(pair{secret.Data[nextCertKey], secret.Data[nextKeyKey]}, now),
		trusted: readCertificates(secret.Data[trustedKey]),
	}
	if since, err := time.Parse(time.RFC3339Nano, secret.Annotations[changedAnnotation]); err == nil {
		a.since = since
	}
	return a
}

func readCA(p pair, now time.Time) *tls.Certificate {
	c, err := p.parse()
	if err != nil || !c.Leaf.IsCA || c.Leaf.KeyUsage&x509.KeyUsageCertSign == 0 || !now.Before(c.Leaf.NotAfter) {
		return nil
	}
	return c
}

// readCertificates are those in a PEM text that can be read, each once.
func readCertificates(text []byte) []*x509.Certificate {
	var list []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if c, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" {
			list = with(list, c)
		}
	}
	return list
}

// encode is the other way round, in an order that depends on the certificates alone: the latest comes first.
func encode(list []*x509.Certificate) []byte {
	var text bytes.Buffer
	for _, c := range ordered(list) {
		_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}) // a buffer takes everything
	}
	return text.Bytes()
}

func ordered(list []*x509.Certificate) []*x509.Certificate {
	return slices.SortedFunc(slices.Values(list), func(a, b *x509.Certificate) int {
		return cmp.Or(b.NotAfter.Compare(a.NotAfter), bytes.Compare(a.Raw, b.Raw))
	})
}

// with adds the certificates that are not there yet.
func with(list []*x509.Certificate, more ...*x509.Certificate) []*x509.Certificate {
	list = slices.Clone(list)
	for _, c := range more {
		if !contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

func contains(list []*x509.Certificate, c *x509.Certificate) bool {
	return slices.ContainsFunc(list, c.Equal)
}

// same tells whether two lists hold the same certificates, in whatever order.
func same(a, b []*x509.Certificate) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(c *x509.Certificate) bool { return !contains(b, c) })
}

// valid leaves out those that have run out.
func valid(list []*x509.Certificate, now time.Time) []*x509.Certificate {
	var kept []*x509.Certificate
	for _, c := range list {
		if now.Before(c.NotAfter) {
			kept = append(kept, c)
		}
	}
	return kept
}
