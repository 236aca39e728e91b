package preview

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

// maxIngresses bounds the whole report; a set is bounded by gameserver.MaxIDs.
const maxIngresses = 100_000

// Run decides about everything in the input.
func Run(input manifest.Input, opts policy.Options) Report {
	classes := policy.NewClasses(opts, values(input.IngressClasses))
	reports, compiled, canaryOf := policies(input.Policies, classes.Gateways())
	r := &run{
		engine: policy.NewSet(compiled), classes: classes, canaryOf: canaryOf,
		namespaces: offline.NamespacesOf(input.Namespaces), sets: map[name]*set{}, left: maxIngresses,
	}
	r.expand(input.GameServerSets, r.given(input.Ingresses))
	r.repeatedHosts()
	r.takenHosts()
	r.review(input.GameServerSets)
	return Report{Policies: reports, GameServerSets: r.setReports(), Ingresses: r.ingressReports()}
}

// run is the state of one preview.
type run struct {
	engine     *policy.Set
	classes    policy.Classes
	canaryOf   map[string]string
	namespaces offline.Namespaces
	sets       map[name]*set
	ingresses  []*ingress
	left       int // how many more Ingresses may be reported
}

// name is of a namespaced object.
type name struct{ namespace, name string }

func (n name) String() string { return n.namespace + "/" + n.name }

func (n name) compare(o name) int {
	return cmp.Or(cmp.Compare(n.namespace, o.namespace), cmp.Compare(n.name, o.name))
}

// set is a GameServerSet, or what is known of one of which only Ingresses are given.
type set struct {
	name
	given    *gameserver.GameServerSet // nil: only its Ingresses are
	created  time.Time                 // zero: not yet
	ids      []int
	template gameserver.Template
	findings []finding.Finding
}

// ingress is one Ingress and what was decided about it.
type ingress struct {
	object   *networkingv1.Ingress
	class    policy.Class
	decision policy.Decision
	set      *set // nil where it is no game server's
	findings []finding.Finding
}

func (i *ingress) error(code finding.Code, field, format string, args ...any) {
	i.findings = append(i.findings, finding.Finding{Code: code, Severity: finding.Error, Field: field, Message: fmt.Sprintf(format, args...)})
}

// given takes up the Ingresses of the input. One that stands for a game server takes the place of what its set's
// template would make: it may carry what somebody wrote on it since.
func (r *run) given(list []*networkingv1.Ingress) map[gameserver.Identity]bool {
	standing := map[gameserver.Identity]bool{}
	for _, ing := range list {
		if server, ok := gameserver.Identify(ing); ok {
			server.Fixed = false // the same server, whoever owns its Ingress
			standing[server] = true
		}
		r.ingresses = append(r.ingresses, &ingress{object: ing})
	}
	return standing
}

// expand takes up the sets with their Ingresses, and decides about all.
func (r *run) expand(sets []*gameserver.GameServerSet, standing map[gameserver.Identity]bool) {
	slices.SortFunc(sets, func(a, b *gameserver.GameServerSet) int { return nameOf(a).compare(nameOf(b)) })
	for _, s := range sets {
		r.sets[nameOf(s)] = &set{name: nameOf(s), given: s, created: s.CreationTimestamp.Time}
	}
	for _, i := range r.ingresses {
		r.decide(i)
	}
	for _, s := range sets {
		of := r.sets[nameOf(s)]
		e := gameserver.Expand(s)
		of.ids, of.template, of.findings = e.IDs, e.Template, e.Findings
		if n := len(e.Ingresses); n > r.left {
			e.Ingresses = e.Ingresses[:r.left]
			of.findings = append(of.findings, finding.Finding{
				Code: finding.TooManyIDs, Severity: finding.Warning, Field: "spec.replicas",
				Message: fmt.Sprintf("the input has more than %d Ingresses; %d of the %d of this set are looked at", maxIngresses, r.left, n),
			})
		}
		r.left -= len(e.Ingresses)
		for at, object := range e.Ingresses {
			id := e.IDs[at]
			if standing[gameserver.Identity{Namespace: s.Namespace, Set: s.Name, ID: id}] {
				continue
			}
			i := &ingress{object: object, findings: e.Server(id)}
			r.decide(i)
			r.ingresses = append(r.ingresses, i)
		}
	}
}

// review adds what the author of a set would be told at kubectl apply and has not been said of it: hosts and parameters
// are judged here with the Ingresses of the input, which may be those of sets that are not.
func (r *run) review(sets []*gameserver.GameServerSet) {
	said := map[*set]map[finding.Code]bool{}
	for _, s := range r.sets {
		said[s] = codes(s.findings)
	}
	for _, i := range r.ingresses {
		if i.set != nil {
			maps.Copy(said[i.set], codes(i.findings))
		}
	}
	for _, reviewed := range offline.Review(sets, r.engine, r.classes, r.namespaces) {
		of := r.sets[nameOf(reviewed.Set)]
		for _, f := range slices.Concat(reviewed.Refused, reviewed.Warnings) {
			// An Error of its Ingresses alone would leave the set Allowed.
			if !said[of][f.Code] || f.Severity == finding.Error && !codes(of.findings)[f.Code] {
				of.findings = append(of.findings, f)
			}
		}
	}
}

func codes(list []finding.Finding) map[finding.Code]bool {
	out := map[finding.Code]bool{}
	for _, f := range list {
		out[f.Code] = true
	}
	return out
}

func nameOf(s *gameserver.GameServerSet) name { return name{s.Namespace, s.Name} }

// decide asks the engine. An Ingress that exists is written again, any other is created.
func (r *run) decide(i *ingress) {
	i.class = r.classes.Of(i.object)
	request := policy.Request{Ingress: i.object, Class: i.class, NamespaceLabels: r.namespaces.Labels(i.object.Namespace)}
	if i.object.UID != "" {
		request.Old = i.object
	}
	if server, ok := gameserver.Identify(i.object); ok {
		i.set = r.setOf(name{server.Namespace, server.Set}, i.object)
		if s := i.set.given; s != nil {
			request.SetLabels = s.Labels
			if request.SetLabels == nil {
				request.SetLabels = map[string]string{} // known to have none
			}
		}
	}
	i.decision = r.engine.Decide(request)
	for _, f := range r.engine.HostRules(request).Check(i.decision.Server.ID, i.object, host.Of(i.object)) {
		if f.Severity == finding.Error {
			i.findings = append(i.findings, f)
		}
	}
	i.findings = append(i.findings, i.decision.Findings...)
	for _, w := range i.decision.WouldDo {
		i.findings = append(i.findings, finding.Finding{Code: finding.PolicyWarns, Severity: finding.Warning, Field: "metadata.annotations", Message: w})
	}
}

// setOf is the set of a game server, made up where only the Ingress is given: as old as its oldest Ingress.
func (r *run) setOf(n name, ing *networkingv1.Ingress) *set {
	s := r.sets[n]
	if s == nil {
		s = &set{name: n}
		r.sets[n] = s
	}
	if t := ing.CreationTimestamp.Time; s.given == nil && !t.IsZero() && (s.created.IsZero() || t.Before(s.created)) {
		s.created = t
	}
	return s
}

func values[T any](list []*T) []T {
	out := make([]T, 0, len(list))
	for _, p := range list {
		out = append(out, *p)
	}
	return out
}
