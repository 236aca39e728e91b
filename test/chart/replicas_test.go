package chart_test

import (
	"context"
	"sync"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env/chart"
)

// A second release beside the shared one, with a class of its own, lives through what a release goes through.
func TestTwoReplicasRestartWithoutALostCallAndLeaveNothingBehind(t *testing.T) {
	c := installed(t)
	options, err := c.options("two")
	if err != nil {
		t.Fatal(err)
	}
	options.Name, options.Namespace, options.Replicas = "gatehouse-two", "gatehouse-two", 2
	options.ClusterIP, options.PodIPs = c.ClusterIP(60), []string{c.ClusterIP(61), c.ClusterIP(62)}
	options.Values = map[string]any{
		"ingressClasses": []any{"two"}, "classGateways": map[string]any{"two": "higress"},
		"crds": map[string]any{"install": false}, "shutdownDelay": "3s",
	}
	release, err := chart.Install(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = release.Stop(context.Background()) })

	before := callsOf(t, release)
	sent := c.whileSending(t, "two", func() {
		for _, replica := range release.Replicas {
			if err := replica.Stop(t.Context()); err != nil {
				t.Error(err)
			}
			if err := replica.Start(); err != nil {
				t.Error(err)
			}
			if err := replica.WaitReady(t.Context()); err != nil {
				t.Error(err)
			}
			time.Sleep(3 * time.Second) // until the Service knows that it is ready again
		}
	})
	after := callsOf(t, release)
	if answered := after.Answered - before.Answered; answered != sent || after.FailedOpen != before.FailedOpen {
		t.Errorf("of %d Ingresses %d were answered, %d went on without an answer", sent, answered, after.FailedOpen-before.FailedOpen)
	}
	t.Logf("%d Ingresses during two restarts", sent)

	if err := release.Uninstall(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.expectGone(t, release.Name)
	if err := c.Create(t.Context(), gameIngress("default", "arena-7", class("two")), client.DryRunAll); err != nil {
		t.Errorf("an Ingress after the release is gone: %v", err)
	}
}

// whileSending writes Ingresses of a class, as dry runs, until do returns, and says how many.
func (c *cluster) whileSending(t *testing.T, className string, do func()) int {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	counts := make([]int, 4)
	for i := range counts {
		group.Go(func() {
			for ; ctx.Err() == nil; counts[i]++ {
				if err := c.Create(t.Context(), gameIngress("default", "arena-7", class(className)), client.DryRunAll); err != nil {
					t.Error(err)
				}
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	do()
	cancel()
	group.Wait()
	sent := 0
	for _, n := range counts {
		sent += n
	}
	return sent
}

func (c *cluster) expectGone(t *testing.T, name string) {
	t.Helper()
	for _, object := range []client.Object{
		&admissionregistrationv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: name}},
		&admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: name}},
		&admissionregistrationv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: name + "-pods"}},
		&admissionregistrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: name + "-pods"}},
	} {
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(object), object); !apierrors.IsNotFound(err) {
			t.Errorf("%T after uninstall: %v, want it gone", object, err)
		}
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := c.Get(t.Context(), client.ObjectKey{Name: "gamepolicies.gatehouse.dev"}, &crd); err != nil {
		t.Errorf("GamePolicies after uninstall: %v", err)
	}
}

func callsOf(t *testing.T, release *chart.Release) chart.Calls {
	t.Helper()
	calls, err := release.Calls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return calls
}
