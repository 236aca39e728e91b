package preview

import (
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
