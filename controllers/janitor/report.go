package janitor

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

func (p *pass) warn(claim *v1alpha1.HostClaim, reason, format string, args ...any) {
	p.say(claim, nil, corev1.EventTypeWarning, reason, format, args...)
}

func (p *pass) note(claim *v1alpha1.HostClaim, reason, format string, args ...any) {
	p.say(claim, nil, corev1.EventTypeNormal, reason, format, args...)
}

// say tells something about a claim. Where it may be said of several objects at a time they have to be given: events that
// differ in their words alone are counted as one.
func (p *pass) say(claim *v1alpha1.HostClaim, related runtime.Object, kind, reason, format string, args ...any) {
	p.events.Eventf(referTo(claim), related, kind, reason, action, format, args...)
	p.log.Info("tended a claim", "claim", claim.Name, "reason", reason, "type", kind)
}

func referTo(claim *v1alpha1.HostClaim) *corev1.ObjectReference {
	return &corev1.ObjectReference{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: "HostClaim", Name: claim.Name, UID: claim.UID, ResourceVersion: claim.ResourceVersion,
	}
}

// action is what events say that we were doing.
const action = "TendHostClaim"

// maxReports bounds how many duplicates are told of in one pass: where thousands stand on one host, the others come in the
// next ones. Each is two events that the API server has to store.
const maxReports = 10

// report tells, once for each, of Ingresses that stand on a host that somebody else holds and uses. They are from before
// the installation or came in while nobody answered; the gateway serves the older one where their paths are the same.
func (p *pass) report(claims []*v1alpha1.HostClaim) {
	told, duplicates, left := map[string]bool{}, 0, maxReports
	for _, claim := range claims {
		if !p.world.names(claim) && !p.world.keeps(claim, claim.Spec.Holder, p.memories[claim.Name].holder, p.now) {
			continue // it is about to be handed on
		}
		for _, s := range p.world.stands[deedOf(claim)] {
			if p.covers(claim, s) {
				continue
			}
			key := string(claim.UID) + "/" + string(s.UID)
			duplicates++
			if !p.reported[key] && left == 0 {
				continue
			}
			told[key] = true
			if !p.reported[key] {
				left--
				p.duplicate(claim, s)
			}
		}
	}
	p.reported = told
	p.metrics.duplicates.Set(float64(duplicates))
}

// covers tells whether an Ingress may stand on the host of a claim: the deed covers it, or both are of web namespaces.
func (p *pass) covers(claim *v1alpha1.HostClaim, s ledger.Standing) bool {
	return host.Fits(&claim.Spec, s.Party) ||
		!s.Party.IsServer() && claim.Spec.Sharing == v1alpha1.SharingNamespace && claim.Spec.Guest == nil && !p.terms.ExclusiveWeb
}

func (p *pass) duplicate(claim *v1alpha1.HostClaim, s ledger.Standing) {
	ingress := &corev1.ObjectReference{
		APIVersion: networkingv1.SchemeGroupVersion.String(), Kind: "Ingress", Namespace: s.Party.Namespace, Name: s.Name, UID: s.UID,
	}
	const text = "host %s is held by %s; the gateway serves the older Ingress where their paths are the same; choose another host [%s]"
	p.events.Eventf(ingress, referTo(claim), corev1.EventTypeWarning, "DuplicateHost", action, text,
		finding.Quote(claim.Spec.Host), host.Describe(claim.Spec.Holder), finding.HostTaken)
	p.say(claim, ingress, corev1.EventTypeWarning, "DuplicateHost", "Ingress %s/%s stands on the host too", s.Party.Namespace, s.Name)
}
