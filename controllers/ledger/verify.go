package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// judge is host.Judge with what the replica knows of the Ingresses that stand: a canary needs its primary, and a deed that
// nobody has seen in use needs that no older Ingress of somebody else stands on the host.
func (l *Ledger) judge(c *host.Case, deed host.Deed, claim *v1alpha1.HostClaim) host.Judgement {
	j := host.JudgeCase(claim, deed, c, l.terms, l.now())
	if j.Outcome == host.Refused {
		j.InFlight = j.InFlight && !l.holderStands(claim, deed)
		return j
	}
	if c.Party.CanaryOf != "" && !host.Owns(&claim.Spec, c.Party) && !l.primaryStands(c.Party, deed) {
		return host.Judgement{NoPrimary: true, Holder: host.Game(&claim.Spec)}
	}
	if j.Verify {
		if rival := l.rival(c, deed); rival != nil {
			return refusedFor(rival, deed)
		}
	}
	return j
}

// holderStands tells whether the holder's Ingress is stored: then its create is no longer on its way, whether or not the
// janitor has bound the claim yet.
func (l *Ledger) holderStands(claim *v1alpha1.HostClaim, deed host.Deed) bool {
	return slices.ContainsFunc(l.index.On(deed), func(s Standing) bool { return host.Owns(&claim.Spec, s.Party) })
}

// primaryStands tells whether the server that a canary belongs to has an Ingress on the host. Without one the gateway
// drops the canary without a word (Higress, ingressv1/controller.go ApplyCanaryIngress).
func (l *Ledger) primaryStands(canary host.Party, deed host.Deed) bool {
	primary := canary.Primary()
	return slices.ContainsFunc(l.index.On(deed), func(s Standing) bool {
		return s.Party.CanaryOf == "" && s.Party.Namespace == primary.Namespace && s.Party.Set == primary.Set && s.Party.ID == primary.ID
	})
}

// verify looks, once the claim is written, whether an older Ingress of somebody else stands on the host: one from before
// there were claims, or whose claim somebody deleted. If so the deed is that one's, and the case is refused. The claim that
// it returns is what the case has created.
func (l *Ledger) verify(ctx context.Context, c *host.Case, j host.Judgement, written *v1alpha1.HostClaim, created bool) (host.Judgement, *v1alpha1.HostClaim, error) {
	deed := host.DeedOf(&written.Spec)
	var mine *v1alpha1.HostClaim
	if created {
		mine = written
	}
	var rival *Standing
	if j.Verify {
		rival = l.rival(c, deed)
	}
	switch {
	case rival != nil && written.Status.Phase != v1alpha1.HostClaimBound:
		handed := written.DeepCopy()
		handed.Spec.Sharing, handed.Spec.Holder = rival.Party.Principal().Claimant(deed.Host)
		handed.Spec.Guest, handed.Spec.Shared = nil, false
		// If somebody of the same holder has written it meanwhile, that request finds the rival too.
		if err := l.store.Update(ctx, handed); err != nil && !Outrun(err) {
			return j, mine, fmt.Errorf("give HostClaim %s to the Ingress that stands on its host: %w", written.Name, err)
		}
		l.log.Info("gave a new claim to the Ingress that stands on the host already", "claim", written.Name,
			"namespace", rival.Party.Namespace, "name", rival.Name)
		return refusedFor(rival, deed), nil, nil
	case rival != nil: // a deed in use is the janitor's to put right
		return refusedFor(rival, deed), nil, nil
	}
	return j, mine, nil
}

// rival is the Ingress that stands on a host and must not share it with the case, if it is older than any Ingress of the
// party that does. The case's own Ingress, which an UPDATE makes another's, is none.
func (l *Ledger) rival(c *host.Case, deed host.Deed) *Standing {
	for _, s := range l.index.On(deed) {
		switch {
		case s.Party.Namespace == c.Party.Namespace && s.Name == c.Ingress:
		case host.Conflicts(c.Party, s.Party, deed.Host, l.terms):
			return &s
		case s.Party.Namespace == c.Party.Namespace && s.Party.CanaryOf == "" && !s.Party.Solver && s.Party.IsServer() == c.Party.IsServer():
			return nil // the party's own is older
		}
	}
	return nil
}

func refusedFor(rival *Standing, deed host.Deed) host.Judgement {
	_, holder := rival.Party.Principal().Claimant(deed.Host)
	return host.Judgement{Holder: holder}
}
