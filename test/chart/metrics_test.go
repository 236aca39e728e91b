package chart_test

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

var (
	sample = regexp.MustCompile(`^([a-z_]+)(?:\{(.*)\})? [^ ]+$`)
	label  = regexp.MustCompile(`([a-z_]+)="(?:[^"\\]|\\.)*"`)
	listed = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| [a-z]+ \\| ([^|]*) \\|")
)

// docs/metrics.md is written from what a test registers, alerts and dashboard are held to it. This is whether a manager and an
// API server that run say the same of themselves.
func TestWhatIsMeasuredIsDocumented(t *testing.T) {
	c := installed(t)
	page, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for _, row := range listed.FindAllStringSubmatch(string(page), -1) {
		known[row[1]] = row[2]
	}
	manager, err := c.release.Replicas[0].Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(manager, "\ngatehouse_ready 1\n") {
		t.Error("a manager that is ready does not say so in gatehouse_ready")
	}
	for from, want := range map[string]struct{ text, prefix, one string }{
		"a manager":     {manager, "gatehouse_", "gatehouse_certificate_expiry_timestamp_seconds"},
		"an API server": {c.apiServerMetrics(t), "apiserver_admission_webhook_", "apiserver_admission_webhook_admission_duration_seconds"},
	} {
		seen := map[string]bool{}
		for line := range strings.Lines(want.text) {
			part := sample.FindStringSubmatch(strings.TrimSpace(line))
			if part == nil || !strings.HasPrefix(part[1], want.prefix) {
				continue
			}
			name := part[1]
			if _, documented := known[name]; !documented {
				name = part[1][:strings.LastIndex(part[1], "_")] // of a histogram: _bucket, _sum, _count
			}
			if seen[name] {
				continue
			}
			seen[name] = true
			labels, documented := known[name]
			if !documented {
				t.Errorf("%s of %s is not documented", part[1], from)
			}
			for _, l := range label.FindAllStringSubmatch(part[2], -1) {
				if l[1] != "le" && !strings.Contains(labels, "`"+l[1]+"`") {
					t.Errorf("%s of %s has a label %s, which is not documented", part[1], from, l[1])
				}
			}
		}
		if !seen[want.one] {
			t.Errorf("%s says nothing of %s", from, want.one)
		}
	}
}

// What the alert GatehouseWebhookFailing reads.
func TestAPIServersCountTheCallsThatNobodyAnswers(t *testing.T) {
	c := installed(t)
	if err := c.release.StopManagers(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.release.StartManagers(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := c.Create(t.Context(), gameIngress("default", "arena-7"), client.DryRunAll); err == nil {
		t.Error("an Ingress was admitted while no manager answers")
	}
	text := c.apiServerMetrics(t)
	for _, want := range []string{
		`apiserver_admission_webhook_rejection_count{error_type="calling_webhook_error",name="validate-ingress.gatehouse.dev",`,
		`apiserver_admission_webhook_fail_open_count{name="mutate-ingress.gatehouse.dev",`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s…} is counted", want)
		}
	}
}

func (c *cluster) apiServerMetrics(t *testing.T) string {
	t.Helper()
	api, err := discovery.NewDiscoveryClientForConfig(c.Config(env.Admin))
	if err != nil {
		t.Fatal(err)
	}
	text, err := api.RESTClient().Get().AbsPath("/metrics").DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
