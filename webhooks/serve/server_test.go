package serve

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/util/cert"

	"github.com/gatehouse-dev/gatehouse/controllers/certificates"
)

// writeCertificate puts a new self-signed pair into a directory, in place.
func writeCertificate(t *testing.T, dir string) {
	t.Helper()
	crt, key, err := cert.GenerateSelfSignedCertKey("localhost", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"tls.crt": crt, "tls.key": key} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// start serves a handler with a certificate and returns the server and its URL.
func start(t *testing.T, handler http.HandlerFunc) (*server, string) {
	t.Helper()
	dir := t.TempDir()
	writeCertificate(t, dir)
	c := certificates.NewServing("localhost", false, prometheus.NewRegistry(), time.Now, logr.Discard())
	go func() { _ = (&files{dir: dir, offer: c.Offer, log: logr.Discard()}).run(t.Context()) }()
	s, err := listen(":0", handler, c.Get, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.serve() }()
	t.Cleanup(func() {
		_ = s.http.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for c.Ready(nil) != nil {
		time.Sleep(time.Millisecond)
	}
	_, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return s, "https://127.0.0.1:" + port
}

// httpClient speaks HTTP/2 or 1.1.
func httpClient(t *testing.T, http2 bool) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: http2}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestBothProtocolsAreServedOverModernTLS(t *testing.T) {
	_, url := start(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	for _, http2 := range []bool{true, false} {
		response, err := httpClient(t, http2).Get(url)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if (response.ProtoMajor == 2) != http2 || response.TLS.Version != tls.VersionTLS13 {
			t.Errorf("HTTP/2 wanted %t: %s over TLS %x", http2, response.Proto, response.TLS.Version)
		}
	}
	for version, taken := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true} {
		connection, err := tls.Dial("tcp", strings.TrimPrefix(url, "https://"), &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		if err == nil {
			_ = connection.Close()
		}
		if (err == nil) != taken {
			t.Errorf("TLS %x: %v", version, err)
		}
	}
}

func TestDrainingClosesConnectionsWithTheirAnswersAndWaitsForRequestsInFlight(t *testing.T) {
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			var answered atomic.Int32
			arrived, release := make(chan struct{}, 1), make(chan struct{})
			s, url := start(t, func(_ http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/slow" {
					arrived <- struct{}{}
					<-release
					answered.Add(1)
				}
			})
			client := httpClient(t, http2)
			get := func(path string) (*http.Response, error) {
				response, err := client.Get(url + path)
				if err == nil {
					_ = response.Body.Close()
				}
				return response, err
			}
			if response, err := get("/"); err != nil || response.Close {
				t.Fatalf("before: %v, closes %t", err, response.Close)
			}
			if s.notDraining(nil) != nil || s.answers(httpRequest(t)) != nil {
				t.Error("not ready before")
			}
			s.draining.Store(true)
			if s.notDraining(nil) == nil {
				t.Error("ready while draining")
			}
			response, err := get("/")
			if err != nil {
				t.Fatalf("while draining: %v", err)
			}
			if !http2 && !response.Close {
				t.Error("the connection stays open while draining")
			}

			slow := make(chan error, 1)
			go func() { _, err := get("/slow"); slow <- err }()
			<-arrived
			drained := make(chan error, 1)
			go func() { drained <- s.drain(t.Context()) }()
			select {
			case err := <-drained:
				t.Errorf("drained with a request in flight: %v", err)
			case <-time.After(100 * time.Millisecond):
			}
			close(release)
			if err := <-slow; err != nil || answered.Load() != 1 {
				t.Errorf("the request in flight got %v", err)
			}
			if err := <-drained; err != nil {
				t.Error(err)
			}
			if s.answers(httpRequest(t)) == nil {
				t.Error("still answers")
			}
		})
	}
}

func httpRequest(t *testing.T) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOptionsThatCannotBeMeantAreRefused(t *testing.T) {
	for _, args := range [][]string{
		{"--log-level=loud"}, {"--log-level=fatal"},
		{"--class-gateways=higress=apache"},
		{"--service-account=gatehouse"}, {"--service-account=system:serviceaccount:gatehouse"},
		{"--webhook-service=gatehouse"}, {"--webhook-configurations=gatehouse"}, {"--certificates=magic"}, {"--certificates=self-managed"},
		{"--certificate-renew-before=2h", "--certificate-duration=1h", "--certificates=self-managed", "--webhook-configurations=g", "--webhook-service=n/g"},
		{"--ca-duration=1h", "--certificates=self-managed", "--webhook-configurations=g", "--webhook-service=n/g"},
		{"surplus"},
	} {
		command := Command(Build{})
		command.SetArgs(append(args, "--kubeconfig=/nonexistent"))
		command.SetOut(io.Discard)
		command.SetErr(io.Discard)
		err := command.ExecuteContext(t.Context())
		flag, _, _ := strings.Cut(args[0], "=")
		if err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestTheContainersMemoryLimitIsKept(t *testing.T) {
	for text, want := range map[string]int64{"268435456\n": 161061273, "max\n": 0, "": 0, "-1": 0, "9223372036854775807": 0} {
		if got, ok := softLimit(text); got != want || ok != (want != 0) {
			t.Errorf("%q: %d, %t", text, got, ok)
		}
	}
}
