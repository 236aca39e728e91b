package janitor

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// pass is one look at everything.
type pass struct {
	*Janitor
	world *world
	now   time.Time
	reads liveReads
}

// tend is what is to be done about a claim, nil if nothing.
func (p *pass) tend(claim *v1alpha1.HostClaim) func(context.Context) error {
	if host.BoundElsewhere(claim) {
		return func(ctx context.Context) error { return p.heal(ctx, claim) }
	}
	if next := p.world.decide(claim, p.memories[claim.Name], p.now); next != keep {
		return func(ctx context.Context) error { return p.carryOut(ctx, claim) }
	}
	if guest := p.world.uninvited(claim); guest != nil {
		return func(ctx context.Context) error { return p.invite(ctx, claim, guest) }
	}
	if status := p.status(claim); status != nil {
		return func(ctx context.Context) error { return p.writeStatus(ctx, claim, *status) }
	}
	return nil
}

// carryOut takes a deed away, hands it on or narrows it, if what the API server has now says the same as what is in
// memory. The order is what makes it safe: nobody has written the claim for host.Quiet when everything is read, and the
// write fails if anybody does after it was read.
func (p *pass) carryOut(ctx context.Context, seen *v1alpha1.HostClaim) error {
	claim, err := p.store.Get(ctx, seen.Name)
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return fmt.Errorf("read HostClaim %s: %w", seen.Name, err)
	case editionOf(claim) != editionOf(seen):
		return nil // somebody relies on it again
	}
	w, err := p.liveWorld(ctx, claim)
	if err != nil {
		return fmt.Errorf("HostClaim %s is not released: %w", claim.Name, err)
	}
	switch w.decide(claim, p.memories[claim.Name], p.now) {
	case keep:
		return nil
	case release:
		return p.release(ctx, claim)
	case handOn:
		heir := w.heir(claim)
		sharing, holder := heir.Party.Claimant(claim.Spec.Host)
		return p.transfer(ctx, claim, sharing, holder, "HandedOn", fmt.Sprintf("its holder no longer uses the host, and Ingress %s/%s stands on it", heir.Party.Namespace, heir.Name))
	case promote:
		guest := *claim.Spec.Guest
		return p.transfer(ctx, claim, sharingOf(guest), guest, "HandedOn", "the web Ingresses of the namespace no longer use the host, its guest does")
	case narrow:
		_, err := p.write(ctx, claim, func(spec *v1alpha1.HostClaimSpec) { spec.Guest, spec.Shared = nil, false })
		return err
	}
	return nil
}

// invite makes the game server that stands beside the web Ingresses of its namespace their guest.
func (p *pass) invite(ctx context.Context, seen *v1alpha1.HostClaim, beside *ledger.Standing) error {
	claim := seen.DeepCopy()
	_, guest := beside.Party.Claimant(claim.Spec.Host)
	written, err := p.write(ctx, claim, func(spec *v1alpha1.HostClaimSpec) { spec.Guest = &guest })
	if written {
		p.note(claim, "GuestAdopted", "%s, whose Ingress stood on the host beside the web Ingresses of its namespace", host.Describe(guest))
	}
	return err
}

func sharingOf(h v1alpha1.Holder) v1alpha1.Sharing {
	switch {
	case h.GameServerSet == "":
		return v1alpha1.SharingNamespace
	case h.ID == nil:
		return v1alpha1.SharingSet
	}
	return v1alpha1.SharingServer
}

func (p *pass) release(ctx context.Context, claim *v1alpha1.HostClaim) error {
	if err := p.store.Delete(ctx, claim); err != nil {
		return ignoreOutrun(err)
	}
	p.log.Info("released a host", "claim", claim.Name, "holder", host.Describe(claim.Spec.Holder))
	p.removed.add(claim, p.now)
	return nil
}

// transfer gives a deed to somebody else: first it is bound to nobody, so that whoever relies on it in between looks at
// what stands on the host, then it changes hands in one update.
func (p *pass) transfer(ctx context.Context, claim *v1alpha1.HostClaim, sharing v1alpha1.Sharing, to v1alpha1.Holder, reason, why string) error {
	from := claim.Spec.Holder
	if claim.Status.Ingress != nil || claim.Status.Phase == v1alpha1.HostClaimBound {
		claim.Status.Phase, claim.Status.Ingress = v1alpha1.HostClaimPending, nil
		if err := p.store.UpdateStatus(ctx, claim); err != nil {
			return ignoreOutrun(err)
		}
	}
	written, err := p.write(ctx, claim, func(spec *v1alpha1.HostClaimSpec) {
		spec.Sharing, spec.Holder, spec.Guest = sharing, host.NamedHolder(to), nil
		spec.Shared = p.world.foreignStands(claim)
	})
	if written {
		p.warn(claim, reason, "from %s to %s: %s", host.Describe(from), host.Describe(to), why)
	}
	return err
}

// write changes the spec of a claim as it was read, unless somebody has written it since. It counts as a renewal.
func (p *pass) write(ctx context.Context, claim *v1alpha1.HostClaim, change func(*v1alpha1.HostClaimSpec)) (written bool, err error) {
	change(&claim.Spec)
	claim.Spec.RenewedAt = host.Stamp(p.Janitor.now())
	err = p.store.Update(ctx, claim)
	return err == nil, ignoreOutrun(err)
}

// heal gives a claim that somebody edited back to the Ingress that it is bound to. Nobody was let in by the edit: a deed
// that is bound to another's Ingress is nobody's to rely on. Where that Ingress is gone the edit stands.
func (p *pass) heal(ctx context.Context, seen *v1alpha1.HostClaim) error {
	claim := seen.DeepCopy()
	bound := oldest(p.world.stands[deedOf(claim)], func(s ledger.Standing) bool { return s.UID == claim.Status.Ingress.UID })
	if bound == nil {
		claim.Status.Phase, claim.Status.Ingress = v1alpha1.HostClaimPending, nil
		return ignoreOutrun(p.store.UpdateStatus(ctx, claim))
	}
	sharing, holder := bound.Party.Claimant(claim.Spec.Host)
	return p.transfer(ctx, claim, sharing, holder, "Healed", fmt.Sprintf("the claim was edited by hand while Ingress %s/%s stands on the host", bound.Party.Namespace, bound.Name))
}

// status is what the claim's status should be, nil if it is that already.
func (p *pass) status(claim *v1alpha1.HostClaim) *v1alpha1.HostClaimStatus {
	next := *claim.Status.DeepCopy()
	owners := func(s ledger.Standing) bool {
		return host.Owns(&claim.Spec, s.Party) && s.Party.IsServer() == (claim.Spec.Holder.GameServerSet != "")
	}
	there := p.world.stands[deedOf(claim)]
	stillBound := func(s ledger.Standing) bool {
		return owners(s) && next.Ingress != nil && s.UID == next.Ingress.UID
	}
	if !slices.ContainsFunc(there, stillBound) || next.Phase != v1alpha1.HostClaimBound {
		if s := oldest(there, owners); s != nil {
			next.Phase = v1alpha1.HostClaimBound
			next.Ingress = &v1alpha1.IngressReference{Namespace: s.Party.Namespace, Name: s.Name, UID: s.UID}
		}
	}
	next.Waiters = p.world.waiters(claim)
	if sameStatus(&claim.Status, &next) {
		return nil
	}
	return &next
}

func (p *pass) writeStatus(ctx context.Context, seen *v1alpha1.HostClaim, status v1alpha1.HostClaimStatus) error {
	claim := seen.DeepCopy()
	claim.Status = status
	return ignoreOutrun(p.store.UpdateStatus(ctx, claim))
}

// ignoreOutrun: a claim that somebody has written since is judged anew in the next pass.
func ignoreOutrun(err error) error {
	if ledger.Outrun(err) {
		return nil
	}
	return err
}
