package janitor

import (
	"cmp"
	"context"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// OpenKruiseGame makes one step per update of a Pod (Service, Ingress, Ready), tries again every few seconds, and gives
// up for good after NETWORK_TOTAL_WAIT_TIME, 60 s: pkg/controllers/gameserver/gameserver_manager.go. Whoever waited for a
// host longer than that waits forever, unless somebody writes the Pod.
const (
	gaveUpAfter    = 65 * time.Second
	triggeredSince = 15 * time.Second
	// A step for OpenKruiseGame every few seconds, then less and less often: something else is wrong with the server.
	retryEvery   = 3 * time.Second
	quickRetries = 10
	longestRetry = 5 * time.Minute
	// retriesAtOnce bounds what one pass retries. Each is a write by which others write.
	retriesAtOnce = 20
	// readyTouches is for a server that is ready with its old host and was kept from a new one: it is for Kruise to write
	// the Pod, and an event of the Pod makes Kruise try again.
	readyTouches = 3
)

// retry is how far one server, or one quarantined Ingress, has been retried.
type retry struct {
	blocked bool
	// ready: the server's network was ready when its new host became free.
	ready bool
	tries int
	next  time.Time
}

func (r *retry) again(now time.Time) {
	r.tries++
	wait := retryEvery
	for range min(r.tries-quickRetries, 10) {
		wait *= 2
	}
	r.next = now.Add(min(wait, longestRetry))
}

// due is something to retry now.
type due[T any] struct {
	*retry
	what T
}

// next picks those whose turn it is: who has waited longest comes first, so that many that fail keep nobody from his turn.
// goes is asked in that order; who does not go now has his turn in the next pass.
func next[T any](list []due[T], now time.Time, older func(a, b T) int, goes func(T) bool) []T {
	list = slices.DeleteFunc(list, func(d due[T]) bool { return d.blocked || now.Before(d.next) })
	slices.SortFunc(list, func(a, b due[T]) int { return cmp.Or(a.next.Compare(b.next), older(a.what, b.what)) })
	var out []T
	for _, d := range list {
		if len(out) == retriesAtOnce {
			break
		}
		if goes(d.what) {
			d.again(now)
			out = append(out, d.what)
		}
	}
	return out
}

// touches write the Pods of game servers whose hosts have become free, until their network is ready, and of those that
// OpenKruiseGame has given up although nothing is in their way.
func (p *pass) touches(pods []*gamepods.Pod) []func(context.Context) error {
	known := map[serverName]*retry{}
	var list []due[*gamepods.Pod]
	for _, pod := range pods {
		name := serverName{pod.Namespace, pod.Set, pod.ID}
		if r := p.stands(pod, p.retries[name]); r != nil {
			known[name] = r
			list = append(list, due[*gamepods.Pod]{r, pod})
		}
	}
	p.retries = known
	var todo []func(context.Context) error
	byName := func(a, b *gamepods.Pod) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Set, b.Set), cmp.Compare(a.ID, b.ID))
	}
	for _, pod := range next(list, p.now, byName, func(*gamepods.Pod) bool { return true }) {
		todo = append(todo, func(ctx context.Context) error {
			if err := p.writer.Touch(ctx, pod, p.now); err != nil && ctx.Err() == nil {
				p.log.Info("game server could not be retried yet", "namespace", pod.Namespace, "name", pod.Name, "reason", err.Error())
			}
			return nil
		})
	}
	return todo
}

// stands is how a Pod stands: nil if there is nothing to retry.
func (p *pass) stands(pod *gamepods.Pod, r *retry) *retry {
	asks := p.world.asks(pod)
	switch {
	case asks == nil, pod.Deleting:
		return nil
	case asks.refused:
		return &retry{blocked: true}
	case r != nil && r.blocked:
		return &retry{ready: pod.Ready, next: p.now} // free since the last pass
	case r != nil && pod.Ready && (!r.ready || r.tries >= readyTouches):
		return nil
	case r != nil:
		return r
	case pod.Ready, p.now.Sub(pod.Created) < gaveUpAfter, p.now.Sub(pod.Triggered) < triggeredSince, p.now.Sub(pod.Retried) < triggeredSince:
		return nil
	}
	return &retry{next: p.now}
}

// asks is the host that a Pod lacks. OpenKruiseGame goes by the Pod's own parameters, Kruise gives it those of the set.
func (w *world) asks(pod *gamepods.Pod) *want {
	d := w.demands[pod]
	if pod.Ready {
		return d.next
	}
	return d.now
}

// lifts give quarantined Ingresses their class back when nobody else holds any of their hosts. The webhooks judge that
// write like any other. Of several that wait for one host the oldest goes first; the others are refused by the next pass.
func (p *pass) lifts() []func(context.Context) error {
	known := map[types.UID]*retry{}
	var list []due[quarantinedIngress]
	for _, q := range p.world.quarantined {
		r := p.lifted[q.ingress.UID]
		switch {
		case q.refused:
			r = &retry{blocked: true}
		case r == nil || r.blocked:
			r = &retry{}
		}
		known[q.ingress.UID] = r
		list = append(list, due[quarantinedIngress]{r, q})
	}
	p.lifted = known
	taken := map[host.Deed]bool{}
	free := func(q quarantinedIngress) bool {
		if slices.ContainsFunc(q.deeds, func(d host.Deed) bool { return taken[d] }) {
			return false
		}
		for _, d := range q.deeds {
			taken[d] = true
		}
		return true
	}
	var todo []func(context.Context) error
	for _, q := range next(list, p.now, olderInQuarantine, free) {
		ing := q.ingress
		todo = append(todo, func(ctx context.Context) error {
			if err := p.writer.Lift(ctx, ing); err != nil && ctx.Err() == nil {
				p.log.Info("quarantine could not be lifted yet", "namespace", ing.Namespace, "name", ing.Name, "reason", err.Error())
			}
			return nil
		})
	}
	return todo
}

func olderInQuarantine(a, b quarantinedIngress) int {
	return ledger.Older(standingOf(a), standingOf(b))
}

func standingOf(q quarantinedIngress) ledger.Standing { return ledger.NewStanding(q.ingress, q.party) }
