package certmanager

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

const module = "github.com/cert-manager/cert-manager"

// installCRDs takes the CRDs from the module that the controllers are compiled from, so that the two always agree.
func installCRDs(ctx context.Context, cfg *rest.Config) error {
	dir, err := ModuleDir(ctx)
	if err != nil {
		return err
	}
	_, err = envtest.InstallCRDs(cfg, envtest.CRDInstallOptions{
		Paths:              []string{filepath.Join(dir, "deploy", "crds")},
		ErrorIfPathMissing: true,
	})
	return err
}

// ModuleDir is where the sources of the controllers lie. It works anywhere inside our module, which is where go test and go run start.
func ModuleDir(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return "", fmt.Errorf("go list -m %s: %w", module, err)
	}
	dir := strings.TrimSpace(string(out))
	if dir == "" {
		return "", fmt.Errorf("the sources of %s are not in the module cache: run go mod download", module)
	}
	return dir, nil
}
