package lint

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
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

// sets says what their authors would be told at kubectl apply.
func (r *run) sets(policies *policy.Set) {
	for _, s := range offline.Review(r.input.GameServerSets, policies, r.classes, offline.NamespacesOf(r.input.Namespaces)) {
		about := r.subject("GameServerSet", s.Set.Namespace, s.Set.Name, s.Set)
		r.report.add(about, slices.Concat(s.Refused, s.Standing, s.Warnings)...)
	}
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
