package rollout

import "time"

// Tally is how far one policy has come.
type Tally struct {
	Matched, UpToDate, Pending, Deferred, Denied int
	// Problems are the oldest, at most ten: what keeps Ingresses from following.
	Problems []Problem
	// Paused says why no Ingress is written on behalf of the policy for now; empty if they are.
	Paused string
}

// Problem is one Ingress that does not follow.
type Problem struct {
	Namespace, GameServerSet string
	ID                       int
	Since                    time.Time
	Reason                   Reason
	Message                  string
}

// Reason says what keeps an Ingress from following.
type Reason string

// The reasons.
const (
	// Denied: the API server refused the write for good: a webhook, ours included, or a quota.
	Denied Reason = "Denied"
	// Failed: the write did not get through, and is tried again.
	Failed Reason = "Failed"
	// Contested: somebody else keeps writing over it.
	Contested Reason = "Contested"
	// WaitingForIdle: somebody plays on the server, and the policy waits.
	WaitingForIdle Reason = "WaitingForIdle"
)

// maxProblems bounds what is told of one policy.
const maxProblems = 10
