package chart_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// One policy, through everything that the chart installs: its CRD, the webhook with its conditions, the certificate, and
// the manager with the rights of its service account.
func TestAnInstalledPolicyTakesEffectAndLetsGo(t *testing.T) {
	c := installed(t)
	policy := &v1alpha1.GamePolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "chart"},
		Spec: v1alpha1.GamePolicySpec{
			Targets:   v1alpha1.Targets{GameServerSetNames: []string{"injected"}},
			Overrides: &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: 30 * time.Second}},
		},
	}
	if err := c.Create(t.Context(), policy); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Delete(context.Background(), policy) })

	const key = "higress.io/timeout"
	eventually(t, "the policy to take effect", func() error {
		ing := gameIngress("default", "injected-1")
		if err := c.Create(t.Context(), ing, client.DryRunAll); err != nil {
			return err
		}
		if ing.Annotations[key] != "30" || ing.Annotations[recordAnnotation] == "" {
			return fmt.Errorf("annotations are %v", ing.Annotations)
		}
		return nil
	})

	ing := gameIngress("default", "injected-1", annotation(key, "5"))
	if err := c.Create(t.Context(), ing); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Delete(context.Background(), ing) })
	if ing.Annotations[key] != "30" {
		t.Errorf("the override does not hold: annotations are %v", ing.Annotations)
	}
	// It leaves the managed classes; the match conditions must let this last update through.
	if err := c.patch(t, ing, `{"metadata":{"annotations":{"kubernetes.io/ingress.class":"nginx"}}}`)(); err != nil {
		t.Fatal(err)
	}
	if _, stays := ing.Annotations[recordAnnotation]; stays || ing.Annotations[key] != "5" {
		t.Errorf("outside the managed classes it must be as its author wrote it; annotations are %v", ing.Annotations)
	}
}
