package gameserverset_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/review"
	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
	"github.com/gatehouse-dev/gatehouse/webhooks/gameserverset"
)

const article = `
apiVersion: game.kruise.io/v1alpha1
kind: GameServerSet
metadata: {name: postio, namespace: games}
spec:
  replicas: 3
  network:
    networkType: Kubernetes-Ingress
    networkConf:
    - {name: IngressClassName, value: higress}
    - {name: Port, value: "5000"}
    - {name: Path, value: /}
    - {name: PathType, value: Prefix}
    - {name: Host, value: "game<id>.postio.example.com"}
`

// cluster is one without anything in it but what a test puts there.
type cluster struct {
	unknown    bool
	others     []policy.KnownSet
	live       []int
	autoscaler *review.Autoscaler
	stored     string
	err        error
}

func (c *cluster) World(string) (review.World, bool) {
	return review.World{Policies: policy.NewSet(nil), Classes: policy.NewClasses(policy.DefaultOptions(), nil), Others: c.others}, !c.unknown
}
func (c *cluster) Live(string, string) []int                    { return c.live }
func (c *cluster) Autoscaler(string, string) *review.Autoscaler { return c.autoscaler }
func (c *cluster) Set(context.Context, string, string) (*gameserver.GameServerSet, error) {
	if c.stored == "" || c.err != nil {
		return nil, c.err
	}
	set := &gameserver.GameServerSet{}
	return set, yaml.Unmarshal([]byte(c.stored), set)
}

func (c *cluster) validate(t *testing.T, r *admissionv1.AdmissionRequest) admit.Response {
	t.Helper()
	return gameserverset.NewValidator(c, logr.Discard()).Validate(t.Context(), r)
}

func raw(t *testing.T, manifest string) runtime.RawExtension {
	t.Helper()
	text, err := yaml.YAMLToJSON([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	return runtime.RawExtension{Raw: text}
}

func create(t *testing.T, manifest string) *admissionv1.AdmissionRequest {
	return &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Namespace: "games", Name: "postio", Object: raw(t, manifest),
		Kind: metav1.GroupVersionKind{Group: "game.kruise.io", Version: "v1alpha1", Kind: "GameServerSet"},
	}
}

func update(t *testing.T, old, manifest string) *admissionv1.AdmissionRequest {
	r := create(t, manifest)
	r.Operation, r.OldObject = admissionv1.Update, raw(t, old)
	return r
}

func scale(t *testing.T, replicas int) *admissionv1.AdmissionRequest {
	r := create(t, fmt.Sprintf("{kind: Scale, apiVersion: autoscaling/v1, metadata: {name: postio, namespace: games}, spec: {replicas: %d}}", replicas))
	r.Operation, r.SubResource, r.Kind = admissionv1.Update, "scale", metav1.GroupVersionKind{Group: "autoscaling", Version: "v1", Kind: "Scale"}
	return r
}

func allowed(t *testing.T, r admit.Response, warnings ...string) {
	t.Helper()
	if r.Err != nil || r.Denied != nil {
		t.Errorf("not allowed: %v %v", r.Err, r.Denied)
	}
	if diff := cmp.Diff(warnings, r.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestASetThatWorksPassesInSilence(t *testing.T) {
	allowed(t, (&cluster{}).validate(t, create(t, article)))
	allowed(t, (&cluster{}).validate(t, update(t, article, strings.Replace(article, "replicas: 3", "replicas: 5", 1))))
	allowed(t, (&cluster{stored: article}).validate(t, scale(t, 10)))
	deleted := create(t, article)
	deleted.Operation = admissionv1.Delete
	allowed(t, (&cluster{}).validate(t, deleted))
	allowed(t, (&cluster{}).validate(t, update(t, article, `{metadata: {name: postio, namespace: games, deletionTimestamp: "2026-03-01T00:00:00Z"}, spec: {replicas: 3, network: {networkType: Kubernetes-Ingress}}}`)))
}

func TestWhatIsWrongWithTheSetIsRefusedAsInvalidWithACauseForEach(t *testing.T) {
	broken := strings.NewReplacer(`"5000"`, `"abc"`, "/}", "x}").Replace(article)
	r := (&cluster{}).validate(t, create(t, broken))
	if r.Denied == nil || r.Verdict != gameserverset.Refused {
		t.Fatalf("allowed: %+v", r)
	}
	want := &metav1.Status{
		Status: metav1.StatusFailure, Code: 422, Reason: metav1.StatusReasonInvalid,
		Message: `
* spec.network.networkConf[1].value: parameter Port: "abc" is no number; OpenKruiseGame takes it as 0, and the API server refuses that; give a port from 1 to 65535 [GH303]
* spec.network.networkConf[2].value: parameter Path "x": the path "x" of every server does not start with "/"; the API server refuses the Ingress [GH311]`,
		Details: &metav1.StatusDetails{Group: "game.kruise.io", Kind: "GameServerSet", Name: "postio", Causes: []metav1.StatusCause{
			{Type: "GH303", Field: "spec.network.networkConf[1].value", Message: `parameter Port: "abc" is no number; OpenKruiseGame takes it as 0, and the API server refuses that; give a port from 1 to 65535 [GH303]`},
			{Type: "GH311", Field: "spec.network.networkConf[2].value", Message: `parameter Path "x": the path "x" of every server does not start with "/"; the API server refuses the Ingress [GH311]`},
		}},
	}
	if diff := cmp.Diff(want, r.Denied); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnothersHostIsForbidden(t *testing.T) {
	other := gameserver.GameServerSet{}
	if err := yaml.Unmarshal([]byte(article), &other); err != nil {
		t.Fatal(err)
	}
	e := gameserver.Inspect(&other)
	c := &cluster{others: []policy.KnownSet{{Namespace: "arcade", Name: "postio", Template: e.Template, IDs: []int{5, 6}}}}
	c.stored = article
	for _, r := range []*admissionv1.AdmissionRequest{scale(t, 7), update(t, article, strings.Replace(article, "replicas: 3", "replicas: 7", 1))} {
		response := c.validate(t, r)
		if response.Denied == nil || response.Denied.Code != 403 || response.Denied.Reason != metav1.StatusReasonForbidden {
			t.Fatalf("%+v", response)
		}
		const want = `spec.network.networkConf[4].value: ids 5-6: "game5.postio.example.com" and 1 more are to be those of GameServerSet arcade/postio; choose another Host [GH202]`
		if response.Denied.Message != want {
			t.Errorf("message %s", response.Denied.Message)
		}
	}
	const summary = "GameServerSet postio: 1 warning; in full: gatehouse lint -f FILE"
	allowed(t, c.validate(t, scale(t, 3)), summary, `spec.replicas: GameServerSet arcade/postio has the hosts of ids 5-6, next in line [GH315]`)
	c.autoscaler = &review.Autoscaler{Name: "autoscaler postio", Max: 6}
	allowed(t, c.validate(t, scale(t, 3)), summary,
		`spec.replicas: GameServerSet arcade/postio has the hosts of id 5, in reach of autoscaler postio (6) [GH315]`)
	allowed(t, c.validate(t, scale(t, 0)))
}

func TestManyFaultsAreToldInFewLines(t *testing.T) {
	var faults, odd strings.Builder
	for n := range 50 {
		fmt.Fprintf(&faults, "    - {name: Annotation, value: \"no-colon-%d\"}\n", n)
		fmt.Fprintf(&odd, "    - {name: Annotation, value: \"higress.io/unheard-of-%d: x\"}\n", n)
	}
	r := (&cluster{}).validate(t, create(t, article+faults.String()))
	if n := strings.Count(r.Denied.Message, "\n* "); n != 21 || !strings.HasSuffix(r.Denied.Message, "\n* 30 more") || len(r.Denied.Details.Causes) != 21 {
		t.Errorf("%d lines, %d causes: %s", n, len(r.Denied.Details.Causes), r.Denied.Message)
	}
	r = (&cluster{}).validate(t, create(t, article+odd.String()))
	if len(r.Warnings) != 11 {
		t.Fatalf("%d warnings: %q", len(r.Warnings), r.Warnings)
	}
	if want := "GameServerSet postio: 50 warnings, of which 10 are shown; in full: gatehouse lint -f FILE"; r.Warnings[0] != want {
		t.Errorf("summary %q", r.Warnings[0])
	}
	for _, w := range r.Warnings {
		if len(w) > 120 {
			t.Errorf("%d characters: %s", len(w), w)
		}
	}
}

func TestWhatStoodBeforeIsAWarning(t *testing.T) {
	broken := strings.Replace(article, `"5000"`, `"abc"`, 1)
	r := (&cluster{}).validate(t, update(t, broken, strings.Replace(broken, "replicas: 3", "replicas: 4", 1)+`    - {name: Fixed, value: "maybe"}`))
	allowed(t, r,
		"GameServerSet postio: 1 error from before this change, 1 warning; in full: gatehouse lint -f FILE",
		`networkConf[1]: parameter Port: "abc" is no number; OpenKruiseGame takes it as 0, and the API server refuses... [GH303]`,
		`networkConf[5]: parameter Fixed: "maybe" is neither "true" nor "false"; OpenKruiseGame takes it as false [GH313]`)
}

// OpenKruiseGame's CRD takes integers of any size, and its informer stops at the first set that does not fit into its types.
func TestASetThatOpenKruiseGameCannotReadIsRefused(t *testing.T) {
	huge := article + "  reserveGameServerIds: [99999999999]\n"
	r := (&cluster{}).validate(t, create(t, huge))
	if r.Denied == nil || r.Denied.Code != 422 || !strings.HasPrefix(r.Denied.Message, "spec: OpenKruiseGame could not read this set, nor any other while it is there: ") || !strings.HasSuffix(r.Denied.Message, "[GH314]") {
		t.Errorf("%+v", r)
	}
	allowed(t, (&cluster{}).validate(t, update(t, huge, article)))
	allowed(t, (&cluster{}).validate(t, update(t, huge, huge)))
}

func TestWhatCannotBeDecidedIsAnErrorAndWhatIsNotKnownPasses(t *testing.T) {
	if r := (&cluster{stored: article, err: errors.New("timeout")}).validate(t, scale(t, 9)); r.Err == nil || r.Denied != nil {
		t.Errorf("%+v", r)
	}
	if r := (&cluster{unknown: true}).validate(t, create(t, "{spec: {replicas: -1}}")); r.Err != nil || r.Denied != nil || r.Verdict != gameserverset.Unknown {
		t.Errorf("%+v", r)
	}
	allowed(t, (&cluster{}).validate(t, scale(t, 9))) // the set is gone
	r := create(t, article)
	r.Kind.Kind = "Ingress"
	if response := (&cluster{}).validate(t, r); response.Err == nil || response.Denied != nil {
		t.Errorf("%+v", response)
	}
}

func FuzzAnySetGetsAnAnswer(f *testing.F) {
	text, err := yaml.YAMLToJSON([]byte(article))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text, text)
	f.Add([]byte(`{"spec":{"replicas":2147483647,"reserveGameServerIds":["0-2000000000"],"network":{"networkType":"Kubernetes-Ingress","networkConf":[{}]}}}`), []byte(`{}`))
	f.Fuzz(func(t *testing.T, object, old []byte) {
		r := &admissionv1.AdmissionRequest{Operation: admissionv1.Update, Namespace: "games", Name: "postio"}
		r.Object.Raw, r.OldObject.Raw = object, old
		first, again := (&cluster{}).validate(t, r), (&cluster{}).validate(t, r)
		if a, b := asText(t, first), asText(t, again); a != b {
			t.Errorf("two answers:\n%s\n%s", a, b)
		}
		r.OldObject.Raw = object
		if same := (&cluster{}).validate(t, r); same.Denied != nil && json.Valid(object) {
			t.Errorf("refused though nothing changes: %s", same.Denied.Message)
		}
	})
}

func asText(t *testing.T, r admit.Response) string {
	t.Helper()
	text, err := json.Marshal(r.Denied)
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + strings.Join(r.Warnings, "\n")
}
