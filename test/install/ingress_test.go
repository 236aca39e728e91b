package install_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// ingress looks like one that OpenKruiseGame makes for a Pod of its name.
func ingress(name, class string) *networkingv1.Ingress {
	return &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: metav1.NamespaceDefault, Name: name,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: name, UID: "0", Controller: ptr.To(true)}},
		},
		Spec: networkingv1.IngressSpec{
			IngressClassName: &class,
			Rules: []networkingv1.IngressRule{{
				Host: name + ".example.com",
				IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{
					Path: "/", PathType: ptr.To(networkingv1.PathTypePrefix),
					Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: name, Port: networkingv1.ServiceBackendPort{Number: 80}}},
				}}}},
			}},
		},
	}
}

// free is nil if nobody is kept from writing Ingresses, neither of a class that Gatehouse never had to do with nor of a
// managed one.
func (c *cluster) free(t *testing.T) error {
	t.Helper()
	var errs []error
	for name, class := range map[string]string{"website": "nginx", "arena-7": "higress"} {
		ing := ingress(name, class)
		if class == "nginx" {
			ing.OwnerReferences = nil
		}
		if err := c.Create(t.Context(), ing); err != nil {
			errs = append(errs, fmt.Errorf("an Ingress of class %s: %w", class, err))
			continue
		}
		if err := client.IgnoreNotFound(c.Delete(t.Context(), ing)); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (c *cluster) expectFree(t *testing.T) {
	t.Helper()
	if err := c.free(t); err != nil {
		t.Error(err)
	}
}

func (c *cluster) validating(t *testing.T, name string) *admissionregistrationv1.ValidatingWebhookConfiguration {
	t.Helper()
	var config admissionregistrationv1.ValidatingWebhookConfiguration
	if err := c.Get(t.Context(), client.ObjectKey{Name: name}, &config); err != nil {
		t.Fatal(err)
	}
	return &config
}

func (c *cluster) mutating(t *testing.T, name string) *admissionregistrationv1.MutatingWebhookConfiguration {
	t.Helper()
	var config admissionregistrationv1.MutatingWebhookConfiguration
	if err := c.Get(t.Context(), client.ObjectKey{Name: name}, &config); err != nil {
		t.Fatal(err)
	}
	return &config
}

// failurePolicy is that of the webhook that may refuse Ingresses.
func failurePolicy(config *admissionregistrationv1.ValidatingWebhookConfiguration) admissionregistrationv1.FailurePolicyType {
	for _, webhook := range config.Webhooks {
		if webhook.Name == "validate-ingress.gatehouse.dev" {
			return *webhook.FailurePolicy
		}
	}
	return "none"
}

// eventually polls until there is no error any more.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for err := check(); err != nil; err = check() {
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
