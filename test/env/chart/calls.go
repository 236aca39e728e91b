package chart

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Calls is what became of the API server's calls of the release's webhooks since it was started. These are its own
// figures, so they also count what never arrived.
type Calls struct {
	// Answered calls got a review that the API server accepted, whatever it said.
	Answered int
	// FailedOpen calls got none, and the request went on without it because of failurePolicy Ignore.
	FailedOpen int
}

// Calls reads the API server's metrics.
func (r *Release) Calls(ctx context.Context) (Calls, error) {
	var config admissionregistrationv1.MutatingWebhookConfiguration
	if err := r.client.Get(ctx, client.ObjectKey{Name: r.Name}, &config); err != nil {
		return Calls{}, err
	}
	api, err := discovery.NewDiscoveryClientForConfig(r.options.Config)
	if err != nil {
		return Calls{}, err
	}
	text, err := api.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return Calls{}, fmt.Errorf("the API server's metrics: %w", err)
	}
	var calls Calls
	for _, webhook := range config.Webhooks {
		name := `name="` + webhook.Name + `"`
		calls.Answered += sum(string(text), "apiserver_admission_webhook_request_total{", name, `code="200"`)
		calls.FailedOpen += sum(string(text), "apiserver_admission_webhook_fail_open_count{", name)
	}
	return calls, nil
}

// sum adds up the samples of a metric that have all of the labels.
func sum(text, metric string, labels ...string) int {
	total := 0
lines:
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, metric) {
			continue
		}
		for _, label := range labels {
			if !strings.Contains(line, label) {
				continue lines
			}
		}
		line = strings.TrimSpace(line)
		if n, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64); err == nil {
			total += int(n)
		}
	}
	return total
}
