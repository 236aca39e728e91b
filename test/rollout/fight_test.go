package rollout_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	eventsv1 "k8s.io/api/events/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// undone: nothing can be written that stays, so writing stops, and goes on by itself when the webhook is gone.
func (s *town) undone(t *testing.T) {
	w := s.meddle(t, s.arena, func(string) bool { return true })
	inArena := s.amend(t, s.arena, 1000)
	s.wait(t, time.Minute, "the operator to be told", func(ctx context.Context) (bool, error) {
		return s.told(ctx, "RolloutPaused", "arena")
	})
	inHarbor := s.amend(t, s.harbor, 1000)
	s.all(t, s.harbor, inHarbor) // that is another matter
	time.Sleep(quiet)
	t.Logf("%d writes in vain", w.writes.Load())
	if w.writes.Load() > 20 {
		t.Error("that is a rush")
	}
	w.stop(t)
	s.all(t, s.arena, inArena)
}

// rewritten is how often somebody writes over what the rollout has written.
const rewritten = 300 * time.Millisecond

// contested: each write of somebody else takes the annotation away again.
func (s *town) contested(t *testing.T) {
	w := s.meddle(t, s.arena, func(user string) bool { return user != s.Release.User })
	key := s.arena.key(7)
	i, last := 0, time.Time{}
	rewrite := func(ctx context.Context) error {
		if time.Since(last) < rewritten {
			return nil
		}
		i, last = i+1, time.Now()
		ing := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
		return s.studio.Patch(ctx, ing, client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"metadata":{"labels":{"round":"%d"}}}`, i)))
	}
	denied := s.counted(t, "arena", "denied", 1)
	s.wait(t, time.Minute, "the contest to be seen", func(ctx context.Context) (bool, error) {
		if err := rewrite(ctx); err != nil {
			return false, err
		}
		return denied(ctx)
	})
	before := w.writes.Load()
	for end := time.Now().Add(quiet); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err := rewrite(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	after := w.writes.Load() - before
	t.Logf("%d writes until the contest was seen, and %d in %s after that", before, after, quiet)
	if before > 20 || after > 5 {
		t.Error("that is a rush")
	}
	w.stop(t)
	s.all(t, s.arena, s.inArena)
}

// told tells whether there is an event of the reason about a policy.
func (s *stage) told(ctx context.Context, reason, policy string) (bool, error) {
	var list eventsv1.EventList
	if err := s.admin.List(ctx, &list); err != nil {
		return false, err
	}
	for _, event := range list.Items {
		if event.Reason == reason && event.Regarding.Kind == "GamePolicy" && event.Regarding.Name == policy {
			return true, nil
		}
	}
	return false, fmt.Errorf("%d events", len(list.Items))
}

// meddler is a webhook that comes after ours, also when ours is asked again, and takes the timeout away.
type meddler struct {
	*httptest.Server
	stage         *stage
	configuration *admissionregistrationv1.MutatingWebhookConfiguration
	// writes are those of Gatehouse that it has seen on them.
	writes atomic.Int64
}

// meddle registers one for what the users write on the Ingresses of a set, and returns when it is called.
func (s *stage) meddle(t *testing.T, f fleet, whose func(user string) bool) *meddler {
	t.Helper()
	w := &meddler{stage: s}
	w.Server = httptest.NewTLSServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		body, err := io.ReadAll(in.Body)
		if err != nil {
			return
		}
		var review admissionv1.AdmissionReview
		if err := json.Unmarshal(body, &review); err != nil {
			http.Error(out, err.Error(), http.StatusBadRequest)
			return
		}
		w.answer(&review, f, whose)
		_ = json.NewEncoder(out).Encode(review) // the API server sees what is missing
	}))
	t.Cleanup(w.Close)
	w.register(t)
	// It is asked about on behalf of the administrator, who is not Gatehouse.
	marker := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: string(studio), Name: f.server(0)}}
	s.wait(t, time.Minute, "the other webhook to be called", func(ctx context.Context) (bool, error) {
		err := s.admin.Patch(ctx, marker, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`)), client.DryRunAll)
		_, stands := marker.Annotations[timeoutKey]
		return err == nil && !stands, err
	})
	return w
}

func (w *meddler) answer(review *admissionv1.AdmissionReview, f fleet, whose func(user string) bool) {
	request := review.Request
	review.Request, review.Response = nil, &admissionv1.AdmissionResponse{UID: request.UID, Allowed: true}
	user := request.UserInfo.Username
	if !strings.HasPrefix(request.Name, f.name+"-") {
		return
	}
	if user == w.stage.Release.User {
		w.writes.Add(1)
	}
	var ing networkingv1.Ingress
	if !whose(user) || json.Unmarshal(request.Object.Raw, &ing) != nil {
		return
	}
	if _, there := ing.Annotations[timeoutKey]; there {
		review.Response.PatchType = ptr.To(admissionv1.PatchTypeJSONPatch)
		review.Response.Patch = []byte(`[{"op":"remove","path":"/metadata/annotations/higress.io~1timeout"}]`)
	}
}

func (w *meddler) register(t *testing.T) {
	t.Helper()
	bundle := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.Certificate().Raw})
	w.configuration = &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "zz-meddler"},
		Webhooks: []admissionregistrationv1.MutatingWebhook{{
			Name: "meddler.example.com", AdmissionReviewVersions: []string{"v1"},
			SideEffects: ptr.To(admissionregistrationv1.SideEffectClassNone), FailurePolicy: ptr.To(admissionregistrationv1.Fail),
			ReinvocationPolicy: ptr.To(admissionregistrationv1.IfNeededReinvocationPolicy),
			ClientConfig:       admissionregistrationv1.WebhookClientConfig{URL: &w.URL, CABundle: bundle},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Update},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{"networking.k8s.io"}, APIVersions: []string{"v1"}, Resources: []string{"ingresses"}},
			}},
		}},
	}
	if err := w.stage.admin.Create(t.Context(), w.configuration); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // where the test has failed before
		if err := w.stage.admin.Delete(context.Background(), w.configuration); client.IgnoreNotFound(err) != nil {
			t.Error(err)
		}
	})
}

func (w *meddler) stop(t *testing.T) {
	t.Helper()
	if err := w.stage.admin.Delete(t.Context(), w.configuration); err != nil {
		t.Fatal(err)
	}
}
