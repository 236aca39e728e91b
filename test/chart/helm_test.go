package chart_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/hack/stack"
)

const chartDir = "../../charts/gatehouse"

var helmBinary = sync.OnceValues(func() (string, error) {
	binaries, err := stack.Ensure(context.Background(), os.Stderr, "helm")
	return binaries["helm"], err
})

// helm runs the real Helm with a home of its own and returns what it prints.
func helm(t *testing.T, args ...string) ([]byte, error) {
	t.Helper()
	path, err := helmBinary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = []string{"HOME=" + t.TempDir()}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = errors.Join(err, errors.New(stderr.String()+string(out)))
	}
	return out, err
}

// template renders the chart with values.
func template(t *testing.T, release, namespace string, values map[string]any) ([]byte, error) {
	t.Helper()
	return helm(t, "template", release, chartDir, "--namespace", namespace, "--kube-version", "1.37.2", "--values", valuesFile(t, values))
}

func valuesFile(t *testing.T, values map[string]any) string {
	t.Helper()
	text, err := yaml.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
