package policy

import (
	"maps"
	"slices"
	"strconv"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// Request is everything a decision rests on, as values.
type Request struct {
	Ingress *networkingv1.Ingress
	// Old is the stored object on UPDATE, nil on CREATE.
	Old *networkingv1.Ingress
	// Class is the effective class of Ingress: Classes.Of.
	Class Class
	// NamespaceLabels are those of the Ingress's namespace.
	NamespaceLabels map[string]string
	// SetLabels are those of the GameServerSet; nil where the set is not known (yet): set selectors do not match then.
	SetLabels map[string]string
}

// Verdict is the answer in one word.
type Verdict string

// The verdicts.
const (
	Allowed     Verdict = "Allowed"
	Denied      Verdict = "Denied"
	Quarantined Verdict = "Quarantined"
	Ungoverned  Verdict = "Ungoverned" // no Ingress of a game server
)

// maxAnnotationBytes is what Kubernetes allows for all annotations of an object, keys and values together
// (apimachinery pkg/api/validation/objectmeta.go TotalAnnotationSizeLimitB). Past it the API server would refuse the
// Ingress, and that would be our doing.
const maxAnnotationBytes = 256 << 10

// Decision is the answer for one Ingress.
type Decision struct {
	Verdict Verdict
	// Server is the game server the Ingress belongs to; zero where Ungoverned.
	Server gameserver.Identity
	// Annotations are those of the resulting Ingress, the record included; never nil.
	Annotations map[string]string
	// Removed holds the author's keys that were taken away, with their values.
	Removed map[string]string
	// Provenance says for each injected key where it came from. The author's keys have none.
	Provenance map[string]Source
	Findings   []finding.Finding
	// Warnings are for the admission response: what policies in mode Warn would do. At most 120 characters each.
	Warnings []string
	// Changed tells whether Annotations differ from those of the Ingress.
	Changed bool
}

// Decide says which annotations an Ingress shall carry. It has an answer for any object and changes nothing it is given.
func (s *Set) Decide(r Request) Decision {
	server, isGame := gameserver.Identify(r.Ingress)
	if !isGame {
		return untouched(r.Ingress, Ungoverned)
	}
	standing, state := readRecord(r.Ingress.Annotations)
	if state == recordNewer {
		d := untouched(r.Ingress, Allowed)
		d.Server = server
		d.Findings = []finding.Finding{recordFinding(finding.RecordNewer, finding.Info, "was written by a newer Gatehouse; this one leaves the Ingress as it is")}
		return d
	}
	var matched []int
	if r.Class.Managed {
		matched = s.match(&r, server)
	}
	dialect := gateway.For(r.Class.Gateway)
	vars := gateway.Vars{Namespace: server.Namespace, Set: server.Set, ID: server.ID}
	author := standing.author(r.Ingress.Annotations)
	enforced := newResolution(dialect, vars, author, s.contributions(&r, matched, enforcing))

	d := s.conclude(&r, enforced)
	d.Server = server
	if state == recordUnreadable {
		d.Findings = append(d.Findings, recordFinding(finding.RecordUnreadable, finding.Warning, "cannot be read; everything on the Ingress counts as its author's"))
	}
	if slices.ContainsFunc(matched, func(i int) bool { return s.policies[i].mode == v1alpha1.ModeWarn }) {
		wanted := newResolution(dialect, vars, author, s.contributions(&r, matched, enforcingOrWarning))
		d.Warnings = differences(enforced, wanted)
	}
	finding.Sort(d.Findings)
	return d
}

func enforcing(m v1alpha1.Mode) bool          { return m == v1alpha1.ModeEnforce }
func enforcingOrWarning(m v1alpha1.Mode) bool { return m != v1alpha1.ModeAudit }

// contributions are the voices of the matching policies, by precedence. On UPDATE a frozen policy speaks with what the
// stored object's record says it had set, whether it still matches or not. The record of the new object does not count
// here: its author could write into it what a policy never said.
func (s *Set) contributions(r *Request, matched []int, speaking func(v1alpha1.Mode) bool) []contribution {
	recorded := map[int]map[string]entry{}
	if r.Old != nil && r.Class.Managed {
		old, _ := readRecord(r.Old.Annotations)
		for k, e := range old.Keys {
			if i, ok := s.byPolicy[e.Policy]; ok && s.policies[i].frozen {
				if recorded[i] == nil {
					recorded[i] = map[string]entry{}
				}
				recorded[i][k] = e
			}
		}
	}
	indexes := slices.Clone(matched)
	for i := range recorded {
		if !slices.Contains(matched, i) {
			indexes = append(indexes, i)
		}
	}
	slices.Sort(indexes)
	out := make([]contribution, 0, len(indexes))
	for _, i := range indexes {
		p := s.policies[i]
		switch {
		case recorded[i] != nil:
			out = append(out, contribution{policy: p, recorded: recorded[i]})
		case p.frozen && r.Old != nil, !speaking(p.mode):
		default:
			out = append(out, contribution{policy: p})
		}
	}
	return out
}

// conclude turns a resolution into the decision, with the record.
func (s *Set) conclude(r *Request, res *resolution) Decision {
	d := Decision{
		Verdict: Allowed, Annotations: res.result, Findings: res.findings,
		Removed: map[string]string{}, Provenance: map[string]Source{},
	}
	for k, e := range res.keys {
		if e.Value != nil {
			d.Provenance[k] = Source{e.Policy, e.Layer}
		} else {
			d.Removed[k] = *e.Was
		}
	}
	if len(res.keys) > 0 {
		text, err := record{Keys: res.keys}.encode()
		if err == nil {
			d.Annotations[AppliedAnnotation] = text
		}
		if n := size(d.Annotations); err != nil || n > maxAnnotationBytes {
			return tooLarge(r.Ingress, res, n)
		}
	}
	d.Changed = !maps.Equal(d.Annotations, r.Ingress.Annotations)
	return d
}

// tooLarge leaves the Ingress as its author wrote it: injecting would make the API server refuse a live game's Ingress.
func tooLarge(ing *networkingv1.Ingress, res *resolution, n int) Decision {
	d := untouched(ing, Allowed)
	d.Annotations = maps.Clone(res.author)
	d.Changed = !maps.Equal(d.Annotations, ing.Annotations)
	d.Findings = append(res.findings, finding.Finding{
		Code: finding.AnnotationsTooLarge, Severity: finding.Warning, Field: "metadata.annotations",
		Message: "would hold " + strconv.Itoa(n) + " bytes with the record, Kubernetes allows " + strconv.Itoa(maxAnnotationBytes) +
			"; nothing is injected; shorten the annotations of the game or of the policies",
	})
	return d
}

func untouched(ing *networkingv1.Ingress, v Verdict) Decision {
	d := Decision{Verdict: v, Annotations: map[string]string{}, Removed: map[string]string{}, Provenance: map[string]Source{}}
	maps.Copy(d.Annotations, ing.Annotations)
	return d
}

func size(annotations map[string]string) int {
	n := 0
	for k, v := range annotations {
		n += len(k) + len(v)
	}
	return n
}

func recordFinding(code finding.Code, severity finding.Severity, what string) finding.Finding {
	return finding.Finding{Code: code, Severity: severity, Field: "metadata.annotations[" + AppliedAnnotation + "]", Message: what}
}
