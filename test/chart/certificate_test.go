package chart_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const serviceName = "gatehouse.gatehouse-system.svc"

func TestTheManagerServesWhatTheAPIServerTrusts(t *testing.T) {
	c := installed(t)
	served := c.served(t)
	if err := verify(served, c.bundle(t)); err != nil {
		t.Errorf("the served certificate: %v", err)
	}
	if names := served.DNSNames; len(names) != 1 || names[0] != serviceName {
		t.Errorf("it is for %q, want %s alone", names, serviceName)
	}
	if usage := served.ExtKeyUsage; len(usage) != 1 || usage[0] != x509.ExtKeyUsageServerAuth {
		t.Errorf("its extended usage is %v, want server authentication alone", usage)
	}
	if age := served.NotAfter.Sub(served.NotBefore); age != 2160*time.Hour {
		t.Errorf("it lives %s, want 2160h", age)
	}
}

// The serving certificate is renewed every two months, in place, with a new key.
func TestARenewedCertificateIsServedWithoutARestart(t *testing.T) {
	c := installed(t)
	old, calls := c.served(t), c.calls(t)
	c.renew(t, "gatehouse-serving")
	eventually(t, "the new certificate to be served", func() error {
		if c.served(t).SerialNumber.Cmp(old.SerialNumber) == 0 {
			return errors.New("still the old one")
		}
		return nil
	})
	if err := c.Create(t.Context(), gameIngress("default", "arena-7"), client.DryRunAll); err != nil {
		t.Fatal(err)
	}
	c.expectCalls(t, calls, true)
}

// cert-manager does not reissue what a renewed CA has signed before, and its injector takes the new CA only with the next
// serving certificate. So API servers and managers see old and new in any combination.
func TestRenewingTheCALeavesNoMomentWithoutTrust(t *testing.T) {
	c := installed(t)
	oldLeaf, oldBundle, oldCA := c.served(t), c.bundle(t), c.secret(t, "gatehouse-ca").Data["tls.crt"]
	c.renew(t, "gatehouse-ca")
	eventually(t, "a new CA", func() error {
		if string(c.secret(t, "gatehouse-ca").Data["tls.crt"]) == string(oldCA) {
			return errors.New("still the old one")
		}
		return nil
	})
	c.renew(t, "gatehouse-serving")
	newCA := c.secret(t, "gatehouse-ca").Data["tls.crt"]
	eventually(t, "a caBundle with the new CA", func() error {
		if string(c.bundle(t)) == string(oldBundle) {
			return errors.New("still the old one")
		}
		return nil
	})
	eventually(t, "a new certificate to be served", func() error {
		if c.served(t).SerialNumber.Cmp(oldLeaf.SerialNumber) == 0 {
			return errors.New("still the old one")
		}
		return nil
	})
	newLeaf := c.served(t)
	for what, err := range map[string]error{
		"the new certificate under the old caBundle":   verify(newLeaf, oldBundle),
		"the new certificate under the new CA alone":   verify(newLeaf, newCA),
		"the new certificate under the caBundle now":   verify(newLeaf, c.bundle(t)),
		"the old certificate under the new CA alone":   verify(oldLeaf, newCA),
		"the old certificate under the caBundle now":   verify(oldLeaf, c.bundle(t)),
		"the old certificate under the old caBundle":   verify(oldLeaf, oldBundle),
		"the new CA's and the old CA's keys being one": sameKey(newCA, oldCA),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Helm renders the configuration without caBundle; it must not take away what cert-manager wrote.
func TestAnUpgradeKeepsTheCABundle(t *testing.T) {
	c := installed(t)
	bundle := c.bundle(t)
	if err := c.release.Upgrade(t.Context()); err != nil {
		t.Fatal(err)
	}
	calls := c.calls(t) // with those of the upgrade's own Job
	if now := c.bundle(t); string(now) != string(bundle) {
		t.Errorf("caBundle went from %d to %d bytes", len(bundle), len(now))
	}
	if err := c.Create(t.Context(), gameIngress("default", "arena-7"), client.DryRunAll); err != nil {
		t.Fatal(err)
	}
	c.expectCalls(t, calls, true)
}

// renew asks for a new issuance, as `cmctl renew` does.
func (c *cluster) renew(t *testing.T, name string) {
	t.Helper()
	var certificate cmapi.Certificate
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: c.release.Namespace, Name: name}, &certificate); err != nil {
		t.Fatal(err)
	}
	now := metav1.Now()
	certificate.Status.Conditions = append(certificate.Status.Conditions, cmapi.CertificateCondition{
		Type: cmapi.CertificateConditionIssuing, Status: cmmeta.ConditionTrue,
		Reason: "ManuallyTriggered", LastTransitionTime: &now, ObservedGeneration: certificate.Generation,
	})
	if err := c.Status().Update(t.Context(), &certificate); err != nil {
		t.Fatal(err)
	}
}

// served is the certificate that the Service's address answers with.
func (c *cluster) served(t *testing.T) *x509.Certificate {
	t.Helper()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // the test verifies it against several bundles
	address := net.JoinHostPort(c.release.ClusterIP, strconv.Itoa(c.release.Port))
	connection, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	return connection.(*tls.Conn).ConnectionState().PeerCertificates[0]
}

func (c *cluster) bundle(t *testing.T) []byte {
	t.Helper()
	var config admissionregistrationv1.MutatingWebhookConfiguration
	if err := c.Get(t.Context(), client.ObjectKey{Name: c.release.Name}, &config); err != nil {
		t.Fatal(err)
	}
	return config.Webhooks[0].ClientConfig.CABundle
}

func (c *cluster) secret(t *testing.T, name string) *corev1.Secret {
	t.Helper()
	var secret corev1.Secret
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: c.release.Namespace, Name: name}, &secret); err != nil {
		t.Fatal(err)
	}
	return &secret
}

func verify(leaf *x509.Certificate, bundle []byte) error {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(bundle) {
		return errors.New("no certificate in the bundle")
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: serviceName})
	return err
}

func sameKey(a, b []byte) error {
	var keys []string
	for _, text := range [][]byte{a, b} {
		block, _ := pem.Decode(text)
		if block == nil {
			return errors.New("not PEM")
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return err
		}
		keys = append(keys, string(certificate.RawSubjectPublicKeyInfo))
	}
	if keys[0] != keys[1] {
		return fmt.Errorf("they differ")
	}
	return nil
}

// eventually polls until there is no error any more.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for err := check(); err != nil; err = check() {
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
