package chart_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// A value that is null is gone for Helm. What cannot be done without has to be missed by the schema, in words, before a template
// stumbles over it.
func TestNoTemplateStumblesOverAValueThatIsGone(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(chartDir, "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	for path, without := range gone(values) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			_, err := template(t, "gatehouse", "gatehouse-system", without)
			if err != nil && !strings.Contains(err.Error(), "values don't meet the specifications of the schema") {
				t.Error(err)
			}
		})
	}
}

// gone are, for every value of a map and of those within, the values of somebody who sets it to null.
func gone(values map[string]any) map[string]map[string]any {
	out := map[string]map[string]any{}
	for key, value := range values {
		out[key] = map[string]any{key: nil}
		if inner, is := value.(map[string]any); is {
			for path, without := range gone(inner) {
				out[key+"."+path] = map[string]any{key: without}
			}
		}
	}
	return out
}
