package policy_test

import (
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
)

// classed is an Ingress with a class in either form.
func classed(class *string, annotations map[string]string) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{}
	ing.Name, ing.Namespace, ing.Annotations = "postio-7", "games", annotations
	ing.Spec.IngressClassName = class
	ing.Spec.Rules = []networkingv1.IngressRule{{Host: "game7.postio.example.com"}}
	return ing
}

func TestAnIngressGetsItsClassBackAsItWas(t *testing.T) {
	for name, before := range map[string]*networkingv1.Ingress{
		"in the spec":               classed(ptr.To("higress"), map[string]string{"higress.io/timeout": "30"}),
		"without annotations":       classed(ptr.To("higress"), nil),
		"in the annotation":         classed(nil, map[string]string{policy.ClassAnnotation: "higress", "a": "b"}),
		"in both":                   classed(ptr.To("nginx"), map[string]string{policy.ClassAnnotation: "higress"}),
		"an empty annotation":       classed(nil, map[string]string{policy.ClassAnnotation: ""}),
		"the cluster's default":     classed(nil, map[string]string{"a": "b"}),
		"a name that needs escapes": classed(ptr.To(`a"b\<&>`), nil),
	} {
		t.Run(name, func(t *testing.T) {
			original := before.DeepCopy()
			waiting := policy.Quarantine(before)
			if class := waiting.Spec.IngressClassName; class == nil || *class != policy.QuarantineClass {
				t.Errorf("class %v", class)
			}
			if _, stands := waiting.Annotations[policy.ClassAnnotation]; stands {
				t.Error("the annotation would win over the class")
			}
			after, ok := policy.Unquarantine(waiting)
			if !ok {
				t.Fatalf("not given back: %v", waiting.Annotations)
			}
			if len(after.Annotations) == 0 {
				after.Annotations = nil
			}
			if diff := cmp.Diff(original, after); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
			if diff := cmp.Diff(original, before); diff != "" {
				t.Errorf("the Ingress given was changed:\n%s", diff)
			}
		})
	}
}

func TestOnlyWhatIsQuarantinedIsGivenBack(t *testing.T) {
	kept := `{"class":"higress"}`
	for name, ing := range map[string]*networkingv1.Ingress{
		"of another class":       classed(ptr.To("higress"), map[string]string{policy.QuarantinedAnnotation: kept}),
		"of no class":            classed(nil, map[string]string{policy.QuarantinedAnnotation: kept}),
		"without the annotation": classed(ptr.To(policy.QuarantineClass), nil),
		"of the class by its annotation": classed(nil, map[string]string{
			policy.ClassAnnotation: policy.QuarantineClass, policy.QuarantinedAnnotation: kept,
		}),
		"unreadable":    classed(ptr.To(policy.QuarantineClass), map[string]string{policy.QuarantinedAnnotation: "{"}),
		"empty":         classed(ptr.To(policy.QuarantineClass), map[string]string{policy.QuarantinedAnnotation: ""}),
		"another type":  classed(ptr.To(policy.QuarantineClass), map[string]string{policy.QuarantinedAnnotation: `{"class":7}`}),
		"a list":        classed(ptr.To(policy.QuarantineClass), map[string]string{policy.QuarantinedAnnotation: `["higress"]`}),
		"more than one": classed(ptr.To(policy.QuarantineClass), map[string]string{policy.QuarantinedAnnotation: kept + kept}),
	} {
		t.Run(name, func(t *testing.T) {
			if after, ok := policy.Unquarantine(ing); ok || after != nil {
				t.Errorf("given back: %v", after)
			}
		})
	}
}

// FuzzUnquarantine: an author may write the annotation too. Whatever stands in it changes nothing of the Ingress but its
// class, and once more in quarantine it is what it was.
func FuzzUnquarantine(f *testing.F) {
	for _, text := range []string{
		`{"class":"higress"}`, `{"annotation":"higress"}`, `{"class":"a","annotation":"b"}`, `{}`, `null`, `{"CLASS":"x"}`, `{"class":"gatehouse-quarantine"}`,
		`{"class":"higress","class":"nginx"}`, `{"class":"\u0000"}`, `{"class":"higress","rules":[{"host":"other.example.com"}]}`, `{"annotation":"%s"}`,
	} {
		f.Add(text, "higress")
	}
	f.Fuzz(func(t *testing.T, text, annotation string) {
		if !utf8.ValidString(text) || !utf8.ValidString(annotation) {
			t.Skip("no annotation is anything but UTF-8: the API server decodes JSON or protobuf")
		}
		waiting := classed(ptr.To(policy.QuarantineClass), map[string]string{
			policy.QuarantinedAnnotation: text, policy.ClassAnnotation: annotation, "higress.io/timeout": "30",
		})
		before := waiting.DeepCopy()
		after, ok := policy.Unquarantine(waiting)
		if diff := cmp.Diff(before, waiting); diff != "" {
			t.Fatalf("the Ingress given was changed:\n%s", diff)
		}
		if !ok {
			return
		}
		if _, again := policy.Unquarantine(after); again {
			t.Errorf("still in quarantine: %v", after.Annotations)
		}
		if twice, ok := policy.Unquarantine(policy.Quarantine(after)); !ok || !cmp.Equal(after, twice) {
			t.Errorf("not the same after another time in quarantine:\n%s", cmp.Diff(after, twice))
		}
		after.Spec.IngressClassName = before.Spec.IngressClassName
		for _, key := range []string{policy.QuarantinedAnnotation, policy.ClassAnnotation} {
			delete(after.Annotations, key)
			delete(before.Annotations, key)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("more than the class was changed:\n%s", diff)
		}
	})
}
