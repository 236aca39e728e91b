package inspect

import (
	"cmp"
	"maps"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// State is how an Ingress stands towards the policies.
type State string

// The states.
const (
	// UpToDate: it carries what is decided.
	UpToDate State = "UpToDate"
	// Pending: it is to be written.
	Pending State = "Pending"
	// Deferred: it carries what it is to carry now; a new one in its place would carry something else.
	Deferred State = "Deferred"
	// Quarantined: it waits for its host.
	Quarantined State = "Quarantined"
	// Missing: it does not exist.
	Missing State = "Missing"
	// Ungoverned: it is no game server's, or its class is not managed.
	Ungoverned State = "Ungoverned"
)

// Explanation is why an Ingress is as it is. No list in it is ever null, and all are sorted: programs read it.
type Explanation struct {
	Namespace     string `json:"namespace"`
	Name          string `json:"name"`
	GameServerSet string `json:"gameServerSet"`
	ID            *int   `json:"id"` // null where it is no game server's
	Class         string `json:"class"`
	Gateway       string `json:"gateway"`
	Managed       bool   `json:"managed"`
	// Policies select the Ingress, by precedence.
	Policies    []Governor        `json:"policies"`
	State       State             `json:"state"`
	Annotations []Annotation      `json:"annotations"`
	Hosts       []Host            `json:"hosts"`
	Findings    []finding.Finding `json:"findings"`

	request policy.Request
	// party is who asks for the hosts.
	party host.Party
}

// Governor is a policy that selects an Ingress.
type Governor struct {
	Name string        `json:"name"`
	Mode v1alpha1.Mode `json:"mode"`
}

// Annotation is one that a gateway may read.
type Annotation struct {
	policy.Explained
	// Carried is what the Ingress carries now; null where it does not have the annotation.
	Carried *string `json:"carried"`
	// CarriedFrom is the policy that set it; null where none did.
	CarriedFrom *policy.Source `json:"carriedFrom"`
	// Lag is why it carries something else than is decided; empty where it does not.
	Lag string `json:"lag"`
}

// Refused implements offline.Report.
func (e *Explanation) Refused() bool {
	return e.State == Pending || e.State == Quarantined || e.State == Missing || finding.HasError(e.Findings)
}

// explain says all of an Ingress but who holds its hosts.
func (w *world) explain(ing *networkingv1.Ingress) *Explanation {
	waiting, quarantined := policy.Unquarantine(ing)
	if !quarantined {
		waiting = ing
	}
	r := w.request(waiting) // one in quarantine is decided about as if it had its class already
	e := &Explanation{
		Namespace: ing.Namespace, Name: ing.Name, Class: r.Class.Name, Gateway: string(r.Class.Gateway), Managed: r.Class.Managed,
		Policies: []Governor{}, State: Ungoverned, Annotations: []Annotation{}, Hosts: []Host{}, Findings: []finding.Finding{}, request: r,
	}
	for _, c := range w.policies.Governing(r) {
		e.Policies = append(e.Policies, Governor{c.Name(), c.Mode()})
	}
	e.party = w.policies.Party(r)
	server, isGame := gameserver.Identify(ing)
	if !isGame {
		return e
	}
	e.GameServerSet, e.ID = server.Set, &server.ID
	following := w.policies.Follow(r)
	if e.Managed {
		e.State = standing(ing, quarantined, &following)
	}
	if e.State == Missing { // a canary will be one by what is injected
		e.party = w.policies.Party(carrying(r, following.Annotations))
	}
	e.Findings = append(e.Findings, following.Findings...)
	for _, f := range w.policies.HostRules(r).Check(server.ID, waiting, host.Of(waiting)) {
		if f.Severity == finding.Error {
			e.Findings = append(e.Findings, f)
		}
	}
	e.annotate(w, waiting, &following)
	return e
}

// carrying is the request about the Ingress with other annotations.
func carrying(r policy.Request, annotations map[string]string) policy.Request {
	ing := *r.Ingress
	ing.Annotations = annotations
	r.Ingress = &ing
	return r
}

func standing(ing *networkingv1.Ingress, quarantined bool, f *policy.Following) State {
	switch {
	case ing.ResourceVersion == "":
		return Missing
	case quarantined:
		return Quarantined
	case f.Changed:
		return Pending
	case len(f.Held) > 0:
		return Deferred
	}
	return UpToDate
}

// annotate says of each annotation what is decided and what stands. Also of those of which nobody has anything to say any
// more and that are still there.
func (e *Explanation) annotate(w *world, ing *networkingv1.Ingress, f *policy.Following) {
	told := map[string]bool{}
	for _, x := range w.policies.Explain(e.request) {
		told[x.Key] = true
		e.Annotations = append(e.Annotations, Annotation{Explained: x})
	}
	for _, key := range slices.Sorted(maps.Keys(ing.Annotations)) {
		if gateway.Touches(key) && !told[key] && e.Managed {
			e.Annotations = append(e.Annotations, Annotation{Explained: policy.Explained{
				Key: key, Source: policy.Source{Layer: policy.LayerAuthor}, Beaten: []policy.Candidate{}, Proposed: []policy.Candidate{},
			}})
		}
	}
	slices.SortFunc(e.Annotations, func(a, b Annotation) int { return cmp.Compare(a.Key, b.Key) })
	if e.State == Missing {
		return
	}
	recorded := policy.Recorded(ing.Annotations)
	for i := range e.Annotations {
		a := &e.Annotations[i]
		if value, there := ing.Annotations[a.Key]; there {
			a.Carried = &value
		}
		if by, ours := recorded[a.Key]; ours {
			a.CarriedFrom = &by
		}
		if !same(a.Carried, a.Value) {
			a.Lag = w.lag(a, f)
		}
	}
}

// lag is why an annotation is not what is decided.
func (w *world) lag(a *Annotation, f *policy.Following) string {
	next, there := f.Annotations[a.Key]
	if there != (a.Carried != nil) || there && next != *a.Carried {
		return "the rollout has not reached it yet"
	}
	if len(f.Held) == 0 {
		return "no policy changes it"
	}
	by := f.Held[0]
	if slices.Contains(f.Held, a.Source.Policy) {
		by = a.Source.Policy
	}
	return "GamePolicy " + by + " " + w.holds(by)
}

// holds says how a policy lets Ingresses be that exist.
func (w *world) holds(name string) string {
	if w.policies.WaitsForIdle(name) {
		return "waits until nobody plays on the server (rollout.servers Idle)"
	}
	return "leaves Ingresses that exist as they are (rollout.existing Never)"
}

func same(a, b *string) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }
