package e2e_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

const timeoutKey = "higress.io/timeout"

func TestAServerSideDryRunShowsTheAnnotationsAndStoresNothing(t *testing.T) {
	s := stack(t)
	applyPolicy(t, s, policyText("dry", "dry", "defaults: {requestTimeout: 30s}"), "dry", timeoutKey, "30")
	ing := gameIngress("dry", 0, nil)
	if err := s.Create(t.Context(), ing, client.DryRunAll); err != nil {
		t.Fatal(err)
	}
	expect(t, ing, map[string]string{timeoutKey: "30"})
	if stored := get(t, s, "dry-0"); stored.UID != "" {
		t.Errorf("stored: %v", stored)
	}
}

// A CREATE review also comes for a name that exists, and ends in 409 after both webhook phases.
func TestACreateOfANameThatExistsHarmsNothing(t *testing.T) {
	s := stack(t)
	applyPolicy(t, s, policyText("twice", "twice", "defaults: {requestTimeout: 30s}"), "twice", timeoutKey, "30")
	first := create(t, s, "twice", 0, nil)
	err := s.Create(t.Context(), gameIngress("twice", 0, map[string]string{timeoutKey: "5"}))
	if !apierrors.IsAlreadyExists(err) {
		t.Errorf("got %v, want AlreadyExists", err)
	}
	if again := get(t, s, "twice-0"); again.ResourceVersion != first.ResourceVersion || !maps.Equal(again.Annotations, first.Annotations) {
		t.Errorf("changed from %v to %v", first.Annotations, again.Annotations)
	}
}

// OpenKruiseGame's PUT has no resourceVersion and replaces all annotations.
func TestAPutWithoutResourceVersionIsInjectedAgain(t *testing.T) {
	s := stack(t)
	applyPolicy(t, s, policyText("put", "put", "overrides: {requestTimeout: 30s}"), "put", timeoutKey, "30")
	first := create(t, s, "put", 0, map[string]string{"example.com/author": "x"})
	replacement := gameIngress("put", 0, map[string]string{timeoutKey: "99"})
	replacement.OwnerReferences = first.OwnerReferences
	if err := s.Update(t.Context(), replacement); err != nil {
		t.Fatal(err)
	}
	expect(t, get(t, s, "put-0"), map[string]string{timeoutKey: "30"})

	unchanged := get(t, s, "put-0")
	if err := s.Update(t.Context(), unchanged.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	if again := get(t, s, "put-0"); again.ResourceVersion != unchanged.ResourceVersion {
		t.Error("a PUT of what stands was stored as a change: deciding again changed something")
	}
}

func TestANeverPolicyLeavesWhatExistsAsItWas(t *testing.T) {
	s := stack(t)
	text := func(seconds int) string {
		return policyText("never", "never", fmt.Sprintf("defaults: {requestTimeout: %ds}\nrollout: {existing: Never}", seconds))
	}
	applyPolicy(t, s, text(30), "never", timeoutKey, "30")
	create(t, s, "never", 0, nil)
	applyPolicy(t, s, text(60), "never", timeoutKey, "60")
	if err := s.Update(t.Context(), gameIngress("never", 0, map[string]string{"game.kruise.io/ingress-hash": "2"})); err != nil {
		t.Fatal(err)
	}
	expect(t, get(t, s, "never-0"), map[string]string{timeoutKey: "30"})
	expect(t, create(t, s, "never", 1, nil), map[string]string{timeoutKey: "60"})
}

func TestWarnTellsKubectlAndChangesNothing(t *testing.T) {
	s := stack(t)
	kubectlInput(t, s, env.Operator, policyText("warn", "warn", "mode: Warn\noverrides: {requestTimeout: 30s}"), "apply", "-f", "-")
	text, err := json.Marshal(gameIngress("warn", 0, nil))
	if err != nil {
		t.Fatal(err)
	}
	manifest := strings.Replace(string(text), "{", `{"apiVersion":"networking.k8s.io/v1","kind":"Ingress",`, 1)
	const want = `Warning: GamePolicy warn (mode Warn) would set higress.io/timeout to "30"`
	wait(t, s, "the warning", func(context.Context) (bool, error) {
		out, err := s.KubectlInput(env.Admin, manifest, "create", "--dry-run=server", "-o", "yaml", "-f", "-")
		return strings.Contains(out, want) && !strings.Contains(out, "higress.io/timeout: "), fmt.Errorf("kubectl said: %s (%w)", out, err)
	})
}

// Another webhook that comes after ours changes an annotation: the API server calls us again on its result.
func TestReinvocationSeesWhatAnotherWebhookWrote(t *testing.T) {
	s := stack(t)
	applyPolicy(t, s, policyText("again", "again", `
defaults: {requestTimeout: 30s}
overrides: {retry: {attempts: 2}}`), "again", timeoutKey, "30")
	meddler(t, s, "again", `[{"op":"add","path":"/metadata/annotations/higress.io~1timeout","value":"77"},
		{"op":"add","path":"/metadata/annotations/higress.io~1proxy-next-upstream-tries","value":"9"}]`)
	wait(t, s, "the other webhook's default to stand and our override to hold", func(ctx context.Context) (bool, error) {
		ing := gameIngress("again", 1, nil)
		err := s.Create(ctx, ing, client.DryRunAll)
		return err == nil && ing.Annotations[timeoutKey] == "77" && ing.Annotations["higress.io/proxy-next-upstream-tries"] == "2",
			fmt.Errorf("annotations %v, %w", ing.Annotations, err)
	})
}

// meddler registers another mutating webhook, called after ours by its name, for the Ingresses of one set.
func meddler(t *testing.T, s *installation, set, patch string) {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		var review admissionv1.AdmissionReview
		if err := json.Unmarshal(body, &review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
		if strings.HasPrefix(review.Request.Name, set+"-") {
			kind := admissionv1.PatchTypeJSONPatch
			review.Response.Patch, review.Response.PatchType = []byte(patch), &kind
		}
		review.Request = nil
		_ = json.NewEncoder(w).Encode(review) // the API server sees what is missing
	}))
	t.Cleanup(server.Close)
	var bundle strings.Builder
	for _, certificate := range []*x509.Certificate{server.Certificate()} {
		_ = pem.Encode(&bundle, &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}) // a Builder never fails
	}
	none, ignore, url := admissionregistrationv1.SideEffectClassNone, admissionregistrationv1.Ignore, server.URL
	configuration := &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "zz-" + set},
		Webhooks: []admissionregistrationv1.MutatingWebhook{{
			Name: "meddler.example.com", SideEffects: &none, FailurePolicy: &ignore, AdmissionReviewVersions: []string{"v1"},
			ClientConfig: admissionregistrationv1.WebhookClientConfig{URL: &url, CABundle: []byte(bundle.String())},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{"networking.k8s.io"}, APIVersions: []string{"v1"}, Resources: []string{"ingresses"}},
			}},
		}},
	}
	if err := s.Create(t.Context(), configuration); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Delete(context.Background(), configuration); err != nil {
			t.Error(err)
		}
	})
}

func TestOneThousandPolicies(t *testing.T) {
	s := stack(t)
	ctx := t.Context()
	begin := time.Now()
	for i := range 1000 {
		p := &v1alpha1.GamePolicy{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("many-%d", i), Labels: map[string]string{"of": "many"}}}
		p.Spec.Targets.GameServerSetNames = []string{fmt.Sprintf("many%d", i)}
		p.Spec.Defaults = &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: time.Duration(i+1) * time.Second}}
		if err := s.Create(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	created := time.Now()
	for _, i := range []int{999, 0, 500} {
		waitDecided(t, s, fmt.Sprintf("many%d", i), timeoutKey, fmt.Sprint(i+1))
	}
	t.Logf("1,000 policies created in %s; the last one decided %s later", created.Sub(begin).Round(time.Millisecond), time.Since(created).Round(time.Millisecond))
	for _, i := range []int{1, 777} {
		expect(t, create(t, s, fmt.Sprintf("many%d", i), 0, nil), map[string]string{timeoutKey: fmt.Sprint(i + 1)})
	}
	if err := s.DeleteAllOf(ctx, &v1alpha1.GamePolicy{}, client.MatchingLabels{"of": "many"}); err != nil {
		t.Fatal(err)
	}
	waitDecided(t, s, "many999", timeoutKey, "")
}

// While no manager answers, the validating webhook keeps Ingresses of managed classes out, so that no host is given away
// twice, and the mutating one would let them pass; Ingresses of other classes and deletions never notice.
func TestWithoutTheManagerNoHostIsGivenAway(t *testing.T) {
	s := stack(t)
	applyPolicy(t, s, policyText("down", "down", "defaults: {requestTimeout: 30s}"), "down", timeoutKey, "30")
	standing := create(t, s, "down", 1, nil)
	manager := s.Release.Replicas[0]
	if err := manager.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if manager.PID() == 0 {
			_ = errors.Join(manager.Start(), manager.WaitReady(t.Context())) // the tests after this one need it
		}
	})
	ing := gameIngress("down", 0, nil)
	ing.OwnerReferences[0].UID = pod(t, s, ing.Name)
	if err := s.Create(t.Context(), ing.DeepCopy()); err == nil || !strings.Contains(err.Error(), `failed calling webhook "validate-ingress.gatehouse.dev"`) {
		t.Errorf("a new Ingress: %v, want the webhook's failure", err)
	}
	other := gameIngress("other", 0, nil)
	class := "nginx"
	other.Spec.IngressClassName = &class
	if err := s.Create(t.Context(), other); err != nil {
		t.Errorf("an Ingress of another class: %v", err)
	}
	standing.Labels = map[string]string{"a": "b"}
	if err := s.Update(t.Context(), standing); err != nil {
		t.Errorf("a label on one that stands: %v", err)
	}
	if err := s.Delete(t.Context(), standing); err != nil {
		t.Errorf("deleting it: %v", err)
	}
	if err := errors.Join(manager.Start(), manager.WaitReady(t.Context())); err != nil {
		t.Fatal(err)
	}
	wait(t, s, "the Ingress to be made once a manager is back", func(ctx context.Context) (bool, error) {
		again := ing.DeepCopy()
		err := s.Create(ctx, again)
		return err == nil && again.Annotations[timeoutKey] == "30", err
	})
}

func TestAGameDeveloperHasNoSayInPolicies(t *testing.T) {
	s := stack(t)
	for _, args := range [][]string{{"get", "gamepolicies"}, {"delete", "gamepolicies", "--all"}, {"get", "hostclaims"}} {
		out, err := s.Kubectl(env.Dev, args...)
		if err == nil || !strings.Contains(out, "Forbidden") {
			t.Errorf("kubectl %v as the game developer: %s", args, out)
		}
	}
	out, err := s.KubectlInput(env.Dev, policyText("mine", "mine", "defaults: {requestTimeout: 1s}"), "apply", "-f", "-")
	if err == nil || !strings.Contains(out, "orbidden") {
		t.Errorf("kubectl apply of a policy as the game developer: %s", out)
	}
}

// A record that a tenant forges under a policy that leaves existing Ingresses alone brings nothing of the tenant's under
// the policy's name.
func TestAForgedRecordGivesNothing(t *testing.T) {
	s := stack(t)
	applyPolicy(t, s, policyText("forge", "forge", "overrides: {requestTimeout: 30s}\nrollout: {existing: Never}"), "forge", timeoutKey, "30")
	ing := create(t, s, "forge", 0, nil)
	ing.Annotations[timeoutKey] = "99999"
	ing.Annotations[policy.AppliedAnnotation] = `{"v":1,"hash":"0","keys":{"higress.io/timeout":{"policy":"forge","layer":"overrides","value":"99999"}}}`
	if err := s.Update(t.Context(), ing); err != nil {
		t.Fatal(err)
	}
	expect(t, ing, map[string]string{timeoutKey: "30"})
}

// create stores an Ingress that stays: its owner is a Pod that exists.
func create(t *testing.T, s *installation, set string, id int, annotations map[string]string) *networkingv1.Ingress {
	t.Helper()
	ing := gameIngress(set, id, annotations)
	ing.OwnerReferences[0].UID = pod(t, s, ing.Name)
	if err := s.Create(t.Context(), ing); err != nil {
		t.Fatal(err)
	}
	return ing
}
