package ingress_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
	"github.com/gatehouse-dev/gatehouse/webhooks/ingress"
)

func TestWhatIsNotKnownYetIsAskedForAgain(t *testing.T) {
	unsynced := &deeds{unsynced: true}
	for name, c := range map[string]struct {
		cluster *cluster
		deeds   *deeds
	}{"the cluster": {nil, &deeds{}}, "the claims": {with(t), unsynced}} {
		t.Run(name, func(t *testing.T) {
			denied(t, validateWith(c.cluster, c.deeds, create(t)), 429, "Gatehouse does not know yet who holds which host; try again in a second [GH212]")
			if len(c.deeds.claimed) > 0 {
				t.Errorf("claimed %v", c.deeds.claimed)
			}
		})
	}
}

// failingSets cannot be read.
type failingSets struct{}

func (failingSets) Complete(context.Context, *policy.Request) error {
	return errors.New("read GameServerSet games/postio: timeout")
}

func TestWhatCannotBeDecidedIsAnErrorAndNoRefusal(t *testing.T) {
	for name, v := range map[string]*ingress.Validator{
		"the claims cannot be written": ingress.NewValidator(with(t), noSets{}, &deeds{err: errors.New("write HostClaim: timeout")}, true, prometheus.NewRegistry(), logr.Discard(), &herald{}),
		"the set cannot be read":       ingress.NewValidator(with(t), failingSets{}, &deeds{}, true, prometheus.NewRegistry(), logr.Discard(), &herald{}),
	} {
		t.Run(name, func(t *testing.T) {
			response := v.Validate(t.Context(), create(t))
			if response.Err == nil || response.Denied != nil || !strings.Contains(response.Err.Error(), "timeout") {
				t.Errorf("response %+v", response)
			}
			if code := review(t, v, create(t)).Code; code != http.StatusInternalServerError {
				t.Errorf("HTTP %d", code)
			}
			// What no claim is needed for can be decided all the same.
			denied(t, v.Validate(t.Context(), create(t, annotate("match-header-x", "1"))), 422)
		})
	}
}

// review sends a request the way the API server does.
func review(t *testing.T, v *ingress.Validator, r *admissionv1.AdmissionRequest) *httptest.ResponseRecorder {
	t.Helper()
	body, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"}, Request: r,
	})
	if err != nil {
		t.Fatal(err)
	}
	handler := admit.NewHandler("validate-ingress", v.Validate, admit.NewMetrics(prometheus.NewRegistry()), logr.Discard())
	message := httptest.NewRequestWithContext(t.Context(), http.MethodPost, ingress.ValidatePath, strings.NewReader(string(body)))
	message.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, message)
	return recorder
}

func TestARefusalReachesTheClientAsItIs(t *testing.T) {
	v := ingress.NewValidator(with(t), noSets{}, heldBy(rival, gameHost).onTheirWay(), true, prometheus.NewRegistry(), logr.Discard(), &herald{})
	recorder := review(t, v, create(t))
	var answer admissionv1.AdmissionReview
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil || recorder.Code != http.StatusOK {
		t.Fatalf("HTTP %d: %v", recorder.Code, err)
	}
	got := answer.Response
	if got.Allowed || got.UID != "705ab4f5" || got.Result.Code != 429 || got.Result.Reason != metav1.StatusReasonTooManyRequests || got.Result.Details.RetryAfterSeconds != 1 {
		t.Errorf("%+v", got)
	}
}

func TestOnlyCreatesAndUpdatesOfIngressesAreJudged(t *testing.T) {
	status := update(t, gameIngress(), gameIngress(hosts("taken.example.com")))
	status.SubResource = "status"
	for name, r := range map[string]*admissionv1.AdmissionRequest{
		"a deletion":        {Operation: admissionv1.Delete, OldObject: raw(t, gameIngress())},
		"a connection":      {Operation: admissionv1.Connect},
		"a write of status": status,
	} {
		t.Run(name, func(t *testing.T) {
			allowed(t, validateWith(nil, heldBy(rival, gameHost, "taken.example.com"), r), ingress.Ungoverned)
		})
	}
	allowed(t, validateWith(with(t), heldBy(rival, gameHost), create(t, unmanaged)), ingress.Ungoverned)
	allowed(t, validateWith(with(t), heldBy(rival, gameHost), update(t, gameIngress(), gameIngress(unmanaged))), ingress.Ungoverned)
	for name, change := range map[string]func(*admissionv1.AdmissionRequest){
		"no object":             func(r *admissionv1.AdmissionRequest) { r.Object.Raw = nil },
		"a string":              func(r *admissionv1.AdmissionRequest) { r.Object.Raw = []byte(`"x"`) },
		"an update without old": func(r *admissionv1.AdmissionRequest) { r.Operation = admissionv1.Update },
		"a Service": func(r *admissionv1.AdmissionRequest) {
			r.Kind = metav1.GroupVersionKind{Version: "v1", Kind: "Service"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := create(t)
			change(r)
			if response := validateWith(with(t), &deeds{}, r); response.Verdict != admit.Malformed || response.Err == nil {
				t.Errorf("response %+v", response)
			}
		})
	}
}

func TestRefusalsAreCountedByReason(t *testing.T) {
	registry := prometheus.NewRegistry()
	d := heldBy(rival, gameHost)
	v := ingress.NewValidator(with(t), noSets{}, d, true, registry, logr.Discard(), &herald{})
	for _, r := range []*admissionv1.AdmissionRequest{
		create(t), create(t, hosts("free.example.com")), create(t, annotate("match-header-x", "1", "higress.io/timeout", "-5")), create(t, numbered(33)), create(t),
	} {
		v.Validate(t.Context(), r)
	}
	d.onTheirWay()
	v.Validate(t.Context(), create(t))
	want := `# HELP gatehouse_host_conflicts_total What Ingresses were refused for, by reason.
# TYPE gatehouse_host_conflicts_total counter
gatehouse_host_conflicts_total{reason="harmful"} 2
gatehouse_host_conflicts_total{reason="held"} 2
gatehouse_host_conflicts_total{reason="in_flight"} 1
gatehouse_host_conflicts_total{reason="too_many"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "gatehouse_host_conflicts_total"); err != nil {
		t.Error(err)
	}
}
