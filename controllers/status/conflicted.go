package status

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/controllers/rollout"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// conflicted says who else keeps the policy from having its effect: the gravest as the reason, all in the message.
func (f *Facts) conflicted() metav1.Condition {
	var reason string
	var parts []string
	found := func(why string, text ...string) {
		if reason == "" {
			reason = why
		}
		parts = append(parts, text...)
	}
	if p := f.hostProblem(); p != nil {
		found(v1alpha1.ReasonHostConflict, about(p))
	}
	if f.OverriddenBy != "" {
		found(v1alpha1.ReasonOverridden, "spec.priority: GamePolicy "+f.OverriddenBy+
			" has a higher one, selects every server that this one selects and sets all that it sets; raise it, or delete this policy")
	}
	if len(f.Overlaps) > 0 {
		found(v1alpha1.ReasonEqualPriority, texts(f.Overlaps)...)
	}
	if reason == "" {
		return condition(v1alpha1.ConditionConflicted, metav1.ConditionFalse, v1alpha1.ReasonNoConflict, "nobody keeps the policy from having its effect")
	}
	return condition(v1alpha1.ConditionConflicted, metav1.ConditionTrue, reason, join(parts...))
}

// hostProblem is the oldest refusal with a code of GH2xx, which are those about hosts.
func (f *Facts) hostProblem() *rollout.Problem {
	if f.Tally == nil {
		return nil
	}
	for i := range f.Tally.Problems {
		if strings.Contains(f.Tally.Problems[i].Message, "[GH2") {
			return &f.Tally.Problems[i]
		}
	}
	return nil
}

// gatewayLimits says what the gateways make of the policy.
func (f *Facts) gatewayLimits() metav1.Condition {
	say := func(status metav1.ConditionStatus, reason string, parts ...string) metav1.Condition {
		return condition(v1alpha1.ConditionGatewayLimits, status, reason, join(parts...))
	}
	found := texts(append(f.Unsupported[:len(f.Unsupported):len(f.Unsupported)], f.Limits...))
	if f.LimitsUnread != "" {
		found = append(found, finding.Finding{Code: finding.GatewayLimitsUnread, Message: tidy(f.LimitsUnread)}.String())
	}
	switch {
	case len(f.Unsupported) > 0:
		return say(metav1.ConditionTrue, v1alpha1.ReasonGatewayUnsupported, found...)
	case len(f.Limits) > 0:
		return say(metav1.ConditionTrue, v1alpha1.ReasonGatewayLimit, found...)
	case f.LimitsUnread != "":
		return say(metav1.ConditionUnknown, v1alpha1.ReasonLimitsUnread, found...)
	}
	return say(metav1.ConditionFalse, v1alpha1.ReasonWithinLimits, "the gateway does what the policy says")
}
