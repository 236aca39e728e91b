package api_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	output, err := cluster.Kubectl(env.Admin, args...)
	if err != nil {
		t.Fatal(err)
	}
	return output
}

func TestKubectlExplainsEveryField(t *testing.T) {
	for path, wants := range map[string][]string{
		"gamepolicy":                                {"GamePolicy decides which gateway annotations", "spec", "status"},
		"gpol.spec.mode":                            {"Warn changes nothing", "Audit"},
		"gamepolicy.spec.defaults.rateLimit":        {"requestsPerSecond", "on each replica of the", "burstMultiplier"},
		"gamepolicy.spec.targets.gameServerIDs":     {`ranges in quotes such as "0-9"`},
		"gamepolicy.spec.overrides.retry.retryOn":   {"non_idempotent", "http_502"},
		"gamepolicy.spec.targets.namespaceSelector": {"An empty selector selects every", "matchExpressions"},
		"hostclaim.spec.holder":                     {"gameServerSet", "namespace"},
		"hclaim.status":                             {"Pending until an Ingress"},
	} {
		output := strings.Join(strings.Fields(kubectl(t, "explain", path)), " ")
		for _, want := range wants {
			if !strings.Contains(output, want) {
				t.Errorf("kubectl explain %s does not say %q:\n%s", path, want, output)
			}
		}
		if strings.Contains(output, "<no description>") {
			t.Errorf("kubectl explain %s has a field without a description:\n%s", path, output)
		}
	}
}

func TestKubectlGetPrintsTheColumns(t *testing.T) {
	policy := &v1alpha1.GamePolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "columns"},
		Spec:       v1alpha1.GamePolicySpec{Priority: 100, Mode: v1alpha1.ModeAudit},
	}
	id := 7
	claim := &v1alpha1.HostClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "columns"},
		Spec: v1alpha1.HostClaimSpec{
			Class: "higress", Host: "game7.example.com", Sharing: v1alpha1.SharingServer,
			Holder: v1alpha1.Holder{Name: "games/postio", Namespace: "games", GameServerSet: "postio", ID: &id}, RenewedAt: metav1.NowMicro(),
		},
	}
	if err := admin.Create(t.Context(), policy); err != nil {
		t.Fatal(err)
	}
	defer admin.Delete(t.Context(), policy) //nolint:errcheck // The API server goes away too.
	if err := admin.Create(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	defer admin.Delete(t.Context(), claim) //nolint:errcheck // The API server goes away too.

	for resource, want := range map[string]string{
		"gpol":   "NAME PRIORITY MODE MATCHED UPTODATE PENDING AGE; columns 100 Audit AGE",
		"hclaim": "NAME HOST CLASS HOLDER SERVER STATE AGE; columns game7.example.com higress games/postio 7 Pending AGE",
	} {
		if diff := cmp.Diff(want, table(kubectl(t, "get", resource))); diff != "" {
			t.Errorf("kubectl get %s (-want +got):\n%s", resource, diff)
		}
	}
	category := strings.Fields(kubectl(t, "get", "gatehouse", "-o", "name"))
	slices.Sort(category)
	if diff := cmp.Diff([]string{"gamepolicy.gatehouse.dev/columns", "hostclaim.gatehouse.dev/columns"}, category); diff != "" {
		t.Errorf("kubectl get gatehouse (-want +got):\n%s", diff)
	}
}

var age = regexp.MustCompile(`\b\d+s$`)

// table is what kubectl printed with single spaces, and the age as a word.
func table(output string) string {
	var lines []string
	for line := range strings.Lines(output) {
		lines = append(lines, age.ReplaceAllString(strings.Join(strings.Fields(line), " "), "AGE"))
	}
	return strings.Join(lines, "; ")
}

// What a person reads who applies a policy with mistakes.
func TestKubectlApplyShowsAllMistakesAtOnce(t *testing.T) {
	manifest := `
apiVersion: gatehouse.dev/v1alpha1
kind: GamePolicy
metadata: {name: mistakes}
spec:
  targets: {gameServerIDs: ["3-1"]}
  defaults:
    rateLimit: {requestsPerSecond: 5, requestsPerMinute: 300}
    annotations: {higress.io/timeout: "60"}
`
	want := `The GamePolicy "mistakes" is invalid:
* spec.defaults.annotations: Invalid value: the key timeout is not allowed here: use the setting requestTimeout
* spec.defaults.rateLimit: Invalid value: set exactly one of requestsPerSecond and requestsPerMinute
* spec.targets.gameServerIDs[0]: Invalid value: "3-1": an id is a number from 0 to 2147483647, or a range of them such as "0-9" that starts with the smaller one
`
	for _, how := range [][]string{{"apply", "-f", "-"}, {"apply", "--server-side", "-f", "-"}, {"create", "-f", "-"}} {
		output, err := cluster.KubectlInput(env.Admin, manifest, how...)
		if err == nil {
			t.Fatalf("kubectl %v succeeded", how)
		}
		if diff := cmp.Diff(sortedLines(want), sortedLines(output)); diff != "" {
			t.Errorf("kubectl %v (-want +got):\n%s", how, diff)
		}
	}
}

func sortedLines(s string) []string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, strings.TrimSpace(line))
	}
	slices.Sort(lines)
	return lines
}

func TestAnUnknownFieldIsNamed(t *testing.T) {
	manifest := `{apiVersion: gatehouse.dev/v1alpha1, kind: GamePolicy, metadata: {name: a}, spec: {defaults: {requesttimeout: 5s}}}`
	output, err := cluster.KubectlInput(env.Admin, manifest, "apply", "-f", "-")
	if err == nil || !strings.Contains(output, `unknown field "spec.defaults.requesttimeout"`) {
		t.Errorf("%v\n%s", err, output)
	}
}
