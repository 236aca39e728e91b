package install_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env/chart"
)

// connections opens one to each manager after the other, as API servers do when they have none, and holds what it is shown
// against the bundles of that moment.
type connections struct {
	c       *cluster
	release *chart.Release
	cancel  context.CancelFunc
	group   sync.WaitGroup
	opened  int
	bad     []error
}

func (c *cluster) connect(t *testing.T, release *chart.Release) *connections {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context()) // a test that fails in between does not stop it
	w := &connections{c: c, release: release, cancel: cancel}
	w.group.Go(func() {
		for ticker := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-ctx.Done():
				ticker.Stop()
				return
			case <-ticker.C:
				w.opened++
				if err := w.open(ctx, release.Replicas[w.opened%len(release.Replicas)]); err != nil && ctx.Err() == nil {
					w.bad = append(w.bad, err)
				}
			}
		}
	})
	return w
}

// open is an error if the certificate is not trusted by what the bundles were just before, and just after.
func (w *connections) open(ctx context.Context, replica *chart.Replica) error {
	before, err := w.read(ctx)
	if err != nil {
		return err
	}
	leaf, err := w.served(ctx, replica)
	if err != nil {
		return err
	}
	after, err := w.read(ctx)
	if err != nil {
		return err
	}
	for _, bundle := range append(before, after...) {
		if err := verify(leaf, bundle); err != nil {
			return fmt.Errorf("%s at %s: %w", replica.IP, time.Now().Format(time.TimeOnly), err)
		}
	}
	return nil
}

// stop says how many connections there were.
func (w *connections) stop(t *testing.T) int {
	t.Helper()
	w.cancel()
	w.group.Wait()
	if len(w.bad) > 0 {
		t.Errorf("%d of %d connections were not trusted, the first: %v", len(w.bad), w.opened, w.bad[0])
	}
	if w.opened < 20 {
		t.Errorf("only %d connections", w.opened)
	}
	return w.opened
}

// read lists the bundles of all webhooks.
func (w *connections) read(ctx context.Context) ([][]byte, error) {
	var (
		mutating   admissionregistrationv1.MutatingWebhookConfiguration
		validating admissionregistrationv1.ValidatingWebhookConfiguration
		key        = client.ObjectKey{Name: w.release.Name}
		list       [][]byte
	)
	if err := errors.Join(w.c.Get(ctx, key, &mutating), w.c.Get(ctx, key, &validating)); err != nil {
		return nil, err
	}
	for _, webhook := range mutating.Webhooks {
		list = append(list, webhook.ClientConfig.CABundle)
	}
	for _, webhook := range validating.Webhooks {
		list = append(list, webhook.ClientConfig.CABundle)
	}
	return list, nil
}

func (w *connections) bundles(t *testing.T) [][]byte {
	t.Helper()
	list, err := w.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (w *connections) served(ctx context.Context, replica *chart.Replica) (*x509.Certificate, error) {
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // it is verified against several bundles
	connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(replica.IP, strconv.Itoa(w.release.Port)))
	if err != nil {
		return nil, err
	}
	defer func() { _ = connection.Close() }()
	return connection.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

// each is what the managers serve now.
func (w *connections) each(t *testing.T) []*x509.Certificate {
	t.Helper()
	var list []*x509.Certificate
	for _, replica := range w.release.Replicas {
		leaf, err := w.served(t.Context(), replica)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, leaf)
	}
	return list
}

// replaced is an error as long as a manager serves what it did before.
func (w *connections) replaced(t *testing.T, before []*x509.Certificate) error {
	t.Helper()
	for i, now := range w.each(t) {
		if now.Equal(before[i]) {
			return fmt.Errorf("manager %d still serves the old one", i)
		}
	}
	return nil
}

// serviceName is how the API server calls the managers of a release with the usual names.
const serviceName = "gatehouse.gatehouse-system.svc"

func verify(leaf *x509.Certificate, bundle []byte) error {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(bundle) {
		return errors.New("no certificate in the bundle")
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: serviceName})
	return err
}
