package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
)

const (
	// certificateRetry is how often a certificate that is not there yet is looked for: cert-manager writes the Secret
	// some time after the pod was created.
	certificateRetry = 250 * time.Millisecond
	// certificatePoll finds what file events miss. The kubelet swaps a symbolic link two levels above the files.
	certificatePoll = 5 * time.Second
)

var errNoCertificate = errors.New("no certificate yet")

// certificate is the serving certificate in a directory, tls.crt and tls.key. It may come later than the process and
// is replaced when the files change; a pair that cannot be read leaves the last good one in place.
type certificate struct {
	dir     string
	log     logr.Logger
	watcher atomic.Pointer[certwatcher.CertWatcher]
}

func newCertificate(dir string, log logr.Logger) *certificate {
	return &certificate{dir: dir, log: log.WithName("certificate")}
}

// get is for tls.Config.GetCertificate.
func (c *certificate) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	watcher := c.watcher.Load()
	if watcher == nil {
		return nil, errNoCertificate
	}
	return watcher.GetCertificate(hello)
}

// ready is a readiness check.
func (c *certificate) ready(*http.Request) error {
	if c.watcher.Load() == nil {
		return errNoCertificate
	}
	return nil
}

// run loads the certificate as soon as it is there and follows it until the context ends.
func (c *certificate) run(ctx context.Context) error {
	var trouble string
	for ctx.Err() == nil {
		watcher, err := certwatcher.New(filepath.Join(c.dir, "tls.crt"), filepath.Join(c.dir, "tls.key"))
		if err == nil {
			c.watcher.Store(watcher)
			// It ends early where the files go away between reading and watching them.
			err = watcher.WithWatchInterval(certificatePoll).Start(ctx)
		}
		if err != nil && ctx.Err() == nil && err.Error() != trouble {
			trouble = err.Error()
			c.log.Info("waiting for the certificate", "reason", trouble)
		}
		select {
		case <-ctx.Done():
		case <-time.After(certificateRetry):
		}
	}
	return nil
}
