package env

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"strconv"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/hack/stack"
)

// okg is OpenKruiseGame with the names of its own chart and kustomization.
var okg = neighbour{part: stack.KruiseGame, namespace: "kruise-game-system", prefix: "kruise-game-", user: OKG}

// okgProviders is the part of OpenKruiseGame's configuration that a cluster without cloud needs.
const okgProviders = `[kubernetes]
enable = true
[kubernetes.hostPort]
max_port = 9000
min_port = 8000
`

// StartOKG installs OpenKruiseGame's roles and webhooks and starts its manager with the flags and environment of its
// own Deployment. Its webhook server listens on all addresses, with no flag to change that (main.go: Host "0.0.0.0").
func (e *Env) StartOKG(ctx context.Context) error {
	if err := e.install(ctx, okg); err != nil {
		return err
	}
	port := e.slice.wildcard(1)
	if err := e.okgWebhooks(ctx, int32(port)); err != nil {
		return err
	}
	if err := writeFiles(e.Dir(), map[string][]byte{"okg.toml": []byte(okgProviders)}); err != nil {
		return err
	}
	process, err := e.Start(Command{
		Name: "kruise-game-manager", Path: e.Binary("kruise-game-manager"),
		Args: []string{
			"--kubeconfig=" + e.Kubeconfig(okg.user), "--leader-elect=false",
			"--provider-config=" + e.path("okg.toml"),
			fmt.Sprintf("--api-server-qps=%d", cmp.Or(e.options.OKG.QPS, 5)),
			fmt.Sprintf("--api-server-qps-burst=%d", cmp.Or(e.options.OKG.Burst, 10)),
			"--enable-cert-generation=false", "--webhook-server-certs-dir=" + e.path("okg-certs"),
			"--webhook-port=" + strconv.Itoa(port),
			"--metrics-bind-address=" + net.JoinHostPort(e.HostIP(), okgMetricsPort),
			"--health-probe-bind-address=" + net.JoinHostPort(e.HostIP(), okgHealthPort),
			"--scale-server-bind-address=" + net.JoinHostPort(e.HostIP(), okgScalerPort),
		},
		Env: []string{"NETWORK_TOTAL_WAIT_TIME=60", "NETWORK_PROBE_INTERVAL_TIME=5"},
	})
	if err != nil {
		return err
	}
	c, err := e.Client(Admin)
	if err != nil {
		return err
	}
	return e.Wait(ctx, "OpenKruiseGame's webhooks", func(ctx context.Context) (bool, error) {
		err := c.Create(ctx, gameServerSet(), client.DryRunAll)
		return err == nil, err
	}, process)
}

// okgWebhooks registers OpenKruiseGame's webhooks as its kustomization does, with a certificate from outside. (Generating
// its own it would also rewrite the configurations at every start, always for port 443, which only root may listen on
// and only one environment could.)
func (e *Env) okgWebhooks(ctx context.Context, port int32) error {
	service := e.webhookService(okg, port)
	host := service.Name + "." + service.Namespace + ".svc"
	bundle, key, err := cert.GenerateSelfSignedCertKey(host, nil, nil)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(e.path("okg-certs"), 0o700); err != nil {
		return err
	}
	if err := writeFiles(e.path("okg-certs"), map[string][]byte{"tls.crt": bundle, "tls.key": key}); err != nil {
		return err
	}
	mutating, validating, err := okg.webhooks(ctx)
	if err != nil {
		return err
	}
	for i := range mutating.Webhooks {
		pointTo(&mutating.Webhooks[i].ClientConfig, service.Name, port, bundle)
	}
	for i := range validating.Webhooks {
		pointTo(&validating.Webhooks[i].ClientConfig, service.Name, port, bundle)
	}
	return e.create(ctx, service, mutating, validating)
}

// pointTo names the Service as kustomize's prefix does, and its port, which the manifests leave at 443.
func pointTo(config *admissionv1.WebhookClientConfig, service string, port int32, bundle []byte) {
	config.Service.Name, config.Service.Port, config.CABundle = service, &port, bundle
}

// gameServerSet is what OpenKruiseGame is tried with, never stored.
func gameServerSet() client.Object {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "game.kruise.io/v1alpha1", "kind": "GameServerSet",
		"metadata": map[string]any{"name": "probe", "namespace": metav1.NamespaceDefault},
		"spec":     map[string]any{"replicas": int64(0)},
	}}
}
