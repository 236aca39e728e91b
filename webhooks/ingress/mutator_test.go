package ingress_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
	"github.com/gatehouse-dev/gatehouse/webhooks/ingress"
)

const self = "system:serviceaccount:gatehouse-system:gatehouse"

// cluster is what is known; nil is not synced.
type cluster struct {
	policies *policy.Set
	classes  policy.Classes
}

func (c *cluster) At(ing *networkingv1.Ingress) (*policy.Set, policy.Request, bool) {
	if c == nil {
		return nil, policy.Request{}, false
	}
	return c.policies, policy.Request{Ingress: ing, Class: c.classes.Of(ing)}, true
}

func with(t testing.TB, specs ...v1alpha1.GamePolicySpec) *cluster {
	t.Helper()
	var compiled []*policy.Compiled
	for i, spec := range specs {
		p := &v1alpha1.GamePolicy{Spec: spec}
		p.APIVersion, p.Kind = "gatehouse.dev/v1alpha1", "GamePolicy"
		p.Name = "policy-" + string(rune('a'+i))
		c, findings := policy.Compile(p)
		if c == nil {
			t.Fatal(findings)
		}
		compiled = append(compiled, c)
	}
	return &cluster{policy.NewSet(compiled), policy.NewClasses(policy.DefaultOptions(), nil)}
}

// timeout30 injects higress.io/timeout: "30" where the author set none.
var timeout30 = v1alpha1.GamePolicySpec{Defaults: &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: 30 * time.Second}}}

func gameIngress(change ...func(*networkingv1.Ingress)) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{}
	ing.Name, ing.Namespace = "postio-7", "games"
	ing.APIVersion, ing.Kind = "networking.k8s.io/v1", "Ingress"
	ing.Annotations = map[string]string{"game.kruise.io/ingress-hash": "3637547633"}
	ing.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: "postio-7", UID: "842ba304", Controller: ptr.To(true)}}
	ing.Spec.IngressClassName = ptr.To("higress")
	ing.Spec.Rules = []networkingv1.IngressRule{{Host: "game7.postio.example.com"}}
	for _, c := range change {
		c(ing)
	}
	return ing
}

func request(t testing.TB, operation admissionv1.Operation, ing, old *networkingv1.Ingress) *admissionv1.AdmissionRequest {
	t.Helper()
	r := &admissionv1.AdmissionRequest{
		UID: "705ab4f5", Operation: operation, Namespace: "games", Name: ing.Name,
		Kind:     metav1.GroupVersionKind{Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"},
		Resource: metav1.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "ingresses"},
		Object:   raw(t, ing),
	}
	if old != nil {
		r.OldObject = raw(t, old)
	}
	return r
}

func raw(t testing.TB, ing *networkingv1.Ingress) runtime.RawExtension {
	t.Helper()
	text, err := json.Marshal(ing)
	if err != nil {
		t.Fatal(err)
	}
	return runtime.RawExtension{Raw: text}
}

func mutate(c *cluster, r *admissionv1.AdmissionRequest) admit.Response {
	return ingress.NewMutator(c, nobody{}, true, self, logr.Discard()).Mutate(context.Background(), r)
}

// apply patches the object as the API server does.
func apply(t testing.TB, object, patch []byte) *networkingv1.Ingress {
	t.Helper()
	operations, err := jsonpatch.DecodePatch(patch)
	if err != nil {
		t.Fatal(err)
	}
	patched, err := operations.Apply(object)
	if err != nil {
		t.Fatalf("%s does not apply: %v", patch, err)
	}
	ing := &networkingv1.Ingress{}
	if err := json.Unmarshal(patched, ing); err != nil {
		t.Fatal(err)
	}
	return ing
}

func TestAGameIngressIsPatchedInItsAnnotationsAlone(t *testing.T) {
	for name, annotations := range map[string]map[string]string{
		"with annotations": {"game.kruise.io/ingress-hash": "1", "a~b/c": "kept"},
		"without any":      nil,
	} {
		t.Run(name, func(t *testing.T) {
			before := gameIngress(func(ing *networkingv1.Ingress) { ing.Annotations = annotations })
			r := request(t, admissionv1.Create, before, nil)
			response := mutate(with(t, timeout30), r)
			if response.Verdict != ingress.Patched || response.Denied != nil || response.Err != nil {
				t.Fatalf("response %+v", response)
			}
			after := apply(t, r.Object.Raw, response.Patch)
			if after.Annotations["higress.io/timeout"] != "30" || after.Annotations[policy.AppliedAnnotation] == "" {
				t.Errorf("annotations %v", after.Annotations)
			}
			for key, value := range annotations {
				if after.Annotations[key] != value {
					t.Errorf("%s is %q", key, after.Annotations[key])
				}
			}
			after.Annotations = before.Annotations
			if string(raw(t, after).Raw) != string(raw(t, before).Raw) {
				t.Errorf("more than annotations changed: %s", response.Patch)
			}
		})
	}
}

func TestTheResultIsLeftAsItIsAtTheNextCall(t *testing.T) {
	r := request(t, admissionv1.Create, gameIngress(), nil)
	after := apply(t, r.Object.Raw, mutate(with(t, timeout30), r).Patch)
	for _, operation := range []admissionv1.Operation{admissionv1.Create, admissionv1.Update} {
		response := mutate(with(t, timeout30), request(t, operation, after, after))
		if response.Verdict != ingress.Unchanged || response.Patch != nil {
			t.Errorf("%s: %+v", operation, response)
		}
	}
}

func TestWhatWasInjectedIsTakenBackWithoutAPolicy(t *testing.T) {
	r := request(t, admissionv1.Create, gameIngress(), nil)
	injected := apply(t, r.Object.Raw, mutate(with(t, timeout30), r).Patch)
	r = request(t, admissionv1.Update, injected, injected)
	response := mutate(with(t), r)
	if response.Verdict != ingress.Patched {
		t.Fatalf("response %+v", response)
	}
	if after := apply(t, r.Object.Raw, response.Patch); !maps.Equal(after.Annotations, gameIngress().Annotations) {
		t.Errorf("annotations %v", after.Annotations)
	}
}

func TestOnUpdateTheStoredRecordCountsForAPolicyThatLeavesExistingIngressesAlone(t *testing.T) {
	never := timeout30
	never.Rollout = &v1alpha1.Rollout{Existing: v1alpha1.RolloutNever}
	r := request(t, admissionv1.Create, gameIngress(), nil)
	stored := apply(t, r.Object.Raw, mutate(with(t, never), r).Patch)
	edited := never
	edited.Defaults = &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: time.Minute}}
	// The PUT of OpenKruiseGame knows nothing of what was injected.
	r = request(t, admissionv1.Update, gameIngress(), stored)
	if after := apply(t, r.Object.Raw, mutate(with(t, edited), r).Patch); after.Annotations["higress.io/timeout"] != "30" {
		t.Errorf("annotations %v", after.Annotations)
	}
}

// The gateway serves an Ingress until it is gone, and a finalizer can keep it for long: it does not get out of its policies.
func TestAnIngressThatIsBeingDeletedIsStillGoverned(t *testing.T) {
	deleted := gameIngress(func(ing *networkingv1.Ingress) { ing.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)} })
	if response := mutate(with(t, timeout30), request(t, admissionv1.Update, deleted, deleted)); response.Verdict != ingress.Patched {
		t.Errorf("response %+v", response)
	}
}

func TestWhatIsLetThroughAsItIs(t *testing.T) {
	foreign := gameIngress(func(ing *networkingv1.Ingress) { ing.OwnerReferences = nil })
	otherClass := gameIngress(func(ing *networkingv1.Ingress) { ing.Spec.IngressClassName = ptr.To("nginx") })
	ours := gameIngress(func(ing *networkingv1.Ingress) {
		ing.Annotations[policy.AppliedAnnotation] = `{"v":1,"hash":"x","keys":{}}`
	})
	unnamed := gameIngress(func(ing *networkingv1.Ingress) { ing.Name, ing.GenerateName = "", "postio-" })
	status := request(t, admissionv1.Update, gameIngress(), gameIngress())
	status.SubResource = "status"
	byUs := request(t, admissionv1.Update, ours, ours)
	byUs.UserInfo.Username = self
	for name, test := range map[string]struct {
		cluster *cluster
		request *admissionv1.AdmissionRequest
		want    admit.Verdict
	}{
		"no game server's":        {with(t, timeout30), request(t, admissionv1.Create, foreign, nil), ingress.Ungoverned},
		"a class not managed":     {with(t, timeout30), request(t, admissionv1.Create, otherClass, nil), ingress.Ungoverned},
		"without a name yet":      {with(t, timeout30), request(t, admissionv1.Create, unnamed, nil), ingress.Ungoverned},
		"a deletion":              {with(t, timeout30), &admissionv1.AdmissionRequest{Operation: admissionv1.Delete}, ingress.Ungoverned},
		"a write of status":       {with(t, timeout30), status, ingress.Ungoverned},
		"without policies":        {with(t), request(t, admissionv1.Create, gameIngress(), nil), ingress.Unchanged},
		"our own, with a record":  {with(t, timeout30), byUs, ingress.Unchanged},
		"while not synced":        {nil, request(t, admissionv1.Create, gameIngress(), nil), ingress.Unsynced},
		"its status, not decoded": {nil, &admissionv1.AdmissionRequest{Operation: admissionv1.Update, SubResource: "status"}, ingress.Ungoverned},
	} {
		t.Run(name, func(t *testing.T) {
			response := mutate(test.cluster, test.request)
			if response.Verdict != test.want || response.Patch != nil || response.Denied != nil || response.Err != nil {
				t.Errorf("response %+v", response)
			}
		})
	}
}

func TestOurOwnWriteWithoutARecordIsDecidedLikeAnyOther(t *testing.T) {
	r := request(t, admissionv1.Update, gameIngress(), gameIngress())
	r.UserInfo.Username = self
	if response := mutate(with(t, timeout30), r); response.Verdict != ingress.Patched {
		t.Errorf("response %+v", response)
	}
}

func TestARecordOfSomebodyElsesWriteIsDecidedUpon(t *testing.T) {
	forged := gameIngress(func(ing *networkingv1.Ingress) {
		ing.Annotations[policy.AppliedAnnotation] = `{"v":1,"hash":"x","keys":{}}`
	})
	if response := mutate(with(t, timeout30), request(t, admissionv1.Create, forged, nil)); response.Verdict != ingress.Patched {
		t.Errorf("response %+v", response)
	}
}

func TestWarnModeReachesTheClient(t *testing.T) {
	warn := timeout30
	warn.Mode = v1alpha1.ModeWarn
	response := mutate(with(t, warn), request(t, admissionv1.Create, gameIngress(), nil))
	if response.Verdict != ingress.Unchanged || len(response.Warnings) == 0 || !strings.Contains(response.Warnings[0], "higress.io/timeout") {
		t.Errorf("response %+v", response)
	}
}

func TestWhatIsNoIngressIsABadRequest(t *testing.T) {
	for name, change := range map[string]func(*admissionv1.AdmissionRequest){
		"no object":             func(r *admissionv1.AdmissionRequest) { r.Object.Raw = nil },
		"a string":              func(r *admissionv1.AdmissionRequest) { r.Object.Raw = []byte(`"x"`) },
		"annotations as a list": func(r *admissionv1.AdmissionRequest) { r.Object.Raw = []byte(`{"metadata":{"annotations":[]}}`) },
		"a Service": func(r *admissionv1.AdmissionRequest) {
			r.Kind = metav1.GroupVersionKind{Version: "v1", Kind: "Service"}
		},
		"an update without old": func(r *admissionv1.AdmissionRequest) { r.Operation = admissionv1.Update },
	} {
		t.Run(name, func(t *testing.T) {
			r := request(t, admissionv1.Create, gameIngress(), nil)
			change(r)
			body, err := json.Marshal(admissionv1.AdmissionReview{
				TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"}, Request: r,
			})
			if err != nil {
				t.Fatal(err)
			}
			if code := post(t, with(t, timeout30), body).Code; code != http.StatusBadRequest {
				t.Errorf("status %d", code)
			}
		})
	}
}

func TestDecisionsAreLoggedForThoseWhoDebug(t *testing.T) {
	var lines strings.Builder
	log := funcr.New(func(_, args string) { lines.WriteString(args + "\n") }, funcr.Options{Verbosity: 1})
	r := request(t, admissionv1.Create, gameIngress(), nil)
	ingress.NewMutator(with(t, timeout30), nobody{}, true, self, log).Mutate(t.Context(), r)
	for _, want := range []string{`"namespace"="games"`, `"name"="postio-7"`, `"verdict"="patched"`, `"server"="games/postio id 7"`} {
		if !strings.Contains(lines.String(), want) {
			t.Errorf("%s is missing in %s", want, lines.String())
		}
	}
}

func post(t testing.TB, c *cluster, body []byte) *httptest.ResponseRecorder {
	t.Helper()
	handler := admit.NewHandler("mutate-ingress", ingress.NewMutator(c, nobody{}, true, self, logr.Discard()).Mutate,
		admit.NewMetrics(prometheus.NewRegistry()), logr.Discard())
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, ingress.MutatePath, strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, r)
	return recorder
}

// FuzzMutate puts any object before the mutator: it never refuses one, and its patch applies, touches annotations
// alone, and leaves nothing to do for a second call.
func FuzzMutate(f *testing.F) {
	for _, ing := range []*networkingv1.Ingress{
		gameIngress(),
		gameIngress(func(ing *networkingv1.Ingress) { ing.Annotations = nil }),
		gameIngress(func(ing *networkingv1.Ingress) { ing.Annotations["higress.io/timeout"] = "60s" }),
		gameIngress(func(ing *networkingv1.Ingress) { ing.Annotations["~1/~"] = "\x00\u2028<&>" }),
		gameIngress(func(ing *networkingv1.Ingress) { ing.Annotations[policy.AppliedAnnotation] = "{" }),
		policy.Quarantine(gameIngress()),
		gameIngress(annotated(policy.QuarantinedAnnotation, `{"annotation":"higress"}`, policy.QuarantineClass)),
		gameIngress(annotated(policy.QuarantinedAnnotation, `{"class":"higress","annotation":""}`, policy.QuarantineClass)),
	} {
		f.Add(raw(f, ing).Raw)
	}
	f.Add([]byte(`{"metadata":{"name":"a-1","annotations":{},"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"a-1","controller":true}]},"spec":{"ingressClassName":"higress"}}`))
	f.Add([]byte(`{"metadata":null}`))
	overriding := timeout30
	overriding.Overrides = &v1alpha1.TrafficSettings{Retry: &v1alpha1.Retry{Attempts: 2}}
	known := with(f, timeout30, overriding)
	f.Fuzz(func(t *testing.T, object []byte) {
		r := &admissionv1.AdmissionRequest{Operation: admissionv1.Create, Namespace: "games", Object: runtime.RawExtension{Raw: object}}
		response := mutate(known, r)
		if response.Denied != nil || response.Err != nil && response.Verdict != admit.Malformed {
			t.Fatalf("response %+v", response)
		}
		if response.Patch == nil {
			return
		}
		// The API server sends what it has decoded and encoded itself: no duplicate or unknown fields.
		ing := &networkingv1.Ingress{}
		if err := json.Unmarshal(object, ing); err != nil {
			t.Skip(err)
		}
		r.Object = raw(t, ing)
		if response = mutate(known, r); response.Patch == nil {
			t.Skip()
		}
		after := apply(t, r.Object.Raw, response.Patch)
		second := mutate(known, &admissionv1.AdmissionRequest{Operation: admissionv1.Create, Namespace: "games", Object: raw(t, after)})
		if second.Patch != nil {
			t.Errorf("again:\n%s\n%s", response.Patch, second.Patch)
		}
		if _, waited := policy.Unquarantine(ing); waited {
			after.Spec.IngressClassName = ing.Spec.IngressClassName // it has its class back
		}
		after.Annotations, ing.Annotations = nil, nil
		if string(raw(t, after).Raw) != string(raw(t, ing).Raw) {
			t.Errorf("more than annotations changed: %s", response.Patch)
		}
	})
}

func BenchmarkAdmission(b *testing.B) {
	known := with(b, timeout30)
	r := request(b, admissionv1.Update, gameIngress(), gameIngress())
	mutator := ingress.NewMutator(known, nobody{}, true, self, logr.Discard())
	b.ReportAllocs()
	for b.Loop() {
		if response := mutator.Mutate(b.Context(), r); response.Verdict != ingress.Patched {
			b.Fatal(response)
		}
	}
}

// nobody holds any host.
type nobody struct{}

func (nobody) Synced() bool                  { return true }
func (nobody) Look(host.Case) []host.Verdict { return nil }
func (nobody) Claim(context.Context, host.Case) ([]host.Verdict, error) {
	return nil, nil
}
