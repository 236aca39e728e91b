package chart

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// until asks often: every step of an installation takes milliseconds here.
func until(ctx context.Context, what string, check func(context.Context) (done bool, err error)) error {
	if err := wait.PollUntilContextTimeout(ctx, 10*time.Millisecond, patience, true, check); err != nil {
		return fmt.Errorf("waiting for %s: %w", what, err)
	}
	return nil
}

// waitForCRDs makes sure that the first GamePolicy after Install is not refused for want of its kind.
func (r *Release) waitForCRDs(ctx context.Context) error {
	return until(ctx, "the CRDs to be established", func(ctx context.Context) (bool, error) {
		var list apiextensionsv1.CustomResourceDefinitionList
		if err := r.client.List(ctx, &list, client.MatchingLabels{"app.kubernetes.io/instance": r.Name}); err != nil {
			return false, err
		}
		for _, crd := range list.Items {
			established := false
			for _, c := range crd.Status.Conditions {
				established = established || c.Type == apiextensionsv1.Established && c.Status == apiextensionsv1.ConditionTrue
			}
			if !established {
				return false, nil
			}
		}
		return true, nil
	})
}

// waitForWebhooks returns when the API server has called both webhooks and got answers that it accepted. Without a policy
// the mutating one's changes nothing, so the proof is the API server's own count of successful calls. The validating one's
// failurePolicy refuses the Ingress as long as it cannot be called.
func (r *Release) waitForWebhooks(ctx context.Context) error {
	var mutating admissionregistrationv1.MutatingWebhookConfiguration
	var validating admissionregistrationv1.ValidatingWebhookConfiguration
	err := until(ctx, "cert-manager to fill both caBundles", func(ctx context.Context) (bool, error) {
		key := client.ObjectKey{Name: r.Name}
		if err := errors.Join(r.client.Get(ctx, key, &mutating), r.client.Get(ctx, key, &validating)); err != nil {
			return false, err
		}
		return len(mutating.Webhooks[0].ClientConfig.CABundle) > 0 && len(validating.Webhooks[0].ClientConfig.CABundle) > 0, nil
	})
	if err != nil {
		return err
	}
	class, err := r.managedClass()
	if err != nil {
		return err
	}
	before, err := r.Calls(ctx)
	if err != nil {
		return err
	}
	var refused error
	err = until(ctx, "a dry run to reach the webhooks", func(ctx context.Context) (bool, error) {
		refused = r.client.Create(ctx, gameIngress(class), client.DryRunAll)
		if apierrors.IsInternalError(refused) || apierrors.IsTooManyRequests(refused) {
			return false, nil // the API server cannot call it yet, or the manager does not know everything yet
		}
		// Any other refusal is an answer too: the cluster's policies may have something against the host.
		after, err := r.Calls(ctx)
		return after.Answered > before.Answered, err
	})
	if err != nil && !errors.Is(err, refused) {
		err = errors.Join(err, refused)
	}
	return err
}

// managedClass is the first class in the managers' arguments.
func (r *Release) managedClass() (string, error) {
	for _, arg := range r.Replicas[0].args {
		if classes, found := strings.CutPrefix(arg, "--ingress-classes="); found {
			first, _, _ := strings.Cut(classes, ",")
			return first, nil
		}
	}
	return "", fmt.Errorf("the Deployment's arguments name no classes: %q", r.Replicas[0].args)
}

// gameIngress looks like one that OpenKruiseGame makes.
func gameIngress(class string) *networkingv1.Ingress {
	yes := true
	return &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: metav1.NamespaceDefault, Name: "gatehouse-probe-0",
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: "v1", Kind: "Pod", Name: "gatehouse-probe-0", UID: "00000000-0000-0000-0000-000000000000", Controller: &yes,
			}},
		},
		Spec: networkingv1.IngressSpec{
			IngressClassName: &class,
			DefaultBackend: &networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
				Name: "gatehouse-probe-0", Port: networkingv1.ServiceBackendPort{Number: 80},
			}},
		},
	}
}
