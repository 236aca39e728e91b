package policy

import (
	"encoding/json"

	networkingv1 "k8s.io/api/networking/v1"
)

const (
	// QuarantineClass is the class of Ingresses that wait for their hosts. No gateway serves it.
	QuarantineClass = "gatehouse-quarantine"
	// QuarantinedAnnotation keeps what the class was before.
	QuarantinedAnnotation = "gatehouse.dev/quarantined"
)

// keptClass is what QuarantinedAnnotation holds.
type keptClass struct {
	Class      *string `json:"class,omitempty"`
	Annotation *string `json:"annotation,omitempty"`
}

// Quarantine is the Ingress with the class that no gateway serves. The API server refuses a new Ingress with both forms
// of a class that differ, so the annotation goes.
func Quarantine(ing *networkingv1.Ingress) *networkingv1.Ingress {
	out := ing.DeepCopy()
	kept := keptClass{Class: ing.Spec.IngressClassName}
	if annotation, given := ing.Annotations[ClassAnnotation]; given {
		kept.Annotation = &annotation
	}
	text, _ := json.Marshal(kept) // strings always encode
	if out.Annotations == nil {
		out.Annotations = map[string]string{}
	}
	delete(out.Annotations, ClassAnnotation)
	out.Annotations[QuarantinedAnnotation] = string(text)
	class := QuarantineClass
	out.Spec.IngressClassName = &class
	return out
}

// Unquarantine is the Ingress with its class back, none where it had none and lived by the cluster's default. It is false
// for one that is not quarantined, or of which the kept class cannot be read: then the class is whatever its author says.
// An author can write the annotation too; so what comes out is judged like anything he writes.
func Unquarantine(ing *networkingv1.Ingress) (*networkingv1.Ingress, bool) {
	text, given := ing.Annotations[QuarantinedAnnotation]
	if class := ing.Spec.IngressClassName; !given || class == nil || *class != QuarantineClass {
		return nil, false
	}
	var kept keptClass
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return nil, false
	}
	out := ing.DeepCopy()
	delete(out.Annotations, QuarantinedAnnotation)
	out.Spec.IngressClassName = kept.Class
	if kept.Annotation != nil {
		out.Annotations[ClassAnnotation] = *kept.Annotation
	}
	return out, true
}
