package snapshot

import (
	"unique"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// trim drops what nobody here reads before an object enters the cache. Managed fields and the annotation of kubectl
// apply alone are often more than half of an object.
func trim(object any) (any, error) {
	switch o := object.(type) {
	case *v1alpha1.GamePolicy:
		trimMeta(&o.ObjectMeta)
		o.Status = v1alpha1.GamePolicyStatus{}
	case *v1alpha1.HostClaim:
		o.ManagedFields = nil // nothing else: a claim is written back from memory
	case *metav1.PartialObjectMetadata: // namespaces
		trimMeta(&o.ObjectMeta)
	case *unstructured.Unstructured: // GameServerSets
		trimSet(o)
	case *networkingv1.Ingress:
		TrimIngress(o)
	case *autoscalingv2.HorizontalPodAutoscaler:
		trimMeta(&o.ObjectMeta)
		o.Spec = autoscalingv2.HorizontalPodAutoscalerSpec{ScaleTargetRef: o.Spec.ScaleTargetRef, MaxReplicas: o.Spec.MaxReplicas}
		o.Status = autoscalingv2.HorizontalPodAutoscalerStatus{}
	case *networkingv1.IngressClass:
		isDefault, says := o.Annotations[networkingv1.AnnotationIsDefaultIngressClass]
		trimMeta(&o.ObjectMeta)
		if says {
			o.Annotations = map[string]string{networkingv1.AnnotationIsDefaultIngressClass: isDefault}
		}
		o.Spec.Parameters = nil
	}
	return object, nil
}

// trimSet keeps what decides about a set's Ingresses. The rest, its Pod template, is most of it.
func trimSet(set *unstructured.Unstructured) {
	kept := map[string]any{}
	for _, field := range [...]string{"replicas", "network", "reserveGameServerIds"} {
		if value, given, err := unstructured.NestedFieldNoCopy(set.Object, "spec", field); err == nil && given {
			kept[field] = value
		}
	}
	meta, _ := set.Object["metadata"].(map[string]any)
	for _, field := range [...]string{"managedFields", "annotations", "ownerReferences", "finalizers"} {
		delete(meta, field)
	}
	set.Object = map[string]any{"apiVersion": set.Object["apiVersion"], "kind": set.Object["kind"], "metadata": meta, "spec": kept}
}

// TrimIngress keeps what says on which gateway an Ingress stands, whose it is and on which hosts; of game servers also the
// annotations, which the rollout compares with what the policies decide. Paths are kept where
// they tell an ACME solver from any other Ingress.
func TrimIngress(ing *networkingv1.Ingress) {
	annotations, controller := ing.Annotations, metav1.GetControllerOf(ing)
	_, isGame := gameserver.Identify(ing)
	trimMeta(&ing.ObjectMeta)
	ing.Labels, ing.Status = nil, networkingv1.IngressStatus{}
	if controller != nil {
		ing.OwnerReferences = []metav1.OwnerReference{*controller}
	}
	ing.Spec.TLS = nil
	if isGame {
		ing.Annotations = share(annotations)
	} else {
		keepAnnotations(ing, annotations)
	}
	if host.IsSolver(ing) {
		return
	}
	for i := range ing.Spec.Rules {
		ing.Spec.Rules[i].HTTP = nil
	}
}

// share has all Ingresses use the same keys and, as far as it is equal, the same record: ten thousand game servers carry
// the same annotations.
func share(annotations map[string]string) map[string]string {
	shared := make(map[string]string, len(annotations))
	for key, value := range annotations {
		if key == policy.AppliedAnnotation {
			value = unique.Make(value).Value()
		}
		shared[unique.Make(key).Value()] = value
	}
	return shared
}

// keepAnnotations keeps what says on which gateway an Ingress stands, and as what.
func keepAnnotations(ing *networkingv1.Ingress, annotations map[string]string) {
	for _, key := range [...]string{policy.ClassAnnotation, policy.QuarantinedAnnotation, "higress.io/canary", "nginx.ingress.kubernetes.io/canary"} {
		if value, given := annotations[key]; given {
			metav1.SetMetaDataAnnotation(&ing.ObjectMeta, key, value)
		}
	}
}

func trimMeta(meta *metav1.ObjectMeta) {
	meta.ManagedFields, meta.Annotations, meta.OwnerReferences, meta.Finalizers = nil, nil, nil, nil
}
