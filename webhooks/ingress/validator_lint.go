package ingress

import (
	"fmt"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

const (
	// maxLint bounds how many lines there are about annotations, and maxLine how long one is, as Kubernetes asks for.
	maxLint, maxLine = 10, 120
)

// lint warns of annotations that are new and do not do what they look like. What OpenKruiseGame creates is left out: its
// author was told at kubectl apply of the GameServerSet, and warnings would end in OpenKruiseGame's log.
func (j *judgement) lint() *policy.Refusal {
	if _, isGame := gameserver.Identify(j.ingress); isGame && j.stored == nil {
		return nil
	}
	dialect := gateway.For(j.question.Class.Gateway)
	remarks := dialect.Lint(policy.Authored(j.ingress.Annotations))
	if j.stored != nil && len(remarks) > 0 {
		before := dialect.Lint(policy.Authored(j.stored.Annotations))
		remarks = slices.DeleteFunc(remarks, func(r gateway.Remark) bool { return slices.Contains(before, r) })
	}
	if refusal := j.opened(dialect, remarks); refusal != nil {
		return refusal
	}
	if n := len(remarks); n > 0 {
		// kubectl prints equal warnings once, however many objects are applied: this line is the Ingress's alone.
		j.warnings = append(j.warnings, finding.Clip(fmt.Sprintf("Ingress %s: %s about annotations; in full: gatehouse lint -f FILE", j.ingress.Name, finding.Count(n, "warning")), maxLine))
	}
	for _, r := range remarks[:min(len(remarks), maxLint)] {
		j.warnings = append(j.warnings, policy.Warning(finding.Finding{Code: r.Code, Severity: finding.Warning, Field: "annotations", Message: r.Message}))
	}
	return nil
}

// opened refuses an update that takes a game server's access list away by one that lets everybody in, where a policy in mode
// Enforce governs the server and does not close the route itself. A create goes on: without its Ingress no write of the
// server's Pod passes, and its author was told at kubectl apply.
func (j *judgement) opened(dialect gateway.Dialect, remarks []gateway.Remark) *policy.Refusal {
	if j.stored == nil || !j.policies.Enforces(j.question) {
		return nil
	}
	var found []finding.Finding
	standing := dialect.Lint(j.ingress.Annotations)
	for _, r := range remarks {
		if r.Code == finding.AccessOpen && slices.ContainsFunc(standing, func(s gateway.Remark) bool { return s.Code == r.Code && s.Key == r.Key }) {
			found = append(found, finding.Finding{Code: r.Code, Severity: finding.Error, Field: "metadata.annotations[" + finding.NoPercent(r.Key) + "]", Message: r.Message})
		}
	}
	if len(found) == 0 {
		return nil
	}
	return policy.Invalid(found)
}
