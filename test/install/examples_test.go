package install_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/test/env/chart"
)

// withExamples are the values that install the examples.
var withExamples = map[string]any{"examples": map[string]any{"install": true}}

// examples are the GamePolicies that ship.
func examples(t *testing.T) []*v1alpha1.GamePolicy {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(chartDir, "files", "examples", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	var all []*v1alpha1.GamePolicy
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		policy := &v1alpha1.GamePolicy{}
		if err := yaml.UnmarshalStrict(text, policy); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, policy)
	}
	return all
}

// expectExamples waits until the managers have accepted them all.
func (c *cluster) expectExamples(t *testing.T) map[string]types.UID {
	t.Helper()
	uids := map[string]types.UID{}
	for _, want := range examples(t) {
		t.Cleanup(func() { c.delete(t, want) })
		eventually(t, want.Name+" to be accepted", func() error {
			var policy v1alpha1.GamePolicy
			if err := c.Get(t.Context(), client.ObjectKeyFromObject(want), &policy); err != nil {
				return err
			}
			if policy.Spec.Mode != v1alpha1.ModeAudit {
				t.Fatalf("%s has mode %s: examples change nothing", policy.Name, policy.Spec.Mode)
			}
			uids[policy.Name] = policy.UID
			if !meta.IsStatusConditionTrue(policy.Status.Conditions, v1alpha1.ConditionAccepted) {
				return fmt.Errorf("the conditions are %v", policy.Status.Conditions)
			}
			return nil
		})
	}
	return uids
}

// examplesComeOnce: what somebody has made of them since is his.
func (c *cluster) examplesComeOnce(t *testing.T, release *chart.Release) {
	t.Helper()
	c.upgrade(t, release, withExamples)
	first := c.expectExamples(t)
	edited := examples(t)[0]
	if err := c.Patch(t.Context(), edited, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"priority":7}}`))); err != nil {
		t.Fatal(err)
	}
	gone := examples(t)[1]
	c.delete(t, gone)
	c.upgrade(t, release, withExamples)
	for name, uid := range c.expectExamples(t) {
		if same := uid == first[name]; same != (name != gone.Name) {
			t.Errorf("%s is the same as before: %t", name, same)
		}
	}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(edited), edited); err != nil || edited.Spec.Priority != 7 {
		t.Errorf("the edited one has priority %d (%v)", edited.Spec.Priority, err)
	}
}
