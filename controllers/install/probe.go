package install

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// The webhooks for Ingresses, as the chart names them and the API server does in its messages.
const (
	mutateIngress   = "mutate-ingress.gatehouse.dev"
	validateIngress = "validate-ingress.gatehouse.dev"
)

// probeName names what exists in dry runs alone. Names below .invalid are nobody's: RFC 2606.
const probeName = "gatehouse-probe"

// probe asks the API server for what only Gatehouse answers. Under failurePolicy Ignore an admitted Ingress proves nothing:
// the API server may not have tried to call, or in vain. So each webhook is given something that it must not leave as it
// is, whatever the cluster's policies say, and its own doing is looked for in what comes back.
type probe struct{ namespace, class string }

// errOtherwise is an answer that proves nothing.
var errOtherwise = errors.New("no answer of Gatehouse")

// mutator proves that the API server has called the mutating webhook and taken its patch. The Ingress carries a record of
// an annotation that a policy of long ago has injected: the manager takes away what no policy wants any more, and
// nobody else knows the record. It is of a class that nobody manages, which the webhook is called for just because of the
// record, so the validator, whose policies might refuse the Ingress, has no say in it.
func (p probe) mutator(ctx context.Context, c cluster) error {
	const key = "higress.io/timeout"
	value := "1"
	record, err := json.Marshal(map[string]any{
		"v": policy.RecordVersion, "hash": probeName,
		"keys": map[string]any{key: map[string]any{"policy": probeName, "layer": policy.LayerDefaults, "value": value}},
	})
	if err != nil {
		return final{err}
	}
	ing := gameIngress(p.namespace, probeName, first, probeName, probeName+".invalid")
	ing.Annotations = map[string]string{key: value, policy.AppliedAnnotation: string(record)}
	if err := c.Create(ctx, ing, client.DryRunAll); err != nil {
		return fmt.Errorf("the dry run of an Ingress in namespace %s: %w", p.namespace, err)
	}
	if ing.Annotations[policy.AppliedAnnotation] == string(record) {
		return fmt.Errorf("%w: the API server did not call %s, or in vain: the dry run of an Ingress in namespace %s came back as it was sent", errOtherwise, mutateIngress, p.namespace)
	}
	return nil
}

// validator proves that the API server has called the validating webhook and heeds its answer: an Ingress with more hosts
// than Gatehouse lets one have is refused, before any policy is asked, with a code that is Gatehouse's. The API server
// itself writes into its message whose refusal it is.
func (p probe) validator(ctx context.Context, c cluster) error {
	var hosts []string
	for i := range host.MaxHosts + 1 {
		hosts = append(hosts, fmt.Sprintf("host-%d.%s.invalid", i, probeName))
	}
	ing := gameIngress(p.namespace, probeName, first, p.class, hosts...)
	ing.OwnerReferences = nil // the mutator has nothing to do with it
	err := c.Create(ctx, ing, client.DryRunAll)
	switch {
	case err == nil:
		return fmt.Errorf("%w: the API server did not call %s, or in vain: the dry run of an Ingress of class %s with %d hosts in namespace %s was admitted", errOtherwise, validateIngress, p.class, len(hosts), p.namespace)
	case apierrors.IsInvalid(err) && strings.Contains(err.Error(), validateIngress) && strings.Contains(err.Error(), string(finding.TooManyHosts)):
		return nil
	}
	return fmt.Errorf("the dry run of an Ingress of class %s with %d hosts in namespace %s, which %s refuses: %w", p.class, len(hosts), p.namespace, validateIngress, err)
}

// gameIngress looks like one that OpenKruiseGame makes for a server of a set.
func gameIngress(namespace, set string, id int, class string, hosts ...string) *networkingv1.Ingress {
	name := fmt.Sprintf("%s-%d", set, id)
	ing := &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: name,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: name, UID: probeUID, Controller: ptr.To(true)}},
		},
		Spec: networkingv1.IngressSpec{IngressClassName: &class},
	}
	backend := networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: name, Port: networkingv1.ServiceBackendPort{Number: 80}}}
	for _, h := range hosts {
		ing.Spec.Rules = append(ing.Spec.Rules, networkingv1.IngressRule{
			Host: h,
			IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{
				Paths: []networkingv1.HTTPIngressPath{{Path: "/", PathType: ptr.To(networkingv1.PathTypePrefix), Backend: backend}},
			}},
		})
	}
	return ing
}

// probeUID is no Pod's.
const probeUID = "00000000-0000-0000-0000-000000000000"
