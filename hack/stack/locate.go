package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const mainModule = "github.com/gatehouse-dev/gatehouse"

// ModuleDir returns the folder of a part's module in the module cache, where its CRDs, roles and sample configuration
// lie. They are read from there and not copied into this repository, so that they always fit the program.
func ModuleDir(ctx context.Context, part string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	for _, p := range parts() {
		if p.Name != part {
			continue
		}
		dir := filepath.Join(root, "hack", "stack", part)
		// -m with the module's files not downloaded yet prints an empty folder; download is a no-op when they are there.
		if _, err := goCommand(ctx, dir, "mod", "download", p.Module); err != nil {
			return "", err
		}
		return goCommand(ctx, dir, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", p.Module)
	}
	return "", fmt.Errorf("no part of the stack is named %q", part)
}

// cacheDir is outside the tree so that a fresh clone does not build everything again.
func cacheDir() (string, error) {
	if dir := os.Getenv("GATEHOUSE_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("nowhere to keep built programs, set GATEHOUSE_CACHE: %w", err)
	}
	return filepath.Join(dir, "gatehouse"), nil
}

// Root returns the root of the checkout that the working folder is in (a test runs in the folder of its package).
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		switch {
		case err == nil && bytes.HasPrefix(content, []byte("module "+mainModule+"\n")):
			return dir, nil
		case err != nil && !errors.Is(err, os.ErrNotExist):
			return "", err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("not inside a checkout of %s", mainModule)
		}
		dir = parent
	}
}
