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
)

// The webhook that decides nothing runs in a process of its own, as the manager does, with the same HTTP server, TLS and
// review handling. It answers every request with a constant patch that has the keys and the size of Gatehouse's.
const (
	noopName    = "bench-noop"
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
	answer := func(context.Context, *admissionv1.AdmissionRequest) admit.Response {
		return admit.Response{Verdict: "patched", Patch: patch}
	}
	server := &http.Server{
		Addr:              string(address),
		Handler:           admit.NewHandler("noop", answer, admit.NewMetrics(prometheus.NewRegistry()), logr.Discard()),
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

// startNoop starts the process and registers it with a copy of the configuration that the chart has made.
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
	return b.Wait(ctx, "the webhook that decides nothing", func(ctx context.Context) (bool, error) {
		ing := b.gameIngress(constant, 1)
		err := b.client.Create(ctx, ing, client.DryRunAll)
		return err == nil && len(ing.Annotations) > 1, err
	}, b.noop)
}

// examplePatch is the patch that Gatehouse answers for the servers that are measured, whose ids have four digits.
func (b *bench) examplePatch(ctx context.Context) ([]byte, error) {
	bare, ing := b.gameIngress(governed, firstID), b.gameIngress(governed, firstID)
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
	var shipped admissionregistrationv1.MutatingWebhookConfiguration
	if err := b.admin.Get(ctx, client.ObjectKey{Name: b.Release.Name}, &shipped); err != nil {
		return err
	}
	hook := shipped.Webhooks[0]
	hook.Name = "noop.bench.gatehouse.dev"
	hook.ClientConfig.CABundle = ca
	hook.ClientConfig.Service.Namespace, hook.ClientConfig.Service.Name = constant, noopName
	port := int32(noopPort)
	hook.ClientConfig.Service.Port = &port
	// The same number of requirements, so that matching costs the same.
	hook.NamespaceSelector.MatchExpressions[0].Values = []string{governed, plain, "kube-system"}
	return b.admin.Create(ctx, &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: noopName},
		Webhooks:   []admissionregistrationv1.MutatingWebhook{hook},
	})
}
