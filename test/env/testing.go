package env

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-dev/gatehouse/hack/stack"
)

// Run starts an environment for one test and stops it after it; a failed test shows the end of every log.
func Run(t testing.TB, options Options) *Env {
	t.Helper()
	if options.Out == nil {
		options.Out = os.Stderr // building takes minutes the first time, and a test's own log comes only at its end
	}
	e, err := New(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(e.Tails(20))
		}
		e.Stop()
	})
	return e
}

// Assets returns a folder with etcd, kube-apiserver and kubectl, as envtest's BinaryAssetsDirectory wants it.
func Assets(t testing.TB) string {
	t.Helper()
	names := []string{"etcd", "kube-apiserver", "kubectl"}
	binaries, err := stack.Ensure(t.Context(), os.Stderr, names...)
	if err != nil {
		t.Fatal(err)
	}
	// They are built into one folder per module.
	dir := t.TempDir()
	for _, name := range names {
		if err := os.Symlink(binaries[name], filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
