package stack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// flags are the build flags of every program: no cgo, so that it runs anywhere; no paths of this machine; and never a
// change of go.mod behind the back of whoever reads it in the repository.
func flags(part Part) []string {
	return []string{"-mod=readonly", "-trimpath", "-ldflags", strings.TrimSpace("-s -w " + part.ldflags)}
}

// key tells builds apart that may differ: the module file with its checksums, the Go version and the flags.
func (b builder) key(ctx context.Context, part Part) (string, error) {
	version, err := goVersion(ctx)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(b.dir, part.Name, name))
		if name == "go.sum" && errors.Is(err, os.ErrNotExist) {
			err = nil // a module without dependencies has none
		}
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%s %d\n%s", name, len(content), content)
	}
	fmt.Fprintf(hash, "%s\n%q", version, flags(part))
	return hex.EncodeToString(hash.Sum(nil))[:12], nil
}

// goVersion asks the go command that will build, which need not be the one that built this program.
var goVersion = func() func(context.Context) (string, error) {
	var mutex sync.Mutex
	var known string
	return func(ctx context.Context) (string, error) {
		mutex.Lock()
		defer mutex.Unlock()
		if known != "" {
			return known, nil
		}
		text, err := goCommand(ctx, "", "env", "GOVERSION", "GOOS", "GOARCH")
		if err == nil {
			known = text
		}
		return text, err
	}
}()

// compile builds to a temporary name and renames, so that an executable in the cache is always a whole one.
func compile(ctx context.Context, dir string, j job) error {
	temporary := fmt.Sprintf("%s.%d.tmp", j.target, os.Getpid())
	defer os.Remove(temporary)
	args := append([]string{"build", "-o", temporary}, flags(j.part)...)
	if _, err := goCommand(ctx, dir, append(args, j.program.pkg)...); err != nil {
		return err
	}
	return os.Rename(temporary, j.target)
}

// goCommand runs the go command in a folder and returns its standard output.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	// A workspace above the repository would replace the versions that the part's go.mod pins.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s in %s: %w\n%s", args[0], dir, err, stderr.Bytes())
	}
	return strings.TrimSpace(stdout.String()), nil
}
