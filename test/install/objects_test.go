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
