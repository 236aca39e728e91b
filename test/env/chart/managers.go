package chart

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// StopManagers ends all managers as a kubelet would, at the same time. StartManagers brings them back.
func (r *Release) StopManagers(ctx context.Context) error {
	results := make(chan error, len(r.Replicas))
	for _, replica := range r.Replicas {
		go func() { results <- replica.Stop(ctx) }()
	}
	var errs []error
	for range r.Replicas {
		errs = append(errs, <-results)
	}
	return errors.Join(errs...)
}

// StartManagers starts the managers that do not run and returns when all are ready.
func (r *Release) StartManagers(ctx context.Context) error {
	for _, replica := range r.Replicas {
		if replica.PID() != 0 {
			continue
		}
		if err := replica.Start(); err != nil {
			return err
		}
	}
	for _, replica := range r.Replicas {
		if err := replica.WaitReady(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Leader is the manager that leads by its own account; nil while none does.
func (r *Release) Leader(ctx context.Context) *Replica {
	for _, replica := range r.Replicas {
		// controller-runtime pkg/metrics/leaderelection.go; the name is that of the lease.
		if text, err := replica.Metrics(ctx); err == nil && strings.Contains(text, `leader_election_master_status{name="gatehouse"} 1`) {
			return replica
		}
	}
	return nil
}

// Metrics is what the process tells at MetricsURL.
func (r *Replica) Metrics(ctx context.Context) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.MetricsURL(), nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("metrics of %s: %w", r.pod.name, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}
