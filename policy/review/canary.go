package review

import (
	"fmt"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// canaryOf is the server on which one of this set stands as a canary, by what the policies make of its Ingress.
func (v *review) canaryOf(id int) (host.Party, bool) {
	if !v.Policies.HasCanaries() {
		return host.Party{}, false
	}
	return roleOf(v.Policies, v.request(id))
}

// roleOf is the primary of the server that a request is about.
func roleOf(policies *policy.Set, request policy.Request) (host.Party, bool) {
	injected := *request.Ingress
	injected.Annotations = policies.Decide(request).Annotations
	request.Ingress = &injected
	p := policies.Party(request)
	return p.Primary(), p.CanaryOf != ""
}

// standsAsCanary tells whether a deed is that of the server whose canary the party is.
func (v *review) standsAsCanary(party host.Party, claim *v1alpha1.HostClaim) bool {
	primary, ok := v.canaryOf(party.ID)
	if !ok {
		return false
	}
	party.CanaryOf = primary.Set
	return host.Fits(&claim.Spec, party)
}

// canary tells whether one of two servers that are to have one host is the canary of the other.
func (v *review) canary(id int, other host.Party, name string) bool {
	if other.Namespace != v.Set.Namespace || !v.Policies.HasCanaries() {
		return false
	}
	if primary, ok := v.canaryOf(id); ok && primary.Set == other.Set && (primary.ID == other.ID || other.SharedHost == name) {
		return true
	}
	i := slices.IndexFunc(v.Others, func(o policy.KnownSet) bool { return o.Namespace == other.Namespace && o.Name == other.Set })
	if i < 0 {
		return false
	}
	o := &v.Others[i]
	ing := o.Template.Ingress(o.Namespace, o.Name, other.ID)
	primary, ok := roleOf(v.Policies, policy.Request{
		Ingress: ing, Class: v.Classes.Of(ing), NamespaceLabels: v.NamespaceLabels, SetLabels: labels(o.Labels), Template: &o.Template, SetIDs: o.IDs,
	})
	return ok && primary.Set == v.Set.Name && (primary.ID == id || !v.template.HasOwnHosts())
}

// primary warns where a policy makes the servers canaries of ones that do not have their hosts: the gateway drops a canary
// without a primary and says nothing. Which of the two is applied first is free.
func (v *review) primary() {
	groups, of := grouped{}, ""
	for _, id := range v.ids[:min(len(v.ids), maxCanaries)] {
		primary, ok := v.canaryOf(id)
		if !ok {
			if !v.Policies.HasCanaries() {
				return
			}
			continue
		}
		name := host.Normalize(v.template.Host(id))
		if !v.serves(primary, name) {
			of = primary.Set
			groups.add(conflict{kind: forbidden}, id, host.Deed{Host: name})
		}
	}
	for _, c := range groups.list {
		v.say(finding.Finding{
			Code: finding.CanaryWithoutPrimary, Severity: finding.Warning, Field: v.template.HostField(),
			Message: fmt.Sprintf("not served: %s, canaries of GameServerSet %s, which lacks %s",
				gameserver.DescribeIDs(c.ids), of, policy.QuoteHost(c.deed.Host)),
		}, false)
	}
}

// maxCanaries bounds for how many servers the policies are asked whether they are canaries, which is a decision each.
const maxCanaries = 100

// serves tells whether a server has a host, or is to have it.
func (v *review) serves(p host.Party, name string) bool {
	for i := range v.Others {
		o := &v.Others[i]
		if o.Namespace != p.Namespace || o.Name != p.Set || !o.Template.Makes() {
			continue
		}
		if _, projected := slices.BinarySearch(o.IDs, p.ID); projected && host.Normalize(o.Template.Host(p.ID)) == name {
			return true
		}
	}
	if v.Claims == nil {
		return false
	}
	claim := v.Claims.Get(host.Deed{Gateway: v.class.Key(), Host: name}.ClaimName())
	return claim != nil && host.Fits(&claim.Spec, p)
}
