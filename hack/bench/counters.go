package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"k8s.io/client-go/discovery"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

// counters are the metrics of a process at one moment, as it prints them.
type counters string

// counters are the API server's: they also count what never arrived.
func (b *bench) counters(ctx context.Context) (counters, error) {
	api, err := discovery.NewDiscoveryClientForConfig(b.Config(env.Admin))
	if err != nil {
		return "", err
	}
	text, err := api.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return "", fmt.Errorf("the API server's metrics: %w", err)
	}
	return counters(text), nil
}

// managerCounters are those of the manager.
func (b *bench) managerCounters(ctx context.Context) (counters, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.Release.Replicas[0].MetricsURL(), nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return counters(text), err
}

// calls is how often the API server has called a webhook.
func (c counters) calls(webhook string) int {
	return c.sum("apiserver_admission_webhook_request_total", "name", webhook)
}

// claimWrites is how often claims were written, apart from their status.
func (c counters) claimWrites(verb string) int {
	return c.sum("apiserver_request_total", "group", v1alpha1.GroupVersion.Group, "resource", "hostclaims", "subresource", "", "verb", verb)
}

// sum adds up the samples of a metric that have all of the labels, given as names and values in turn.
func (c counters) sum(metric string, labels ...string) int {
	total := 0
lines:
	for line := range strings.Lines(string(c)) {
		rest, found := strings.CutPrefix(line, metric+"{")
		if !found {
			continue
		}
		for i := 0; i < len(labels); i += 2 {
			label := labels[i] + `="` + labels[i+1] + `"`
			if !strings.HasPrefix(rest, label) && !strings.Contains(rest, ","+label) {
				continue lines
			}
		}
		rest = strings.TrimSpace(rest)
		if n, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64); err == nil {
			total += int(n)
		}
	}
	return total
}
