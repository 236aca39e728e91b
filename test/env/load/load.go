// Package load writes Ingresses of game servers at a steady rate, as OpenKruiseGame does when many Pods come and go, and
// says of every one whether it was admitted as it has to be. It is for what must not be noticed: renewals of certificates,
// restarts, upgrades.
package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Options say who writes what.
type Options struct {
	// Client writes the Ingresses. It should not be an administrator's: those are exempt from priority and fairness.
	Client client.Client
	// Admin makes the Pods that own the Ingresses, and takes both away.
	Admin client.Client
	// Namespace must exist.
	Namespace string
	// Set is the name of the GameServerSet, which need not exist; each of its servers has a host of its own.
	Set string
	// Class is the class of the Ingresses.
	Class string
	// PerSecond is how many are created in a second, 50 if 0.
	PerSecond int
	// Servers is how many different ones there are, twice as many as PerSecond if 0. Every one comes again and again.
	Servers int
	// Check judges what was admitted, for instance by its annotations.
	Check func(*networkingv1.Ingress) error
}

// Result is what became of the Ingresses.
type Result struct {
	// Sent were created, Failed of them not as they had to be.
	Sent, Failed int
	// Failures are the first of the errors.
	Failures []error
	// Slowest is the longest time that one took.
	Slowest time.Duration
	// Took is how long the load lasted.
	Took time.Duration
}

// PerSecond is the rate that was reached.
func (r Result) PerSecond() float64 { return float64(r.Sent) / r.Took.Seconds() }

// Err is an error if one failed, or if there was no steady load: what was not sent could not fail.
func (r Result) Err(perSecond int) error {
	if reached := r.PerSecond(); reached < 0.9*float64(perSecond) {
		return errors.Join(fmt.Errorf("%.1f Ingresses a second in place of %d", reached, perSecond), errors.Join(r.Failures...))
	}
	if r.Failed > 0 {
		return errors.Join(fmt.Errorf("%d of %d Ingresses failed", r.Failed, r.Sent), errors.Join(r.Failures...))
	}
	return nil
}

// String is the result in a line.
func (r Result) String() string {
	return fmt.Sprintf("%d Ingresses in %s, %.1f a second, the slowest took %s, %d failed",
		r.Sent, r.Took.Round(time.Millisecond), r.PerSecond(), r.Slowest.Round(time.Millisecond), r.Failed)
}

// maxFailures is how many errors are kept.
const maxFailures = 10

// Load is a running load.
type Load struct {
	options Options
	servers []*server
	cancel  context.CancelFunc
	group   sync.WaitGroup
	started time.Time

	mu     sync.Mutex
	result Result
}

// Start begins to write until Stop is called.
func Start(ctx context.Context, options Options) (*Load, error) {
	if options.PerSecond == 0 {
		options.PerSecond = 50
	}
	if options.Servers == 0 {
		options.Servers = 2 * options.PerSecond
	}
	l := &Load{options: options}
	for id := range options.Servers {
		s, err := newServer(ctx, options, id)
		if err != nil {
			return nil, err
		}
		l.servers = append(l.servers, s)
	}
	ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	l.started = time.Now()
	l.group.Go(func() { l.pace(ctx) })
	return l, nil
}

// pace has the servers come again in turn. One that is still on its way does not hold up the others: whoever waits for an
// answer before he asks again measures nothing of a pause.
func (l *Load) pace(ctx context.Context) {
	ticker := time.NewTicker(time.Second / time.Duration(l.options.PerSecond))
	defer ticker.Stop()
	for next := 0; ; next++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s := l.servers[next%len(l.servers)]
			l.group.Go(func() { l.come(context.WithoutCancel(ctx), s) })
		}
	}
}

// come makes a server's Ingress anew and notes what became of it.
func (l *Load) come(ctx context.Context, s *server) {
	s.mu.Lock() // it is still on its way from the round before only where something takes very long
	defer s.mu.Unlock()
	if err := s.leave(ctx); err != nil {
		l.note(0, fmt.Errorf("delete Ingress %s: %w", s.name, err))
		return
	}
	ing, begin := s.ingress.DeepCopy(), time.Now()
	err := l.options.Client.Create(ctx, ing)
	took := time.Since(begin)
	if err == nil && l.options.Check != nil {
		err = l.options.Check(ing)
	}
	if err != nil {
		err = fmt.Errorf("%s after %s, Ingress %s: %w", begin.Sub(l.started).Round(time.Millisecond), took.Round(time.Millisecond), s.name, err)
	}
	l.note(took, err)
}

func (l *Load) note(took time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.result.Sent++
	l.result.Slowest = max(l.result.Slowest, took)
	if err == nil {
		return
	}
	l.result.Failed++
	if len(l.result.Failures) < maxFailures {
		l.result.Failures = append(l.result.Failures, err)
	}
}

// Sent is how many were created so far.
func (l *Load) Sent() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.result.Sent
}

// Stop ends the load, waits for what is on its way, takes everything away and returns what became of it.
func (l *Load) Stop(ctx context.Context) (Result, error) {
	l.cancel()
	took := time.Since(l.started)
	l.group.Wait()
	l.result.Took = took
	in := client.InNamespace(l.options.Namespace)
	return l.result, errors.Join(
		l.options.Admin.DeleteAllOf(ctx, &networkingv1.Ingress{}, in, client.MatchingLabels{label: l.options.Set}),
		l.options.Admin.DeleteAllOf(ctx, &corev1.Pod{}, in, client.MatchingLabels{label: l.options.Set}, client.GracePeriodSeconds(0)))
}
