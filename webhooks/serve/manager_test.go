package serve_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/cert"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	chart "github.com/gatehouse-dev/gatehouse/charts/gatehouse"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

// rights are what the manager needs, as its ClusterRole in the chart has them.
const rights = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: gatehouse}
rules:
- {apiGroups: [gatehouse.dev], resources: [gamepolicies], verbs: [get, list, watch]}
- {apiGroups: [game.kruise.io], resources: [gameserversets], verbs: [get, list, watch]}
- {apiGroups: [""], resources: [namespaces], verbs: [get, list, watch]}
- {apiGroups: [networking.k8s.io], resources: [ingressclasses], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: gatehouse}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: gatehouse}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: "system:serviceaccount:gatehouse-system:gatehouse"}]
`

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
	crd, err := chart.CRDs.ReadFile(chart.GamePolicyCRD)
	must(t, err)
	_, err = e.Apply(t.Context(), crd)
	must(t, err)
}

func TestAReplicaBecomesReadyStepByStepAndFollowsItsCertificate(t *testing.T) {
	e := env.Run(t, env.Options{})
	_, err := e.Apply(t.Context(), []byte(rights))
	must(t, err)
	r := start(t, e, e.ClusterIP(10), "--shutdown-delay=1s")

	eventually(t, "health", func() bool { code, _ := r.get(r.health + "/healthz"); return code == http.StatusOK })
	eventually(t, "nothing is there", func() bool { return r.missing() == "certificate snapshot webhooks" })
	installCRD(t, e)
	eventually(t, "the snapshot is known", func() bool { return r.missing() == "certificate webhooks" })
	first := newPair(t)
	mount(t, r.certs, first)
	t.Logf("ready %s after the certificate was there", eventually(t, "ready", r.ready))

	t.Run("reviews are answered, anything else is refused", func(t *testing.T) {
		review := `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1","operation":"DELETE"}}`
		for body, want := range map[string]int{
			review: http.StatusOK, "{": http.StatusBadRequest, strings.Replace(review, `"1"`, `""`, 1): http.StatusBadRequest,
			strings.Repeat(" ", 8<<20): http.StatusRequestEntityTooLarge,
		} {
			if code, answer := r.post(body); code != want {
				t.Errorf("%.40q: %d %s, want %d", body, code, answer, want)
			}
		}
		if _, text := r.get("http://" + r.ip + ":8080/metrics"); !strings.Contains(text, `gatehouse_admission_requests_total{verdict="malformed",webhook="mutate-ingress"} 3`) ||
			!strings.Contains(text, "gatehouse_admission_duration_seconds_bucket") || !strings.Contains(text, `gatehouse_policies{accepted="true",mode="Enforce"} 0`) ||
			!strings.Contains(text, "go_goroutines") || !strings.Contains(text, "process_resident_memory_bytes") {
			t.Errorf("metrics:\n%s", text)
		}
	})

	t.Run("the certificate is followed", func(t *testing.T) {
		if got := r.serial(); got != first.serial(t) {
			t.Errorf("serves %s", got)
		}
		last := first
		for range 3 {
			last = newPair(t)
			mount(t, r.certs, last)
			t.Logf("the new certificate is served after %s", eventually(t, "the new certificate", func() bool { return r.serial() == last.serial(t) }))
		}
		mount(t, r.certs, pair{crt: newPair(t).crt, key: newPair(t).key})
		time.Sleep(time.Second)
		if got := r.serial(); got != last.serial(t) || !r.ready() {
			t.Errorf("a pair that does not fit: serves %s, ready %t", got, r.ready())
		}
		must(t, os.Remove(filepath.Join(r.certs, "tls.crt")))
		must(t, os.Remove(filepath.Join(r.certs, "tls.key")))
		time.Sleep(time.Second)
		if got := r.serial(); got != last.serial(t) || !r.ready() {
			t.Errorf("files gone: serves %s, ready %t", got, r.ready())
		}
		must(t, os.RemoveAll(filepath.Join(r.certs, "..data")))
		last = newPair(t)
		mount(t, r.certs, last)
		t.Logf("back after %s", eventually(t, "the files are back", func() bool { return r.serial() == last.serial(t) }))
	})

	t.Run("readiness ends first, then it answers for a while, then it ends with code 0", func(t *testing.T) {
		asked := time.Now()
		r.stop()
		notReady := eventually(t, "not ready", func() bool { return r.missing() == "shutdown" })
		if code, answer := r.post("{"); code != http.StatusBadRequest {
			t.Errorf("while shutting down: %d %s", code, answer)
		}
		<-r.exited
		if took := time.Since(asked); r.code != 0 || took < time.Second || took > 3*time.Second {
			t.Errorf("exit code %d after %s", r.code, took)
		}
		t.Logf("not ready %s after SIGTERM, ended after %s", notReady, time.Since(asked))
		if strings.Contains(r.log.String(), `"level":"error"`) {
			t.Logf("errors in the log:\n%s", r.log)
		}
	})
}

func TestAReplicaWaitsForAnAPIServerAndEndsWithoutOne(t *testing.T) {
	e := env.Run(t, env.Options{})
	r := start(t, e, e.ClusterIP(10), "--shutdown-delay=0s") // without rights it gets no further than without an API server
	mount(t, r.certs, newPair(t))
	eventually(t, "the rest is there", func() bool { return r.missing() == "snapshot" })
	review := `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1","operation":"CREATE","object":{}}}`
	if code, answer := r.post(review); code != http.StatusOK || !strings.Contains(answer, `"allowed":true`) {
		t.Errorf("not synced: %d %s", code, answer)
	}
	if _, text := r.get("http://" + r.ip + ":8080/metrics"); !strings.Contains(text, `gatehouse_admission_requests_total{verdict="unsynced",webhook="mutate-ingress"} 1`) {
		t.Errorf("metrics:\n%s", text)
	}
	r.stop()
	<-r.exited
	if r.code != 0 {
		t.Errorf("exit code %d", r.code)
	}
}

// balancer is what kube-proxy is to a Service: it sends each new connection to one of the replicas that were ready
// when last asked, and learns of a change some time after it.
type balancer struct {
	replicas []atomic.Pointer[replica]
	ready    []atomic.Bool
	next     atomic.Uint64
}

func (b *balancer) probe(ctx context.Context) {
	for ctx.Err() == nil {
		for i := range b.replicas {
			r := b.replicas[i].Load()
			b.ready[i].Store(r != nil && r.ready())
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (b *balancer) serve(ctx context.Context, listener net.Listener) {
	go func() { <-ctx.Done(); _ = listener.Close() }()
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go b.pass(connection)
	}
}

func (b *balancer) pass(from net.Conn) {
	defer from.Close()
	for range b.replicas {
		i := int(b.next.Add(1)) % len(b.replicas)
		if !b.ready[i].Load() {
			continue
		}
		to, err := net.Dial("tcp", b.replicas[i].Load().webhooks)
		if err != nil {
			return
		}
		defer to.Close()
		go func() { _, _ = io.Copy(to, from); _ = to.(*net.TCPConn).CloseWrite() }()
		_, _ = io.Copy(from, to)
		return
	}
}

// TestReplicasAreReplacedUnderLoadWithoutAFailedRequest is a rolling update, several times over. The webhook fails
// closed here, which the shipped one does not, so that a single lost call shows.
func TestReplicasAreReplacedUnderLoadWithoutAFailedRequest(t *testing.T) {
	e := env.Run(t, env.Options{})
	ctx := t.Context()
	installCRD(t, e)
	_, err := e.Apply(ctx, []byte(rights))
	must(t, err)
	c, err := e.Client(env.Admin, v1alpha1.AddToScheme, networkingv1.AddToScheme, corev1.AddToScheme, admissionregistrationv1.AddToScheme)
	must(t, err)
	p := &v1alpha1.GamePolicy{Spec: v1alpha1.GamePolicySpec{Defaults: &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: 30 * time.Second}}}}
	p.Name = "all"
	must(t, c.Create(ctx, p))

	serving := newPair(t)
	b := &balancer{replicas: make([]atomic.Pointer[replica], 2), ready: make([]atomic.Bool, 2)}
	begin := func(i int) *replica {
		r := start(t, e, e.ClusterIP(20+i), "--shutdown-delay=2s")
		mount(t, r.certs, serving)
		eventually(t, "ready", r.ready)
		b.replicas[i].Store(r)
		eventually(t, "known to be ready", b.ready[i].Load)
		return r
	}
	go b.probe(ctx)
	listener, err := net.Listen("tcp", net.JoinHostPort(e.ClusterIP(30), "9443"))
	must(t, err)
	go b.serve(ctx, listener)
	begin(0)
	begin(1)
	register(t, c, e.ClusterIP(30), serving)

	var sent, failed, bare atomic.Int64
	load, stop := context.WithCancel(ctx)
	var clients sync.WaitGroup
	for worker := range 4 {
		clients.Go(func() {
			for i := 0; load.Err() == nil; i++ {
				ing := gameIngress(worker, i)
				err := c.Create(ctx, ing)
				sent.Add(1)
				switch {
				case err != nil:
					failed.Add(1)
					t.Errorf("request %d: %v", sent.Load(), err)
				case ing.Annotations[policy.AppliedAnnotation] == "":
					bare.Add(1)
				}
			}
		})
	}
	const rounds = 6
	for round := range rounds {
		old := b.replicas[round%2].Load()
		old.stop()
		<-old.exited
		if old.code != 0 {
			t.Errorf("exit code %d", old.code)
		}
		begin(round % 2)
	}
	stop()
	clients.Wait()
	t.Logf("%d replicas replaced under %d requests: %d failed, %d without annotations", rounds, sent.Load(), failed.Load(), bare.Load())
	if bare.Load() > 0 {
		t.Errorf("%d Ingresses without annotations", bare.Load())
	}
}

func gameIngress(worker, i int) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{}
	ing.Namespace, ing.Name = "games", fmt.Sprintf("set%d-%d", worker, i)
	ing.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: ing.Name, UID: "1", Controller: ptr.To(true)}}
	ing.Spec.IngressClassName = ptr.To("higress")
	ing.Spec.DefaultBackend = &networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: ing.Name, Port: networkingv1.ServiceBackendPort{Number: 80}}}
	return ing
}

// register makes the API server call the webhook through a Service, over HTTP/1.1 as in a cluster.
func register(t *testing.T, c client.Client, ip string, serving pair) {
	t.Helper()
	ctx := t.Context()
	must(t, client.IgnoreAlreadyExists(c.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "gatehouse-system"}})))
	must(t, c.Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "gatehouse-system", Name: "gatehouse"},
		Spec:       corev1.ServiceSpec{ClusterIP: ip, Ports: []corev1.ServicePort{{Port: 9443}}},
	}))
	must(t, c.Create(ctx, &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "gatehouse"},
		Webhooks: []admissionregistrationv1.MutatingWebhook{{
			Name: "mutate-ingress.gatehouse.dev",
			ClientConfig: admissionregistrationv1.WebhookClientConfig{
				Service:  &admissionregistrationv1.ServiceReference{Namespace: "gatehouse-system", Name: "gatehouse", Port: ptr.To[int32](9443), Path: ptr.To("/mutate-ingress")},
				CABundle: serving.crt,
			},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{"networking.k8s.io"}, APIVersions: []string{"v1"}, Resources: []string{"ingresses"}},
			}},
			FailurePolicy: ptr.To(admissionregistrationv1.Fail), SideEffects: ptr.To(admissionregistrationv1.SideEffectClassNone),
			AdmissionReviewVersions: []string{"v1"}, TimeoutSeconds: ptr.To[int32](2),
		}},
	}))
	// The API server learns of the configuration a moment later.
	eventually(t, "the webhook is called", func() bool {
		ing := gameIngress(99, 1)
		err := c.Create(ctx, ing, client.DryRunAll)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Log(err)
		}
		return err == nil && ing.Annotations[policy.AppliedAnnotation] != ""
	})
}
