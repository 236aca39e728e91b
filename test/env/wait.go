package env

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Condition tells whether what is waited for has come about. An error says why not yet; it ends the wait only by being
// told when time is over.
type Condition func(context.Context) (bool, error)

// defaultWait bounds a wait whose context has no deadline.
const defaultWait = 2 * time.Minute

// Wait polls until the condition holds, the time is over or one of the processes that have to bring it about has ended.
func (e *Env) Wait(ctx context.Context, what string, holds Condition, processes ...*Process) error {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultWait)
		defer cancel()
	}
	begin := time.Now()
	var reason error
	for {
		ok, err := holds(ctx)
		if ok {
			return nil
		}
		if ctx.Err() == nil {
			reason = err // a condition that was cut off knows less than the one before
		}
		for _, p := range processes {
			select {
			case <-p.Done():
				return fmt.Errorf("waiting for %s: %s has ended: %w\n%s", what, p.name, p.err, p.Tail(20))
			default:
			}
		}
		select {
		case <-ctx.Done():
			return e.late(what, time.Since(begin), reason, processes)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (e *Env) late(what string, waited time.Duration, reason error, processes []*Process) error {
	err := fmt.Errorf("waited %s in vain for %s", waited.Round(time.Second), what)
	if reason != nil {
		err = fmt.Errorf("%w: %w", err, reason)
	}
	for _, p := range processes {
		err = fmt.Errorf("%w\n--- %s\n%s", err, p.name, p.Tail(20))
	}
	return err
}

// WaitIngresses waits until a GameServerSet has exactly n Ingresses and returns them by id.
func (e *Env) WaitIngresses(ctx context.Context, namespace, set string, n int) ([]networkingv1.Ingress, error) {
	c, err := e.Client(Admin)
	if err != nil {
		return nil, err
	}
	var found []networkingv1.Ingress
	err = e.Wait(ctx, fmt.Sprintf("%d Ingresses of %s/%s", n, namespace, set), func(ctx context.Context) (bool, error) {
		found, err = listIngresses(ctx, c, namespace, set)
		if err != nil {
			return false, err
		}
		return len(found) == n, fmt.Errorf("there are %d", len(found))
	})
	return found, err
}

// Ingresses returns the Ingresses of a GameServerSet by id.
func (e *Env) Ingresses(ctx context.Context, namespace, set string) ([]networkingv1.Ingress, error) {
	c, err := e.Client(Admin)
	if err != nil {
		return nil, err
	}
	return listIngresses(ctx, c, namespace, set)
}

func listIngresses(ctx context.Context, c client.Client, namespace, set string) ([]networkingv1.Ingress, error) {
	var list networkingv1.IngressList
	if err := c.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	// By name: OpenKruiseGame puts no label on its Ingresses.
	id := func(i networkingv1.Ingress) int {
		ordinal, ok := strings.CutPrefix(i.Name, set+"-")
		n, err := strconv.Atoi(ordinal)
		if !ok || err != nil {
			return -1
		}
		return n
	}
	found := slices.DeleteFunc(list.Items, func(i networkingv1.Ingress) bool { return id(i) < 0 })
	slices.SortFunc(found, func(a, b networkingv1.Ingress) int { return id(a) - id(b) })
	return found, nil
}
