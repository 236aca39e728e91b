package policy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

const gameHost = "game7.postio.example.com"

var (
	server7 = host.Party{Namespace: "games", Set: "postio", ID: 7}
	beta7   = host.Party{Namespace: "games", Set: "beta", ID: 7, CanaryOf: "postio"}
)

// holds is the verdict on a host that somebody else has.
func holds(p host.Party, name string, change ...func(*host.Judgement)) host.Verdict {
	_, holder := p.Claimant(name)
	v := host.Verdict{Deed: host.Deed{Gateway: "higress", Host: name}, Judgement: host.Judgement{Holder: holder}}
	for _, c := range change {
		c(&v.Judgement)
	}
	return v
}

func inFlight(j *host.Judgement)  { j.InFlight = true }
func noPrimary(j *host.Judgement) { j.NoPrimary = true }
func news(j *host.Judgement)      { j.News = true }
func nobody(j *host.Judgement)    { j.Holder = v1alpha1.Holder{} }

func TestARefusedHostIsSaidWithItsHolderAndWhatToDo(t *testing.T) {
	shared := host.Party{Namespace: "games", Set: "lobby", ID: 1, SharedHost: gameHost}
	for _, c := range []struct {
		name    string
		party   host.Party
		verdict host.Verdict
		code    int32
		want    string
	}{
		{"by a server", server7, holds(host.Party{Namespace: "arena", Set: "lobby", ID: 3}, gameHost), 403,
			`spec.rules[0].host: "game7.postio.example.com" is held by game server arena/lobby-3 (GameServerSet lobby, id 3); choose another host, or free it there first: kubectl describe hostclaim game7.postio.example.com.higress [GH202]`},
		{"by a set", server7, holds(shared, gameHost), 403,
			`spec.rules[0].host: "game7.postio.example.com" is held by GameServerSet games/lobby; choose another host, or free it there first: kubectl describe hostclaim game7.postio.example.com.higress [GH202]`},
		{"by web Ingresses", server7, holds(host.Party{Namespace: "shop"}, gameHost), 403,
			`spec.rules[0].host: "game7.postio.example.com" is held by the web Ingresses of namespace shop; choose another host, or free it there first: kubectl describe hostclaim game7.postio.example.com.higress [GH202]`},
		{"on its way", server7, holds(host.Party{Namespace: "arena", Set: "lobby", ID: 3}, gameHost, inFlight), 429,
			`spec.rules[0].host: "game7.postio.example.com" is held by game server arena/lobby-3 (GameServerSet lobby, id 3), whose Ingress is being created now; try again in a second [GH208]`},
		{"no primary", beta7, holds(server7, gameHost, noPrimary), 403,
			`spec.rules[0].host: "game7.postio.example.com" is not served by game server games/postio-7, whose canary this is; create the primary's Ingress with this host first [GH207]`},
		{"nobody's", beta7, holds(server7, gameHost, noPrimary, nobody), 403,
			`spec.rules[0].host: "game7.postio.example.com" is not served by game server games/postio-7, whose canary this is; create the primary's Ingress with this host first [GH207]`},
		{"another primary", beta7, holds(host.Party{Namespace: "games", Set: "postio", ID: 8}, gameHost, noPrimary), 403,
			`spec.rules[0].host: "game7.postio.example.com" is held by game server games/postio-8 (GameServerSet postio, id 8), and this is a canary of game server games/postio-7; a canary has the host of its primary [GH207]`},
		{"any host", server7, holds(host.Party{Namespace: "shop"}, host.Any), 403,
			`spec.defaultBackend: an Ingress rule without host is held by the web Ingresses of namespace shop; choose another host, or free it there first: kubectl describe hostclaim any-host.higress.x-` + anyDigest + ` [GH202]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := gameRequest(gameHost)
			refusal := policy.RefuseHosts(r.Ingress, c.party, []host.Verdict{c.verdict}, false)
			if refusal == nil {
				t.Fatal("not refused")
			}
			s := refusal.Status("postio-7")
			if diff := cmp.Diff(c.want, s.Message); diff != "" || s.Code != c.code || s.Status != metav1.StatusFailure {
				t.Errorf("status %s, code %d (-want +got):\n%s", s.Status, s.Code, diff)
			}
			field, text, _ := strings.Cut(c.want, ": ")
			_, code, _ := strings.Cut(strings.TrimSuffix(text, "]"), " [")
			cause := []metav1.StatusCause{{Type: metav1.CauseType(code), Field: field, Message: text}}
			if diff := cmp.Diff(cause, s.Details.Causes); diff != "" {
				t.Errorf("causes (-want +got):\n%s", diff)
			}
			if wait := s.Details.RetryAfterSeconds; (c.code == 429) != (wait == 1) || c.code != 429 && wait != 0 {
				t.Errorf("retry after %d s", wait)
			}
		})
	}
}

var anyDigest = func() string {
	_, digest, _ := strings.Cut(host.Deed{Gateway: "higress", Host: host.Any}.ClaimName(), ".x-")
	return digest
}()

// client-go tries again by itself, and each time holds up OpenKruiseGame. That is worth it only where another try can end
// otherwise for every host.
func TestARefusalIsForTheMomentOnlyIfTheOutcomeIsOpenForAllHosts(t *testing.T) {
	rival := host.Party{Namespace: "arena", Set: "lobby", ID: 3}
	free := holds(server7, "c.example.com", func(j *host.Judgement) { j.Outcome = host.Take })
	for _, c := range []struct {
		name       string
		verdicts   []host.Verdict
		quarantine bool
		code       int32 // 0: not refused
		hosts      int
	}{
		{"none refused", []host.Verdict{free}, true, 0, 0},
		{"no host at all", nil, true, 0, 0},
		{"one on its way", []host.Verdict{holds(rival, "a.example.com", inFlight), free}, false, 429, 1},
		{"all on their way", []host.Verdict{holds(rival, "a.example.com", inFlight), holds(rival, "b.example.com", inFlight)}, false, 429, 2},
		{"one for good", []host.Verdict{holds(rival, "a.example.com", inFlight), holds(rival, "b.example.com")}, false, 403, 2},
		{"news, with a quarantine", []host.Verdict{holds(rival, "a.example.com", news)}, true, 429, 1},
		{"news, without one", []host.Verdict{holds(rival, "a.example.com", news)}, false, 403, 1},
		{"no news, with a quarantine", []host.Verdict{holds(rival, "a.example.com")}, true, 403, 1},
		{"one no news", []host.Verdict{holds(rival, "a.example.com", news), holds(rival, "b.example.com")}, true, 403, 2},
		{"news and on its way", []host.Verdict{holds(rival, "a.example.com", news), holds(rival, "b.example.com", inFlight)}, true, 429, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := gameRequest("a.example.com", "b.example.com", "c.example.com")
			refusal := policy.RefuseHosts(r.Ingress, server7, c.verdicts, c.quarantine)
			if c.code == 0 {
				if refusal != nil {
					t.Errorf("%v", refusal.Status("postio-7"))
				}
				return
			}
			if s := refusal.Status("postio-7"); s.Code != c.code || len(s.Details.Causes) != c.hosts {
				t.Errorf("%v", s)
			}
		})
	}
}

func TestARefusalSaysAllThatIsWrongUpToABound(t *testing.T) {
	wrong := func(n int) []finding.Finding {
		var out []finding.Finding
		for i := range n {
			field := "spec.rules[" + string(rune('0'+i)) + "].host"
			out = append(out, finding.Finding{Code: finding.HostNotAllowed, Severity: finding.Error, Field: field, Message: "no"})
		}
		return out
	}
	for n, want := range map[int]string{
		1: "spec.rules[0].host: no [GH203]",
		2: "spec.rules[0].host: no [GH203]; and spec.rules[1].host: no [GH203]",
		7: "spec.rules[0].host: no [GH203]; and spec.rules[1].host: no [GH203]; and spec.rules[2].host: no [GH203]; " +
			"and spec.rules[3].host: no [GH203]; and spec.rules[4].host: no [GH203]; and 2 more",
	} {
		refusal := policy.Forbid(wrong(n))
		s := refusal.Status("postio-7")
		if s.Message != want || len(s.Details.Causes) != min(n, 5) || len(refusal.Codes()) != n {
			t.Errorf("%d: %q with %d causes and %d codes", n, s.Message, len(s.Details.Causes), len(refusal.Codes()))
		}
	}
}

func TestTheCodeOfARefusalSaysWhatKindItIs(t *testing.T) {
	found := []finding.Finding{{Code: finding.NotReady, Severity: finding.Error, Message: "not yet"}}
	for _, c := range []struct {
		refusal *policy.Refusal
		code    int32
		reason  metav1.StatusReason
		wait    int32
	}{
		{policy.Invalid(found), 422, metav1.StatusReasonInvalid, 0},
		{policy.Forbid(found), 403, metav1.StatusReasonForbidden, 0},
		{policy.TryAgain(found), 429, metav1.StatusReasonTooManyRequests, 1},
	} {
		s := c.refusal.Status("postio-7")
		if s.Code != c.code || s.Reason != c.reason || s.Details.RetryAfterSeconds != c.wait || s.Message != "not yet [GH212]" {
			t.Errorf("%+v", s)
		}
	}
}

func TestEveryKindOfRefusalIsCountedByItsReason(t *testing.T) {
	counted := map[string]finding.Code{}
	for _, code := range []finding.Code{
		finding.HostTaken, finding.HostInFlight, finding.CanaryWithoutPrimary, finding.HostNotAllowed, finding.HostNotTemplate,
		finding.WildcardNotAllowed, finding.HostRepeated, finding.TooManyHosts, finding.GatewayHarmed,
	} {
		reason := policy.RefusalReason(code)
		if before, twice := counted[reason]; twice || reason == "other" || reason == "" {
			t.Errorf("%s and %s are both %q", before, code, reason)
		}
		counted[reason] = code
	}
	if got := policy.RefusalReason(finding.NotReady); got != "other" {
		t.Errorf("%q", got)
	}
}

func TestWhatIsNotRefusedComesWithWhatItsWriterShouldKnow(t *testing.T) {
	long := strings.Repeat("a", 60) + ".example.com"
	shared := holds(host.Party{Namespace: "shop"}, "www.example.com", func(j *host.Judgement) { j.Outcome, j.Shared = host.Renew, true })
	covered := holds(server7, "a.example.com", func(j *host.Judgement) { j.Outcome = host.Take })
	covered.Covering = []host.Overlap{
		{Host: "*", Holder: host.NamedHolder(v1alpha1.Holder{Namespace: "shop"})},
		{Host: "*.example.com", Holder: host.NamedHolder(v1alpha1.Holder{Namespace: "arena", GameServerSet: "lobby"})},
	}
	cut := holds(host.Party{Namespace: long}, long, func(j *host.Judgement) { j.Outcome, j.Shared = host.Renew, true })
	got := policy.HostWarnings([]host.Verdict{shared, covered, cut})
	want := []string{
		`"www.example.com" is also served by the web Ingresses of namespace shop [GH211]`,
		`"a.example.com" overlaps an Ingress rule without host of the web Ingresses of namespace shop [GH210]`,
		`"a.example.com" overlaps "*.example.com" of GameServerSet arena/lobby [GH210]`,
	}
	if diff := cmp.Diff(want, got[:min(len(got), 3)]); diff != "" || len(got) != 4 || len(got[3]) > 120 || !strings.HasSuffix(got[3], "... [GH211]") {
		t.Errorf("%q (-want +got):\n%s", got, diff)
	}
}

func TestAnIngressInQuarantineSaysWhy(t *testing.T) {
	r := gameRequest("a.example.com")
	refusal := policy.RefuseHosts(r.Ingress, server7, []host.Verdict{holds(host.Party{Namespace: "shop"}, "a.example.com")}, true)
	want := `spec.rules[0].host: in quarantine: "a.example.com" is held by the web Ingresses of namespace shop; choose... [GH209]`
	if got := policy.QuarantineWarning(refusal); got != want {
		t.Errorf("%s", got)
	}
}

// FuzzRefusal: whatever the hosts are, no text of the answer holds a percent sign, and it can be sent.
func FuzzRefusal(f *testing.F) {
	f.Add("100%.example.com", "%s", uint8(0))
	f.Add("a\nb", "\x00", uint8(7))
	f.Add(strings.Repeat("%", 200), "*", uint8(2))
	f.Fuzz(func(t *testing.T, name, covering string, flags uint8) {
		v := holds(host.Party{Namespace: "arena", Set: "lobby", ID: 3}, name)
		v.InFlight, v.NoPrimary, v.News = flags&1 != 0, flags&2 != 0, flags&4 != 0
		v.Covering = []host.Overlap{{Host: covering, Holder: v.Holder}}
		r := gameRequest(name)
		refusal := policy.RefuseHosts(r.Ingress, beta7, []host.Verdict{v}, flags&8 != 0)
		text, err := json.Marshal(refusal.Status("postio-7"))
		if err != nil {
			t.Fatal(err)
		}
		v.Shared = true
		said := append(policy.HostWarnings([]host.Verdict{v}), policy.QuarantineWarning(refusal), string(text))
		for _, s := range said {
			if strings.ContainsAny(s, "%\n") {
				t.Errorf("%q, %q: %s", name, covering, s)
			}
		}
	})
}
