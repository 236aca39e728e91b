package snapshot

import (
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// trim drops what nobody here reads before an object enters the cache. Managed fields and the annotation of kubectl
// apply alone are often more than half of an object.
func trim(object any) (any, error) {
	switch o := object.(type) {
	case *v1alpha1.GamePolicy:
		trimMeta(&o.ObjectMeta)
		o.Status = v1alpha1.GamePolicyStatus{}
	case *metav1.PartialObjectMetadata: // namespaces and GameServerSets
		trimMeta(&o.ObjectMeta)
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

func trimMeta(meta *metav1.ObjectMeta) {
	meta.ManagedFields, meta.Annotations, meta.OwnerReferences, meta.Finalizers = nil, nil, nil, nil
}
