package janitor

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// OpenKruiseGame makes one step per update of a Pod (Service, Ingress, Ready), tries again every few seconds, and gives
// up for good after NETWORK_TOTAL_WAIT_TIME, 60 s: pkg/controllers/gameserver/gameserver_manager.go. Whoever waited for a
// host longer than that waits forever, unless somebody writes the Pod.
const (
	gaveUpAfter    = 65 * time.Second
	triggeredSince = 15 * time.Second
	// A step for OpenKruiseGame every few seconds, then less and less often: something else is wrong with the server.
	retryEvery    = 3 * time.Second
	quickRetries  = 10
	longestRetry  = 5 * time.Minute
	touchesAtOnce = 20
	// readyTouches is for a server that is ready with its old host and was kept from a new one: it is for Kruise to write
	// the Pod, and an event of the Pod makes Kruise try again.
	readyTouches = 3
)

// retry is how far one server, or one quarantined Ingress, has been retried.
type retry struct {
	blocked bool
	tries   int
	next    time.Time
}

func (r *retry) again(now time.Time) {
	r.tries++
	wait := retryEvery
	for range min(r.tries-quickRetries, 10) {
		wait *= 2
	}
	r.next = now.Add(min(wait, longestRetry))
}

// retry touches the Pods of game servers whose hosts have become free, until their network is ready, and of those that
// OpenKruiseGame has given up although nothing is in their way.
func (p *pass) retry(ctx context.Context, pods []*Pod) {
	slices.SortFunc(pods, func(a, b *Pod) int { return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name) })
	known := map[serverName]*retry{}
	touches := 0
	for _, pod := range pods {
		name := serverName{pod.Namespace, pod.Set, pod.ID}
		r := p.due(pod, p.retries[name])
		if r == nil {
			continue
		}
		known[name] = r
		if r.blocked || p.now.Before(r.next) || touches == touchesAtOnce {
			continue
		}
		touches++
		r.again(p.now)
		if err := p.writer.Touch(ctx, pod, p.now); err != nil && ctx.Err() == nil {
			p.log.Info("game server could not be retried yet", "namespace", pod.Namespace, "name", pod.Name, "reason", err.Error())
		}
	}
	p.retries = known
}

// due is how a Pod stands: nil if there is nothing to retry.
func (p *pass) due(pod *Pod, r *retry) *retry {
	wants := p.world.wants[pod]
	switch {
	case len(wants) == 0, pod.Deleting:
		return nil
	case slices.ContainsFunc(wants, p.held):
		return &retry{blocked: true}
	case r != nil && r.blocked:
		return &retry{next: p.now} // free since the last pass
	case r != nil:
		if pod.Ready && r.tries >= readyTouches {
			return nil
		}
		return r
	case pod.Ready, p.now.Sub(pod.Created) < gaveUpAfter, p.now.Sub(pod.Triggered) < triggeredSince, p.now.Sub(pod.Retried) < triggeredSince:
		return nil
	}
	return &retry{next: p.now}
}

// held tells whether somebody else has what is wanted.
func (p *pass) held(w want) bool {
	claim := p.sources.Claims.Get(w.deed.ClaimName())
	return host.Judge(claim, w.deed, w.party, p.terms, p.now).Outcome == host.Refused
}

// lift gives quarantined Ingresses their class back when nobody else holds any of their hosts. The webhooks judge that
// write like any other: of several that waited for one host, one gets it.
func (p *pass) lift(ctx context.Context) {
	known := map[string]*retry{}
	for _, q := range p.world.inQuarantine {
		key := string(q.ingress.UID)
		r := p.lifts[key]
		if r == nil {
			r = &retry{}
		}
		known[key] = r
		if slices.ContainsFunc(q.wants, p.held) || p.now.Before(r.next) {
			continue
		}
		r.again(p.now)
		if err := p.writer.Lift(ctx, q.ingress); err != nil && ctx.Err() == nil {
			p.log.Info("quarantine could not be lifted yet", "namespace", q.ingress.Namespace, "name", q.ingress.Name, "reason", err.Error())
		}
	}
	p.lifts = known
}
