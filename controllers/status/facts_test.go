package status

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/controllers/rollout"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 500, time.UTC)

// standing is an accepted policy of generation 3.
func standing(t testing.TB, name, spec string) snapshot.Policy {
	t.Helper()
	p := &v1alpha1.GamePolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
		t.Fatal(err)
	}
	c, findings := policy.Compile(p)
	if c == nil {
		t.Fatal(findings)
	}
	return snapshot.Policy{Name: name, UID: "uid-" + "1", Generation: 3, Compiled: c}
}

func said(code finding.Code, field, message string) []finding.Finding {
	return []finding.Finding{{Code: code, Severity: finding.Warning, Field: field, Message: message}}
}

// lines are the conditions, a line each, without those that say that all is well.
func lines(s *v1alpha1.GamePolicyStatus) string {
	var out []string
	for _, c := range s.Conditions {
		switch c.Reason {
		case v1alpha1.ReasonAccepted, v1alpha1.ReasonNoConflict, v1alpha1.ReasonWithinLimits:
		default:
			out = append(out, fmt.Sprintf("%s %s %s: %s", c.Type, c.Status, c.Reason, c.Message))
		}
	}
	return strings.Join(out, "\n")
}

func TestTheConditionsSayWhatBecameOfThePolicy(t *testing.T) {
	const refusal = "admission webhook \"validate-ingress.gatehouse.dev\" denied the request: spec.rules[0].host: \"a.test\" is held by arena/lobby-3 [GH202]"
	invalid := said(finding.PolicyInvalid, "spec.mode", "Unsupported value: \"Perhaps\"")
	problem := func(reason rollout.Reason, message string) rollout.Problem {
		return rollout.Problem{Namespace: "games", GameServerSet: "postio", ID: 7, Since: noon, Reason: reason, Message: message}
	}
	for name, c := range map[string]struct {
		spec  string
		facts Facts
		want  string
	}{
		"all is done": {"{}", Facts{Tally: &rollout.Tally{Matched: 12, UpToDate: 12}},
			"Programmed True Programmed: 12 of 12 Ingresses up to date"},
		"nothing to do": {"{}", Facts{Tally: &rollout.Tally{}, Standpoint: Standpoint{Empty: said(finding.SelectsNothing, "spec.targets.gameServerSetNames", "no GameServerSet has such a name yet")}},
			"Programmed True NoTargets: no Ingress of a game server is selected; spec.targets.gameServerSetNames: no GameServerSet has such a name yet [GH105]"},
		"targets that select no set, and Ingresses all the same": {"{}", Facts{Tally: &rollout.Tally{Matched: 1, UpToDate: 1}, Standpoint: Standpoint{Empty: said(finding.SelectsNothing, "", "x")}},
			"Programmed True Programmed: 1 of 1 Ingresses up to date"},
		"not counted yet": {"{}", Facts{}, "Programmed Unknown Pending: the Ingresses that exist have not been counted yet"},
		"on its way": {"{}", Facts{Tally: &rollout.Tally{Matched: 12, UpToDate: 2, Pending: 10}},
			"Programmed False Progressing: 2 of 12 Ingresses up to date; 10 still to change"},
		"a write that failed for now": {"{}", Facts{Tally: &rollout.Tally{Matched: 2, UpToDate: 1, Pending: 1, Problems: []rollout.Problem{problem(rollout.Failed, "etcdserver:\n request timed out, 50% done")}}},
			"Programmed False Progressing: 1 of 2 Ingresses up to date; 1 still to change; the oldest problem is games/postio-7: etcdserver: request timed out, 50(percent) done"},
		"paused": {"{}", Facts{Tally: &rollout.Tally{Matched: 12, UpToDate: 2, Pending: 10, Paused: "the API server refuses too many in a row"}},
			"Programmed False Paused: the API server refuses too many in a row; 2 of 12 Ingresses up to date; 10 still to change"},
		"paused with nothing to do": {"{}", Facts{Tally: &rollout.Tally{Matched: 1, UpToDate: 1, Paused: "x"}},
			"Programmed True Programmed: 1 of 1 Ingresses up to date"},
		"refused by a webhook": {"{}", Facts{Tally: &rollout.Tally{Matched: 3, UpToDate: 2, Denied: 1, Problems: []rollout.Problem{problem(rollout.WaitingForIdle, "w"), problem(rollout.Denied, "no")}}},
			"Programmed False PartiallyProgrammed: 2 of 3 Ingresses up to date; 1 kept from following; the oldest problem is games/postio-7: no"},
		"refused, and others go on": {"{}", Facts{Tally: &rollout.Tally{Matched: 3, UpToDate: 1, Pending: 1, Denied: 1}},
			"Programmed False Progressing: 1 of 3 Ingresses up to date; 1 still to change; 1 kept from following"},
		"refused, and others wait": {"{rollout: {servers: Idle}}", Facts{Tally: &rollout.Tally{Matched: 3, UpToDate: 1, Deferred: 1, Denied: 1}},
			"Programmed False PartiallyProgrammed: 1 of 3 Ingresses up to date; 1 waiting for their servers to be idle (rollout.servers Idle); 1 kept from following"},
		"servers in use": {"{rollout: {servers: Idle}}", Facts{Tally: &rollout.Tally{Matched: 3, UpToDate: 1, Deferred: 2, Problems: []rollout.Problem{problem(rollout.WaitingForIdle, "somebody plays")}}},
			"Programmed False WaitingForIdle: 1 of 3 Ingresses up to date; 2 waiting for their servers to be idle (rollout.servers Idle)"},
		"what stands stays": {"{rollout: {existing: Never}}", Facts{Tally: &rollout.Tally{Matched: 3, UpToDate: 1, Deferred: 2}},
			"Programmed False RolloutNever: 1 of 3 Ingresses up to date; 2 keeping what they were created with (rollout.existing Never)"},
		"only tried": {"{mode: Warn}", Facts{Tally: &rollout.Tally{Matched: 12, UpToDate: 7, Pending: 5}},
			"Programmed False NotEnforced: mode Warn changes nothing; enforced, 5 of 12 Ingresses would change"},
		"only tried, for nothing": {"{mode: Audit}", Facts{Tally: &rollout.Tally{}},
			"Programmed False NotEnforced: mode Audit changes nothing; enforced, 0 of 0 Ingresses would change"},

		"being deleted": {"{}", Facts{Policy: snapshot.Policy{Deleting: true}, Tally: &rollout.Tally{Matched: 1, UpToDate: 1}},
			"Accepted False Deleting: a policy that is being deleted no longer speaks\nProgrammed False Deleting: what the policy had set on Ingresses goes"},
		"an edit that is refused": {"{}", Facts{Policy: snapshot.Policy{Refused: invalid}, Tally: &rollout.Tally{Matched: 1, UpToDate: 1}},
			"Accepted False Invalid: spec.mode: Unsupported value: \"Perhaps\" [GH101]; what the policy said before stays in effect; correct it\n" +
				"Programmed False Invalid: what the policy says now is not brought to any Ingress"},
		"never accepted": {"", Facts{Policy: snapshot.Policy{Refused: invalid}},
			"Accepted False Invalid: spec.mode: Unsupported value: \"Perhaps\" [GH101]; nothing of the policy is in effect; correct it\n" +
				"Programmed False Invalid: what the policy says now is not brought to any Ingress"},

		"another one of the same priority": {"{}", Facts{Tally: &rollout.Tally{}, Standpoint: Standpoint{Overlaps: said(finding.PolicyOverlaps, "spec.priority", "GamePolicy b has 0 too")}},
			"Programmed True NoTargets: no Ingress of a game server is selected\nConflicted True EqualPriority: spec.priority: GamePolicy b has 0 too [GH104]"},
		"overridden": {"{}", Facts{Tally: &rollout.Tally{}, Standpoint: Standpoint{OverriddenBy: "top"}},
			"Programmed True NoTargets: no Ingress of a game server is selected\nConflicted True Overridden: spec.priority: GamePolicy top has a higher one, selects every server that this one selects " +
				"and sets all that it sets; raise it, or delete this policy"},
		"a host": {"{}", Facts{Tally: &rollout.Tally{Matched: 1, Denied: 1, Problems: []rollout.Problem{problem(rollout.Denied, "quota"), problem(rollout.Denied, refusal)}},
			Standpoint: Standpoint{Overlaps: said(finding.PolicyOverlaps, "", "GamePolicy b")}},
			"Programmed False PartiallyProgrammed: 0 of 1 Ingresses up to date; 1 kept from following; the oldest problem is games/postio-7: quota\n" +
				"Conflicted True HostConflict: games/postio-7: " + refusal + "; GamePolicy b [GH104]"},

		"what the gateway cannot express": {"{}", Facts{Tally: &rollout.Tally{}, Standpoint: Standpoint{
			Unsupported: said(finding.GatewayUnsupported, "spec.overrides.canary.weight", "1 of 1000"), Limits: said(finding.IdleTimeoutCapped, "spec.defaults.webSocket.idleTimeout", "10m"),
		}}, "Programmed True NoTargets: no Ingress of a game server is selected\n" +
			"GatewayLimits True GatewayUnsupported: spec.overrides.canary.weight: 1 of 1000 [GH501]; spec.defaults.webSocket.idleTimeout: 10m [GH506]"},
		"its own limits": {"{}", Facts{Tally: &rollout.Tally{}, Standpoint: Standpoint{Limits: said(finding.RouteTimeoutGlobal, "", "2h gives way")}},
			"Programmed True NoTargets: no Ingress of a game server is selected\nGatewayLimits True GatewayLimit: 2h gives way [GH507]"},
		"limits that cannot be read": {"{}", Facts{Tally: &rollout.Tally{}, Standpoint: Standpoint{LimitsUnread: "ConfigMap a/b may\nnot be read"}},
			"Programmed True NoTargets: no Ingress of a game server is selected\nGatewayLimits Unknown LimitsUnread: ConfigMap a/b may not be read [GH508]"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.spec != "" {
				p := standing(t, "p", c.spec)
				p.Deleting, p.Refused = c.facts.Policy.Deleting, c.facts.Policy.Refused
				c.facts.Policy = p
			}
			c.facts.Policy.Generation = 3
			got := Of(&c.facts, &v1alpha1.GamePolicyStatus{}, noon)
			if diff := cmp.Diff(c.want, lines(&got)); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
			if got.ObservedGeneration != 3 {
				t.Errorf("observed generation %d", got.ObservedGeneration)
			}
			for _, c := range got.Conditions {
				if c.ObservedGeneration != 3 || !c.LastTransitionTime.Time.Equal(noon.Truncate(time.Second)) || c.Message == "" {
					t.Errorf("%+v", c)
				}
			}
			if counted := got.Matched != nil; counted != (c.facts.Tally != nil && got.Conditions[0].Status == metav1.ConditionTrue) {
				t.Errorf("counted: %t", counted)
			}
		})
	}
}

func TestAConditionIsAsOldAsItsStatus(t *testing.T) {
	facts := Facts{Policy: standing(t, "p", "{}"), Tally: &rollout.Tally{Matched: 2, UpToDate: 1, Pending: 1}}
	first := Of(&facts, &v1alpha1.GamePolicyStatus{}, noon)
	facts.Policy.Generation, facts.Tally = 4, &rollout.Tally{Matched: 2, UpToDate: 1, Denied: 1}
	second := Of(&facts, &first, noon.Add(time.Minute))
	facts.Tally = &rollout.Tally{Matched: 2, UpToDate: 2}
	third := Of(&facts, &second, noon.Add(time.Hour))
	since := func(s v1alpha1.GamePolicyStatus) string {
		out := ""
		for _, c := range s.Conditions {
			out += c.LastTransitionTime.UTC().Format(" 15:04:05")
		}
		return out
	}
	want := []string{" 12:00:00 12:00:00 12:00:00 12:00:00", " 12:00:00 12:00:00 12:00:00 12:00:00", " 12:00:00 13:00:00 12:00:00 12:00:00"}
	if diff := cmp.Diff(want, []string{since(first), since(second), since(third)}); diff != "" {
		t.Errorf("since (-want +got):\n%s", diff)
	}
}

func TestWhatAnotherLeaderCountedStaysUntilItIsCountedAgain(t *testing.T) {
	problem := rollout.Problem{Namespace: "games", GameServerSet: "postio", ID: 7, Since: noon, Reason: rollout.Failed, Message: "m"}
	facts := Facts{Policy: standing(t, "p", "{}"), Tally: &rollout.Tally{Matched: 2, UpToDate: 1, Pending: 1, Problems: []rollout.Problem{problem}}}
	before := Of(&facts, &v1alpha1.GamePolicyStatus{}, noon)
	facts.Tally = nil
	if now := Of(&facts, &before, noon.Add(time.Hour)); differs(&before, &now) {
		t.Errorf("changed without a count (-before +now):\n%s", cmp.Diff(before, now))
	}
	facts.Policy.Generation++
	now := Of(&facts, &before, noon.Add(time.Hour))
	if want := "Programmed Unknown Pending: the Ingresses that exist have not been counted yet"; lines(&now) != want || now.Matched != nil || now.Problems != nil {
		t.Errorf("after an edit: %s, %+v", lines(&now), now)
	}
	refused := facts
	refused.Policy.Refused = said(finding.PolicyInvalid, "", "x")
	invalid := Of(&refused, &before, noon)
	if now := Of(&facts, &invalid, noon); !strings.HasPrefix(lines(&now), "Programmed Unknown Pending") {
		t.Errorf("after a refusal that this version does not share: %s", lines(&now))
	}
}

// overflowing are facts of which no text is within bounds.
func overflowing(t testing.TB) []Facts {
	long := strings.Repeat("ä longer text; ", 500)
	tally := &rollout.Tally{Matched: 1 << 40, Pending: -1, Paused: long}
	for i := range 12 {
		tally.Problems = append(tally.Problems, rollout.Problem{
			Namespace: long, GameServerSet: long, ID: i, Since: noon, Reason: rollout.Reason(long), Message: long + "[GH202]",
		})
	}
	var many []finding.Finding
	for range 100 {
		many = append(many, said(finding.PolicyOverlaps, "spec.priority", long)...)
	}
	return []Facts{
		{Policy: standing(t, "p", "{}"), Tally: tally, Standpoint: Standpoint{
			Overlaps: many, Unsupported: many, Limits: many, LimitsUnread: long, OverriddenBy: strings.Repeat("n", 253),
		}},
		{Policy: snapshot.Policy{Refused: many, Generation: 1}},
	}
}

// One text beyond the bounds of the CRD, and the API server would refuse the whole status.
func TestAStatusStaysWithinTheBoundsOfTheCRD(t *testing.T) {
	for _, facts := range overflowing(t) {
		got := Of(&facts, &v1alpha1.GamePolicyStatus{}, noon)
		for _, c := range got.Conditions {
			if len(c.Message) > maxMessage || strings.ContainsAny(c.Message, "%\n") {
				t.Errorf("%s: %d bytes: %s", c.Type, len(c.Message), c.Message)
			}
		}
		if message := got.Conditions[0].Message; len(facts.Policy.Refused) > 0 && !strings.HasSuffix(message, "; and 98 more") {
			t.Errorf("what does not fit is not counted: %s", message)
		}
		for _, p := range got.Problems {
			if len(p.Namespace) > 63 || len(p.GameServerSet) > 253 || len(p.Reason) > 63 || len(p.Message) > 1024 {
				t.Errorf("%+v", p)
			}
		}
		if n := len(got.Problems); n > 10 || got.Pending != nil && *got.Pending < 0 {
			t.Errorf("%d problems, %v pending", n, got.Pending)
		}
	}
}

func TestWhatOthersSayInTheStatusIsNoDifference(t *testing.T) {
	facts := Facts{Policy: standing(t, "p", "{}"), Tally: &rollout.Tally{Matched: 2, UpToDate: 2}}
	wanted := Of(&facts, &v1alpha1.GamePolicyStatus{}, noon)
	stored := *wanted.DeepCopy()
	stored.Conditions = []metav1.Condition{
		stored.Conditions[3], {Type: "Reviewed", Status: metav1.ConditionTrue}, stored.Conditions[1], stored.Conditions[0], stored.Conditions[2],
	}
	for i := range stored.Conditions {
		stored.Conditions[i].LastTransitionTime = metav1.NewTime(stored.Conditions[i].LastTransitionTime.Local())
	}
	if differs(&stored, &wanted) {
		t.Error("another order, or a condition of somebody else, is a difference")
	}
	stored.Conditions[0].Message = "edited"
	if !differs(&stored, &wanted) {
		t.Error("an edit of ours is no difference")
	}
}
