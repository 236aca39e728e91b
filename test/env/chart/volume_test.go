package chart

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAVolumeChangesInOneStep(t *testing.T) {
	dir := t.TempDir()
	read := func() string {
		var text string
		for _, name := range []string{"tls.crt", "tls.key"} {
			content, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			text += string(content)
		}
		return text
	}
	for _, version := range []string{"1", "2", "2", "3"} {
		data := map[string][]byte{"tls.crt": []byte("crt" + version), "tls.key": []byte("key" + version)}
		if err := writeVolume(dir, version, data); err != nil {
			t.Fatal(err)
		}
		if got, want := read(), "crt"+version+"key"+version; got != want {
			t.Errorf("version %s: the files hold %q, want %q", version, got, want)
		}
	}
	// Old versions go; what stays is two links to files, the link to their directory, and the directory.
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("the directory holds %v (%v)", entries, err)
	}
	if target, err := os.Readlink(filepath.Join(dir, "..data")); err != nil || target != "..3" {
		t.Errorf("..data points to %q (%v)", target, err)
	}
}
