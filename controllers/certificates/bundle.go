package certificates

import (
	"crypto/tls"
	"crypto/x509"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// bundle is the CAs that the API server trusts when it calls one webhook.
type bundle struct {
	webhook string
	pem     []byte
	roots   *x509.CertPool
}

// trusts tells whether the API server takes the certificate for the name.
func (b bundle) trusts(c *tls.Certificate, name string, now time.Time) bool {
	if b.roots == nil || c == nil || c.Leaf == nil {
		return false
	}
	between := x509.NewCertPool()
	for _, der := range c.Certificate[1:] {
		if parsed, err := x509.ParseCertificate(der); err == nil {
			between.AddCert(parsed)
		}
	}
	_, err := c.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: b.roots, Intermediates: between, CurrentTime: now})
	return err == nil
}

func newBundle(webhook string, pem []byte) bundle {
	b := bundle{webhook: webhook, pem: pem}
	if roots := x509.NewCertPool(); roots.AppendCertsFromPEM(pem) {
		b.roots = roots
	}
	return b
}

// bundlesOf lists the bundles of a webhook configuration, those that are empty included.
func bundlesOf(configuration client.Object) []bundle {
	var list []bundle
	switch c := configuration.(type) {
	case *admissionregistrationv1.MutatingWebhookConfiguration:
		for _, w := range c.Webhooks {
			list = append(list, newBundle(w.Name, w.ClientConfig.CABundle))
		}
	case *admissionregistrationv1.ValidatingWebhookConfiguration:
		for _, w := range c.Webhooks {
			list = append(list, newBundle(w.Name, w.ClientConfig.CABundle))
		}
	}
	return list
}
