package manifest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/policy/manifest"
)

// FuzzDecode: whatever is given, it is read or refused with located problems, and nothing panics.
func FuzzDecode(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*/*/in.*")
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
		input, problems := manifest.Decode("f.yaml", data)
		lines := strings.Count(string(data), "\n") + 2
		for _, p := range problems {
			if p.Message == "" || p.File != "f.yaml" || p.Document < 1 || p.Line < 1 || p.Line > lines {
				t.Errorf("problem %+v of %d lines", p, lines)
			}
		}
		for _, s := range input.GameServerSets {
			if s.Name == "" || s.Namespace == "" {
				t.Errorf("a set without name or namespace: %+v", s)
			}
		}
		for _, i := range input.Ingresses {
			if i.Name == "" || i.Namespace == "" {
				t.Errorf("an Ingress without name or namespace: %+v", i)
			}
		}
		for _, p := range input.Policies {
			if p.Name == "" || p.Object == nil || p.Line < 1 {
				t.Errorf("a policy without name, object or place: %+v", p)
			}
		}
	})
}
