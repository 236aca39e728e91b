package lint

import (
	"cmp"
	"math"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
	"github.com/gatehouse-dev/gatehouse/policy/review"
)

// Run says what is wrong with everything in the input.
func Run(input manifest.Input, opts policy.Options) Report {
	r := &run{input: input, report: Report{Findings: []Finding{}}}
	classes := make([]networkingv1.IngressClass, 0, len(input.IngressClasses))
	for _, c := range input.IngressClasses {
		classes = append(classes, *c)
	}
	r.classes = policy.NewClasses(opts, classes)
	policies := r.policies()
	r.sets(policies)
	for _, ing := range input.Ingresses {
		r.ingress(ing)
	}
	r.report.sort()
	return r.report
}

// run is the state of one run.
type run struct {
	input   manifest.Input
	classes policy.Classes
	report  Report
}

// policies reports on the policies and returns those that are accepted.
func (r *run) policies() *policy.Set {
	var compiled []*policy.Compiled
	for _, p := range offline.Policies(r.input.Policies, r.classes.Gateways()) {
		if p.Compiled != nil {
			compiled = append(compiled, p.Compiled)
		}
		r.report.add(r.subject("GamePolicy", "", p.Name, p.Source), p.Findings...)
	}
	return policy.NewSet(compiled)
}

// sets reviews each set as if it were applied to a cluster that has the older ones.
func (r *run) sets(policies *policy.Set) {
	sets := slices.SortedStableFunc(slices.Values(r.input.GameServerSets), older)
	namespaces := offline.NamespacesOf(r.input.Namespaces)
	var others []review.Other
	for _, s := range sets {
		world := review.World{
			Policies: policies, Classes: r.classes, NamespaceLabels: namespaces.Labels(s.Namespace), Others: others, Now: time.Now(),
		}
		result := world.Review(review.Request{Set: s})
		about := r.subject("GameServerSet", s.Namespace, s.Name, s)
		r.report.add(about, slices.Concat(result.Refused, result.Standing, result.Warnings)...)
		e := gameserver.Inspect(s)
		others = append(others, review.Other{Namespace: s.Namespace, Name: s.Name, Labels: s.Labels, Template: e.Template, IDs: e.IDs})
	}
}

// older puts the set that exists longer first; one that does not exist yet is the youngest.
func older(a, b *gameserver.GameServerSet) int {
	age := func(s *gameserver.GameServerSet) int64 {
		if s.CreationTimestamp.IsZero() {
			return math.MaxInt64
		}
		return s.CreationTimestamp.Unix()
	}
	return cmp.Or(cmp.Compare(age(a), age(b)), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}

// ingress reports on the annotations of an Ingress that a known gateway serves.
func (r *run) ingress(ing *networkingv1.Ingress) {
	class := r.classes.Of(ing)
	if !class.Managed {
		return
	}
	about := r.subject("Ingress", ing.Namespace, ing.Name, ing)
	dialect := gateway.For(class.Gateway)
	for _, h := range dialect.Harms(ing) {
		r.report.add(about, finding.Finding{Code: finding.GatewayHarmed, Severity: finding.Error, Field: h.Field, Message: h.Why})
	}
	for _, remark := range dialect.Lint(ing.Annotations) {
		r.report.add(about, finding.Finding{
			Code: remark.Code, Severity: finding.Warning, Field: "metadata.annotations[" + finding.NoPercent(remark.Key) + "]", Message: remark.Message,
		})
	}
}

// subject is an object of the input, with what the input knows it by.
func (r *run) subject(kind, namespace, name string, object any) subject {
	return subject{kind, namespace, name, func(field string) manifest.Source { return r.input.SourceOf(object, field) }}
}
