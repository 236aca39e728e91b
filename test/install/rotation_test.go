package install_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"testing"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env/chart"
)

func TestCertificatesOfCertManagerAreRenewedUnderLoadWithoutAFailedCall(t *testing.T) {
	c := platform(t)
	options := c.options(t)
	options.Replicas = 2
	release := c.install(t, options)
	c.renewing(t, release, "issued", func(w *connections) {
		before := w.each(t)
		c.renew(t, release, "gatehouse-serving")
		eventually(t, "the renewed certificate to be served by all", func() error { return w.replaced(t, before) })

		// A CA with another key, as after a theft. cert-manager does not reissue what the old one has signed by itself.
		before = w.each(t)
		old := c.secret(t, release, "gatehouse-ca")
		if err := c.Delete(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		eventually(t, "another CA", func() error {
			var secret corev1.Secret
			if err := c.Get(t.Context(), client.ObjectKeyFromObject(old), &secret); err != nil {
				return err
			}
			if len(secret.Data["tls.crt"]) == 0 || bytes.Equal(secret.Data["tls.key"], old.Data["tls.key"]) {
				return errors.New("still the old one")
			}
			return nil
		})
		c.renew(t, release, "gatehouse-serving")
		eventually(t, "a certificate of the other CA to be served by all", func() error { return w.replaced(t, before) })
		for _, leaf := range w.each(t) {
			if verify(leaf, old.Data["tls.crt"]) == nil {
				t.Error("the certificate that is served is still one of the old CA")
			}
		}
	})
	// cainjector owns a field of each webhook, so none can be taken away.
	c.upgrade(t, release, map[string]any{"webhook": map[string]any{"gamePolicies": map[string]any{"enabled": false}}})
	c.upgrade(t, release, nil)
}

func TestSelfManagedCertificatesAreRenewedUnderLoadWithoutAFailedCall(t *testing.T) {
	c := platform(t)
	options := c.options(t)
	options.Replicas = 2
	// A certificate every 7 seconds at least and a CA every 9, which is trusted for 7 more.
	options.Values["certificates"] = map[string]any{
		"mode": "self-managed", "duration": "1h", "renewBefore": "59m53s", "caDuration": "60m9s",
	}
	c.forget(t)
	release := c.install(t, options)
	c.renewing(t, release, "made", func(w *connections) {
		before := w.each(t)
		// Helm renders no bundle, and takes none away.
		c.upgrade(t, release, nil)
		eventually(t, "another certificate to be served by all", func() error { return w.replaced(t, before) })
		eventually(t, "the CAs of the beginning to be trusted no longer", func() error {
			for _, configured := range w.bundles(t) {
				for _, leaf := range before {
					if verify(leaf, configured) == nil {
						return errors.New("they are")
					}
				}
			}
			return nil
		})
	})
	c.expectNoKeysInLogs(t, release)
}

// The Secret comes before the bundle here, which is the wrong way round, and harms nobody.
func TestACertificateFromElsewhereIsReplacedUnderLoadWithoutAFailedCall(t *testing.T) {
	c := platform(t)
	if err := client.IgnoreAlreadyExists(c.Namespace(t.Context(), "gatehouse-system", nil)); err != nil {
		t.Fatal(err)
	}
	first, second := newAuthority(t), newAuthority(t)
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "gatehouse-system", Name: "from-elsewhere"}, Type: corev1.SecretTypeTLS, Data: first.issue(t),
	}
	if err := c.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.delete(t, secret) })
	values := func(bundle string) map[string]any {
		return map[string]any{"certificates": map[string]any{"mode": "secret", "secretName": secret.Name, "caBundle": bundle}}
	}
	options := c.options(t)
	maps.Copy(options.Values, values(first.bundle))
	release := c.install(t, options)
	c.renewing(t, release, "given", func(w *connections) {
		before := w.each(t)
		secret.Data = second.issue(t)
		if err := c.Update(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the manager to see the new one", func() error { return says(release, "keeping the certificate until") })
		if err := w.replaced(t, before); err == nil {
			t.Error("it is served before anybody trusts it")
		}
		c.upgrade(t, release, values(first.bundle+second.bundle))
		eventually(t, "the new one to be served", func() error { return w.replaced(t, before) })
	})
}

// says is an error as long as a manager has not said something.
func says(release *chart.Release, text string) error {
	for _, replica := range release.Replicas {
		if log, err := os.ReadFile(replica.LogFile); err != nil || !bytes.Contains(log, []byte(text)) {
			return errors.Join(err, fmt.Errorf("%s has not said %q", replica.IP, text))
		}
	}
	return nil
}

// forget deletes the Secrets that a release before has left, as every release does: the next one would go on with them.
func (c *cluster) forget(t *testing.T) {
	t.Helper()
	for _, name := range []string{"gatehouse-own-ca", "gatehouse-own-tls"} {
		c.delete(t, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "gatehouse-system", Name: name}})
	}
}

// renew asks cert-manager for a new issuance, as `cmctl renew` does.
func (c *cluster) renew(t *testing.T, release *chart.Release, name string) {
	t.Helper()
	eventually(t, "the Certificate to take the wish", func() error {
		var certificate cmapi.Certificate
		if err := c.Get(t.Context(), client.ObjectKey{Namespace: release.Namespace, Name: name}, &certificate); err != nil {
			return err
		}
		now := metav1.Now()
		certificate.Status.Conditions = append(certificate.Status.Conditions, cmapi.CertificateCondition{
			Type: cmapi.CertificateConditionIssuing, Status: cmmeta.ConditionTrue,
			Reason: "ManuallyTriggered", LastTransitionTime: &now, ObservedGeneration: certificate.Generation,
		})
		return c.Status().Update(t.Context(), &certificate)
	})
}

func (c *cluster) secret(t *testing.T, release *chart.Release, name string) *corev1.Secret {
	t.Helper()
	var secret corev1.Secret
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: release.Namespace, Name: name}, &secret); err != nil {
		t.Fatal(err)
	}
	return &secret
}

func (c *cluster) calls(t *testing.T, release *chart.Release) chart.Calls {
	t.Helper()
	calls, err := release.Calls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

// expectNoKeysInLogs looks for the keys that are in use now.
func (c *cluster) expectNoKeysInLogs(t *testing.T, release *chart.Release) {
	t.Helper()
	for _, name := range []string{"gatehouse-own-ca", "gatehouse-own-tls"} {
		lines := bytes.Split(c.secret(t, release, name).Data["tls.key"], []byte("\n"))
		if len(lines) < 3 {
			t.Fatalf("Secret %s holds no key", name)
		}
		for _, replica := range release.Replicas {
			log, err := os.ReadFile(replica.LogFile)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(log, lines[1]) {
				t.Errorf("the key of Secret %s is in %s", name, replica.LogFile)
			}
		}
	}
}
