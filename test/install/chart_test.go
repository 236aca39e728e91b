package install_test

import (
	"os"
	"path/filepath"
	"testing"
)

const chartDir = "../../charts/gatehouse"

// changedChart is a copy of the chart with other contents of some files; a file that is not there is made.
func changedChart(t *testing.T, change map[string]func(text string) string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "gatehouse")
	if err := os.CopyFS(dir, os.DirFS(chartDir)); err != nil {
		t.Fatal(err)
	}
	for name, edit := range change {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		edited := edit(string(text))
		if edited == string(text) {
			t.Fatalf("%s is as it was", name)
		}
		if err := os.WriteFile(path, []byte(edited), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
