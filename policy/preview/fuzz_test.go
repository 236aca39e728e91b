package preview_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/manifest"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
	"github.com/gatehouse-dev/gatehouse/policy/preview"
)

// FuzzRun: whatever can be read can be previewed, the document is complete, nothing in it acts
// on a terminal, and asking twice gives the same answer.
func FuzzRun(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*/*/in.yaml")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, path := range seeds {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		input, _ := manifest.Decode("f.yaml", data)
		for _, s := range input.GameServerSets {
			if s.Spec.Replicas != nil { // many servers are only slow
				few := min(*s.Spec.Replicas, 12)
				s.Spec.Replicas = &few
			}
		}
		first, second := render(t, input), render(t, input)
		if !bytes.Equal(first, second) {
			t.Errorf("asked twice:\n%s\n%s", first, second)
		}
		strict(t, string(first))
	})
}

func render(t *testing.T, input manifest.Input) []byte {
	t.Helper()
	report := preview.Run(input, policy.DefaultOptions())
	var text, document bytes.Buffer
	if err := preview.Text(&text, report); err != nil {
		t.Fatal(err)
	}
	harmless(t, text.String())
	if err := offline.JSON(&document, report); err != nil {
		t.Fatal(err)
	}
	var asYAML bytes.Buffer
	if err := offline.YAML(&asYAML, report); err != nil {
		t.Fatal(err)
	}
	harmless(t, document.String()+asYAML.String())
	sameDocument(t, asYAML.String(), document.String())
	return document.Bytes()
}
