package host_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

var (
	now  = time.Date(2026, time.July, 1, 14, 0, 0, 123_456_789, time.FixedZone("", 2*60*60))
	deed = host.Deed{Gateway: "higress", Host: game}
)

// spec is the deed that a party takes where nobody has one, last renewed at now.
func spec(p host.Party) *v1alpha1.HostClaimSpec {
	sharing, holder := p.Claimant(game)
	return &v1alpha1.HostClaimSpec{Class: "higress", Host: game, Sharing: sharing, Holder: holder, RenewedAt: host.Stamp(now)}
}

// held is the claim of a party that has had the host for an hour, and relied on it a second ago.
func held(p host.Party) *v1alpha1.HostClaim {
	claim := pending(p, time.Hour)
	claim.Spec.RenewedAt = host.Stamp(now.Add(-time.Second))
	claim.Status.Phase = v1alpha1.HostClaimBound
	claim.Status.Ingress = &v1alpha1.IngressReference{Namespace: p.Namespace, Name: "front", UID: "1"}
	if p.IsServer() {
		claim.Status.Ingress.Name = p.Set + "-" + strconv.Itoa(p.ID)
	}
	return claim
}

// pending is the claim that a party took some time ago, of which no Ingress was seen.
func pending(p host.Party, age time.Duration) *v1alpha1.HostClaim {
	return &v1alpha1.HostClaim{
		ObjectMeta: metav1.ObjectMeta{Name: deed.ClaimName(), CreationTimestamp: metav1.NewTime(now.Add(-age))},
		Spec:       *spec(p), Status: v1alpha1.HostClaimStatus{Phase: v1alpha1.HostClaimPending},
	}
}

// with changes the spec of a claim.
func with[T v1alpha1.HostClaim | v1alpha1.HostClaimSpec](o *T, change func(*v1alpha1.HostClaimSpec)) *T {
	switch o := any(o).(type) {
	case *v1alpha1.HostClaim:
		change(&o.Spec)
	case *v1alpha1.HostClaimSpec:
		change(o)
	}
	return o
}

// guest makes a party the guest of web Ingresses, and shared lets those of other namespaces in.
func guest(p host.Party) func(*v1alpha1.HostClaimSpec) {
	return func(s *v1alpha1.HostClaimSpec) {
		_, holder := p.Claimant(game)
		s.Guest = &holder
	}
}

func shared(s *v1alpha1.HostClaimSpec) { s.Shared = true }

func renewed(at time.Duration) func(*v1alpha1.HostClaimSpec) {
	return func(s *v1alpha1.HostClaimSpec) { s.RenewedAt = host.Stamp(now.Add(at)) }
}

func holder(p host.Party) v1alpha1.Holder {
	_, h := p.Claimant(game)
	return h
}

// judgeCase is one judgement with all that it says.
type judgeCase struct {
	claim *v1alpha1.HostClaim
	party host.Party
	want  host.Judgement
}

func checkJudgements(t *testing.T, terms host.Terms, cases map[string]judgeCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			before := c.claim.DeepCopy()
			if diff := cmp.Diff(c.want, host.Judge(c.claim, deed, c.party, terms, now)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, c.claim); diff != "" {
				t.Errorf("the claim, which is in a cache, was changed (-before +after):\n%s", diff)
			}
		})
	}
}

var (
	zero, one   = server("games", "postio", 0), server("games", "postio", 1)
	mate, other = sharing("games", "postio", 1), sharing("games", "postio", 2)
	rely        = host.Judgement{Outcome: host.Rely}
)

func take(p host.Party) host.Judgement {
	return host.Judgement{Outcome: host.Take, Next: spec(p), Verify: true}
}

func renew(next *v1alpha1.HostClaimSpec) host.Judgement {
	return host.Judgement{Outcome: host.Renew, Next: next}
}

func renewVerified(next *v1alpha1.HostClaimSpec) host.Judgement {
	return host.Judgement{Outcome: host.Renew, Next: next, Verify: true}
}

func refused(h v1alpha1.Holder) host.Judgement { return host.Judgement{Holder: h} }

func noPrimary(h v1alpha1.Holder) host.Judgement { return host.Judgement{Holder: h, NoPrimary: true} }

func TestAFreeHostIsTaken(t *testing.T) {
	checkJudgements(t, host.Terms{}, map[string]judgeCase{
		"by a server":      {nil, zero, take(zero)},
		"by a set":         {nil, mate, take(mate)},
		"by a web Ingress": {nil, web("games"), take(web("games"))},
		"by a solver":      {nil, solver("games"), take(web("games"))},
		"but by no canary": {nil, canary("games", "beta", 0, "postio"), host.Judgement{NoPrimary: true}},
	})
}

func TestWhomADeedCoversReliesOnIt(t *testing.T) {
	stale := renewed(-host.RenewAfter)
	checkJudgements(t, host.Terms{ExclusiveWeb: true}, map[string]judgeCase{
		"the server":                   {held(zero), zero, rely},
		"a server of the set":          {held(mate), other, rely},
		"a web Ingress":                {held(web("games")), web("games"), rely},
		"a solver of the server's":     {held(zero), solver("games"), rely},
		"a solver of the web's":        {held(web("games")), solver("games"), rely},
		"the canary of the server":     {held(zero), canary("games", "beta", 0, "postio"), rely},
		"the canary of one of the set": {held(mate), canary("games", "beta", 7, "postio"), rely},
		"a canary that is the holder":  {held(zero), canary("games", "postio", 0, "beta"), rely},
		"the guest":                    {with(held(web("games")), guest(zero)), zero, rely},
		"a server of the guest":        {with(held(web("games")), guest(mate)), other, rely},
		"a canary of the guest":        {with(held(web("games")), guest(zero)), canary("games", "beta", 0, "postio"), rely},
		"the host beside its guest":    {with(held(web("games")), guest(zero)), web("games"), rely},

		"after writing it, the server": {with(held(zero), stale), zero, renew(spec(zero))},
		"after writing it, the canary": {with(held(zero), stale), canary("games", "beta", 0, "postio"), renew(spec(zero))},
		"after writing it, the solver": {with(held(zero), stale), solver("games"), renew(spec(zero))},
		"after writing it, the guest":  {with(with(held(web("games")), guest(zero)), stale), zero, renew(with(spec(web("games")), guest(zero)))},
		"and looking, the server":      {pending(zero, time.Hour), zero, renewVerified(spec(zero))},
		"and looking, the web Ingress": {pending(web("games"), 0), web("games"), renewVerified(spec(web("games")))},
	})
}

func TestADeedWidensToTheSetThatSharesTheHost(t *testing.T) {
	elsewhere := host.Party{Namespace: "games", Set: "postio", ID: 1, SharedHost: "lobby.example.com"}
	checkJudgements(t, host.Terms{}, map[string]judgeCase{
		"from one of its servers":   {held(zero), mate, renew(spec(mate))},
		"before its Ingress stands": {pending(zero, 0), mate, renewVerified(spec(mate))},
		"from one of its guests":    {with(held(web("games")), guest(zero)), mate, renewVerified(with(spec(web("games")), guest(mate)))},

		"not for its own sake":          {held(zero), sharing("games", "postio", 0), rely},
		"not if each server has a host": {held(zero), one, refused(holder(zero))},
		"not if it shares another host": {held(zero), elsewhere, refused(holder(zero))},
		"not to another set":            {held(zero), sharing("games", "arena", 0), refused(holder(zero))},
		"not to one of the same name":   {held(zero), sharing("other", "postio", 0), refused(holder(zero))},
		"not from another set's guest":  {with(held(web("games")), guest(zero)), sharing("games", "arena", 0), refused(holder(zero))},
		"and never back":                {with(held(mate), renewed(-time.Minute)), one, renew(spec(mate))},
	})
}

func TestWebIngressesTakeOneGuestOfTheirNamespace(t *testing.T) {
	checkJudgements(t, host.Terms{}, map[string]judgeCase{
		"a server":                   {held(web("games")), zero, renewVerified(with(spec(web("games")), guest(zero)))},
		"a set":                      {held(web("games")), mate, renewVerified(with(spec(web("games")), guest(mate)))},
		"not one of another":         {held(web("games")), server("other", "postio", 0), refused(holder(web("games")))},
		"not a second":               {with(held(web("games")), guest(zero)), one, refused(holder(zero))},
		"not one of another set":     {with(held(web("games")), guest(zero)), server("games", "arena", 0), refused(holder(zero))},
		"not while others share":     {with(held(web("games")), shared), zero, refused(holder(web("games")))},
		"not a canary":               {held(web("games")), canary("games", "beta", 0, "postio"), noPrimary(holder(web("games")))},
		"not the other way round":    {held(zero), web("games"), refused(holder(zero))},
		"not even a server's solver": {held(zero), solver("other"), refused(holder(zero))},
	})
}

func TestWebIngressesOfSeveralNamespacesShareAHost(t *testing.T) {
	claim := func() *v1alpha1.HostClaim { return held(web("shop")) }
	letIn := host.Judgement{Outcome: host.Renew, Next: with(spec(web("shop")), shared), Shared: true, Verify: true, Holder: holder(web("shop"))}
	among := letIn
	among.Outcome, among.Next = host.Rely, nil
	checkJudgements(t, host.Terms{}, map[string]judgeCase{
		"a second":              {claim(), web("blog"), letIn},
		"a third":               {with(claim(), shared), web("blog"), among},
		"a third, later":        {with(with(claim(), shared), renewed(-time.Minute)), web("blog"), letIn},
		"a solver":              {claim(), solver("blog"), letIn},
		"the holder among them": {with(claim(), shared), web("shop"), rely},
		"before any stands":     {pending(web("shop"), 0), web("blog"), letIn},
		"not with its guest":    {with(claim(), guest(server("shop", "postio", 0))), web("blog"), refused(holder(server("shop", "postio", 0)))},
		"not with a server":     {held(zero), web("blog"), refused(holder(zero))},
		"not with a set":        {held(mate), web("blog"), refused(holder(mate))},
	})
	checkJudgements(t, host.Terms{ExclusiveWeb: true}, map[string]judgeCase{
		"not where they are exclusive":               {claim(), web("blog"), refused(holder(web("shop")))},
		"nor a solver where they are":                {claim(), solver("blog"), refused(holder(web("shop")))},
		"nor where another installation let them in": {with(claim(), shared), web("blog"), refused(holder(web("shop")))},
	})
}

func TestACanaryStandsOnThePrimaryOfItsID(t *testing.T) {
	checkJudgements(t, host.Terms{}, map[string]judgeCase{
		"not on another id's":         {held(zero), canary("games", "beta", 1, "postio"), noPrimary(holder(zero))},
		"not on another set's":        {held(zero), canary("games", "beta", 0, "arena"), noPrimary(holder(zero))},
		"not on one of another space": {held(zero), canary("other", "beta", 0, "postio"), refused(holder(zero))},
		"nor the primary on its own":  {held(server("games", "beta", 0)), zero, refused(holder(server("games", "beta", 0)))},
	})
}
