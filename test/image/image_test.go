// Package image_test holds the container image to what is promised of it, without building one: it runs the commands of the
// Dockerfile's first stage in copies of the tree, and reads the second.
package image_test

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/version"
)

const root = "../.."

// What `make image` passes.
var arguments = []string{"VERSION=0.1.0-test", "COMMIT=0123456789abcdef", "SOURCE_DATE_EPOCH=1796069972"}

// The same commit is the same binary wherever it is built, and `make build` makes it, too.
func TestTheSameCommitMakesTheSameBinary(t *testing.T) {
	if testing.Short() {
		t.Skip("links the binary three times")
	}
	first := build(t, filepath.Join(t.TempDir(), "src"), "TZ=UTC")
	second := build(t, filepath.Join(t.TempDir(), "somewhere", "else entirely"), "TZ=Asia/Shanghai", "GOFLAGS=-v", "USER=nobody")
	made := checkout(t, filepath.Join(t.TempDir(), "made"))
	run(t, made, arguments, "make", "build")
	for name, other := range map[string]string{"another folder": second, "make build": filepath.Join(made, "bin", "gatehouse")} {
		if !bytes.Equal(read(t, first), read(t, other)) {
			t.Errorf("the binary of %s differs from the Dockerfile's", name)
		}
	}
	examine(t, first)
}

// examine holds a binary to what an image FROM scratch needs.
func examine(t *testing.T, binary string) {
	t.Helper()
	said := strings.TrimSpace(run(t, filepath.Dir(binary), nil, binary, "version"))
	if want := "gatehouse 0.1.0-test (commit 0123456789abcdef, built 2026-11-30T20:19:32Z, " + runtime.Version() + ")"; said != want {
		t.Errorf("version says %q, want %q", said, want)
	}
	file, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for _, program := range file.Progs {
		if program.Type == elf.PT_INTERP {
			t.Error("the binary wants a dynamic loader, which an empty image does not have")
		}
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil || len(info.Deps) == 0 {
		t.Errorf("the binary does not say of which modules it is made: %v", err)
	}
	if bytes.Contains(read(t, binary), []byte(filepath.Dir(filepath.Dir(binary)))) {
		t.Error("the binary knows the folder that it was built in")
	}
}

// build does in a folder what the first stage does there, and hands over the binary that the second one takes.
func build(t *testing.T, folder string, machine ...string) string {
	t.Helper()
	checkout(t, folder)
	environment := append(machine, arguments...)
	for _, line := range stage(t, 0) {
		switch line.instruction {
		case "ENV":
			environment = append(environment, strings.Fields(line.rest)...)
		case "RUN":
			run(t, folder, environment, "sh", "-c", line.rest)
		}
	}
	for _, line := range stage(t, 1) {
		if rest, ok := strings.CutPrefix(line.rest, "--from=build /src/"); ok && line.instruction == "COPY" {
			path, _, _ := strings.Cut(rest, " ")
			return filepath.Join(folder, path)
		}
	}
	t.Fatal("the image takes nothing from the build")
	return ""
}

// checkout copies what git keeps of the tree, and what is about to be committed, but not what .dockerignore leaves out.
func checkout(t *testing.T, folder string) string {
	t.Helper()
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	for path := range strings.SplitSeq(run(t, root, nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), "\x00") {
		text, err := os.ReadFile(filepath.Join(root, path))
		if path == "" || os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(to), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// The Go of the image is one that go.mod allows, to the last number: another one makes another binary.
func TestTheImagesGoIsThatOfTheModule(t *testing.T) {
	pinned := regexp.MustCompile(`(?m)^ARG GOLANG=golang:(\d+\.\d+\.\d+)$`).FindSubmatch(read(t, filepath.Join(root, "Dockerfile")))
	wanted := regexp.MustCompile(`(?m)^go (\d+\.\d+\.\d+)$`).FindSubmatch(read(t, filepath.Join(root, "go.mod")))
	if pinned == nil || wanted == nil {
		t.Fatalf("the Dockerfile pins Go %s, go.mod wants %s", pinned, wanted)
	}
	image, module := version.MustParseGeneric(string(pinned[1])), version.MustParseGeneric(string(wanted[1]))
	if image.LessThan(module) || image.Minor() != module.Minor() {
		t.Errorf("the Dockerfile builds with Go %s, go.mod is for %s", image, module)
	}
}

// Nothing but the binary is in the image, and nobody but a user that Kubernetes can tell from root by its number.
func TestTheImageIsTheBinaryAndNothingElse(t *testing.T) {
	lines := map[string][]string{}
	for _, line := range stage(t, 1) {
		lines[line.instruction] = append(lines[line.instruction], line.rest)
	}
	if len(lines["COPY"]) != 1 || lines["ADD"] != nil || lines["RUN"] != nil || lines["FROM"][0] != "scratch" {
		t.Errorf("there is more in it: %v", lines)
	}
	if user := lines["USER"]; len(user) != 1 || !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(user[0]) {
		t.Errorf("its user is %v", user)
	}
	for _, label := range []string{"title", "description", "url", "source", "documentation", "vendor", "licenses", "version", "revision"} {
		if !strings.Contains(strings.Join(lines["LABEL"], " "), "org.opencontainers.image."+label+"=") {
			t.Errorf("it has no label %s", label)
		}
	}
	if values := string(read(t, filepath.Join(root, "charts/gatehouse/values.yaml"))); !strings.Contains(values, "runAsUser: "+strings.Split(lines["USER"][0], ":")[0]) {
		t.Error("the chart runs it as another user")
	}
}

// instruction is one of the Dockerfile.
type instruction struct{ instruction, rest string }

// stage are the instructions of the n-th stage.
func stage(t *testing.T, n int) []instruction {
	t.Helper()
	text := regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(string(read(t, filepath.Join(root, "Dockerfile"))), "")
	text = strings.ReplaceAll(text, "\\\n", "")
	at, out := -1, []instruction{}
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word == "FROM" {
			at++
		}
		if at == n && word != "" {
			out = append(out, instruction{word, strings.TrimSpace(rest)})
		}
	}
	if len(out) == 0 {
		t.Fatalf("the Dockerfile has no stage %d", n)
	}
	return out
}

func run(t *testing.T, folder string, environment []string, name string, words ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, words...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), environment...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(words, " "), err, &stderr)
	}
	return string(out)
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
