package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
	"github.com/gatehouse-dev/gatehouse/webhooks/ingress"
)

// The pair of webhooks that decide nothing runs in a process of its own, as the manager does, with the same HTTP server,
// TLS and review handling. The mutating one answers every request with a constant patch that has the keys and the size of
// Gatehouse's, the validating one allows every request.
const (
	noopName    = "bench-noop"
	noopMutate  = "mutate.noop.bench.gatehouse.dev"
	noopAllow   = "validate.noop.bench.gatehouse.dev"
	noopPort    = 9443
	noopIP      = 40
	addressFile = "address"
	patchFile   = "patch.json"
	// noopGCPercent is what the manager sets for itself (webhooks/serve, memory.go), so that both run on the same runtime.
	noopGCPercent = 300
)

func serveNoop(ctx context.Context, dir string) error {
	debug.SetGCPercent(noopGCPercent)
	address, err := os.ReadFile(filepath.Join(dir, addressFile))
	if err != nil {
		return err
	}
	patch, err := os.ReadFile(filepath.Join(dir, patchFile))
	if err != nil {
		return err
	}
	metrics := admit.NewMetrics(prometheus.NewRegistry())
	mux := http.NewServeMux()
	for path, response := range map[string]admit.Response{ingress.MutatePath: {Verdict: "patched", Patch: patch}, ingress.ValidatePath: {}} {
		answer := func(context.Context, *admissionv1.AdmissionRequest) admit.Response { return response }
		mux.Handle(path, admit.NewHandler("noop"+path, answer, metrics, logr.Discard()))
	}
	server := &http.Server{
		Addr:              string(address),
		Handler:           mux,
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout:       3 * time.Minute,
	}
	go func() { <-ctx.Done(); _ = server.Close() }()
	if err := server.ListenAndServeTLS(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// startNoop starts the process and registers it with a copy of the configurations that the chart has made.
func (b *bench) startNoop(ctx context.Context) error {
	dir, err := os.MkdirTemp(b.Dir(), "noop")
	if err != nil {
		return err
	}
	patch, err := b.examplePatch(ctx)
	if err != nil {
		return err
	}
	crt, key, err := cert.GenerateSelfSignedCertKey(noopName+"."+constant+".svc", nil, nil)
	if err != nil {
		return err
	}
	address := net.JoinHostPort(b.ClusterIP(noopIP), fmt.Sprint(noopPort))
	for name, content := range map[string][]byte{addressFile: []byte(address), patchFile: patch, "tls.crt": crt, "tls.key": key} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if b.noop, err = b.Start(env.Command{Name: noopName, Path: self, Args: []string{"-noop", dir}}); err != nil {
		return err
	}
	if err := b.registerNoop(ctx, crt); err != nil {
		return err
	}
	return b.Wait(ctx, "the webhooks that decide nothing", func(ctx context.Context) (bool, error) {
		before, err := b.counters(ctx)
		if err != nil {
			return false, err
		}
		ing := b.ingress(probe(constant), firstID)
		if err := b.client.Create(ctx, ing, client.DryRunAll); err != nil || len(ing.Annotations) == 1 {
			return false, err
		}
		after, err := b.counters(ctx)
		return after.calls(noopAllow) > before.calls(noopAllow), err
	}, b.noop)
}

// examplePatch is the patch that Gatehouse answers for one of the servers that are measured.
func (b *bench) examplePatch(ctx context.Context) ([]byte, error) {
	bare, ing := b.ingress(probe(governed), firstID), b.ingress(probe(governed), firstID)
	if err := b.client.Create(ctx, ing, client.DryRunAll); err != nil {
		return nil, err
	}
	type operation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value string `json:"value"`
	}
	var patch []operation
	for key, value := range ing.Annotations {
		if _, author := bare.Annotations[key]; !author {
			patch = append(patch, operation{"add", "/metadata/annotations/" + strings.ReplaceAll(key, "/", "~1"), value})
		}
	}
	return json.Marshal(patch)
}

func (b *bench) registerNoop(ctx context.Context, ca []byte) error {
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: constant, Name: noopName},
		Spec:       corev1.ServiceSpec{ClusterIP: b.ClusterIP(noopIP), Ports: []corev1.ServicePort{{Port: noopPort}}},
	}
	if err := b.admin.Create(ctx, service); err != nil {
		return err
	}
	var mutating admissionregistrationv1.MutatingWebhookConfiguration
	if err := b.admin.Get(ctx, client.ObjectKey{Name: b.Release.Name}, &mutating); err != nil {
		return err
	}
	mutator := mutating.Webhooks[0]
	mutator.Name = noopMutate
	noopCall(&mutator.ClientConfig, mutator.NamespaceSelector, mutator.MatchConditions, ca)
	if err := b.admin.Create(ctx, &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: noopName},
		Webhooks:   []admissionregistrationv1.MutatingWebhook{mutator},
	}); err != nil {
		return err
	}
	var validating admissionregistrationv1.ValidatingWebhookConfiguration
	if err := b.admin.Get(ctx, client.ObjectKey{Name: b.Release.Name}, &validating); err != nil {
		return err
	}
	validator := validating.Webhooks[0]
	validator.Name = noopAllow
	noopCall(&validator.ClientConfig, validator.NamespaceSelector, validator.MatchConditions, ca)
	return b.admin.Create(ctx, &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: noopName},
		Webhooks:   []admissionregistrationv1.ValidatingWebhook{validator},
	})
}

// noopCall makes a copy of one of the chart's webhooks call the process that decides nothing, for the namespace constant.
// It keeps the number of names that the selector compares and all of the match conditions, so that matching costs the same.
func noopCall(call *admissionregistrationv1.WebhookClientConfig, selector *metav1.LabelSelector, conditions []admissionregistrationv1.MatchCondition, ca []byte) {
	call.CABundle = ca
	call.Service.Namespace, call.Service.Name = constant, noopName
	port := int32(noopPort)
	call.Service.Port = &port
	names := &selector.MatchExpressions[0]
	names.Operator = metav1.LabelSelectorOpIn
	for i := range names.Values {
		names.Values[i] = fmt.Sprintf("%s-%d", constant, i)
	}
	names.Values[len(names.Values)-1] = constant
	for i := range conditions {
		conditions[i].Expression = strings.ReplaceAll(conditions[i].Expression, `["`+managed+`"]`, `["`+unmanaged+`"]`)
	}
}
