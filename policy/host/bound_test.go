package host_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

func TestAClaimIsBoundToAnIngressOfItsHolder(t *testing.T) {
	for name, c := range map[string]struct {
		holder             host.Party
		namespace, ingress string
		elsewhere          bool
	}{
		"a server's":                    {zero, "games", "postio-0", false},
		"of another id":                 {zero, "games", "postio-1", true},
		"of a longer id":                {zero, "games", "postio-00", true},
		"of a longer set":               {zero, "games", "postio-0-0", true},
		"of a shorter set":              {server("games", "postio-0", 0), "games", "postio-0", true},
		"of another namespace":          {zero, "other", "postio-0", true},
		"of no server":                  {zero, "games", "front", true},
		"one of the set's":              {mate, "games", "postio-7", false},
		"of another set":                {mate, "games", "arena-7", true},
		"of a set that goes on":         {mate, "games", "postio-eu-7", true},
		"of the set's name":             {mate, "games", "postio", true},
		"the web's":                     {web("games"), "games", "front", false},
		"the web's of another space":    {web("games"), "other", "front", true},
		"of a set that ends like an id": {sharing("games", "postio-2", 0), "games", "postio-2-0", false},
	} {
		claim := held(c.holder)
		claim.Status.Ingress.Namespace, claim.Status.Ingress.Name = c.namespace, c.ingress
		if got := host.BoundElsewhere(claim); got != c.elsewhere {
			t.Errorf("%s: BoundElsewhere = %v", name, got)
		}
		if got := host.Bound(claim); got == c.elsewhere {
			t.Errorf("%s: Bound = %v", name, got)
		}
		claim.Status.Phase = v1alpha1.HostClaimPending
		if host.Bound(claim) {
			t.Errorf("%s: bound although the phase is Pending", name)
		}
		claim.Status.Ingress = nil
		if host.BoundElsewhere(claim) {
			t.Errorf("%s: bound elsewhere although it is bound to nothing", name)
		}
	}
}

// Whoever an edit by hand names may have the host, once it has looked who stands there: nobody has seen an Ingress of it.
func TestAnEditByHandIsNotReliedOnUnseen(t *testing.T) {
	to := func(p host.Party) func(*v1alpha1.HostClaimSpec) {
		return func(s *v1alpha1.HostClaimSpec) { s.Sharing, s.Holder = p.Claimant(game) }
	}
	moved := server("other", "postio", 0)
	checkJudgements(t, host.Terms{}, map[string]judgeCase{
		"another server":                {with(held(zero), to(one)), one, renewVerified(spec(one))},
		"another namespace":             {with(held(zero), to(moved)), moved, renewVerified(spec(moved))},
		"another set":                   {with(held(zero), to(sharing("games", "arena", 0))), sharing("games", "arena", 3), renewVerified(spec(sharing("games", "arena", 0)))},
		"web Ingresses elsewhere":       {with(held(zero), to(web("shop"))), web("shop"), renewVerified(spec(web("shop")))},
		"who is robbed is refused":      {with(held(zero), to(moved)), zero, refused(holder(moved))},
		"or may try again at once":      {with(pending(zero, 0), to(moved)), zero, host.Judgement{Holder: holder(moved), InFlight: true}},
		"from its set to one of it":     {with(held(mate), to(one)), one, rely},
		"from its set to one who waits": {with(held(mate), to(zero)), zero, renewVerified(spec(zero))},
		"to its whole set":              {with(held(zero), to(mate)), mate, rely},
	})
}

// What the CRD's rules keep out may still have been stored under older rules: it covers nobody whom it does not name.
func TestAClaimThatMakesNoSenseLetsNobodyIn(t *testing.T) {
	parties := []host.Party{zero, one, mate, other, web("games"), canary("games", "beta", 0, "postio"), solver("other"), web("other")}
	for name, change := range map[string]func(*v1alpha1.HostClaimSpec){
		"nothing at all":            func(s *v1alpha1.HostClaimSpec) { *s = v1alpha1.HostClaimSpec{} },
		"a server without a set":    func(s *v1alpha1.HostClaimSpec) { s.Holder.GameServerSet = "" },
		"sharing that nobody knows": func(s *v1alpha1.HostClaimSpec) { s.Sharing, s.Holder.GameServerSet = "Everybody", "arena" },
		"a guest of another space": func(s *v1alpha1.HostClaimSpec) {
			s.Sharing, s.Holder = web("elsewhere").Claimant(game)
			guest(zero)(s)
		},
		"a guest beside a server": func(s *v1alpha1.HostClaimSpec) {
			s.Sharing, s.Holder = server("games", "arena", 0).Claimant(game)
			guest(zero)(s)
		},
	} {
		for _, p := range parties {
			claim := with(held(zero), change)
			if j := host.Judge(claim, deed, p, host.Terms{ExclusiveWeb: true}, now); j.Outcome != host.Refused {
				t.Errorf("%s: %s gets %s", name, p, cmp.Diff(claim.Spec, *j.Next))
			}
		}
	}
}
