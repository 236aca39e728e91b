package host

import (
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// The times on which the guarantee rests. docs/host-ownership.md says what follows from what.
const (
	// RenewAfter is how long after its last renewal a deed may be relied on without writing it.
	RenewAfter = 25 * time.Second
	// MaxSkew is the greatest difference between the clocks of two replicas.
	MaxSkew = 5 * time.Second
	// WriteBound is how long after its admission the API server may still store an object: its own limit on a request.
	WriteBound = 34 * time.Second
	// Quiet is how long nobody must have written a deed before it may be released: RenewAfter, MaxSkew for each of two
	// clocks, WriteBound, and a margin for how late the janitor may hear of a write.
	Quiet = 90 * time.Second
	// InFlight is how long after its creation a deed that is not bound yet stands for a create that is on its way.
	InFlight = 3 * time.Second
	// LastServed is how long a deed stays with a server that no longer projects the host, while its set still has the id:
	// a partitioned rollout may bring the old host back.
	LastServed = 10 * time.Minute
)

// Terms are the settings of the installation that bear on hosts.
type Terms struct {
	// ExclusiveWeb: a host that a namespace's web Ingresses hold is refused to those of other namespaces.
	ExclusiveWeb bool
}

// Outcome is what a party has to do before it may rely on a deed.
type Outcome int

// The outcomes.
const (
	// Refused: somebody else holds the host.
	Refused Outcome = iota
	// Take: nobody holds it. Write Next as a new claim.
	Take
	// Rely: the deed is the party's, bound and fresh. Nothing has to be written.
	Rely
	// Renew: the deed covers the party. Write Next, which differs in its time, and where the party widens it from a
	// server to its set or joins it as the guest, in that.
	Renew
)

// Judgement says what a party may do with a deed.
type Judgement struct {
	Outcome Outcome
	// Next is what to write for Take and Renew, nil otherwise.
	Next *v1alpha1.HostClaimSpec
	// Verify: nobody has seen an Ingress of the holder on the host since the deed was written, so the party may rely on it
	// only if no older Ingress of somebody else stands there (from before there were claims, or after one was deleted).
	Verify bool
	// Shared: another namespace's web Ingresses hold the host. Worth a warning.
	Shared bool
	// Holder is who holds the host, for Refused and Shared.
	Holder v1alpha1.Holder
	// InFlight: Refused, but the holder's own create may be on its way and may yet fail. Worth another try.
	InFlight bool
	// NoPrimary: Refused because the party is a canary and its primary does not hold the host.
	NoPrimary bool
	// News: Refused by what this replica had not in memory yet. The mutator, which looks into memory alone, could not have
	// put the Ingress into quarantine.
	News bool
}

// Judge says what a party may do with a deed, given its claim as it stands, nil if there is none.
func Judge(claim *v1alpha1.HostClaim, deed Deed, p Party, terms Terms, now time.Time) Judgement {
	if claim == nil {
		if p.CanaryOf != "" {
			return Judgement{NoPrimary: true}
		}
		sharing, holder := p.Claimant(deed.Host)
		return Judgement{Outcome: Take, Verify: true, Next: &v1alpha1.HostClaimSpec{
			Class: deed.Gateway, Host: deed.Host, Sharing: sharing, Holder: holder, RenewedAt: Stamp(now),
		}}
	}
	next := claim.Spec.DeepCopy()
	next.RenewedAt = Stamp(now)
	j := Judgement{Outcome: Renew, Next: next, Verify: !Bound(claim)}
	switch {
	case Fits(&claim.Spec, p):
		if Bound(claim) && fresh(claim.Spec.RenewedAt.Time, now) {
			return Judgement{Outcome: Rely}
		}
	case widens(&claim.Spec, deed, p):
		next.Sharing, next.Holder = p.Claimant(deed.Host)
	case joins(&claim.Spec, p):
		_, guest := p.Claimant(deed.Host)
		next.Guest, j.Verify = &guest, true
	case sharesWeb(&claim.Spec, p, terms):
		// A game of the holder's namespace may stand there without being the guest: one from before there were claims.
		next.Shared, j.Shared, j.Holder, j.Verify = true, true, claim.Spec.Holder, true
		if claim.Spec.Shared && Bound(claim) && fresh(claim.Spec.RenewedAt.Time, now) {
			j.Outcome, j.Next = Rely, nil
		}
	default:
		return refuse(claim, p, now)
	}
	return j
}

func refuse(claim *v1alpha1.HostClaim, p Party, now time.Time) Judgement {
	j := Judgement{Holder: Game(&claim.Spec), NoPrimary: p.CanaryOf != "" && claim.Spec.Holder.Namespace == p.Namespace}
	// A claim from the future tells of a clock that cannot say for how long the create is on its way; a creation timestamp is
	// rounded down to seconds, so a little of it is none.
	age := now.Sub(claim.CreationTimestamp.Time)
	j.InFlight = claim.Status.Phase != v1alpha1.HostClaimBound && age < InFlight && age >= -time.Second
	return j
}

// Game is the game server or set that a deed is about: the guest where there is one, else the holder, which is a namespace
// where there is no game.
func Game(spec *v1alpha1.HostClaimSpec) v1alpha1.Holder {
	if spec.Guest != nil {
		return *spec.Guest
	}
	return spec.Holder
}

// Fits tells whether a deed covers the party as it stands: the server lies within the holder, or its primary does where
// it is a canary. Web Ingresses never fit a game server's deed, nor a game server that of a namespace unless it is the
// guest: two servers of one namespace would share the host.
func Fits(spec *v1alpha1.HostClaimSpec, p Party) bool {
	if p.Namespace != spec.Holder.Namespace {
		return false
	}
	if p.Solver {
		return true
	}
	game := spec.Holder
	if spec.Sharing == v1alpha1.SharingNamespace {
		if !p.IsServer() {
			return true
		}
		if spec.Guest == nil {
			return false
		}
		game = *spec.Guest
	}
	return p.IsServer() && (p.Within(game) || p.CanaryOf != "" && p.Primary().Within(game))
}

// Owns is Fits without canaries and solvers: the party is the holder or part of it, not somebody who is let in.
func Owns(spec *v1alpha1.HostClaimSpec, p Party) bool {
	p.CanaryOf, p.Solver = "", false
	return Fits(spec, p)
}

// Conflicts tells whether a party must not stand on a host while another does, whoever holds the deed: what the other
// would hold covers it neither as it is nor as a web Ingress that shares.
func Conflicts(p, other Party, host string, terms Terms) bool {
	if other.Namespace == p.Namespace && (other.Solver || p.IsServer() && !other.IsServer()) {
		return false // a solver is let in, and web Ingresses take a game of their namespace as their guest
	}
	if p.SharedHost == host && p.Namespace == other.Namespace && p.Set == other.Set {
		return false // a mate, whose own template may not be known here yet
	}
	other = other.Principal()
	sharing, holder := other.Claimant(host)
	spec := &v1alpha1.HostClaimSpec{Host: host, Sharing: sharing, Holder: holder}
	return !Fits(spec, p) && !sharesWeb(spec, p, terms)
}

// widens tells whether a server's deed, or its place as a guest, becomes that of its whole set. Nothing narrows one.
func widens(spec *v1alpha1.HostClaimSpec, deed Deed, p Party) bool {
	return spec.Sharing == v1alpha1.SharingServer && p.IsServer() && p.SharedHost == deed.Host &&
		p.Namespace == spec.Holder.Namespace && p.Set == spec.Holder.GameServerSet
}

// joins tells whether a game server becomes the guest of its namespace's web Ingresses. Not while those of another
// namespace were let in too: they may be on their way, and are not its own.
func joins(spec *v1alpha1.HostClaimSpec, p Party) bool {
	if spec.Sharing != v1alpha1.SharingNamespace || spec.Shared || !p.IsServer() || p.CanaryOf != "" || p.Namespace != spec.Holder.Namespace {
		return false
	}
	return spec.Guest == nil || p.SharedHost == spec.Host && p.Set == spec.Guest.GameServerSet
}

// sharesWeb tells whether web Ingresses of another namespace may stand on the host too.
func sharesWeb(spec *v1alpha1.HostClaimSpec, p Party, terms Terms) bool {
	return spec.Sharing == v1alpha1.SharingNamespace && spec.Guest == nil && !p.IsServer() && !terms.ExclusiveWeb
}

// Bound tells whether an Ingress of the holder was seen on the host. A claim that was edited by hand still names the
// Ingress of the holder before, and counts as not bound.
func Bound(claim *v1alpha1.HostClaim) bool {
	return claim.Status.Phase == v1alpha1.HostClaimBound && !BoundElsewhere(claim)
}

// BoundElsewhere tells whether the Ingress that a claim is bound to cannot be its holder's, because somebody edited the
// claim since.
func BoundElsewhere(claim *v1alpha1.HostClaim) bool {
	ing := claim.Status.Ingress
	if ing == nil {
		return false
	}
	if ing.Namespace != claim.Spec.Holder.Namespace {
		return true
	}
	if claim.Spec.Sharing == v1alpha1.SharingNamespace {
		return false
	}
	h := claim.Spec.Holder
	dash := strings.LastIndexByte(ing.Name, '-')
	return dash < 0 || ing.Name[:dash] != h.GameServerSet || h.ID != nil && ing.Name[dash+1:] != strconv.Itoa(*h.ID)
}

// Stamp is a moment as a claim holds it.
func Stamp(t time.Time) metav1.MicroTime {
	return metav1.NewMicroTime(t.UTC().Truncate(time.Microsecond))
}

// fresh tells whether a renewal is recent enough to rely on. One from the future comes from a clock that cannot be
// relied on.
func fresh(renewed, now time.Time) bool {
	age := now.Sub(renewed)
	return age < RenewAfter && age > -MaxSkew
}

// Case is what one Ingress asks for.
type Case struct {
	// Deeds are what is to be judged: on CREATE all of them, on UPDATE those that Compare says are added.
	Deeds []Deed
	// Party is who asks, by the Ingress of this name.
	Party Party
	// Ingress is its name within Party.Namespace.
	Ingress string
	// Former is the game server whose Ingress this UPDATE orphans, and Stood the hosts on which it stands. What it did there
	// it goes on doing: the garbage collector must be able to orphan it. Nil otherwise.
	Former *Party
	Stood  []string
}

// JudgeCase is Judge for one deed of a case.
func JudgeCase(claim *v1alpha1.HostClaim, deed Deed, c *Case, terms Terms, now time.Time) Judgement {
	j := Judge(claim, deed, c.Party, terms, now)
	if j.Outcome != Refused || c.Former == nil || !slices.Contains(c.Stood, deed.Host) {
		return j
	}
	if claim != nil && Owns(&claim.Spec, *c.Former) {
		return Judge(claim, deed, *c.Former, terms, now)
	}
	return Judgement{Outcome: Rely} // a canary, or a duplicate from before: nobody gains by refusing it now
}

// Verdict is what became of one deed of a case.
type Verdict struct {
	Deed
	Judgement
	// Covering are other holders' claims that overlap by a wildcard: they serve what this host's Ingress leaves over, or
	// the other way round. Worth a warning, no reason to refuse.
	Covering []Overlap
}

// Overlap is a host of another holder that a wildcard brings together with the one asked for.
type Overlap struct {
	Host   string
	Holder v1alpha1.Holder
}

// RefusedAny tells whether any deed of a case was refused.
func RefusedAny(verdicts []Verdict) bool {
	for i := range verdicts {
		if verdicts[i].Outcome == Refused {
			return true
		}
	}
	return false
}
