package install_test

import (
	"context"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func names(t *testing.T, list client.ObjectList) []string {
	t.Helper()
	items, err := meta.ExtractList(list)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, item := range items {
		names = append(names, item.(client.Object).GetName()) // lists of a cluster hold objects
	}
	return names
}

func (c *cluster) delete(t *testing.T, object client.Object) {
	t.Helper()
	if err := client.IgnoreNotFound(c.Delete(context.Background(), object)); err != nil {
		t.Error(err)
	}
}

func (c *cluster) mutatings(t *testing.T) client.ObjectList {
	t.Helper()
	list := &admissionregistrationv1.MutatingWebhookConfigurationList{}
	if err := c.List(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	return list
}

func (c *cluster) validatings(t *testing.T) client.ObjectList {
	t.Helper()
	list := &admissionregistrationv1.ValidatingWebhookConfigurationList{}
	if err := c.List(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	return list
}

// make creates an object for the time of the test; one that is there already is left as it is.
func (c *cluster) make(t *testing.T, object client.Object) {
	t.Helper()
	if err := c.Create(t.Context(), object); client.IgnoreAlreadyExists(err) != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.delete(t, object) })
}

// dryRun creates an object without storing it.
func (c *cluster) dryRun(t *testing.T, object client.Object) error {
	t.Helper()
	return c.Create(t.Context(), object, client.DryRunAll)
}

// watchPolicies notes which failurePolicies the Ingress validator has, until what it returns is called.
func (c *cluster) watchPolicies(t *testing.T, name string) (stop func() []admissionregistrationv1.FailurePolicyType) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var seen []admissionregistrationv1.FailurePolicyType
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			var config admissionregistrationv1.ValidatingWebhookConfiguration
			if err := c.Get(ctx, client.ObjectKey{Name: name}, &config); err == nil {
				seen = append(seen, failurePolicy(&config))
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	return func() []admissionregistrationv1.FailurePolicyType { cancel(); <-done; return seen }
}
