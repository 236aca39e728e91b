package serve

import (
	"context"
	"crypto/tls"
	"path/filepath"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/gatehouse-dev/gatehouse/controllers/certificates"
)

const (
	// certificateRetry is how often a certificate that is not there yet is looked for: cert-manager writes the Secret
	// some time after the pod was created.
	certificateRetry = 250 * time.Millisecond
	// certificatePoll finds what file events miss. The kubelet swaps a symbolic link two levels above the files.
	certificatePoll = 5 * time.Second
)

// certificate is what the webhooks are served with, and what keeps it up to date.
type certificate struct {
	*certificates.Serving
	parts []func(context.Context) error
}

// newCertificate follows files, or makes its own certificates, and follows the webhook configurations where they are named.
func newCertificate(mgr manager.Manager, o options, registry prometheus.Registerer, log logr.Logger) (*certificate, error) {
	service, _ := o.service() // the command line was checked
	watching := o.webhookConfigurations != ""
	serving := certificates.NewServing(certificates.DNSName(service), watching, registry, time.Now, log)
	c := &certificate{Serving: serving, parts: []func(context.Context) error{serving.Run}}
	if o.certificates == fromFiles {
		files := &files{dir: o.certDir, offer: serving.Offer, log: log.WithName("certificate")}
		c.parts = append(c.parts, files.run)
	}
	if !watching {
		return c, nil
	}
	api, err := certificateClient(mgr)
	if err != nil {
		return nil, err
	}
	if o.certificates == fromFiles {
		c.parts = append(c.parts, (&certificates.Watch{API: api, Name: o.webhookConfigurations, Serving: serving}).Run)
		return c, nil
	}
	own := certificates.NewSelfManaged(certificates.Config{
		API: api, Service: service, Configurations: o.webhookConfigurations, Durations: o.durations,
		Serving: serving, Now: time.Now, Log: log,
	})
	c.parts = append(c.parts, own.Run)
	return c, nil
}

func certificateClient(mgr manager.Manager) (client.WithWatch, error) {
	scheme := runtime.NewScheme()
	if err := certificates.AddToScheme(scheme); err != nil {
		return nil, err
	}
	return client.NewWithWatch(mgr.GetConfig(), client.Options{HTTPClient: mgr.GetHTTPClient(), Scheme: scheme, Mapper: mgr.GetRESTMapper()})
}

// run keeps the certificate up to date until the context ends.
func (c *certificate) run(ctx context.Context) error {
	parts, ctx := errgroup.WithContext(ctx)
	for _, part := range c.parts {
		parts.Go(func() error { return part(ctx) })
	}
	return parts.Wait()
}

// files is a directory with tls.crt and tls.key. They may come later than the process and are replaced now and then; a pair
// that cannot be read is passed over.
type files struct {
	dir   string
	offer func(*tls.Certificate)
	log   logr.Logger
}

// run offers the certificate as soon as it is there, and each that follows, until the context ends.
func (f *files) run(ctx context.Context) error {
	var trouble string
	for ctx.Err() == nil {
		watcher, err := certwatcher.New(filepath.Join(f.dir, "tls.crt"), filepath.Join(f.dir, "tls.key"))
		if err == nil {
			watcher.RegisterCallback(func(c tls.Certificate) { f.offer(&c) })
			// It ends early where the files go away between reading and watching them.
			err = watcher.WithWatchInterval(certificatePoll).Start(ctx)
		}
		if err != nil && ctx.Err() == nil && err.Error() != trouble {
			trouble = err.Error()
			f.log.Info("waiting for the certificate", "reason", trouble)
		}
		select {
		case <-ctx.Done():
		case <-time.After(certificateRetry):
		}
	}
	return nil
}
