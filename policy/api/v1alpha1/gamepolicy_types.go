package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// GamePolicy decides which gateway annotations the Ingresses of game servers carry, and which hosts these may serve.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,path=gamepolicies,singular=gamepolicy,shortName=gpol,categories=gatehouse
// +kubebuilder:printcolumn:name="Priority",type=integer,JSONPath=`.spec.priority`,description="Higher wins."
// +kubebuilder:printcolumn:name="Mode",type=string,JSONPath=`.spec.mode`,description="Enforce, Warn or Audit."
// +kubebuilder:printcolumn:name="Matched",type=integer,JSONPath=`.status.matched`,description="How many Ingresses of game servers it selects."
// +kubebuilder:printcolumn:name="UpToDate",type=integer,JSONPath=`.status.upToDate`,description="How many of them carry what it decides."
// +kubebuilder:printcolumn:name="Pending",type=integer,JSONPath=`.status.pending`,description="How many will be changed next; in mode Warn or Audit, how many enforcing it would change."
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Deferred",type=integer,JSONPath=`.status.deferred`,description="How many it lets be for now, as its rollout says.",priority=1
// +kubebuilder:printcolumn:name="Denied",type=integer,JSONPath=`.status.denied`,description="How many somebody else keeps from following.",priority=1
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].reason`,description="The reason of the condition Programmed.",priority=1
type GamePolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the platform operator wants.
	Spec GamePolicySpec `json:"spec"`

	// status is what Gatehouse observed.
	// +optional
	Status GamePolicyStatus `json:"status,omitempty"`
}

// GamePolicyList is a list of GamePolicy.
//
// +kubebuilder:object:root=true
type GamePolicyList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []GamePolicy `json:"items"`
}

// GamePolicySpec is what the operator wants.
//
// A canary must never select its own primary. Whether a name matches can be told here; a label selector needs the
// GameServerSets and is judged by the engine, so names that are narrowed by a selector pass.
//
// +kubebuilder:validation:XValidation:rule="!has(self.defaults) || !has(self.defaults.canary)",fieldPath=".defaults.canary",message="canary is allowed in overrides only: a default would yield to the canary annotations of the Ingress's author"
// +kubebuilder:validation:XValidation:rule="!has(self.overrides) || !has(self.overrides.canary) || (has(self.targets) && (has(self.targets.gameServerSetNames) || (has(self.targets.gameServerSetSelector) && (size(self.targets.gameServerSetSelector.?matchLabels.orValue({})) > 0 || size(self.targets.gameServerSetSelector.?matchExpressions.orValue([])) > 0))))",fieldPath=".overrides.canary",message="canary needs targets that say which sets are the canary: set targets.gameServerSetNames or a targets.gameServerSetSelector that is not empty"
// +kubebuilder:validation:XValidation:rule="!has(self.overrides) || !has(self.overrides.canary) || !has(self.targets) || !has(self.targets.gameServerSetNames) || has(self.targets.gameServerSetSelector) || self.targets.gameServerSetNames.all(n, !n.matches('^[a-z0-9.*-]+$') || !self.overrides.canary.of.matches('^' + n.replace('.', '[.]').replace('*', '.*') + '$'))",fieldPath=".overrides.canary.of",message="the primary set cannot be its own canary: name a set that targets.gameServerSetNames does not match"
type GamePolicySpec struct {
	// priority orders policies that speak about the same setting of the same Ingress: the higher one wins. Among equals
	// the older policy wins, then the smaller name.
	// +optional
	// +kubebuilder:default=0
	// +kubebuilder:validation:Minimum=-1000000
	// +kubebuilder:validation:Maximum=1000000
	Priority int32 `json:"priority,omitempty"`

	// mode says what is done with the decision. Enforce writes it to the Ingress. Warn changes nothing and answers
	// writers with a warning of what it would do. Audit changes nothing and only reports in the status.
	// +optional
	// +kubebuilder:default=Enforce
	Mode Mode `json:"mode,omitempty"`

	// targets selects Ingresses of game servers. All conditions that are given must hold; without any, every Ingress of
	// a game server is selected.
	// +optional
	Targets Targets `json:"targets,omitempty"`

	// defaults are settings for Ingresses whose author set nothing: an annotation that the author wrote and that the
	// gateway understands wins over them.
	// +optional
	Defaults *TrafficSettings `json:"defaults,omitempty"`

	// overrides are settings that replace whatever the author of the Ingress set.
	// +optional
	Overrides *TrafficSettings `json:"overrides,omitempty"`

	// hosts says which hosts the selected game servers may serve. Each of its fields comes from the Enforce policy of
	// the highest priority that sets it.
	// +optional
	Hosts *HostRules `json:"hosts,omitempty"`

	// rollout says how an edit of this policy reaches the Ingresses that exist already.
	// +optional
	// +kubebuilder:default={}
	Rollout *Rollout `json:"rollout,omitempty"`
}

// Mode says what a policy does with its decision.
//
// +kubebuilder:validation:Enum=Enforce;Warn;Audit
type Mode string

// The modes of a policy.
const (
	ModeEnforce Mode = "Enforce"
	ModeWarn    Mode = "Warn"
	ModeAudit   Mode = "Audit"
)

// Rollout says how an edit reaches the Ingresses that exist.
type Rollout struct {
	// existing is Rolling if Ingresses that exist follow an edit, Never if they keep what they were created with.
	// +optional
	// +kubebuilder:default=Rolling
	Existing RolloutExisting `json:"existing,omitempty"`

	// maxPerSecond bounds how many Ingresses are changed in a second. Each change is a write to the API server and a new
	// route configuration for the gateway.
	// +optional
	// +kubebuilder:default=20
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	MaxPerSecond *int32 `json:"maxPerSecond,omitempty"`

	// servers is All, or Idle to wait with a game server's Ingress until players have left it (its opsState is not
	// Allocated).
	// +optional
	// +kubebuilder:default=All
	Servers RolloutServers `json:"servers,omitempty"`
}

// RolloutExisting says whether existing Ingresses follow an edit.
//
// +kubebuilder:validation:Enum=Rolling;Never
type RolloutExisting string

// Whether existing Ingresses follow an edit.
const (
	RolloutRolling RolloutExisting = "Rolling"
	RolloutNever   RolloutExisting = "Never"
)

// RolloutServers says which servers may be touched.
//
// +kubebuilder:validation:Enum=All;Idle
type RolloutServers string

// Which servers may be touched.
const (
	RolloutAll  RolloutServers = "All"
	RolloutIdle RolloutServers = "Idle"
)

// GamePolicyStatus is what Gatehouse observed. The counts are of Ingresses of game servers that exist, and are not there
// before they were counted once.
type GamePolicyStatus struct {
	// observedGeneration is the generation of the spec that this status is about.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are Accepted (the policy is valid and takes part in decisions), Programmed (the Ingresses that exist
	// carry what it decides), Conflicted (others keep it from having its full effect) and GatewayLimits (the gateway
	// does). The last two are there while it is accepted.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// matched is how many Ingresses the policy selects.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Matched *int32 `json:"matched,omitempty"`

	// upToDate is how many of them carry what the policies decide.
	// +optional
	// +kubebuilder:validation:Minimum=0
	UpToDate *int32 `json:"upToDate,omitempty"`

	// pending is how many are to be changed as soon as rollout.maxPerSecond allows. In mode Warn or Audit it is how many
	// enforcing the policy would change.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Pending *int32 `json:"pending,omitempty"`

	// deferred is how many keep what they have because rollout.existing is Never, or because rollout.servers is Idle and
	// somebody plays on their servers.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Deferred *int32 `json:"deferred,omitempty"`

	// denied is how many do not follow because the API server refuses the change, or because somebody else keeps writing
	// over it.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Denied *int32 `json:"denied,omitempty"`

	// problems are Ingresses that do not follow, and why: the oldest ten of them.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	Problems []RolloutProblem `json:"problems,omitempty"`
}

// RolloutProblem is an Ingress that does not follow a policy. It has the name of its game server.
type RolloutProblem struct {
	// namespace of the game server.
	// +required
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace"`

	// gameServerSet is the set of the game server.
	// +required
	// +kubebuilder:validation:MaxLength=253
	GameServerSet string `json:"gameServerSet"`

	// id is the game server's id within its set.
	// +required
	// +kubebuilder:validation:Minimum=0
	ID int32 `json:"id"`

	// since is when it was first seen not to follow for this reason.
	// +required
	Since metav1.Time `json:"since"`

	// reason is Denied (the API server refuses the change), Failed (the change did not get through and is tried again),
	// Contested (somebody else keeps writing over it) or WaitingForIdle (somebody plays on the server).
	// +required
	// +kubebuilder:validation:MaxLength=63
	Reason string `json:"reason"`

	// message says what stands in the way, and what to do about it.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`
}
