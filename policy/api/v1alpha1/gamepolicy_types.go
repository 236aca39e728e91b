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
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
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

// GamePolicyStatus is what Gatehouse observed.
type GamePolicyStatus struct {
	// observedGeneration is the generation of the spec that this status is about.
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are Accepted (the policy is valid and takes part in decisions), Programmed (the Ingresses that exist
	// carry what it decides) and Conflicted (something keeps it from having its full effect).
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
