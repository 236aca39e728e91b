package status

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/controllers/rollout"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// The bounds of the CRD. A text beyond them would have the API server refuse the whole status.
const (
	maxProblems = 10
	maxName     = 63
	maxSet      = 253
	maxText     = 1024
)

// maxMessage bounds the message of a condition, of which several lie in every policy. Kubernetes allows 32768.
const maxMessage = 1000

// texts are findings as people read them.
func texts(found []finding.Finding) []string {
	out := make([]string, 0, len(found))
	for _, f := range found {
		const most = 300
		out = append(out, finding.Line(f, most))
	}
	return out
}

// about is a problem as people read it.
func about(p *rollout.Problem) string {
	const most = 400 // so that the rest of a message fits too
	return p.Namespace + "/" + p.GameServerSet + "-" + strconv.Itoa(p.ID) + ": " + finding.Clip(tidy(p.Message), most)
}

// tidy is a text from elsewhere on one line.
func tidy(text string) string { return finding.NoPercent(strings.Join(strings.Fields(text), " ")) }

// join makes one message of parts. What does not fit is counted.
func join(parts ...string) string {
	const room = len("; and 99999 more")
	var message strings.Builder
	for i, part := range parts {
		if i > 0 && message.Len()+len(part)+len("; ") > maxMessage-room {
			message.WriteString("; and " + strconv.Itoa(len(parts)-i) + " more")
			break
		}
		if i > 0 {
			message.WriteString("; ")
		}
		message.WriteString(finding.Clip(part, maxMessage-room))
	}
	return message.String()
}

// count puts a tally into a status.
func count(s *v1alpha1.GamePolicyStatus, t *rollout.Tally) {
	number := func(n int) *int32 {
		bounded := int32(max(0, min(n, math.MaxInt32)))
		return &bounded
	}
	s.Matched, s.UpToDate, s.Pending = number(t.Matched), number(t.UpToDate), number(t.Pending)
	s.Deferred, s.Denied = number(t.Deferred), number(t.Denied)
	for _, p := range t.Problems[:min(len(t.Problems), maxProblems)] {
		s.Problems = append(s.Problems, v1alpha1.RolloutProblem{
			Namespace: finding.Clip(p.Namespace, maxName), GameServerSet: finding.Clip(p.GameServerSet, maxSet), ID: *number(p.ID),
			Since:  metav1.NewTime(p.Since.Truncate(time.Second)),
			Reason: finding.Clip(string(p.Reason), maxName), Message: finding.Clip(tidy(p.Message), maxText),
		})
	}
}

func keepCount(s *v1alpha1.GamePolicyStatus, before *v1alpha1.GamePolicyStatus) {
	s.Matched, s.UpToDate, s.Pending = before.Matched, before.UpToDate, before.Pending
	s.Deferred, s.Denied = before.Deferred, before.Denied
	s.Problems = slices.Clone(before.Problems)
}
