package status

import (
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/controllers/rollout"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

func (f *Facts) accepted() metav1.Condition {
	say := func(status metav1.ConditionStatus, reason, message string) metav1.Condition {
		return condition(v1alpha1.ConditionAccepted, status, reason, message)
	}
	switch p := &f.Policy; {
	case p.Deleting:
		return say(metav1.ConditionFalse, v1alpha1.ReasonDeleting, "a policy that is being deleted no longer speaks")
	case len(p.Refused) > 0:
		text := "nothing of the policy is in effect; correct it"
		if p.Compiled != nil {
			text = "what the policy said before stays in effect; correct it"
		}
		return say(metav1.ConditionFalse, v1alpha1.ReasonInvalid, join(append(texts(p.Refused), text)...))
	}
	return say(metav1.ConditionTrue, v1alpha1.ReasonAccepted, "the policy takes part in decisions")
}

// notProgrammed is about a policy that is not accepted, for that reason.
func (f *Facts) notProgrammed(reason string) metav1.Condition {
	text := "what the policy says now is not brought to any Ingress"
	if reason == v1alpha1.ReasonDeleting {
		text = "what the policy had set on Ingresses goes"
	}
	return condition(v1alpha1.ConditionProgrammed, metav1.ConditionFalse, reason, text)
}

// programmed tells how far the rollout has come. What moves by itself comes before what takes somebody to do something.
func (f *Facts) programmed(t *rollout.Tally) metav1.Condition {
	say := func(status metav1.ConditionStatus, reason string, parts ...string) metav1.Condition {
		return condition(v1alpha1.ConditionProgrammed, status, reason, join(parts...))
	}
	const yes, no = metav1.ConditionTrue, metav1.ConditionFalse
	switch mode := f.Policy.Compiled.Mode(); {
	case mode != v1alpha1.ModeEnforce:
		return say(no, v1alpha1.ReasonNotEnforced, "mode "+string(mode)+" changes nothing; enforced, "+
			strconv.Itoa(t.Pending)+" of "+strconv.Itoa(t.Matched)+" Ingresses would change")
	case t.Matched == 0:
		return say(yes, v1alpha1.ReasonNoTargets, append([]string{"no Ingress of a game server is selected"}, texts(f.Empty)...)...)
	case t.Pending > 0 && t.Paused != "":
		return say(no, v1alpha1.ReasonPaused, append([]string{t.Paused}, f.progress(t)...)...)
	case t.Pending > 0:
		return say(no, v1alpha1.ReasonProgressing, f.progress(t)...)
	case t.Denied > 0:
		return say(no, v1alpha1.ReasonPartiallyProgrammed, f.progress(t)...)
	case t.Deferred > 0 && f.Policy.Compiled.KeepsExisting():
		return say(no, v1alpha1.ReasonRolloutNever, f.progress(t)...)
	case t.Deferred > 0:
		return say(no, v1alpha1.ReasonWaitingForIdle, f.progress(t)...)
	}
	return say(yes, v1alpha1.ReasonProgrammed, f.progress(t)...)
}

// progress is what there is of each kind, with the oldest problem that takes somebody to do something.
func (f *Facts) progress(t *rollout.Tally) []string {
	out := []string{strconv.Itoa(t.UpToDate) + " of " + strconv.Itoa(t.Matched) + " Ingresses up to date"}
	if t.Pending > 0 {
		out = append(out, strconv.Itoa(t.Pending)+" still to change")
	}
	if t.Deferred > 0 {
		why := "waiting for their servers to be idle (rollout.servers Idle)"
		if f.Policy.Compiled.KeepsExisting() {
			why = "keeping what they were created with (rollout.existing Never)"
		}
		out = append(out, strconv.Itoa(t.Deferred)+" "+why)
	}
	if t.Denied > 0 {
		out = append(out, strconv.Itoa(t.Denied)+" kept from following")
	}
	for i := range t.Problems {
		if t.Problems[i].Reason != rollout.WaitingForIdle {
			return append(out, "the oldest problem is "+about(&t.Problems[i]))
		}
	}
	return out
}
