package serve_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

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
	grant(t, e)
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
