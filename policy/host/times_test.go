package host_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// A deed that one replica relies on without writing it must not look quiet to the janitor before the Ingress is stored:
// the clock of whoever wrote it may be ahead, that of the replica behind.
func TestNobodyReliesOnADeedThatMayBeReleased(t *testing.T) {
	if last := host.RenewAfter + 2*host.MaxSkew + host.WriteBound; host.Quiet <= last {
		t.Errorf("released after %s, relied on for %s", host.Quiet, last)
	}
}

func TestADeedIsReliedOnWhileItsRenewalIsFresh(t *testing.T) {
	now := host.Stamp(now).Time
	for renewal, want := range map[time.Time]host.Outcome{
		now: host.Rely,
		now.Add(-host.RenewAfter + time.Microsecond): host.Rely,
		now.Add(-host.RenewAfter):                    host.Renew,
		now.Add(-time.Hour):                          host.Renew,
		now.AddDate(-1000, 0, 0):                     host.Renew, // longer ago than a Duration can say
		{}:                                           host.Renew,
		now.Add(time.Second):                         host.Rely, // the other clock is ahead
		now.Add(host.MaxSkew - time.Microsecond):     host.Rely,
		now.Add(host.MaxSkew):                        host.Renew, // no clock of ours is as far ahead
		now.Add(time.Hour):                           host.Renew,
		now.AddDate(1000, 0, 0):                      host.Renew,
	} {
		claim := with(held(zero), func(s *v1alpha1.HostClaimSpec) { s.RenewedAt = metav1.NewMicroTime(renewal) })
		j := host.Judge(claim, deed, zero, host.Terms{}, now)
		if j.Outcome != want {
			t.Errorf("renewed at %s: outcome %d, want %d", renewal, j.Outcome, want)
		}
		if j.Next != nil && !j.Next.RenewedAt.Time.Equal(now) {
			t.Errorf("renewed at %s: the next renewal is %s, not now", renewal, j.Next.RenewedAt)
		}
	}
}

// However fresh it is: while no Ingress of the holder was seen, somebody may stand on the host from before.
func TestADeedThatIsNotBoundIsWritten(t *testing.T) {
	for _, p := range []host.Party{zero, solver("games"), canary("games", "beta", 0, "postio")} {
		if j := host.Judge(pending(zero, 0), deed, p, host.Terms{}, now); j.Outcome != host.Renew || !j.Verify {
			t.Errorf("%s: %+v", p, j)
		}
	}
}

// Only while the create of whoever took the deed may be on its way, and may fail, is it worth another try.
func TestARefusalIsInFlightWhileTheClaimIsYoung(t *testing.T) {
	bound := func(c *v1alpha1.HostClaim) *v1alpha1.HostClaim {
		c.Status.Phase = v1alpha1.HostClaimBound
		return c
	}
	unsaid := pending(zero, 0)
	unsaid.Status.Phase = ""
	joined := with(pending(web("games"), 0), guest(zero))
	for name, c := range map[string]struct {
		claim *v1alpha1.HostClaim
		want  bool
	}{
		"created now":               {pending(zero, 0), true},
		"before it has a status":    {unsaid, true},
		"almost too old":            {pending(zero, host.InFlight-time.Nanosecond), true},
		"too old":                   {pending(zero, host.InFlight), false},
		"old":                       {pending(zero, time.Hour), false},
		"the API server is ahead":   {pending(zero, -time.Second), true},
		"further than one can tell": {pending(zero, -time.Second-time.Nanosecond), false},
		"bound":                     {bound(pending(zero, 0)), false},
		"the guest's":               {joined, true},
		"without a time of its own": {with(&v1alpha1.HostClaim{}, func(s *v1alpha1.HostClaimSpec) { *s = *spec(zero) }), false},
	} {
		j := host.Judge(c.claim, deed, one, host.Terms{}, now)
		if diff := cmp.Diff(host.Judgement{Holder: holder(zero), InFlight: c.want}, j); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	// A canary's primary may be on its way as well.
	j := host.Judge(pending(zero, time.Second), deed, canary("games", "beta", 1, "postio"), host.Terms{}, now)
	if !j.NoPrimary || !j.InFlight {
		t.Errorf("a canary: %+v", j)
	}
}

// The CRD takes a time with exactly six decimals, and two stamps of one moment must be the same text.
func TestAStampIsWhatIsStored(t *testing.T) {
	stamp := host.Stamp(now)
	text, err := stamp.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if want := `"2026-07-01T12:00:00.123456Z"`; string(text) != want {
		t.Errorf("%s, want %s", text, want)
	}
	var read metav1.MicroTime
	if err := read.UnmarshalJSON(text); err != nil || !read.Time.Equal(stamp.Time) {
		t.Errorf("read back: %s, %v", read, err)
	}
}
