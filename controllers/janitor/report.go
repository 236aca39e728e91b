package janitor

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

func (p *pass) warn(claim *v1alpha1.HostClaim, reason, format string, args ...any) {
	p.say(claim, corev1.EventTypeWarning, reason, format, args...)
}

func (p *pass) note(claim *v1alpha1.HostClaim, reason, format string, args ...any) {
	p.say(claim, corev1.EventTypeNormal, reason, format, args...)
}

func (p *pass) say(claim *v1alpha1.HostClaim, kind, reason, format string, args ...any) {
	regarding := &corev1.ObjectReference{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: "HostClaim", Name: claim.Name, UID: claim.UID, ResourceVersion: claim.ResourceVersion,
	}
	p.events.Eventf(regarding, nil, kind, reason, "TendHostClaim", format, args...)
	p.log.Info("tended a claim", "claim", claim.Name, "reason", reason, "type", kind)
}

// report tells, once for each, of Ingresses that stand on a host that somebody else holds and uses. They are from before
// the installation or came in while nobody answered; the gateway serves the older one where their paths are the same.
func (p *pass) report(claims []*v1alpha1.HostClaim) {
	now := map[string]bool{}
	for _, claim := range claims {
		if !p.world.names(claim) {
			continue // it is about to be handed on
		}
		for _, s := range p.world.stands[deedOf(claim)] {
			if p.covers(claim, s) {
				continue
			}
			key := string(claim.UID) + "/" + string(s.UID)
			now[key] = true
			if !p.reported[key] {
				p.duplicate(claim, s)
			}
		}
	}
	p.reported = now
	p.metrics.duplicates.Set(float64(len(now)))
}

// covers tells whether an Ingress may stand on the host of a claim: the deed covers it, or both are of web namespaces.
func (p *pass) covers(claim *v1alpha1.HostClaim, s ledger.Standing) bool {
	return host.Fits(&claim.Spec, s.Party) ||
		!s.Party.IsServer() && claim.Spec.Sharing == v1alpha1.SharingNamespace && claim.Spec.Guest == nil
}

func (p *pass) duplicate(claim *v1alpha1.HostClaim, s ledger.Standing) {
	regarding := &corev1.ObjectReference{
		APIVersion: networkingv1.SchemeGroupVersion.String(), Kind: "Ingress", Namespace: s.Party.Namespace, Name: s.Name, UID: s.UID,
	}
	const text = "host %s is held by %s; the gateway serves the older Ingress where their paths are the same; choose another host [%s]"
	p.events.Eventf(regarding, nil, corev1.EventTypeWarning, "DuplicateHost", "TendHostClaim", text,
		finding.Quote(claim.Spec.Host), host.Describe(claim.Spec.Holder), finding.HostTaken)
	p.warn(claim, "DuplicateHost", "Ingress %s/%s stands on the host too", s.Party.Namespace, s.Name)
}
