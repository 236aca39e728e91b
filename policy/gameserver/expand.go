package gameserver

import (
	"math"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// maxExpansion bounds the memory of one expansion. Parameters may fill 1.5 MB and would be repeated for each server.
const maxExpansion = 64 << 20

// Expansion is everything that a GameServerSet will have.
type Expansion struct {
	// IDs are the ids that the spec projects, ascending, at most MaxIDs.
	IDs []int
	// Ingresses are those of IDs, in their order, also where something else is wrong with the set. Empty where the
	// parameters leave nothing to compute.
	Ingresses []*networkingv1.Ingress
	// Findings are about the set. Fields are those of the GameServerSet.
	Findings []finding.Finding
	// Template is what the parameters say.
	Template Template

	refusal  *finding.Finding // why no server at all gets its Ingress, if so
	problems map[int][]*problem
}

// Expand computes the Ingresses of a set from its spec, as OpenKruiseGame and Kruise would, and says everything that
// they or the API server would refuse. The cost is bounded for any set.
func Expand(set *GameServerSet) Expansion {
	e := Inspect(set)
	if !e.Template.makes {
		return e
	}
	for _, id := range e.IDs[:min(len(e.IDs), e.Template.fit())] {
		e.Ingresses = append(e.Ingresses, e.Template.Ingress(set.Namespace, set.Name, id))
	}
	return e
}

// Inspect is Expand without the Ingresses, at a fraction of its cost.
func Inspect(set *GameServerSet) Expansion {
	e := Expansion{Ingresses: []*networkingv1.Ingress{}}
	var found findings
	replicas := int32(0)
	if set.Spec.Replicas == nil {
		found.error(finding.SetInvalid, "spec.replicas", "is missing; the API server refuses the GameServerSet")
	} else {
		replicas = *set.Spec.Replicas
	}
	ids, aboutIDs := IDs(replicas, set.Spec.ReserveGameServerIDs)
	template, aboutNetwork := ParseNetwork(set.Spec.Network)
	found.addAll(aboutIDs)
	found.addAll(aboutNetwork)
	found.name(set.Name, template.makes)
	e.IDs, e.Template = ids, template
	e.refusal = firstError(found.list())

	if template.makes {
		e.judge(&found)
		if n := template.fit(); n < len(ids) {
			found.warn(finding.TooManyIDs, confField, "the Ingresses of all %d servers are too large to look at; only the first %d are", len(ids), n)
		}
	}
	e.Findings = found.list()
	return e
}

func firstError(list []finding.Finding) *finding.Finding {
	for _, f := range list {
		if f.Severity == finding.Error {
			return &f
		}
	}
	return nil
}

func (e *Expansion) judge(found *findings) {
	e.problems = map[int][]*problem{}
	for _, p := range e.Template.judge(e.IDs) {
		found.add(p.ofSet(len(e.IDs)))
		for _, id := range p.ids {
			if len(e.problems[id]) < maxServerFindings {
				e.problems[id] = append(e.problems[id], p)
			}
		}
	}
}

// maxServerFindings bounds what is said about one server.
const maxServerFindings = 10

// Server is what is to be said about one server's Ingress: what the API server refuses in it, and if the whole set is
// refused, that it is.
func (e *Expansion) Server(id int) []finding.Finding {
	out := []finding.Finding{}
	for _, p := range e.problems[id] {
		out = append(out, p.ofServer(id))
	}
	if e.refusal != nil {
		out = append(out, finding.Finding{Code: e.refusal.Code, Severity: finding.Error, Message: "the GameServerSet is refused: " + e.refusal.Field + ": " + e.refusal.Message})
	}
	return out
}

// fit is how many Ingresses maxExpansion has room for.
func (t Template) fit() int { return max(1, maxExpansion/t.weight()) }

// weight is roughly the memory that one Ingress takes: what is the same for all servers is shared, apart from the
// containers that hold it.
func (t Template) weight() int {
	n := 1 << 10
	add := func(v value) {
		if v.hasID {
			n += len(v.before) + len(v.after)
		}
	}
	add(t.host)
	for _, v := range t.paths {
		n += 256
		add(v)
	}
	n += 64 * len(t.annotations)
	if t.tlsHosts != nil {
		n += 16 * len(t.tlsHosts.is)
	}
	return min(n, math.MaxInt32)
}
