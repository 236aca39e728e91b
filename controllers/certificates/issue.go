package certificates

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"time"
)

// backdate is how far back a new certificate is valid already: the API server's clock may be behind ours.
const backdate = 5 * time.Minute

// pair is a certificate with its key, as a Secret holds them.
type pair struct{ crt, key []byte }

// parse reads a pair. The error tells nothing of what was read: it may be a key.
func (p pair) parse() (*tls.Certificate, error) {
	c, err := tls.X509KeyPair(p.crt, p.key)
	if err != nil {
		return nil, errors.New("tls.crt and tls.key are no certificate with its key")
	}
	if c.Leaf == nil { // GODEBUG may have it left out
		if c.Leaf, err = x509.ParseCertificate(c.Certificate[0]); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// newCA makes a self-signed CA.
func newCA(name string, now time.Time, lives time.Duration) (pair, error) {
	return issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
	}, nil, now, lives)
}

// newLeaf makes a serving certificate for one DNS name. It never outlives its CA.
func newLeaf(ca *tls.Certificate, dnsName string, now time.Time, lives time.Duration) (pair, error) {
	return issue(&x509.Certificate{
		DNSNames: []string{dnsName}, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, ca, now, min(lives, ca.Leaf.NotAfter.Sub(now)))
}

// issue gives a certificate a new key, signed by the CA, or by itself where there is none.
func issue(template *x509.Certificate, ca *tls.Certificate, now time.Time, lives time.Duration) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return pair{}, err
	}
	template.NotBefore, template.NotAfter = now.Add(-backdate), now.Add(lives)
	parent, signer := template, crypto.PrivateKey(key)
	if ca != nil {
		parent, signer = ca.Leaf, ca.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return pair{}, err
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return pair{}, err
	}
	return pair{
		crt: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}),
	}, nil
}
