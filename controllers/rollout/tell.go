package rollout

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

const (
	normal  = corev1.EventTypeNormal
	warning = corev1.EventTypeWarning
	// action is what events say that we were doing.
	action = "RollOut"
)

func (r *Rollout) tell(name, kind, reason, note string, args ...any) {
	if regarding := r.Policies.Refer(name); regarding != nil {
		r.Events.Eventf(regarding, nil, kind, reason, action, note, args...)
	}
}

// tally counts for every policy that stands.
func (r *Rollout) tally() map[string]Tally {
	out := map[string]Tally{}
	if r.set == nil {
		return out
	}
	for _, name := range r.set.Names() {
		t := Tally{}
		if l := r.lanes[name]; l != nil {
			t.Paused = l.why
		}
		out[name] = t
	}
	for _, i := range r.items {
		for _, name := range slices.Concat(i.matched, i.trying) {
			t, stands := out[name]
			if !stands {
				continue
			}
			t.Matched++
			switch i.state(name) {
			case upToDate:
				t.UpToDate++
			case pending:
				t.Pending++
			case deferred:
				t.Deferred++
			case denied:
				t.Denied++
			}
			if p, has := r.problem(i, name); has {
				t.Problems = append(t.Problems, p)
			}
			out[name] = t
		}
	}
	for name, t := range out {
		slices.SortFunc(t.Problems, func(a, b Problem) int {
			return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.GameServerSet, b.GameServerSet), cmp.Compare(a.ID, b.ID))
		})
		t.Problems = slices.Clip(t.Problems[:min(len(t.Problems), maxProblems)])
		out[name] = t
	}
	return out
}

// problem is what keeps an Ingress from following one policy, if anything does.
func (r *Rollout) problem(i *item, name string) (Problem, bool) {
	p := Problem{Namespace: i.server.Namespace, GameServerSet: i.server.Set, ID: i.server.ID}
	switch {
	case i.trouble.reason != "" && i.pending && slices.Contains(i.causes, name):
		p.Since, p.Reason, p.Message = i.trouble.since, i.trouble.reason, i.trouble.message
		return p, true
	case i.inUse && slices.Contains(i.held, name) && r.set.WaitsForIdle(name):
		p.Since, p.Reason, p.Message = i.heldSince, WaitingForIdle, "somebody plays on the server"
		return p, true
	}
	return Problem{}, false
}

// told sets the metrics and tells of rollouts that have begun and ended.
func (r *Rollout) told() {
	var owing []string
	for _, i := range r.items {
		if i.pending && !slices.Contains(owing, i.charged) {
			owing = append(owing, i.charged)
		}
	}
	r.tidyLanes(owing)
	tallies := r.tally()
	r.metrics.set(tallies)
	for name, t := range tallies {
		working := t.Pending > 0 && r.enforced(name)
		switch {
		case working && !r.active[name]:
			r.tell(name, normal, "RolloutStarted", "%d of %d Ingresses follow", t.Pending, t.Matched)
		case !working && r.active[name]:
			r.tell(name, normal, "RolloutFinished", "%d of %d Ingresses are up to date, %d deferred, %d denied", t.UpToDate, t.Matched, t.Deferred, t.Denied)
		}
		r.active[name] = working
	}
}

func (r *Rollout) enforced(name string) bool {
	_, trial := r.trials[name]
	return !trial
}
