package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
)

const (
	// idleTimeout is longer than the 90 s after which the API server drops an idle connection to a webhook (client-go's
	// transport): if we closed first, a request might just be on its way, and a POST is not sent twice.
	idleTimeout = 3 * time.Minute
	// requestTimeout bounds one request as a whole. The API server waits 30 s at most.
	requestTimeout = 30 * time.Second
	// drainTimeout bounds how long requests in flight are waited for.
	drainTimeout = 15 * time.Second
)

var errDraining = errors.New("shutting down")

// server serves the webhooks over HTTPS.
type server struct {
	listener net.Listener
	http     *http.Server
	draining atomic.Bool
}

// listen opens the webhooks' address. Handshakes fail until there is a certificate.
func listen(address string, handler http.Handler, getCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error), log logr.Logger) (*server, error) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	s := &server{listener: listener}
	s.http = &http.Server{
		Handler: s.closingWhileDraining(handler),
		// TLS 1.3 wherever the client can. HTTP/2 is offered; the API server calls Services over HTTP/1.1
		// (k8s.io/apiserver pkg/util/webhook/client.go).
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: getCertificate},
		ReadHeaderTimeout: requestTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      2 * requestTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          handshakeLog(log.WithName("webhooks")),
	}
	return s, nil
}

// serve answers until drain or close.
func (s *server) serve() error {
	if err := s.http.ServeTLS(s.listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// closingWhileDraining ends each connection with the answer it has just carried. Clients then open their next one
// elsewhere, and when the server closes for good hardly any idle connection is left on which a request could be lost.
func (s *server) closingWhileDraining(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// drain waits for the requests in flight and takes no more.
func (s *server) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(errors.New("requests were still in flight"), err, s.http.Close())
	}
	return nil
}

// answers is a readiness check: it shakes hands with the server as the API server would.
func (s *server) answers(r *http.Request) error {
	dialer := tls.Dialer{
		NetDialer: &net.Dialer{Timeout: time.Second},
		Config:    &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, //nolint:gosec // it asks whether we answer, not who answers
	}
	// Dialing "all addresses" reaches the loopback one.
	connection, err := dialer.DialContext(r.Context(), "tcp", s.listener.Addr().String())
	if err != nil {
		return err
	}
	return connection.Close()
}

// notDraining is a readiness check.
func (s *server) notDraining(*http.Request) error {
	if s.draining.Load() {
		return errDraining
	}
	return nil
}
