package install_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env"
	"github.com/gatehouse-dev/gatehouse/test/env/chart"
	"github.com/gatehouse-dev/gatehouse/test/env/load"
)

// renewing has Ingresses come while certificates are renewed. None may be refused or come out without annotations, no call of the
// API server may fail, and whoever opens a connection at any moment must be shown what both configurations trust then.
func (c *cluster) renewing(t *testing.T, release *chart.Release, set string, do func(*connections)) {
	t.Helper()
	if got := failurePolicy(c.validating(t, release.Name)); got != admissionregistrationv1.Fail {
		t.Fatalf("failurePolicy is %s: a call that fails would not be noticed", got)
	}
	before := c.calls(t, release)
	running := c.renewalLoad(t, set)
	w := c.connect(t, release)
	do(w)
	opened := w.stop(t)
	result, err := running.Stop(t.Context())
	if err != nil {
		t.Error(err)
	}
	if err := result.Err(renewalRate); err != nil {
		t.Error(err)
	}
	t.Logf("%s; %d connections", result, opened)
	after := c.calls(t, release)
	if after.FailedOpen != before.FailedOpen || after.Answered == before.Answered {
		t.Errorf("the API server counts %d calls with and %d without an answer", after.Answered-before.Answered, after.FailedOpen-before.FailedOpen)
	}
}

// renewalRate is how many Ingresses come in a second while certificates are renewed.
const renewalRate = 50

// renewalWriter lets OpenKruiseGame's service account write Ingresses, as its own chart does.
const renewalWriter = `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {namespace: games, name: renewal}
rules:
- {apiGroups: [networking.k8s.io], resources: [ingresses], verbs: [create, delete]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {namespace: games, name: renewal}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: renewal}
subjects:
- {kind: ServiceAccount, namespace: kruise-game-system, name: kruise-game-controller-manager}
`

// renewalLoad has Ingresses of a set come that a policy annotates.
func (c *cluster) renewalLoad(t *testing.T, set string) *load.Load {
	t.Helper()
	if _, err := c.Env.Apply(t.Context(), []byte(renewalWriter)); err != nil {
		t.Fatal(err)
	}
	timeout := &v1alpha1.GamePolicy{
		ObjectMeta: metav1.ObjectMeta{Name: set},
		Spec:       v1alpha1.GamePolicySpec{Defaults: &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: 30 * time.Second}}},
	}
	if err := c.Create(t.Context(), timeout); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.delete(t, timeout) })
	annotated := func(ing *networkingv1.Ingress) error {
		if ing.Annotations["higress.io/timeout"] != "30" || ing.Annotations[policy.AppliedAnnotation] == "" {
			return fmt.Errorf("it came out with %v", ing.Annotations)
		}
		return nil
	}
	// Each replica learns of the policy at its own time.
	eventually(t, "the policy to hold", func() error {
		for range 10 {
			ing := ingress("arena-7", "higress")
			if err := errors.Join(c.Create(t.Context(), ing, client.DryRunAll), annotated(ing)); err != nil {
				return err
			}
		}
		return nil
	})
	okg, err := c.Env.Client(env.OKG, networkingv1.AddToScheme)
	if err != nil {
		t.Fatal(err)
	}
	running, err := load.Start(t.Context(), load.Options{
		Client: okg, Admin: c.Client, Namespace: env.GamesNamespace, Set: set, Class: "higress", PerSecond: renewalRate, Check: annotated,
	})
	if err != nil {
		t.Fatal(err)
	}
	return running
}
