package host_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// rounds of every property; the seed of a failing one is printed.
const rounds = 20_000

func eachWorld(t *testing.T, rounds int, check func(t *testing.T, d *dice)) {
	t.Helper()
	for seed := range uint64(rounds) {
		bytes, r := make([]byte, 256), rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)})
		_, _ = r.Read(bytes)
		if check(t, &dice{bytes}); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestLawsOfJudge(t *testing.T) { eachWorld(t, rounds, checkLaws) }

func FuzzJudge(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("0123456789abcdefghijklmnopqrstuvwxyz"))
	f.Fuzz(func(t *testing.T, bytes []byte) { checkLaws(t, &dice{bytes}) })
}

// checkLaws: what is true of every claim, however little sense it makes, and every party.
func checkLaws(t *testing.T, d *dice) {
	claim, p, terms := d.claim(), d.party(), host.Terms{ExclusiveWeb: d.yes()}
	before := claim.DeepCopy()
	j := host.Judge(claim, deed, p, terms, now)
	say := func(law string) { t.Helper(); t.Errorf("%s\nclaim %+v\nparty %+v\n%+v", law, before, p, j) }
	if diff := cmp.Diff(before, claim); diff != "" {
		say("the claim is changed: " + diff)
	}
	if diff := cmp.Diff(j, host.Judge(claim, deed, p, terms, now)); diff != "" {
		say("judged anew it is another: " + diff)
	}
	if writes := j.Outcome == host.Take || j.Outcome == host.Renew; writes != (j.Next != nil) {
		say("Next is there for Take and Renew, and for nothing else")
	}
	if (claim == nil) != (j.Outcome == host.Take || p.CanaryOf != "" && claim == nil) {
		say("what nobody holds is taken, unless by a canary, and nothing else is")
	}
	fits := claim != nil && host.Fits(&claim.Spec, p)
	switch {
	case j.Outcome == host.Refused && fits:
		say("refused although the deed covers the party")
	case j.Outcome == host.Rely && (!fits && (!j.Shared || !claim.Spec.Shared || !j.Verify) || !host.Bound(claim)):
		say("relies on a deed that does not cover it, or that nobody was seen to use")
	case j.Outcome != host.Refused && (j.InFlight || j.NoPrimary):
		say("a reason for a refusal, and no refusal")
	case claim != nil && host.Owns(&claim.Spec, p) && !fits:
		say("owns what does not cover it")
	}
	if j.Next != nil {
		checkNext(t, claim, p, terms, &j, say)
	}
}

// checkNext: what is true of every deed that is to be written.
func checkNext(t *testing.T, claim *v1alpha1.HostClaim, p host.Party, terms host.Terms, j *host.Judgement, say func(string)) {
	t.Helper()
	if j.Next.Class != deed.Gateway || j.Next.Host != deed.Host || !j.Next.RenewedAt.Equal(new(host.Stamp(now))) {
		say("Next is of another deed or moment")
	}
	if !host.Fits(j.Next, p) && !j.Shared {
		say("Next does not cover the party")
	}
	written := &v1alpha1.HostClaim{Spec: *j.Next.DeepCopy(), Status: v1alpha1.HostClaimStatus{Phase: v1alpha1.HostClaimBound}}
	again := host.Judge(written, deed, p, terms, now)
	switch {
	case !j.Shared && again.Outcome != host.Rely:
		say("once Next is written and bound the party cannot rely on it")
	case j.Shared && (again.Outcome != host.Rely || !again.Shared):
		say("once Next is written and bound the party does not share it without another write")
	case host.Judge(written, deed, p, terms, now.Add(host.RenewAfter)).Outcome != host.Renew:
		say("it may be relied on for ever")
	}
	if claim == nil {
		return
	}
	for _, other := range fixed {
		if host.Fits(&claim.Spec, other.party) && !host.Fits(j.Next, other.party) && sensible(&claim.Spec) {
			say("Next no longer covers " + other.party.String())
		}
	}
}

// sensible tells roughly whether the CRD would accept a guest: one that makes no sense is overwritten.
func sensible(s *v1alpha1.HostClaimSpec) bool {
	return s.Guest == nil || s.Guest.Namespace == s.Holder.Namespace && s.Guest.GameServerSet != ""
}

// What the API server has taken it takes again with what Judge makes of it.
func TestNextPassesTheSchema(t *testing.T) {
	accepted, wanted := 0, map[host.Outcome]int{}
	eachWorld(t, rounds/10, func(t *testing.T, d *dice) {
		claim, p := d.claim(), d.party()
		var stored *v1alpha1.HostClaimSpec
		if claim != nil {
			if stored = &claim.Spec; len(refusedBySchema(t, stored, nil)) > 0 {
				return
			}
		}
		accepted++
		j := host.Judge(claim, deed, p, host.Terms{}, now)
		if wanted[j.Outcome]++; j.Next == nil {
			return
		}
		if why := refusedBySchema(t, j.Next, stored); len(why) > 0 {
			t.Errorf("claim %+v\nparty %+v\nnext %+v: %v", claim, p, j.Next, why)
		}
	})
	if accepted < rounds/50 || len(wanted) != 4 {
		t.Errorf("the dice made %d claims that the API server takes, and outcomes %v: too few to show anything", accepted, wanted)
	}
}

func TestNoTwoStrangersFitOneDeed(t *testing.T) {
	eachWorld(t, rounds, func(t *testing.T, d *dice) {
		claim, p, q := d.claim(), d.party(), d.party()
		p.CanaryOf, q.CanaryOf, p.Solver, q.Solver = "", "", false, false
		if claim == nil || !p.IsServer() || !q.IsServer() || !host.Fits(&claim.Spec, p) || !host.Fits(&claim.Spec, q) {
			return
		}
		game := claim.Spec.Holder
		if claim.Spec.Sharing == v1alpha1.SharingNamespace {
			game = *claim.Spec.Guest
		}
		if p.Namespace != q.Namespace || p.Set != q.Set || p.ID != q.ID && game.ID != nil {
			t.Errorf("%s and %s both fit %+v", p, q, claim.Spec)
		}
	})
}
