package chart

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Ready asks the Deployment's readiness probe.
func (r *Replica) Ready(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.ready, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode >= 200 && response.StatusCode < 400
}

// WaitReady waits until the readiness probe answers, more often than a kubelet would ask.
func (r *Replica) WaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !r.Ready(ctx) {
		select {
		case <-r.Exited():
			return fmt.Errorf("%s ended before it was ready%s", r.pod.name, r.logTail())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready after %s%s", r.pod.name, patience, r.logTail())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}
