package v1alpha1

// The condition types of a GamePolicy.
const (
	// ConditionAccepted says whether the policy is valid and takes part in decisions.
	ConditionAccepted = "Accepted"
	// ConditionProgrammed says whether the Ingresses that exist carry what the policy decides.
	ConditionProgrammed = "Programmed"
	// ConditionConflicted says whether other policies, authors or the gateway keep the policy from having its full effect.
	ConditionConflicted = "Conflicted"
)

// Reasons of the condition Accepted.
const (
	// ReasonAccepted: the policy takes part in decisions.
	ReasonAccepted = "Accepted"
	// ReasonInvalid: the policy breaks a rule of the current CRD (it was stored before the rule existed) and is not used.
	ReasonInvalid = "Invalid"
	// ReasonDeleting: a policy that is being deleted no longer speaks.
	ReasonDeleting = "Deleting"
)

// Reasons of the condition Programmed.
const (
	// ReasonProgrammed: every selected Ingress is up to date.
	ReasonProgrammed = "Programmed"
	// ReasonProgressing: the rollout to existing Ingresses goes on.
	ReasonProgressing = "Progressing"
	// ReasonWaitingForIdle: the remaining Ingresses belong to servers in use, and rollout.servers is Idle.
	ReasonWaitingForIdle = "WaitingForIdle"
	// ReasonRolloutNever: rollout.existing is Never; Ingresses that existed before keep what they have.
	ReasonRolloutNever = "RolloutNever"
	// ReasonNotEnforced: the mode is Warn or Audit, which changes nothing on Ingresses.
	ReasonNotEnforced = "NotEnforced"
	// ReasonNoTargets: no Ingress is selected.
	ReasonNoTargets = "NoTargets"
)

// Reasons of the condition Conflicted.
const (
	// ReasonNoConflict: nothing keeps the policy from having its effect.
	ReasonNoConflict = "NoConflict"
	// ReasonEqualPriority: a policy of the same priority sets the same thing for the same Ingresses.
	ReasonEqualPriority = "EqualPriority"
	// ReasonGatewayUnsupported: the gateway of a selected Ingress cannot express a setting.
	ReasonGatewayUnsupported = "GatewayUnsupported"
	// ReasonGatewayLimit: the gateway's own configuration overrides a setting.
	ReasonGatewayLimit = "GatewayLimit"
	// ReasonHostConflict: selected servers ask for hosts that others hold.
	ReasonHostConflict = "HostConflict"
)
