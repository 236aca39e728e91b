package gameserverset

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/review"
)

const (
	// maxCauses bounds how much one refusal says.
	maxCauses = 20
	// maxWarnings bounds the lines before the prompt. The API server asks for 120 characters a line.
	maxWarnings = 10
	maxLine     = 120
)

// refusal is the answer to a set that cannot work: 403 where it is about hosts alone, which are somebody else's or not
// allowed, else 422. Of a 422 kubectl shows the causes, a line each; of a 403 the message. Autoscalers show the message of both.
func refusal(name string, found []finding.Finding) *metav1.Status {
	status := &metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden,
		Details: &metav1.StatusDetails{Group: gameserver.GroupVersion.Group, Kind: "GameServerSet", Name: name},
	}
	if slices.ContainsFunc(found, func(f finding.Finding) bool { return !strings.HasPrefix(string(f.Code), "GH2") }) {
		status.Code, status.Reason = http.StatusUnprocessableEntity, metav1.StatusReasonInvalid
	}
	shown := found[:min(len(found), maxCauses)]
	lines := make([]string, 0, len(shown))
	for _, f := range shown {
		lines = append(lines, f.String())
		status.Details.Causes = append(status.Details.Causes, metav1.StatusCause{
			Type: metav1.CauseType(f.Code), Field: f.Field, Message: f.Message + " [" + string(f.Code) + "]",
		})
	}
	if left := len(found) - len(shown); left > 0 {
		more := fmt.Sprintf("%d more", left)
		lines = append(lines, more)
		status.Details.Causes = append(status.Details.Causes, metav1.StatusCause{Field: "spec", Message: "and " + more})
	}
	status.Message = lines[0]
	if len(lines) > 1 {
		status.Message = "\n* " + strings.Join(lines, "\n* ")
	}
	return status
}

// warningLines are what kubectl shows before its answer: a summary, then a line for each.
func warningLines(set *gameserver.GameServerSet, result review.Result) []string {
	all := slices.Concat(result.Standing, result.Warnings)
	if len(all) == 0 {
		return nil
	}
	var lines []string
	for _, f := range all[:min(len(all), maxWarnings)] {
		lines = append(lines, line(f))
	}
	// kubectl prints equal warnings once, however many objects are applied: the first line is this set's alone.
	var counts []string
	if n := len(result.Standing); n > 0 {
		counts = append(counts, finding.Count(n, "error")+" from before this change")
	}
	if n := len(result.Warnings); n > 0 {
		counts = append(counts, finding.Count(n, "warning"))
	}
	summary := "GameServerSet " + set.Name + ": " + strings.Join(counts, ", ")
	if left := len(all) - len(lines); left > 0 {
		summary += fmt.Sprintf(", of which %d are shown", len(lines))
	}
	return append([]string{finding.Clip(summary+"; in full: gatehouse lint -f FILE", maxLine)}, lines...)
}

// line is a finding as a warning: the field without what is the same for all parameters.
func line(f finding.Finding) string {
	f.Field = strings.TrimSuffix(strings.TrimPrefix(f.Field, "spec.network."), ".value")
	return finding.Line(f, maxLine)
}
