package serve_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/util/cert"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/hack/stack"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

// grant gives the manager the rights that the chart gives it, and no others.
func grant(t *testing.T, e *env.Env) {
	t.Helper()
	binaries, err := stack.Ensure(t.Context(), os.Stderr, "helm")
	must(t, err)
	helm := exec.Command(binaries["helm"], "template", "gatehouse", "../../charts/gatehouse",
		"--namespace=gatehouse-system", "--show-only=templates/rbac.yaml")
	helm.Env = []string{"HOME=" + t.TempDir()}
	var trouble bytes.Buffer
	helm.Stderr = &trouble
	rights, err := helm.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, trouble.String())
	}
	must(t, e.Namespace(t.Context(), "gatehouse-system", nil))
	_, err = e.Apply(t.Context(), rights)
	must(t, err)
}

// build makes the binary that ships, once.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "gatehouse-serve-")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "gatehouse")
	output, err := exec.Command("go", "build", "-o", binary, "../..").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, output)
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if binary, err := build(); err == nil {
		_ = os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

// replica is one manager process.
type replica struct {
	t                *testing.T
	ip, certs        string
	exited           chan struct{}
	code             int
	process          *os.Process
	log              *bytes.Buffer
	webhooks, health string
	client           *http.Client
}

// start runs a manager on a loopback address of its own.
func start(t *testing.T, e *env.Env, ip string, args ...string) *replica {
	t.Helper()
	binary, err := build()
	must(t, err)
	r := &replica{
		t: t, ip: ip, certs: t.TempDir(), log: &bytes.Buffer{},
		webhooks: net.JoinHostPort(ip, "9443"), health: "http://" + net.JoinHostPort(ip, "8081"),
		client: &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}},
	}
	r.run(binary, append([]string{
		"manager", "--kubeconfig=" + e.Kubeconfig(env.Gatehouse), "--service-account=" + string(env.Gatehouse),
		"--cert-dir=" + r.certs, "--webhook-bind-address=" + r.webhooks,
		"--health-bind-address=" + net.JoinHostPort(ip, "8081"), "--metrics-bind-address=" + net.JoinHostPort(ip, "8080"),
	}, args...))
	t.Cleanup(func() {
		_ = r.process.Kill()
		<-r.exited
		if t.Failed() {
			t.Logf("manager on %s:\n%s", ip, r.log)
		}
	})
	return r
}

func (r *replica) run(binary string, args []string) {
	command := exec.Command(binary, args...)
	command.Stdout, command.Stderr = r.log, r.log
	command.Env = []string{"HOME=" + r.t.TempDir()}
	must(r.t, command.Start())
	r.process, r.exited = command.Process, make(chan struct{})
	go func(exited chan struct{}) {
		_ = command.Wait()
		r.code = command.ProcessState.ExitCode()
		close(exited)
	}(r.exited)
}

// get is a response's status and body, or 0.
func (r *replica) get(url string) (int, string) {
	response, err := r.client.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(r.t, err)
	return response.StatusCode, string(body)
}

// missing are the readiness checks that fail.
func (r *replica) missing() string {
	code, body := r.get(r.health + "/readyz?verbose")
	if code == 0 {
		return body
	}
	var failed []string
	for line := range strings.Lines(body) {
		if name, is := strings.CutPrefix(line, "[-]"); is {
			failed = append(failed, strings.Fields(name)[0])
		}
	}
	return strings.Join(failed, " ")
}

func (r *replica) ready() bool { return r.missing() == "" }

// post sends a body to the mutating webhook.
func (r *replica) post(body string) (int, string) {
	response, err := r.client.Post("https://"+r.webhooks+"/mutate-ingress?timeout=2s", "application/json", strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	must(r.t, err)
	return response.StatusCode, string(answer)
}

// serial is the serial number of the certificate that is served, or empty.
func (r *replica) serial() string {
	connection, err := tls.Dial("tcp", r.webhooks, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return ""
	}
	defer connection.Close()
	return connection.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

// errors are the errors in the log of a manager that has ended, but for those of one logger.
func (r *replica) errors(expected string) string {
	var found strings.Builder
	for line := range strings.Lines(r.log.String()) {
		if strings.Contains(line, `"level":"error"`) && !strings.Contains(line, `"logger":"`+expected+`"`) {
			found.WriteString(line)
		}
	}
	return found.String()
}

func (r *replica) stop() { must(r.t, r.process.Signal(syscall.SIGTERM)) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, holds func() bool) time.Duration {
	t.Helper()
	begin := time.Now()
	for !holds() {
		if time.Since(begin) > 30*time.Second {
			t.Fatalf("still not after 30 s: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(begin)
}

// pair is a serving certificate.
type pair struct{ crt, key []byte }

func newPair(t *testing.T) pair {
	t.Helper()
	crt, key, err := cert.GenerateSelfSignedCertKey("gatehouse.gatehouse-system.svc", nil, nil)
	must(t, err)
	return pair{crt, key}
}

func (p pair) serial(t *testing.T) string {
	t.Helper()
	block, _ := pem.Decode(p.crt)
	parsed, err := x509.ParseCertificate(block.Bytes)
	must(t, err)
	return parsed.SerialNumber.String()
}

// mount puts a pair into a directory the way the kubelet mounts a Secret: files are links into ..data, which is a link
// to a directory of this version and is replaced in one step; the old directory goes away.
func mount(t *testing.T, dir string, p pair) {
	t.Helper()
	version, err := os.MkdirTemp(dir, "..version")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(version, "tls.crt"), p.crt, 0o600))
	must(t, os.WriteFile(filepath.Join(version, "tls.key"), p.key, 0o600))
	data := filepath.Join(dir, "..data")
	before, err := os.Readlink(data)
	must(t, os.Symlink(filepath.Base(version), data+"_tmp"))
	must(t, os.Rename(data+"_tmp", data))
	if err == nil {
		must(t, os.RemoveAll(filepath.Join(dir, before)))
		return
	}
	for _, name := range []string{"tls.crt", "tls.key"} {
		must(t, os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)))
	}
}

func installCRD(t *testing.T, e *env.Env) {
	t.Helper()
	for _, file := range []string{chart.GamePolicyCRD, chart.HostClaimCRD} {
		crd, err := chart.CRDs.ReadFile(file)
		must(t, err)
		_, err = e.Apply(t.Context(), crd)
		must(t, err)
	}
}
