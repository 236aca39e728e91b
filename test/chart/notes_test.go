package chart_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/test/golden"
)

func TestNotesAreGolden(t *testing.T) {
	probe := chartThatPrintsItsNotes(t)
	for name, c := range renderings(t) {
		t.Run(name, func(t *testing.T) {
			golden.Compare(t, filepath.Join("testdata/render", name, "notes.txt"), notes(t, probe, c))
		})
	}
}

// chartThatPrintsItsNotes is a copy of the chart. helm install prints notes only for a cluster that it asks, or for one without
// any CRDs; helm template takes what the cluster has as a flag, and prints no notes.
func chartThatPrintsItsNotes(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(chartDir)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "templates/NOTES.txt"))
	if err != nil {
		t.Fatal(err)
	}
	probe := `{{ define "notes" }}` + string(text) + `{{ end }}notes: {{ include "notes" . | quote }}`
	if err := os.WriteFile(filepath.Join(dir, "templates/probe.yaml"), []byte(probe), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func notes(t *testing.T, probe string, c rendering) []byte {
	t.Helper()
	out, err := helm(t, "template", c.Release, probe, "--namespace", c.Namespace, "--kube-version", "1.37.2",
		"--api-versions", strings.Join(c.APIVersions, ","), "--show-only", "templates/probe.yaml", "--values", valuesFile(t, c.Values))
	if err != nil {
		t.Fatal(err)
	}
	var rendered struct {
		Notes string `json:"notes"`
	}
	if err := yaml.Unmarshal(out, &rendered); err != nil {
		t.Fatal(err)
	}
	return []byte(rendered.Notes)
}

// What Helm itself prints after an installation is what the probe prints.
func TestHelmPrintsTheNotes(t *testing.T) {
	probe := chartThatPrintsItsNotes(t)
	c := rendering{Release: "gatehouse", Namespace: "gatehouse-system"}
	out, err := helm(t, "install", c.Release, chartDir, "--namespace", c.Namespace, "--dry-run=client")
	if err != nil {
		t.Fatal(err)
	}
	_, printed, found := bytes.Cut(out, []byte("NOTES:\n"))
	if want := notes(t, probe, c); !found || string(bytes.TrimSpace(printed)) != string(bytes.TrimSpace(want)) {
		t.Errorf("printed\n%s\nwant\n%s", out, want)
	}
}
