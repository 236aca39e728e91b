package admit_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
)

const review = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"705ab4f5","operation":"CREATE",
"namespace":"games","name":"postio-7","object":{"kind":"Ingress","metadata":{"name":"postio-7"}},"oldObject":null}}`

// post sends a body as the API server would and returns the answer.
func post(t *testing.T, handler http.Handler, body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mutate-ingress?timeout=2s", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

func handler(decide admit.Func) http.Handler {
	return admit.NewHandler("test", decide, admit.NewMetrics(prometheus.NewRegistry()), logr.Discard())
}

func allow(context.Context, *admissionv1.AdmissionRequest) admit.Response { return admit.Response{} }

func answered(t *testing.T, recorder *httptest.ResponseRecorder) *admissionv1.AdmissionResponse {
	t.Helper()
	if recorder.Code != http.StatusOK {
		t.Fatalf("status %d: %s", recorder.Code, recorder.Body)
	}
	var answer admissionv1.AdmissionReview
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.APIVersion != "admission.k8s.io/v1" || answer.Kind != "AdmissionReview" || answer.Response == nil {
		t.Fatalf("not a review: %s", recorder.Body)
	}
	return answer.Response
}

func TestTheRequestReachesTheFuncWithRawObjectsAndTheDeadlineOfTheQuery(t *testing.T) {
	var seen *admissionv1.AdmissionRequest
	var left time.Duration
	decide := func(ctx context.Context, request *admissionv1.AdmissionRequest) admit.Response {
		deadline, _ := ctx.Deadline()
		seen, left = request, time.Until(deadline)
		return admit.Response{}
	}
	answer := answered(t, post(t, handler(decide), review))
	if answer.UID != "705ab4f5" || !answer.Allowed || answer.Patch != nil || answer.PatchType != nil {
		t.Errorf("answer %+v", answer)
	}
	if seen.Name != "postio-7" || string(seen.Object.Raw) != `{"kind":"Ingress","metadata":{"name":"postio-7"}}` || seen.OldObject.Raw != nil {
		t.Errorf("request %+v", seen)
	}
	if left <= time.Second || left > 2*time.Second {
		t.Errorf("the deadline is in %s, want 2s", left)
	}
}

func TestATimeoutThatCannotBeReadFallsBackToTheLongestOne(t *testing.T) {
	for _, query := range []string{"", "?timeout=", "?timeout=x", "?timeout=-1s", "?timeout=9h", "?timeout=%zz"} {
		var left time.Duration
		handler := handler(func(ctx context.Context, _ *admissionv1.AdmissionRequest) admit.Response {
			deadline, _ := ctx.Deadline()
			left = time.Until(deadline)
			return admit.Response{}
		})
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x", strings.NewReader(review))
		request.URL.RawQuery = strings.TrimPrefix(query, "?")
		request.Header.Set("Content-Type", "application/json; charset=utf-8")
		handler.ServeHTTP(httptest.NewRecorder(), request)
		if left < 29*time.Second || left > 30*time.Second {
			t.Errorf("%q: the deadline is in %s", query, left)
		}
	}
}

func TestPatchAndWarningsAreAnswered(t *testing.T) {
	answer := answered(t, post(t, handler(func(context.Context, *admissionv1.AdmissionRequest) admit.Response {
		return admit.Response{Patch: []byte(`[{"op":"remove","path":"/x"}]`), Warnings: []string{"at 50% of the limit"}}
	}), review))
	if string(answer.Patch) != `[{"op":"remove","path":"/x"}]` || answer.PatchType == nil || *answer.PatchType != admissionv1.PatchTypeJSONPatch {
		t.Errorf("answer %+v", answer)
	}
	if len(answer.Warnings) != 1 || answer.Warnings[0] != "at 50 percent of the limit" {
		t.Errorf("warnings %q", answer.Warnings)
	}
}

func TestARefusalCarriesItsStatusAndNoPatchAndNoPercentSign(t *testing.T) {
	status := &metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: "100% taken"}
	answer := answered(t, post(t, handler(func(context.Context, *admissionv1.AdmissionRequest) admit.Response {
		return admit.Response{Denied: status, Patch: []byte(`[]`)}
	}), review))
	if answer.Allowed || answer.Patch != nil || answer.Result.Code != http.StatusForbidden || answer.Result.Message != "100 percent taken" {
		t.Errorf("answer %+v", answer)
	}
}

func TestWhatIsNoReviewIsRefusedWithItsHTTPStatus(t *testing.T) {
	with := func(field, value string) string { return strings.Replace(review, field, value, 1) }
	huge := `"` + strings.Repeat("x", 4<<20) + `"`
	for name, test := range map[string]struct {
		method, contentType, body string
		want                      int
	}{
		"GET":                   {http.MethodGet, "application/json", "", http.StatusMethodNotAllowed},
		"PUT":                   {http.MethodPut, "application/json", review, http.StatusMethodNotAllowed},
		"no content type":       {http.MethodPost, "", review, http.StatusUnsupportedMediaType},
		"YAML":                  {http.MethodPost, "application/yaml", review, http.StatusUnsupportedMediaType},
		"bad content type":      {http.MethodPost, "application/json; =", review, http.StatusUnsupportedMediaType},
		"empty":                 {http.MethodPost, "application/json", "", http.StatusBadRequest},
		"null":                  {http.MethodPost, "application/json", "null", http.StatusBadRequest},
		"a list":                {http.MethodPost, "application/json", "[]", http.StatusBadRequest},
		"cut off":               {http.MethodPost, "application/json", review[:100], http.StatusBadRequest},
		"two reviews":           {http.MethodPost, "application/json", review + review, http.StatusBadRequest},
		"no request":            {http.MethodPost, "application/json", `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}`, http.StatusBadRequest},
		"request in capitals":   {http.MethodPost, "application/json", with(`"request"`, `"Request"`), http.StatusBadRequest},
		"no uid":                {http.MethodPost, "application/json", with(`"uid"`, `"id"`), http.StatusBadRequest},
		"uid is a number":       {http.MethodPost, "application/json", with(`"705ab4f5"`, `7`), http.StatusBadRequest},
		"v1beta1":               {http.MethodPost, "application/json", with(`/v1"`, `/v1beta1"`), http.StatusBadRequest},
		"another kind":          {http.MethodPost, "application/json", with(`"AdmissionReview"`, `"Review"`), http.StatusBadRequest},
		"an oversized object":   {http.MethodPost, "application/json", with(`"oldObject":null`, `"oldObject":`+huge), http.StatusRequestEntityTooLarge},
		"an oversized body":     {http.MethodPost, "application/json", strings.Repeat(" ", 7<<20) + review, http.StatusRequestEntityTooLarge},
		"nesting without bound": {http.MethodPost, "application/json", strings.Repeat(`{"request":`, 200_000), http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			called := false
			handler := handler(func(context.Context, *admissionv1.AdmissionRequest) admit.Response {
				called = true
				return admit.Response{}
			})
			for _, length := range []int64{int64(len(test.body)), -1} { // -1: chunked, so that only reading tells
				request := httptest.NewRequestWithContext(t.Context(), test.method, "/x", strings.NewReader(test.body))
				request.ContentLength = length
				request.Header.Set("Content-Type", test.contentType)
				recorder := httptest.NewRecorder()
				handler.ServeHTTP(recorder, request)
				if recorder.Code != test.want || called {
					t.Errorf("status %d, want %d, Func called: %t", recorder.Code, test.want, called)
				}
				if allow := recorder.Header().Get("Allow"); (allow == http.MethodPost) != (test.want == http.StatusMethodNotAllowed) {
					t.Errorf("Allow: %q", allow)
				}
			}
		})
	}
}

func TestWhatCannotBeDecidedIsAnHTTPErrorSoThatFailurePolicyApplies(t *testing.T) {
	for name, decide := range map[string]admit.Func{
		"an error": func(context.Context, *admissionv1.AdmissionRequest) admit.Response {
			return admit.Response{Err: errors.New("the secret reason")}
		},
		"a panic": func(context.Context, *admissionv1.AdmissionRequest) admit.Response { panic("the secret reason") },
	} {
		t.Run(name, func(t *testing.T) {
			var logged strings.Builder
			registry := prometheus.NewRegistry()
			log := funcr.New(func(prefix, args string) { logged.WriteString(prefix + args) }, funcr.Options{})
			recorder := post(t, admit.NewHandler("test", decide, admit.NewMetrics(registry), log), review)
			if recorder.Code != http.StatusInternalServerError || strings.Contains(recorder.Body.String(), "secret") {
				t.Errorf("status %d: %s", recorder.Code, recorder.Body)
			}
			if !strings.Contains(logged.String(), "the secret reason") || !strings.Contains(logged.String(), "postio-7") {
				t.Errorf("logged %q", logged.String())
			}
			if name == "a panic" && !strings.Contains(logged.String(), "handler_test.go") {
				t.Errorf("no stack in %q", logged.String())
			}
			expectRequests(t, registry, `gatehouse_admission_requests_total{verdict="error",webhook="test"} 1`)
		})
	}
}

func TestLargeReviewsWaitForEachOtherAndHoldUpNoSmallOne(t *testing.T) {
	const atOnce = 4
	large := strings.Replace(review, `"name":"postio-7"`, `"name":"postio-7","x":"`+strings.Repeat("x", 256<<10)+`"`, 1)
	begun, finish := make(chan struct{}, atOnce), make(chan struct{})
	registry := prometheus.NewRegistry()
	h := admit.NewHandler("test", func(_ context.Context, request *admissionv1.AdmissionRequest) admit.Response {
		if request.Operation == admissionv1.Update {
			begun <- struct{}{}
			<-finish
		}
		return admit.Response{}
	}, admit.NewMetrics(registry), logr.Discard())
	send := func(body, timeout string, length int64) int {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x?timeout="+timeout, strings.NewReader(body))
		request.ContentLength = length
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, request)
		return recorder.Code
	}
	var clients sync.WaitGroup
	for range atOnce {
		clients.Go(func() {
			if code := send(strings.Replace(large, "CREATE", "UPDATE", 1), "30s", int64(len(large))); code != http.StatusOK {
				t.Errorf("one with a slot: %d", code)
			}
		})
	}
	for range atOnce {
		<-begun
	}
	if code := send(large, "50ms", int64(len(large))); code != http.StatusServiceUnavailable {
		t.Errorf("a large one without a slot: %d", code)
	}
	if code := send(review, "50ms", -1); code != http.StatusServiceUnavailable {
		t.Errorf("one of unknown length without a slot: %d", code)
	}
	if code := send(review, "50ms", int64(len(review))); code != http.StatusOK {
		t.Errorf("a small one: %d", code)
	}
	if code := send(large, "50ms", 7<<20); code != http.StatusRequestEntityTooLarge {
		t.Errorf("one that is too large: %d", code)
	}
	clients.Go(func() {
		if code := send(large, "30s", int64(len(large))); code != http.StatusOK {
			t.Errorf("one that waited: %d", code)
		}
	})
	close(finish)
	clients.Wait()
	for range 2 * atOnce { // every slot was given back, by refusals too
		if code := send("{", "50ms", -1); code != http.StatusBadRequest {
			t.Errorf("malformed: %d", code)
		}
	}
	expectRequests(t, registry, `gatehouse_admission_requests_total{verdict="allowed",webhook="test"} 6
gatehouse_admission_requests_total{verdict="error",webhook="test"} 2
gatehouse_admission_requests_total{verdict="malformed",webhook="test"} 9`)
}

func TestAnObjectThatCannotBeReadIsABadRequest(t *testing.T) {
	recorder := post(t, handler(func(context.Context, *admissionv1.AdmissionRequest) admit.Response {
		return admit.NotReadable(errors.New("no Ingress"))
	}), review)
	if recorder.Code != http.StatusBadRequest {
		t.Errorf("status %d", recorder.Code)
	}
}

func TestRequestsAreCountedByVerdictAndTimed(t *testing.T) {
	registry := prometheus.NewRegistry()
	responses := []admit.Response{{}, {Denied: &metav1.Status{}}, {Verdict: "patched"}}
	h := admit.NewHandler("test", func(context.Context, *admissionv1.AdmissionRequest) admit.Response {
		next := responses[0]
		responses = responses[1:]
		return next
	}, admit.NewMetrics(registry), logr.Discard())
	for range 3 {
		post(t, h, review)
	}
	post(t, h, "{")
	expectRequests(t, registry, `gatehouse_admission_requests_total{verdict="allowed",webhook="test"} 1
gatehouse_admission_requests_total{verdict="denied",webhook="test"} 1
gatehouse_admission_requests_total{verdict="error",webhook="test"} 0
gatehouse_admission_requests_total{verdict="malformed",webhook="test"} 1
gatehouse_admission_requests_total{verdict="patched",webhook="test"} 1`)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "gatehouse_admission_duration_seconds" {
			histogram := family.GetMetric()[0].GetHistogram()
			buckets := histogram.GetBucket()
			if histogram.GetSampleCount() != 4 || buckets[0].GetUpperBound() != .00025 || buckets[len(buckets)-1].GetUpperBound() != 8 {
				t.Errorf("duration %s", histogram)
			}
		}
	}
}

func expectRequests(t *testing.T, registry *prometheus.Registry, want string) {
	t.Helper()
	text := "# HELP gatehouse_admission_requests_total Admission requests answered, by webhook and verdict.\n" +
		"# TYPE gatehouse_admission_requests_total counter\n" + want + "\n"
	if err := testutil.GatherAndCompare(registry, strings.NewReader(text), "gatehouse_admission_requests_total"); err != nil {
		t.Error(err)
	}
}

// FuzzReview sends any body: the answer is a review with the request's uid, or a refusal, and nothing panics.
func FuzzReview(f *testing.F) {
	f.Add([]byte(review))
	f.Add([]byte(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":""}}`))
	f.Add([]byte(`{"request":{"uid":"` + "\xff" + `"},"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}`))
	h := handler(func(_ context.Context, request *admissionv1.AdmissionRequest) admit.Response {
		if request.UID == "" {
			panic("a request without uid got through")
		}
		return admit.Response{Patch: request.Object.Raw}
	})
	f.Fuzz(func(t *testing.T, body []byte) {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x", strings.NewReader(string(body)))
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, request)
		switch recorder.Code {
		case http.StatusBadRequest:
		case http.StatusOK:
			if answer := answered(t, recorder); answer.UID == "" || !answer.Allowed {
				t.Errorf("answer %+v", answer)
			}
		default:
			t.Errorf("status %d", recorder.Code)
		}
	})
}

func BenchmarkHandler(b *testing.B) {
	h := handler(allow)
	b.ReportAllocs()
	for b.Loop() {
		request := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/x?timeout=2s", strings.NewReader(review))
		request.Header.Set("Content-Type", "application/json")
		h.ServeHTTP(httptest.NewRecorder(), request)
	}
}
