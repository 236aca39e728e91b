package install

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// site is a cluster whose webhooks annotate and refuse as the policies and claims that stand say.
type site struct {
	client.Client
	annotates, refuses bool
	// mayNot delete claims.
	mayNot bool
}

func newSite(t *testing.T, standing ...client.Object) *site {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{networkingv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	s := &site{annotates: true, refuses: true}
	s.Client = fake.NewClientBuilder().WithScheme(scheme).WithObjects(standing...).
		WithInterceptorFuncs(interceptor.Funcs{Create: s.create, Delete: s.remove}).Build()
	return s
}

func (s *site) create(ctx context.Context, c client.WithWatch, object client.Object, options ...client.CreateOption) error {
	ing, ok := object.(*networkingv1.Ingress)
	if !ok {
		return c.Create(ctx, object, options...)
	}
	var claims v1alpha1.HostClaimList
	var policies v1alpha1.GamePolicyList
	if err := s.List(ctx, &claims); err != nil {
		return err
	}
	if err := s.List(ctx, &policies); err != nil {
		return err
	}
	for _, claim := range claims.Items {
		if claim.Spec.Host == ing.Spec.Rules[0].Host && s.refuses {
			return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: 403, Reason: metav1.StatusReasonForbidden,
				Message: fmt.Sprintf(`admission webhook "validate-ingress.gatehouse.dev" denied the request: %s is held by %s [GH202]`, claim.Spec.Host, claim.Spec.Holder.Name)}}
		}
	}
	for _, p := range policies.Items {
		if s.annotates {
			ing.Annotations = map[string]string{timeoutKey: trialSeconds, policy.AppliedAnnotation: `{"v":1,"keys":{"higress.io/timeout":{"policy":"` + p.Name + `","layer":"overrides","value":"61"}}}`}
		}
	}
	return nil
}

func (s *site) remove(ctx context.Context, c client.WithWatch, object client.Object, options ...client.DeleteOption) error {
	if _, claim := object.(*v1alpha1.HostClaim); claim && s.mayNot {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "hostclaims"}, object.GetName(), nil)
	}
	return c.Delete(ctx, object, options...)
}

func (s *site) try(t *testing.T, class string) (string, error) {
	t.Helper()
	tried := trial{
		cluster: cluster{Client: s.Client}, options: policy.DefaultOptions(), name: "gatehouse-test", namespace: "default", class: class,
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var out bytes.Buffer
	err := tried.run(ctx, &out)
	return out.String(), err
}

func (s *site) left(t *testing.T) int {
	t.Helper()
	var claims v1alpha1.HostClaimList
	var policies v1alpha1.GamePolicyList
	if err := s.List(t.Context(), &claims); err != nil {
		t.Fatal(err)
	}
	if err := s.List(t.Context(), &policies); err != nil {
		t.Fatal(err)
	}
	return len(claims.Items) + len(policies.Items)
}

func TestTheTestFailsWithWhatDoesNotWorkAndLeavesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		annotates, refuses bool
		fails              string
	}{
		"all is well":             {true, true, ""},
		"nothing is annotated":    {false, true, `the Ingress of a game server is not annotated: the dry run of Ingress default/gatehouse-test-0 comes back with higress.io/timeout: ""`},
		"a duplicate is admitted": {true, false, "a second game server on a host is not refused: the dry run of Ingress default/gatehouse-test-1 with game1.gatehouse-test.invalid was admitted"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			s.annotates, s.refuses = c.annotates, c.refuses
			out, err := s.try(t, "higress")
			if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
				t.Errorf("it ends with %v, want %q\n%s", err, c.fails, out)
			}
			if n := s.left(t); n > 0 {
				t.Errorf("%d objects are left", n)
			}
		})
	}
}

// One that was killed leaves its policy and its claim.
func TestATestTakesOverWhatOneBeforeHasLeft(t *testing.T) {
	before := trial{name: "gatehouse-test", namespace: "default", class: "higress"}
	old := before.policy()
	old.Spec.Overrides = nil
	s := newSite(t, old, before.claim("higress"))
	if out, err := s.try(t, "higress"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if n := s.left(t); n > 0 {
		t.Errorf("%d objects are left", n)
	}
}

func TestOfAnotherGatewayTheHostsAloneAreTested(t *testing.T) {
	class := &networkingv1.IngressClass{ObjectMeta: metav1.ObjectMeta{Name: "public"}, Spec: networkingv1.IngressClassSpec{Controller: "k8s.io/ingress-nginx"}}
	s := newSite(t, class)
	s.annotates = false
	out, err := s.try(t, "public")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`class public is served by "nginx", for which Gatehouse has no annotations yet`, "game1.gatehouse-test.invalid is held by default/gatehouse-test-holder"} {
		if !strings.Contains(out, want) {
			t.Errorf("%s\ndoes not say %q", out, want)
		}
	}
}

// The chart cannot grant the deletion of a claim whose name is a digest; the leading manager frees it.
func TestAClaimThatMayNotBeDeletedIsNoFailure(t *testing.T) {
	s := newSite(t)
	s.mayNot = true
	for range 2 {
		if out, err := s.try(t, "higress"); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
	if n := s.left(t); n != 1 {
		t.Errorf("%d objects are left, want the claim", n)
	}
}
