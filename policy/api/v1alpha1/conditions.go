package v1alpha1

// The condition types of a GamePolicy.
const (
	// ConditionAccepted says whether the policy is valid and takes part in decisions.
	ConditionAccepted = "Accepted"
	// ConditionProgrammed says whether the Ingresses that exist carry what the policy decides.
	ConditionProgrammed = "Programmed"
	// ConditionConflicted says whether others, policies or holders of hosts, keep the policy from having its full effect.
	ConditionConflicted = "Conflicted"
	// ConditionGatewayLimits says whether the gateway keeps the policy from having its full effect.
	ConditionGatewayLimits = "GatewayLimits"
)

// Reasons of the condition Accepted.
const (
	// ReasonAccepted: the policy takes part in decisions.
	ReasonAccepted = "Accepted"
	// ReasonInvalid: the policy as it stands breaks a rule of the current CRD (it was stored before the rule existed). What
	// it said before, if this process has seen that, stays in effect. It is a reason of Programmed too.
	ReasonInvalid = "Invalid"
	// ReasonDeleting: a policy that is being deleted no longer speaks. It is a reason of Programmed too.
	ReasonDeleting = "Deleting"
)

// Reasons of the condition Programmed.
const (
	// ReasonProgrammed: every selected Ingress is up to date.
	ReasonProgrammed = "Programmed"
	// ReasonNoTargets: no Ingress is selected, so there is nothing to do. The condition is True.
	ReasonNoTargets = "NoTargets"
	// ReasonPending: the Ingresses have not been counted yet since the policy was written. The condition is Unknown.
	ReasonPending = "Pending"
	// ReasonProgressing: the rollout to existing Ingresses goes on.
	ReasonProgressing = "Progressing"
	// ReasonPaused: there are Ingresses to change, and the rollout does not change any for now.
	ReasonPaused = "Paused"
	// ReasonPartiallyProgrammed: nothing is left that could be changed, but some changes are refused or undone by others.
	ReasonPartiallyProgrammed = "PartiallyProgrammed"
	// ReasonWaitingForIdle: the remaining Ingresses belong to servers in use, and rollout.servers is Idle.
	ReasonWaitingForIdle = "WaitingForIdle"
	// ReasonRolloutNever: rollout.existing is Never; Ingresses that existed before keep what they have.
	ReasonRolloutNever = "RolloutNever"
	// ReasonNotEnforced: the mode is Warn or Audit, which changes nothing on Ingresses.
	ReasonNotEnforced = "NotEnforced"
)

// Reasons of the condition Conflicted. Where several hold the gravest is given, and the message says all.
const (
	// ReasonNoConflict: nobody keeps the policy from having its effect.
	ReasonNoConflict = "NoConflict"
	// ReasonHostConflict: Ingresses of selected servers do not follow because of the hosts that they stand on.
	ReasonHostConflict = "HostConflict"
	// ReasonOverridden: one policy of a higher priority selects all that this one selects, and sets all that it sets.
	ReasonOverridden = "Overridden"
	// ReasonEqualPriority: a policy of the same priority sets the same thing for the same Ingresses.
	ReasonEqualPriority = "EqualPriority"
)

// Reasons of the condition GatewayLimits. Where both hold the first is given, and the message says all.
const (
	// ReasonGatewayUnsupported: the gateway of a selected class cannot express a setting as it is written.
	ReasonGatewayUnsupported = "GatewayUnsupported"
	// ReasonGatewayLimit: the gateway's own configuration overrules a setting.
	ReasonGatewayLimit = "GatewayLimit"
	// ReasonWithinLimits: the gateway does what the policy says.
	ReasonWithinLimits = "WithinLimits"
	// ReasonLimitsUnread: the gateway's own configuration could not be read. The condition is Unknown.
	ReasonLimitsUnread = "LimitsUnread"
)
