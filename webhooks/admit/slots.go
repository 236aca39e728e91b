package admit

import (
	"context"
	"errors"
	"net/http"
)

const (
	// largeBytes is the size from which on a review is large. A game server's Ingress makes one of a few KiB.
	largeBytes = 256 << 10
	// largeAtOnce bounds how many large reviews are in memory at the same time. 35 MiB are allocated to read and decode
	// one of the largest, an update of 6 MiB, and the chart's memory limit is 256 MiB.
	largeAtOnce = 4
)

var errBusy = errors.New("other large reviews took all of the time that the API server waits")

// slots keep large reviews from taking all memory. Small ones pass beside them: whoever writes huge Ingresses makes
// other huge ones wait and no game server.
type slots chan struct{}

// enter waits for a slot until the context ends, where the body is large, and returns what gives it back. A body of
// unknown length may be large; one that is too large is not read at all.
func (s slots) enter(ctx context.Context, r *http.Request) (leave func(), err error) {
	if r.ContentLength >= 0 && r.ContentLength < largeBytes || r.ContentLength > maxReviewBytes {
		return func() {}, nil
	}
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	case <-ctx.Done():
		return nil, errBusy
	}
}
