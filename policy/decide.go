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
	// NamespaceLabels are those of the Ingress's namespace; nil where it is not known: namespace selectors do not match then.
	NamespaceLabels map[string]string
	// SetLabels are those of the GameServerSet; nil where the set is not known (yet): set selectors do not match then.
	SetLabels map[string]string
	// Template is what the parameters of the GameServerSet say; nil where the set is not known (yet).
	Template *gameserver.Template
	// SetIDs are the ids that the set projects, ascending.
	SetIDs []int
	// Idle: it is known that nobody plays on the server, so that policies with rollout.servers Idle may change what it
	// carries. An admission does not know.
	Idle bool
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
	// Warnings are for the admission response: findings that the writer should see at once, and all of WouldDo. At most
	// 120 characters each.
	Warnings []string
	// WouldDo is what policies in mode Warn would do, a line each.
	WouldDo []string
	// Changed tells whether Annotations differ from those of the Ingress.
	Changed bool
}

// question is a request with what follows from it.
type question struct {
	*Request
	server  gameserver.Identity
	dialect gateway.Dialect
	vars    gateway.Vars
	// matched are the policies that select the Ingress, by precedence.
	matched []int
	// author is what the annotations would be without us.
	author map[string]string
}

// Decide says which annotations an Ingress shall carry. It has an answer for any object and changes nothing it is given.
func (s *Set) Decide(r Request) Decision {
	server, isGame := gameserver.Identify(r.Ingress)
	if !isGame {
		return untouched(r.Ingress)
	}
	if r.Class.Managed && r.Class.Gateway == "" {
		return gatewayUnknown(&r, server)
	}
	standing, state := readRecord(r.Ingress.Annotations)
	if state == recordNone || state == recordUnreadable {
		if old, same := storedRecord(&r, server); same && old.stands(r.Ingress.Annotations) {
			standing, state = old, recordRead // somebody took away or spoilt the record alone
		}
	}
	q := &question{
		Request: &r, server: server, dialect: gateway.For(r.Class.Gateway),
		vars:   gateway.Vars{Namespace: server.Namespace, Set: server.Set, ID: server.ID},
		author: standing.author(r.Ingress.Annotations),
	}
	if r.Class.Managed {
		q.matched = s.match(&r, server)
	}
	var d Decision
	switch state {
	case recordNewer:
		d = s.underNewerRecord(q)
	case recordUnreadable:
		d = s.decide(q)
		d.tell(finding.RecordUnreadable, "metadata.annotations["+AppliedAnnotation+"]", "cannot be read; all annotations count as the author's")
	case recordNone, recordRead:
		d = s.decide(q)
	}
	d.Server = server
	finding.Sort(d.Findings)
	return d
}

// gatewayUnknown leaves the Ingress as it is. The gateway goes on serving the class after its IngressClass object is gone, so
// what was injected must stay until it is known that another gateway reads it.
func gatewayUnknown(r *Request, server gameserver.Identity) Decision {
	d := untouched(r.Ingress)
	d.Verdict, d.Server = Allowed, server
	d.tell(finding.GatewayUnsupported, "spec.ingressClassName", "nothing says which gateway serves class "+finding.Quote(r.Class.Name)+"; left as it is")
	return d
}

func (s *Set) decide(q *question) Decision {
	enforced := newResolution(q, everyLayer, s.contributions(q, enforcing))
	d, size := conclude(q, enforced)
	if size > maxAnnotationBytes {
		return s.tooLarge(q, size)
	}
	if slices.ContainsFunc(q.matched, func(i int) bool { return s.policies[i].mode == v1alpha1.ModeWarn }) {
		d.WouldDo = differences(enforced, newResolution(q, everyLayer, s.contributions(q, enforcingOrWarning)))
		d.Warnings = append(d.Warnings, d.WouldDo...)
	}
	return d
}

// underNewerRecord leaves the record and everything that only a reader of it can judge to the newer Gatehouse that wrote
// it. Overrides hold all the same: who writes such a record by hand must not get rid of them.
func (s *Set) underNewerRecord(q *question) Decision {
	record := q.Ingress.Annotations[AppliedAnnotation]
	d, _ := conclude(q, newResolution(q, overridesOnly, s.contributions(q, enforcing)))
	d.Annotations[AppliedAnnotation] = record
	d.Changed = !maps.Equal(d.Annotations, q.Ingress.Annotations)
	d.tell(finding.RecordNewer, "metadata.annotations["+AppliedAnnotation+"]", "is of a newer Gatehouse; this one only sees to the overrides")
	return d
}

// tooLarge leaves out the defaults. Overrides stay in: an author who fills the object must not get rid of them. If even
// they do not fit, the API server says so.
func (s *Set) tooLarge(q *question, size int) Decision {
	d, _ := conclude(q, newResolution(q, overridesOnly, s.contributions(q, enforcing)))
	d.tell(finding.AnnotationsTooLarge, "metadata.annotations", strconv.Itoa(size)+" of "+strconv.Itoa(maxAnnotationBytes)+
		" bytes; only overrides are injected; shorten them")
	return d
}

// tell adds a finding that the person who writes the Ingress should see at once.
func (d *Decision) tell(code finding.Code, field, message string) {
	f := finding.Finding{Code: code, Severity: finding.Warning, Field: field, Message: message}
	d.Findings = append(d.Findings, f)
	d.Warnings = append(d.Warnings, Warning(f))
}

// conclude turns a resolution into the decision, with the record, and returns the size of all annotations in bytes.
func conclude(q *question, res *resolution) (Decision, int) {
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
		d.Annotations[AppliedAnnotation] = record{Keys: res.keys}.encode()
	}
	d.Changed = !maps.Equal(d.Annotations, q.Ingress.Annotations)
	return d, size(d.Annotations)
}

func untouched(ing *networkingv1.Ingress) Decision {
	d := Decision{Verdict: Ungoverned, Annotations: map[string]string{}, Removed: map[string]string{}, Provenance: map[string]Source{}}
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
