package gamepolicy

import (
	"context"
	"errors"
	"strconv"
	"time"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

const (
	// mostIngresses and mostTime bound what one dry run costs.
	mostIngresses = 20_000
	mostTime      = 2 * time.Second
)

// count is how many Ingresses there are, and how many of those of game servers each edit would change.
type count struct {
	looked, games int
	changed       []changed
	// some: there may be more.
	some bool
}

type changed struct {
	number int
	first  string
}

func (c *changed) add(ing *networkingv1.Ingress) {
	if c.number++; c.number == 1 {
		c.first = ing.Namespace + "/" + ing.Name
	}
}

// trial says how many Ingresses a policy that is not going to be stored would change.
func (v *Validator) trial(ctx context.Context, policies *policy.Set, p *v1alpha1.GamePolicy, c *policy.Compiled) finding.Finding {
	f := finding.Finding{Code: finding.PolicyChanges, Severity: finding.Warning}
	edits := []policy.Edit{policies.Edit(c)}
	if c.Mode() != v1alpha1.ModeEnforce {
		edits = append(edits, policies.Edit(c.Enforced()))
	}
	found, err := v.count(ctx, edits)
	if err != nil {
		v.log.Error(err, "Ingresses cannot be counted")
		f.Message = "the Ingresses that would change cannot be counted: " + finding.NoPercent(err.Error())
		return f
	}
	f.Message = found.text(c.Mode(), kept(p.Spec.Rollout))
	return f
}

// count puts edits to every Ingress that stands.
func (v *Validator) count(ctx context.Context, edits []policy.Edit) (count, error) {
	ctx, cancel := context.WithTimeout(ctx, budget(ctx))
	defer cancel()
	n := count{changed: make([]changed, len(edits))}
	err := v.survey.Ingresses(ctx, func(ing *networkingv1.Ingress) bool {
		if n.looked == mostIngresses || ctx.Err() != nil {
			n.some = true
			return false
		}
		n.looked++
		if waiting, ok := policy.Unquarantine(ing); ok {
			ing = waiting // it is decided about as if it had its class already
		}
		_, request, _ := v.cluster.At(ing)
		if _, isGame := gameserver.Identify(ing); !isGame || !request.Class.Managed {
			return true
		}
		n.games++
		for i := range edits {
			if edits[i].Changes(request) {
				n.changed[i].add(ing)
			}
		}
		return true
	})
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		n.some, err = true, nil
	}
	return n, err
}

// budget leaves time for the answer.
func budget(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return min(mostTime, time.Until(deadline)*2/3)
	}
	return mostTime
}

// kept is why Ingresses that stand do not follow at once, empty if they do.
func kept(r *v1alpha1.Rollout) string {
	switch {
	case r == nil:
		return ""
	case r.Existing == v1alpha1.RolloutNever:
		return "rollout.existing Never"
	case r.Servers == v1alpha1.RolloutIdle:
		return "rollout.servers Idle"
	}
	return ""
}

// text is what a dry run says. A policy that only warns or audits changes nothing by being written, so what it would do
// in force is said too. One that lets standing Ingresses be is counted by what a new one in their place would carry.
func (n count) text(mode v1alpha1.Mode, kept string) string {
	would := "would change"
	if kept != "" {
		would = "would differ if created anew (" + kept + ")"
	}
	switch written, enforced := n.changed[0], n.changed[len(n.changed)-1]; {
	case n.games == 0 && !n.some:
		return "there is no game Ingress yet that could change"
	case written.number > 0:
		return n.numbers(written) + " " + would + ", e.g. " + written.first
	case enforced.number > 0:
		return "in mode " + string(mode) + " none " + would + "; enforced, " + n.numbers(enforced) + ", e.g. " + enforced.first
	case n.some:
		return "none of the first " + strconv.Itoa(n.games) + " game Ingresses " + would
	}
	return "none of " + strconv.Itoa(n.games) + " game Ingresses " + would
}

func (n count) numbers(c changed) string {
	if n.some {
		return "at least " + strconv.Itoa(c.number) + " of " + strconv.Itoa(n.games) + " or more game Ingresses"
	}
	return strconv.Itoa(c.number) + " of " + strconv.Itoa(n.games) + " game Ingresses"
}
