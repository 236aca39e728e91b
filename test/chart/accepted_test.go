package chart_test

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// Schemas say what an object may look like, the API server what it may say: ports without names, budgets that select nothing,
// expressions that do not compile.
func TestTheAPIServerAcceptsEveryRendering(t *testing.T) {
	c := installed(t)
	for name, r := range renderings(t) {
		t.Run(name, func(t *testing.T) {
			out, err := template(t, r.Release, r.Namespace, r.Values)
			if err != nil {
				t.Fatal(err)
			}
			for _, document := range documents(out) {
				var object unstructured.Unstructured
				if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
					t.Fatal(err)
				}
				if object.GroupVersionKind().Group == "monitoring.coreos.com" {
					continue // its CRDs are not installed; kubeconform takes their schemas
				}
				if object.GetNamespace() == r.Namespace {
					object.SetNamespace("default")
				}
				if ip, _, _ := unstructured.NestedString(object.Object, "spec", "clusterIP"); ip != "None" {
					unstructured.RemoveNestedField(object.Object, "spec", "clusterIP") // of another cluster's range
				}
				// What is there already, of the release that is installed, was looked at before that was noticed.
				err := c.Create(t.Context(), &object, client.DryRunAll)
				if err != nil && !apierrors.IsAlreadyExists(err) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}
