package env

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/hack/stack"
)

// kruise is Kruise, whose Advanced StatefulSet OpenKruiseGame builds on.
var kruise = neighbour{
	part: stack.Kruise, namespace: "kruise-system", prefix: "kruise-", user: "system:serviceaccount:kruise-system:kruise-manager",
}

// startKruise prepares what Kruise expects to find and starts it. Its webhook server listens on all addresses, with no
// flag to change that (main.go: Host "0.0.0.0"); everything else of it stays on the environment's address.
func (e *Env) startKruise(ctx context.Context) error {
	if err := e.install(ctx, kruise); err != nil {
		return err
	}
	if err := e.kruiseWebhooks(ctx); err != nil {
		return err
	}
	port := e.slice.wildcard(0)
	process, err := e.Start(Command{
		Name: "kruise-manager", Path: e.Binary("kruise-manager"),
		Args: []string{
			"--kubeconfig=" + e.Kubeconfig(kruise.user), "--enable-leader-election=false", "--enable-pprof=false",
			"--protection-log-path=" + e.Dir(), // an existing folder: it makes one without the right to enter it, in /
			"--metrics-addr=" + net.JoinHostPort(e.HostIP(), kruiseMetricsPort),
			"--health-probe-addr=" + net.JoinHostPort(e.HostIP(), kruiseHealthPort),
		},
		Env: []string{
			"POD_NAMESPACE=" + kruise.namespace,
			// With a host Kruise rewrites its webhook configurations to URLs and keeps its certificates in files.
			"WEBHOOK_HOST=127.0.0.1", "WEBHOOK_PORT=" + strconv.Itoa(port),
			"WEBHOOK_CERT_DIR=" + e.path("kruise-certs"),
		},
	})
	if err != nil {
		return err
	}
	c, err := e.Client(Admin)
	if err != nil {
		return err
	}
	return e.Wait(ctx, "Kruise's webhooks", func(ctx context.Context) (bool, error) {
		err := c.Create(ctx, advancedStatefulSet(), client.DryRunAll)
		return err == nil, err
	}, process)
}

// kruiseWebhooks registers Kruise's webhooks for Advanced StatefulSets before it starts: it fills in certificates and
// addresses, but makes no configuration, and remembers the first content that it sees as its template for ever. They fail
// closed from the first moment, which is what is wanted: an Advanced StatefulSet that was stored without its defaults
// makes Kruise panic at every start.
func (e *Env) kruiseWebhooks(ctx context.Context) error {
	mutating, validating, err := kruise.webhooks(ctx)
	if err != nil {
		return err
	}
	mutating.Webhooks = slices.DeleteFunc(mutating.Webhooks, func(w admissionv1.MutatingWebhook) bool {
		return w.Name != "mstatefulset.kb.io"
	})
	validating.Webhooks = slices.DeleteFunc(validating.Webhooks, func(w admissionv1.ValidatingWebhook) bool {
		return w.Name != "vstatefulset.kb.io"
	})
	if len(mutating.Webhooks) != 1 || len(validating.Webhooks) != 1 {
		return fmt.Errorf("%s: no webhooks for Advanced StatefulSets", kruise.part)
	}
	return e.create(ctx, mutating, validating)
}

// advancedStatefulSet is what Kruise is tried with, never stored.
func advancedStatefulSet() client.Object {
	labels := map[string]any{"app": "probe"}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps.kruise.io/v1beta1", "kind": "StatefulSet",
		"metadata": map[string]any{"name": "probe", "namespace": metav1.NamespaceDefault},
		"spec": map[string]any{
			"serviceName": "probe", "replicas": int64(1),
			"selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels},
				"spec":     map[string]any{"containers": []any{map[string]any{"name": "probe", "image": "probe"}}},
			},
		},
	}}
}
