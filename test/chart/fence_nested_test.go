package chart_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// OpenKruiseGame's webhook runs in the same request as the manager's patch and writes its own annotations: those are what
// the patch is for. Whatever else is written along is not the manager's to bring about.
func TestWhatOpenKruiseGameWritesAlongWithARetryPasses(t *testing.T) {
	f := fenced(t)
	f.along(t, "okg", "game.kruise.io/network-status")
	f.along(t, "stranger", "example.com/mark")
	retry := patchPod(`{"metadata":{"annotations":{"gatehouse.dev/retry":"2026-01-01T00:00:00Z"}}}`)

	pod := f.pod(t, "okg-1")
	eventually(t, "OpenKruiseGame's annotation beside the manager's", func() error {
		if err := retry(t.Context(), f.manager, pod); err != nil {
			t.Fatal(err)
		}
		var now corev1.Pod
		if err := f.Get(t.Context(), client.ObjectKeyFromObject(pod), &now); err != nil {
			t.Fatal(err)
		}
		if now.Annotations["game.kruise.io/network-status"] != "written along" || now.Annotations["gatehouse.dev/retry"] == "" {
			return fmt.Errorf("annotations are %v", now.Annotations)
		}
		return nil
	})
	pod = f.pod(t, "stranger-1")
	eventually(t, "a stranger's annotation to be refused", func() error {
		if err := retry(t.Context(), f.manager, pod); err == nil || !strings.Contains(err.Error(), f.policy()) {
			return errors.New(fmt.Sprint("it is not: ", err))
		}
		return nil
	})
	if err := retry(t.Context(), f.other, pod); err != nil {
		t.Errorf("the same by another account: %v", err)
	}
}

// along has the API server write an annotation whenever a Pod of this name is updated in the fence, as a webhook would.
func (f *fence) along(t *testing.T, name, key string) {
	t.Helper()
	full := f.namespace + "-" + name
	policy := &admissionregistrationv1.MutatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: full},
		Spec: admissionregistrationv1.MutatingAdmissionPolicySpec{
			MatchConstraints: &admissionregistrationv1.MatchResources{ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{
				RuleWithOperations: admissionregistrationv1.RuleWithOperations{
					Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Update},
					Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
				},
			}}},
			MatchConditions: []admissionregistrationv1.MatchCondition{{
				Name: "this", Expression: fmt.Sprintf("request.namespace == '%s' && request.name.startsWith('%s-')", f.namespace, name),
			}},
			Mutations: []admissionregistrationv1.Mutation{{
				PatchType: admissionregistrationv1.PatchTypeApplyConfiguration,
				ApplyConfiguration: &admissionregistrationv1.ApplyConfiguration{
					Expression: fmt.Sprintf(`Object{metadata: Object.metadata{annotations: {"%s": "written along"}}}`, key),
				},
			}},
			ReinvocationPolicy: admissionregistrationv1.NeverReinvocationPolicy,
		},
	}
	binding := &admissionregistrationv1.MutatingAdmissionPolicyBinding{
		ObjectMeta: metav1.ObjectMeta{Name: full},
		Spec:       admissionregistrationv1.MutatingAdmissionPolicyBindingSpec{PolicyName: full},
	}
	for _, object := range []client.Object{policy, binding} {
		if err := f.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Delete(context.Background(), object) })
	}
}
