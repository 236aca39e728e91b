package status

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/controllers/rollout"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// Facts are all that the status of a policy follows from.
type Facts struct {
	Policy snapshot.Policy
	// Standpoint is how it stands to what else there is.
	Standpoint
	// Tally is how far the rollout has come, nil while that was not counted since the policy was written.
	Tally *rollout.Tally
}

// Standpoint is how a policy stands to other policies, to what there is to select, and to its gateways.
type Standpoint struct {
	// Overlaps are with others of the same priority; OverriddenBy is one of a higher priority that leaves nothing of it.
	Overlaps     []finding.Finding
	OverriddenBy string
	// Empty are targets that select nothing.
	Empty []finding.Finding
	// Unsupported is what its gateways cannot express, Limits what their own configuration makes of it, and LimitsUnread
	// why that is not known, if it would matter.
	Unsupported, Limits []finding.Finding
	LimitsUnread        string
}

// Of is the status that follows from the facts. What is there before says since when a condition has been as it is, and
// stays where there is nothing newer to say.
func Of(f *Facts, before *v1alpha1.GamePolicyStatus, now time.Time) v1alpha1.GamePolicyStatus {
	out := v1alpha1.GamePolicyStatus{ObservedGeneration: f.Policy.Generation}
	accepted := f.accepted()
	said := []metav1.Condition{accepted}
	switch known := meta.FindStatusCondition(before.Conditions, v1alpha1.ConditionProgrammed); {
	case accepted.Status != metav1.ConditionTrue:
		said = append(said, f.notProgrammed(accepted.Reason))
	case f.Tally != nil:
		said = append(said, f.programmed(f.Tally))
		count(&out, f.Tally)
	case known != nil && known.ObservedGeneration == f.Policy.Generation && known.Reason != v1alpha1.ReasonInvalid:
		// The leader before this one has counted, and the policy is as it was.
		said = append(said, *known)
		keepCount(&out, before)
	default:
		said = append(said, condition(v1alpha1.ConditionProgrammed, metav1.ConditionUnknown, v1alpha1.ReasonPending, "the Ingresses that exist have not been counted yet"))
	}
	if accepted.Status == metav1.ConditionTrue {
		said = append(said, f.conflicted(), f.gatewayLimits())
	}
	for i := range said {
		said[i].ObservedGeneration = f.Policy.Generation
		said[i].LastTransitionTime = since(&said[i], before, now)
	}
	out.Conditions = said
	return out
}

// since is when a condition became what it is, to the second, as the API server stores it.
func since(c *metav1.Condition, before *v1alpha1.GamePolicyStatus, now time.Time) metav1.Time {
	if known := meta.FindStatusCondition(before.Conditions, c.Type); known != nil && known.Status == c.Status && !known.LastTransitionTime.IsZero() {
		return known.LastTransitionTime
	}
	return metav1.NewTime(now.Truncate(time.Second))
}

func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message}
}

// differs compares what is ours: others may have conditions of their own there.
func differs(stored, wanted *v1alpha1.GamePolicyStatus) bool {
	ours := *stored
	ours.Conditions = slices.DeleteFunc(slices.Clone(stored.Conditions), func(c metav1.Condition) bool {
		return !slices.Contains(conditionTypes, c.Type)
	})
	slices.SortFunc(ours.Conditions, func(a, b metav1.Condition) int {
		return slices.Index(conditionTypes, a.Type) - slices.Index(conditionTypes, b.Type)
	})
	return !equality.Semantic.DeepEqual(&ours, wanted)
}

// conditionTypes are those of our conditions, in the order in which they are written.
var conditionTypes = []string{
	v1alpha1.ConditionAccepted, v1alpha1.ConditionProgrammed, v1alpha1.ConditionConflicted, v1alpha1.ConditionGatewayLimits,
}
