package chart_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const validator = `name="validate-ingress.gatehouse.dev"`

// The steps follow each other on one object: on the real API server, by its own count of calls.
func TestWhichWritesReachTheValidatorOnTheRealAPIServer(t *testing.T) {
	c := installed(t)
	ing := gameIngress("default", "judged-1", annotation("note", "1"))
	ing.Finalizers = []string{"example.com/wait"}
	for _, step := range []struct {
		what    string
		reaches bool
		write   func() error
	}{
		{"a new one", true, func() error { return c.Create(t.Context(), ing) }},
		{"a label", false, c.patch(t, ing, `{"metadata":{"labels":{"x":"y"}}}`)},
		{"an annotation that no gateway reads", false, c.patch(t, ing, `{"metadata":{"annotations":{"note":null}}}`)},
		{"a PUT of what stands", false, func() error { return c.Update(t.Context(), ing) }},
		{"another Service", false, c.patch(t, ing, `[{"op":"replace","path":"/spec/rules/0/http/paths/0/backend/service/name","value":"other"}]`)},
		{"another host", true, c.patch(t, ing, `[{"op":"replace","path":"/spec/rules/0/host","value":"judged-1b.example.com"}]`)},
		{"another path", true, c.patch(t, ing, `[{"op":"replace","path":"/spec/rules/0/http/paths/0/path","value":"/b"}]`)},
		{"an annotation that Higress reads", true, c.patch(t, ing, `{"metadata":{"annotations":{"higress.io/timeout":"5"}}}`)},
		{"a dry run of another host", true, func() error {
			changed := ing.DeepCopy()
			changed.Spec.Rules[0].Host = "judged-1c.example.com"
			return c.Update(t.Context(), changed, client.DryRunAll)
		}},
		{"to a class that is not managed", false, c.patch(t, ing, `{"spec":{"ingressClassName":"nginx"}}`)},
		{"a host in that class", false, c.patch(t, ing, `[{"op":"replace","path":"/spec/rules/0/host","value":"judged-1d.example.com"}]`)},
		{"back to a managed class", true, c.patch(t, ing, `{"spec":{"ingressClassName":"higress"}}`)},
		{"status alone", false, func() error {
			ing.Status.LoadBalancer.Ingress = []networkingv1.IngressLoadBalancerIngress{{IP: "192.0.2.1"}}
			return c.Status().Update(t.Context(), ing)
		}},
		{"deletion", false, func() error { return c.Delete(t.Context(), ing) }},
		{"the last finalizer", false, c.patch(t, ing, `{"metadata":{"finalizers":null}}`)},
	} {
		t.Run(step.what, func(t *testing.T) {
			before := c.metric(t, "apiserver_admission_webhook_request_total{", validator)
			if err := step.write(); err != nil {
				t.Fatal(err)
			}
			want := before
			if step.reaches {
				want++
			}
			if after := c.metric(t, "apiserver_admission_webhook_request_total{", validator); after != want {
				t.Errorf("calls went from %d to %d, want %d", before, after, want)
			}
		})
	}
	if n := c.metric(t, "apiserver_admission_match_condition_evaluation_errors_total{", validator); n > 0 {
		t.Errorf("match conditions failed %d times", n)
	}
}

// The greatest Ingress that the API server stores is nobody's problem.
func TestAGreatIngressIsWrittenAndLabelled(t *testing.T) {
	c := installed(t)
	ing := great(200, 128<<10, 10, 100)
	ing.Namespace, ing.Name, ing.OwnerReferences = "default", "great", nil
	last := ing.Spec.Rules[9].HTTP.Paths
	last[len(last)-1].Backend = last[0].Backend
	for i := range ing.Spec.Rules {
		ing.Spec.Rules[i].Host = strconv.Itoa(i) + ".great.example.com"
	}
	if err := c.Create(t.Context(), ing); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Delete(context.Background(), ing) })
	before := c.metric(t, "apiserver_admission_webhook_request_total{", validator)
	if err := c.patch(t, ing, `{"metadata":{"labels":{"a":"b"}}}`)(); err != nil {
		t.Error(err)
	}
	if after := c.metric(t, "apiserver_admission_webhook_request_total{", validator); after != before {
		t.Errorf("a label causes %d calls", after-before)
	}
}

// The conditions rely on what the API server refuses before it asks a validating webhook.
func TestWhatTheConditionsDoNotExpectIsRefusedByTheAPIServer(t *testing.T) {
	c := installed(t)
	stored := gameIngress("default", "refused-1")
	if err := c.Create(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Delete(context.Background(), stored) })
	for what, change := range map[string]change{
		"a rule without paths":       func(i *networkingv1.Ingress) { i.Spec.Rules[0].HTTP.Paths = nil },
		"a path without a type":      func(i *networkingv1.Ingress) { i.Spec.Rules[0].HTTP.Paths[0].PathType = nil },
		"a class without a name":     class(""),
		"two controllers":            owners(owner("v1", "Pod", "refused-1"), owner("v1", "Pod", "refused-2")),
		"a backend that is nothing":  func(i *networkingv1.Ingress) { i.Spec.Rules[0].HTTP.Paths[0].Backend = networkingv1.IngressBackend{} },
		"an annotation without name": annotation("higress.io/", "x"),
	} {
		t.Run(what, func(t *testing.T) {
			created := gameIngress("default", "refused-2", change)
			if err := c.Create(t.Context(), created); !apierrors.IsInvalid(err) || strings.Contains(err.Error(), "gatehouse") {
				t.Errorf("create: %v, want it refused as invalid by the API server itself", err)
			}
			updated := stored.DeepCopy()
			change(updated)
			if err := c.Update(t.Context(), updated); !apierrors.IsInvalid(err) || strings.Contains(err.Error(), "gatehouse") {
				t.Errorf("update: %v, want it refused as invalid by the API server itself", err)
			}
		})
	}
}

// metric adds up the API server's samples that begin with name and have the label.
func (c *cluster) metric(t *testing.T, name, label string) int {
	t.Helper()
	total := 0
	for line := range strings.Lines(c.apiServerMetrics(t)) {
		if !strings.HasPrefix(line, name) || !strings.Contains(line, label) {
			continue
		}
		fields := strings.Fields(line)
		n, err := strconv.ParseFloat(fields[len(fields)-1], 64)
		if err != nil {
			t.Fatal(err)
		}
		total += int(n)
	}
	return total
}
