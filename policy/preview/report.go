package preview

import (
	"cmp"
	"maps"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// Report is the document that the command prints. No list or map in it is ever null, and all are sorted: programs read
// it.
type Report struct {
	Policies       []PolicyReport  `json:"policies"`
	GameServerSets []SetReport     `json:"gameServerSets"`
	Ingresses      []IngressReport `json:"ingresses"`
}

// PolicyReport is about one GamePolicy.
type PolicyReport struct {
	Name     string            `json:"name"`
	Accepted bool              `json:"accepted"`
	Findings []finding.Finding `json:"findings"`
}

// SetReport is about one GameServerSet.
type SetReport struct {
	Namespace string            `json:"namespace"`
	Name      string            `json:"name"`
	Verdict   policy.Verdict    `json:"verdict"`
	IDs       []int             `json:"ids"`
	Findings  []finding.Finding `json:"findings"`
}

// IngressReport is about one Ingress: one of a set, or one of the input.
type IngressReport struct {
	Namespace     string         `json:"namespace"`
	Name          string         `json:"name"`
	GameServerSet string         `json:"gameServerSet"`
	ID            *int           `json:"id"` // null where it is no game server's
	Verdict       policy.Verdict `json:"verdict"`
	// Annotations are those of the resulting Ingress.
	Annotations map[string]string `json:"annotations"`
	// Removed are the author's annotations that were taken away.
	Removed map[string]string `json:"removed"`
	// Provenance says where each injected annotation comes from; the author's have none.
	Provenance map[string]policy.Source `json:"provenance"`
	Findings   []finding.Finding        `json:"findings"`
	// Object is the resulting Ingress.
	Object *networkingv1.Ingress `json:"object"`
}

// Refused tells whether anything of the report is refused: a policy, a set or an Ingress.
func (r Report) Refused() bool {
	for _, p := range r.Policies {
		if !p.Accepted {
			return true
		}
	}
	for _, s := range r.GameServerSets {
		if s.Verdict == policy.Denied {
			return true
		}
	}
	for _, i := range r.Ingresses {
		if i.Verdict == policy.Denied {
			return true
		}
	}
	return false
}

// settled sorts findings and makes an empty list of none.
func settled(list []finding.Finding) []finding.Finding {
	out := append([]finding.Finding{}, list...)
	finding.Sort(out)
	return out
}

func (r *run) setReports() []SetReport {
	out := []SetReport{}
	for _, s := range r.sets {
		if s.given == nil {
			continue
		}
		report := SetReport{Namespace: s.namespace, Name: s.name.name, Verdict: policy.Allowed, IDs: s.ids, Findings: settled(s.findings)}
		if finding.HasError(report.Findings) {
			report.Verdict = policy.Denied
		}
		out = append(out, report)
	}
	slices.SortFunc(out, func(a, b SetReport) int {
		return name{a.Namespace, a.Name}.compare(name{b.Namespace, b.Name})
	})
	return out
}

func (r *run) ingressReports() []IngressReport {
	out := make([]IngressReport, 0, len(r.ingresses))
	for _, i := range r.ingresses {
		object := i.object.DeepCopy()
		object.Annotations = maps.Clone(i.decision.Annotations)
		report := IngressReport{
			Namespace: object.Namespace, Name: object.Name, Verdict: i.decision.Verdict,
			Annotations: i.decision.Annotations, Removed: i.decision.Removed, Provenance: i.decision.Provenance,
			Findings: settled(i.findings), Object: object,
		}
		if i.set != nil {
			id := i.decision.Server.ID
			report.GameServerSet, report.ID = i.set.name.name, &id
		}
		if finding.HasError(report.Findings) {
			report.Verdict = policy.Denied
		}
		out = append(out, report)
	}
	slices.SortStableFunc(out, compareIngresses)
	return out
}

// compareIngresses puts the servers of a set in the order of their ids, where the set's name stands among the others.
func compareIngresses(a, b IngressReport) int {
	base := func(r IngressReport) (string, int) {
		if r.ID == nil {
			return r.Name, -1
		}
		return r.GameServerSet, *r.ID
	}
	nameA, idA := base(a)
	nameB, idB := base(b)
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(nameA, nameB), cmp.Compare(idA, idB), cmp.Compare(a.Name, b.Name))
}
