package install

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/gatehouse-dev/gatehouse/policy"
)

const namespaceUID = "2b1c"

// world is a cluster with a release, whose webhooks do what they are told.
type world struct {
	client.Client
	mutates, refuses bool
	// refusal is somebody else's.
	refusal error
	// patched is called before each patch.
	patched func(w *world)
	probes  int
}

func newWorld(t *testing.T, with admissionregistrationv1.FailurePolicyType) *world {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, networkingv1.AddToScheme, admissionregistrationv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	named := metav1.ObjectMeta{Name: "gatehouse"}
	w := &world{}
	w.Client = fake.NewClientBuilder().WithScheme(scheme).WithObjects(
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "gatehouse-system", UID: namespaceUID}},
		&admissionregistrationv1.MutatingWebhookConfiguration{ObjectMeta: *named.DeepCopy(), Webhooks: []admissionregistrationv1.MutatingWebhook{
			{Name: mutateIngress, FailurePolicy: ptr.To(admissionregistrationv1.Ignore)},
		}},
		&admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: *named.DeepCopy(), Webhooks: []admissionregistrationv1.ValidatingWebhook{
			{Name: "validate-gamepolicy.gatehouse.dev", FailurePolicy: ptr.To(admissionregistrationv1.Ignore)},
			{Name: validateIngress, FailurePolicy: &with},
		}},
	).WithInterceptorFuncs(interceptor.Funcs{Create: w.create, Patch: w.patch}).Build()
	return w
}

func (w *world) create(_ context.Context, _ client.WithWatch, object client.Object, _ ...client.CreateOption) error {
	ing := object.(*networkingv1.Ingress)
	w.probes++
	switch {
	case w.refusal != nil:
		return w.refusal
	case ing.Annotations != nil && w.mutates:
		delete(ing.Annotations, policy.AppliedAnnotation)
	case ing.Annotations == nil && w.refuses:
		return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: 422, Reason: metav1.StatusReasonInvalid,
			Message: `admission webhook "validate-ingress.gatehouse.dev" denied the request: spec.rules: 33 hosts [GH206]`}}
	}
	return nil
}

func (w *world) patch(ctx context.Context, c client.WithWatch, object client.Object, patch client.Patch, opts ...client.PatchOption) error {
	if w.patched != nil {
		w.patched(w)
	}
	return c.Patch(ctx, object, patch, opts...)
}

func (w *world) policies(t *testing.T) string {
	t.Helper()
	var config admissionregistrationv1.ValidatingWebhookConfiguration
	if err := w.Get(t.Context(), client.ObjectKey{Name: "gatehouse"}, &config); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, webhook := range config.Webhooks {
		all = append(all, string(*webhook.FailurePolicy))
	}
	return strings.Join(all, " ")
}

func (w *world) activate(t *testing.T, chosen admissionregistrationv1.FailurePolicyType) (string, error) {
	t.Helper()
	a := activation{
		cluster: cluster{Client: client.WithFieldOwner(w.Client, manager)}, probe: probe{"default", "higress"},
		namespace: "gatehouse-system", configurations: "gatehouse", chosen: chosen, timeout: 600 * time.Millisecond,
	}
	ctx, cancel := context.WithTimeout(t.Context(), a.timeout)
	defer cancel()
	var out bytes.Buffer
	err := a.run(ctx, &out)
	return out.String(), err
}

func TestOnlyTheIngressValidatorBecomesStrictOnceBothHaveAnswered(t *testing.T) {
	w := newWorld(t, admissionregistrationv1.Ignore)
	w.mutates, w.refuses = true, true
	if out, err := w.activate(t, admissionregistrationv1.Fail); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := w.policies(t); got != "Ignore Fail" {
		t.Errorf("the policies are %s", got)
	}
	if w.probes != 2*rounds {
		t.Errorf("%d probes, want %d rounds of two", w.probes, rounds)
	}
}

func TestWithoutAnAnswerOfBothNothingBecomesStrict(t *testing.T) {
	for name, c := range map[string]struct {
		mutates, refuses bool
		refusal          error
		says             string
	}{
		"neither answers":          {says: "came back as it was sent"},
		"the validator alone":      {refuses: true, says: "did not call mutate-ingress.gatehouse.dev, or in vain"},
		"the mutator alone":        {mutates: true, says: "with 33 hosts in namespace default was admitted"},
		"somebody else refuses":    {mutates: true, refuses: true, refusal: errors.New(`admission webhook "other" denied`), says: `admission webhook "other" denied`},
		"it cannot be called":      {refusal: apierrors.NewInternalError(errors.New(`failed calling webhook "validate-ingress.gatehouse.dev"`)), says: "failed calling webhook"},
		"the API server is away":   {refusal: errors.New("connection refused"), says: "connection refused"},
		"a right is still missing": {refusal: apierrors.NewForbidden(schema.GroupResource{Resource: "ingresses"}, "x", nil), says: "forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, admissionregistrationv1.Ignore)
			w.mutates, w.refuses, w.refusal = c.mutates, c.refuses, c.refusal
			_, err := w.activate(t, admissionregistrationv1.Fail)
			if err == nil {
				t.Fatal("it succeeds")
			}
			for _, want := range []string{c.says, "given up after 600ms", "stays Ignore: Ingresses are admitted without Gatehouse", "kubectl -n gatehouse-system get pods"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\ndoes not say %q", err, want)
				}
			}
			if got := w.policies(t); got != "Ignore Ignore" {
				t.Errorf("the policies are %s", got)
			}
		})
	}
}

// The injector of the caBundle writes the same object. What was proven is no proof for what it has written since.
func TestAfterAConflictItIsProvenAgain(t *testing.T) {
	w := newWorld(t, admissionregistrationv1.Ignore)
	w.mutates, w.refuses = true, true
	proven := 0
	w.patched = func(w *world) {
		if w.probes == 0 || proven > 0 {
			return // the owners
		}
		proven = w.probes
		var config admissionregistrationv1.ValidatingWebhookConfiguration
		if err := w.Get(t.Context(), client.ObjectKey{Name: "gatehouse"}, &config); err != nil {
			t.Error(err)
		}
		config.Webhooks[1].ClientConfig.CABundle = []byte("new")
		if err := w.Update(t.Context(), &config); err != nil {
			t.Error(err)
		}
	}
	out, err := w.activate(t, admissionregistrationv1.Fail)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if w.probes < 2*proven {
		t.Errorf("%d probes, %d of them before the conflict", w.probes, proven)
	}
	if got := w.policies(t); got != "Ignore Fail" {
		t.Errorf("the policies are %s", got)
	}
}

func TestWhoChoosesIgnoreGetsItAlsoAfterFail(t *testing.T) {
	w := newWorld(t, admissionregistrationv1.Fail)
	w.mutates, w.refuses = true, true
	if out, err := w.activate(t, admissionregistrationv1.Ignore); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := w.policies(t); got != "Ignore Ignore" {
		t.Errorf("the policies are %s", got)
	}
}

func TestAFailureSaysThatFailIsKept(t *testing.T) {
	w := newWorld(t, admissionregistrationv1.Fail)
	_, err := w.activate(t, admissionregistrationv1.Fail)
	if err == nil || !strings.Contains(err.Error(), "stays Fail, as it was before") {
		t.Errorf("it says %v", err)
	}
}

func TestThereIsNothingToWaitForWhenTheReleaseIsGone(t *testing.T) {
	w := newWorld(t, admissionregistrationv1.Ignore)
	w.mutates, w.refuses = true, true
	if err := w.Delete(t.Context(), &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "gatehouse"}}); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	_, err := w.activate(t, admissionregistrationv1.Fail)
	if err == nil || !strings.Contains(err.Error(), "was the release uninstalled meanwhile?") || strings.Contains(err.Error(), "given up") {
		t.Errorf("it says %v", err)
	}
	if took := time.Since(begin); took > 300*time.Millisecond {
		t.Errorf("it took %s to see", took)
	}
}

func TestBothConfigurationsGoWithTheNamespaceWhateverBecomesOfTheRest(t *testing.T) {
	w := newWorld(t, admissionregistrationv1.Ignore)
	// One of an earlier namespace of the same name, and one of somebody else.
	stale := metav1.OwnerReference{APIVersion: "v1", Kind: "Namespace", Name: "gatehouse-system", UID: "old"}
	other := metav1.OwnerReference{APIVersion: "example.com/v1", Kind: "App", Name: "gatehouse", UID: "app"}
	var config admissionregistrationv1.MutatingWebhookConfiguration
	if err := w.Get(t.Context(), client.ObjectKey{Name: "gatehouse"}, &config); err != nil {
		t.Fatal(err)
	}
	config.OwnerReferences = []metav1.OwnerReference{stale, other}
	if err := w.Update(t.Context(), &config); err != nil {
		t.Fatal(err)
	}
	if _, err := w.activate(t, admissionregistrationv1.Fail); err == nil {
		t.Error("it succeeds without an answer")
	}
	owner := metav1.OwnerReference{APIVersion: "v1", Kind: "Namespace", Name: "gatehouse-system", UID: namespaceUID}
	for object, want := range map[client.Object][]metav1.OwnerReference{
		&admissionregistrationv1.MutatingWebhookConfiguration{}:   {other, owner},
		&admissionregistrationv1.ValidatingWebhookConfiguration{}: {owner},
	} {
		if err := w.Get(t.Context(), client.ObjectKey{Name: "gatehouse"}, object); err != nil {
			t.Fatal(err)
		}
		if got := object.GetOwnerReferences(); len(got) != len(want) || got[len(got)-1] != want[len(want)-1] || got[0] != want[0] {
			t.Errorf("%T has the owners %v, want %v", object, got, want)
		}
	}
}
