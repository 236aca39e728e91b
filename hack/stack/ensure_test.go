package stack

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// small is a part that builds in a moment.
func small(t *testing.T, dir, message string) Part {
	t.Helper()
	write(t, filepath.Join(dir, "hello", "go.mod"), "module example.com/hello\n\ngo 1.26\n")
	write(t, filepath.Join(dir, "hello", "main.go"),
		fmt.Sprintf("package main\n\nvar text = %q\n\nfunc main() { println(text) }\n", message))
	return Part{Name: "hello", Module: "example.com/hello", programs: []program{{"hello", "example.com/hello", 0}}}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// cached lists what a cache holds besides locks.
func cached(t *testing.T, cache string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cache, "bin", "*", "[^.]*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestAProgramIsBuiltOnceHoweverManyAskForIt(t *testing.T) {
	dir, cache := t.TempDir(), t.TempDir()
	part := small(t, dir, "hello")
	var mutex sync.Mutex
	var progress bytes.Buffer
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			var out bytes.Buffer
			b := builder{parts: []Part{part}, dir: dir, cache: cache, out: &out}
			found, err := b.ensure(t.Context(), []string{"hello", "hello"})
			if err != nil {
				t.Error(err)
				return
			}
			if output, err := exec.Command(found["hello"]).CombinedOutput(); err != nil || string(output) != "hello\n" {
				t.Errorf("%s %v", output, err)
			}
			mutex.Lock()
			defer mutex.Unlock()
			progress.Write(out.Bytes())
		})
	}
	group.Wait()
	if n := strings.Count(progress.String(), "building hello (1 of 1)"); n != 1 {
		t.Errorf("built %d times:\n%s", n, progress.String())
	}
	if left := cached(t, cache); len(left) != 1 {
		t.Errorf("the cache holds %v", left)
	}
}

func TestAChangedModuleFileOrFlagMakesAnotherProgram(t *testing.T) {
	dir := t.TempDir()
	part := small(t, dir, "hello")
	b := builder{dir: dir}
	keys := map[string]string{}
	note := func(what string, part Part) {
		key, err := b.key(t.Context(), part)
		if err != nil {
			t.Fatal(err)
		}
		if other, seen := keys[key]; seen {
			t.Errorf("%s has the key of %s", what, other)
		}
		keys[key] = what
	}
	note("the first", part)
	part.ldflags = "-X main.text=bye"
	note("other linker flags", part)
	write(t, filepath.Join(dir, "hello", "go.sum"), "example.com/other v1.0.0 h1:x\n")
	note("checksums", part)
	write(t, filepath.Join(dir, "hello", "go.mod"), "module example.com/hello\n\ngo 1.25\n")
	note("another go.mod", part)
}

func TestAFailedBuildLeavesNothingAndSaysWhy(t *testing.T) {
	dir, cache := t.TempDir(), t.TempDir()
	part := small(t, dir, "hello")
	write(t, filepath.Join(dir, "hello", "main.go"), "package main\n\nfunc main() { missing() }\n")
	b := builder{parts: []Part{part}, dir: dir, cache: cache, out: &bytes.Buffer{}}
	_, err := b.ensure(t.Context(), []string{"hello"})
	if err == nil || !strings.Contains(err.Error(), "build hello:") || !strings.Contains(err.Error(), "undefined: missing") {
		t.Errorf("got %v", err)
	}
	if left := cached(t, cache); len(left) > 0 {
		t.Errorf("the cache holds %v", left)
	}
}

func TestAssetsOfTheDeveloperAreTaken(t *testing.T) {
	assets := t.TempDir()
	write(t, filepath.Join(assets, "kubectl"), "")
	write(t, filepath.Join(assets, "helm"), "")
	b := builder{parts: parts(), dir: ".", cache: t.TempDir(), assets: assets}
	for name, want := range map[string]bool{"kubectl": true, "etcd": false, "helm": false} {
		j, err := b.locate(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.HasPrefix(j.target, assets); got != want {
			t.Errorf("%s is at %s", name, j.target)
		}
	}
}

func TestAnUnknownProgramIsNamedWithThoseThatExist(t *testing.T) {
	_, err := Ensure(t.Context(), &bytes.Buffer{}, "kubelet")
	if err == nil || !strings.Contains(err.Error(), `"kubelet"`) || !strings.Contains(err.Error(), "kube-apiserver") {
		t.Errorf("got %v", err)
	}
}

func TestEveryPartHasItsModule(t *testing.T) {
	for _, part := range parts() {
		content, err := os.ReadFile(filepath.Join(part.Name, "go.mod"))
		if err != nil {
			t.Error(err)
			continue
		}
		if !strings.Contains(string(content), "\nrequire "+part.Module+" v") {
			t.Errorf("%s/go.mod requires no %s", part.Name, part.Module)
		}
		for _, p := range part.programs {
			if !strings.Contains(string(content), "\ntool "+p.pkg+"\n") {
				t.Errorf("%s/go.mod names no tool %s", part.Name, p.pkg)
			}
		}
	}
}
