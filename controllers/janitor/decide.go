package janitor

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/controllers/ledger"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// memory is what the janitor has seen of a claim by its own clock. A new leader starts with none, and waits anew.
type memory struct {
	claim *v1alpha1.HostClaim
	// since is when this generation was first seen: every renewal makes a new one.
	since         time.Time
	holder, guest history
}

// history is what was last seen of a holder or a guest.
type history struct {
	// served is when an Ingress of it last stood on the host, alive when it last had a Pod; zero if never.
	served, alive time.Time
}

type edition struct {
	uid        types.UID
	generation int64
}

func editionOf(claim *v1alpha1.HostClaim) edition { return edition{claim.UID, claim.Generation} }

// see takes note of a claim and of who stands on its host.
func (m *memory) see(claim *v1alpha1.HostClaim, w *world, now time.Time) {
	first := m.claim == nil
	if first || editionOf(m.claim) != editionOf(claim) {
		m.since = now
	}
	m.claim = claim
	if first && host.Bound(claim) || w.holderStands(claim) {
		m.holder.served = now
	}
	if w.alive[serverOf(&claim.Spec.Holder)] {
		m.holder.alive = now
	}
	guest := claim.Spec.Guest
	if guest != nil && (first || w.guestStands(claim)) {
		m.guest.served = now
	}
	if guest != nil && w.alive[serverOf(guest)] {
		m.guest.alive = now
	}
}

// serverOf names the game server that a holder is; what no server has where it is a set or a namespace.
func serverOf(h *v1alpha1.Holder) serverName {
	if h.ID == nil {
		return serverName{}
	}
	return serverName{h.Namespace, h.GameServerSet, *h.ID}
}

func (w *world) holderStands(claim *v1alpha1.HostClaim) bool {
	return slices.ContainsFunc(w.stands[deedOf(claim)], func(s ledger.Standing) bool {
		return host.Owns(&claim.Spec, s.Party) && (!s.Party.IsServer() || claim.Spec.Sharing != v1alpha1.SharingNamespace)
	})
}

func (w *world) guestStands(claim *v1alpha1.HostClaim) bool {
	return slices.ContainsFunc(w.stands[deedOf(claim)], func(s ledger.Standing) bool {
		return s.Party.IsServer() && host.Fits(&claim.Spec, s.Party)
	})
}

func deedOf(claim *v1alpha1.HostClaim) host.Deed { return host.DeedOf(&claim.Spec) }

// step is what is to become of a deed.
type step int

const (
	keep step = iota
	// release deletes the claim: nobody names the host and nothing projects it.
	release
	// handOn makes the oldest other Ingress on the host the holder.
	handOn
	// promote makes the guest the holder: the web Ingresses of its namespace are gone.
	promote
	// narrow takes off a guest, or the mark that other namespaces share, whose Ingresses are gone.
	narrow
)

// decide says what is to become of a deed by what stands and is projected in w. What is taken away is taken only when
// nobody has written the deed for host.Quiet: by then every Ingress whose admission relied on it is stored, or never will be.
func (w *world) decide(claim *v1alpha1.HostClaim, m *memory, now time.Time) step {
	quiet := now.Sub(m.since) >= host.Quiet
	if !quiet {
		return keep
	}
	guest := claim.Spec.Guest != nil && (w.guestStands(claim) || w.keeps(claim, *claim.Spec.Guest, m.guest, now))
	switch {
	case claim.Spec.Sharing == v1alpha1.SharingNamespace && w.holderStands(claim):
		if claim.Spec.Guest != nil && !guest || claim.Spec.Shared && !w.foreignStands(claim) {
			return narrow
		}
		return keep
	case guest && !m.holder.served.IsZero() && now.Sub(m.holder.served) < host.LastServed:
		return keep // a front end that is installed anew: promoting its guest would lock it out
	case guest:
		return promote
	case w.names(claim) || claim.Spec.Sharing != v1alpha1.SharingNamespace && w.keeps(claim, claim.Spec.Holder, m.holder, now):
		return keep
	case w.heir(claim) != nil:
		return handOn
	}
	return release
}

// foreignStands tells whether web Ingresses of another namespace share the host of web Ingresses.
func (w *world) foreignStands(claim *v1alpha1.HostClaim) bool {
	return claim.Spec.Sharing == v1alpha1.SharingNamespace && slices.ContainsFunc(w.stands[deedOf(claim)], func(s ledger.Standing) bool {
		return !s.Party.IsServer() && s.Party.Namespace != claim.Spec.Holder.Namespace
	})
}

// names tells whether an Ingress that the deed covers stands on the host: of the holder, of its canary, or a solver's.
func (w *world) names(claim *v1alpha1.HostClaim) bool {
	return slices.ContainsFunc(w.stands[deedOf(claim)], func(s ledger.Standing) bool { return host.Fits(&claim.Spec, s.Party) })
}

// keeps tells whether a game server, or a set, is to have the host although no Ingress of it stands there now:
// OpenKruiseGame makes the Ingress of a Pod anew some ten seconds after the Pod. It is projected, or it has served the
// host a short time ago and is still there: a rollout that is held back at a partition brings Pods back with old parameters.
func (w *world) keeps(claim *v1alpha1.HostClaim, holder v1alpha1.Holder, past history, now time.Time) bool {
	deed := deedOf(claim)
	game := v1alpha1.HostClaimSpec{Host: deed.Host, Sharing: v1alpha1.SharingSet, Holder: holder}
	if slices.ContainsFunc(w.projects[deed], func(p host.Party) bool { return host.Owns(&game, p) }) {
		return true
	}
	recent := func(at time.Time) bool { return !at.IsZero() && now.Sub(at) < host.LastServed }
	set := setName{holder.Namespace, holder.GameServerSet}
	switch {
	case !recent(past.served):
		return false
	case holder.ID == nil:
		return w.sets[set]
	}
	// A set that was scaled down from the middle has ids that its spec does not project. While such a server has no Pod,
	// that the set lacks one is all there is to see of it.
	return w.servers[serverOf(&holder)] || w.short[set] && recent(past.alive)
}

// heir is the oldest Ingress on a host that the deed does not cover. A canary cannot be: without its primary the gateway
// serves nothing by it.
func (w *world) heir(claim *v1alpha1.HostClaim) *ledger.Standing {
	return oldest(w.stands[deedOf(claim)], func(s ledger.Standing) bool { return !host.Fits(&claim.Spec, s.Party) && s.Party.CanaryOf == "" })
}

// uninvited is the oldest Ingress that stands beside the web Ingresses of the holder without being covered, if it is that
// of a game server of the same namespace: admission would have let it in as the guest. It came before there were claims, or
// somebody edited the claim.
func (w *world) uninvited(claim *v1alpha1.HostClaim) *ledger.Standing {
	if claim.Spec.Sharing != v1alpha1.SharingNamespace || claim.Spec.Guest != nil || claim.Spec.Shared || !w.holderStands(claim) {
		return nil
	}
	if first := w.heir(claim); first != nil && first.Party.Namespace == claim.Spec.Holder.Namespace {
		return first
	}
	return nil
}

// oldest is the first that is wanted of Ingresses in order of age; nil if none is.
func oldest(list []ledger.Standing, wanted func(ledger.Standing) bool) *ledger.Standing {
	if i := slices.IndexFunc(list, wanted); i >= 0 {
		return &list[i]
	}
	return nil
}
