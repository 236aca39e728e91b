package docs_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// What a GameServerSet is told is what the webhook says, with the Ingress in front.
func TestTheREADMEsEventIsWhatTheWebhookSays(t *testing.T) {
	deed := host.Deed{Gateway: "higress", Host: "s0.postio.example.com"}
	claim := &v1alpha1.HostClaim{
		Spec: v1alpha1.HostClaimSpec{
			Class: deed.Gateway, Host: deed.Host, Sharing: v1alpha1.SharingServer,
			Holder: v1alpha1.Holder{Namespace: "games", GameServerSet: "postio", ID: ptr.To(0)},
		},
		Status: v1alpha1.HostClaimStatus{Phase: v1alpha1.HostClaimBound},
	}
	clone := host.Party{Namespace: "arcade", Set: "postio-clone"}
	ing := &networkingv1.Ingress{Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{Host: deed.Host}}}}
	refusal := policy.RefuseHosts(ing, clone, []host.Verdict{{Deed: deed, Judgement: host.Judge(claim, deed, clone, host.Terms{}, time.Now())}}, false)

	want := "Ingress postio-clone-0: " + refusal.Status("postio-clone-0").Message
	shown := strings.Split(between(t, "$ kubectl events --for gameserverset/postio-clone -n arcade\n", "```"), "\n")[1]
	if _, got, _ := strings.Cut(shown, "GameServerSet/postio-clone   "); got != want {
		t.Errorf("README.md's event differs (-said +shown):\n%s", cmp.Diff(want, got))
	}
}

func TestTheREADMEsDirectoryLooksAsKubectlPrintsIt(t *testing.T) {
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(read(t, "../../charts/gatehouse/files/crds/gatehouse.dev_hostclaims.yaml"), &crd); err != nil {
		t.Fatal(err)
	}
	want := []string{"NAME"}
	for _, column := range crd.Spec.Versions[0].AdditionalPrinterColumns {
		if column.Priority == 0 {
			want = append(want, strings.ToUpper(column.Name))
		}
	}
	lines := strings.Split(strings.TrimSpace(between(t, "$ kubectl get hostclaims\n", "```")), "\n")
	if diff := cmp.Diff(want, strings.Fields(lines[0])); diff != "" {
		t.Errorf("README.md's columns differ from the CRD's (-CRD +shown):\n%s", diff)
	}
	for _, line := range lines[1:] {
		row := strings.Fields(line)
		name := host.Deed{Gateway: row[slices.Index(want, "CLASS")], Host: row[slices.Index(want, "HOST")]}.ClaimName()
		if len(row) != len(want) || row[0] != name {
			t.Errorf("no claim looks like this, its name would be %s:\n%s", name, line)
		}
	}
}

func TestTheREADMEsHostPolicyIsAccepted(t *testing.T) {
	text := between(t, "and what becomes of an Ingress that comes second:\n\n```yaml\n", "```")
	if out := run(t, text); !strings.Contains(out, "postio-hosts  yes") || strings.Contains(out, "Error") {
		t.Errorf("preview says of README.md's policy:\n%s", out)
	}
}

func TestTheREADMEsTimesAreTheRules(t *testing.T) {
	for what, d := range map[string]time.Duration{"not before %s after its claim was last written": host.Quiet, "for %s after a rollout": host.LastServed} {
		times := map[time.Duration]string{90 * time.Second: "90 s", 10 * time.Minute: "ten minutes"}
		if want := strings.Replace(what, "%s", times[d], 1); times[d] == "" || !strings.Contains(between(t, "## A host", "\n## "), want) {
			t.Errorf("README.md does not say %q: it is %s", want, d)
		}
	}
}

// Every value in the README's table is one of the chart's, with the chart's default.
func TestTheREADMEsValuesAreTheCharts(t *testing.T) {
	var values map[string]any
	if err := yaml.Unmarshal(read(t, "../../charts/gatehouse/values.yaml"), &values); err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([\\w.]+)` \\| `([^`]+)` \\|").FindAllStringSubmatch(between(t, "| value | default | |\n", "\n\n"), -1)
	if len(rows) < 5 {
		t.Fatalf("only %d values found in README.md", len(rows))
	}
	for _, row := range rows {
		var shown any
		if err := yaml.Unmarshal([]byte(row[2]), &shown); err != nil {
			t.Fatalf("%s: %v", row[0], err)
		}
		if diff := cmp.Diff(lookUp(values, row[1]), shown); diff != "" {
			t.Errorf("README.md on %s (-chart +shown):\n%s", row[1], diff)
		}
	}
}

// lookUp is nil where there is no such value.
func lookUp(values map[string]any, path string) any {
	var found any = values
	for key := range strings.SplitSeq(path, ".") {
		inner, isMap := found.(map[string]any)
		if !isMap {
			return nil
		}
		found = inner[key]
	}
	return found
}
