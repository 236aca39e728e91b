package env

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// kubectlTimeout ends a kubectl that hangs; none here waits for long.
const kubectlTimeout = 2 * time.Minute

// Kubectl runs the real kubectl as a user and returns what it printed, standard output and errors mixed as in a terminal.
// The error of a failed command holds that text too.
func (e *Env) Kubectl(user User, args ...string) (string, error) {
	return e.KubectlInput(user, "", args...)
}

// KubectlInput is Kubectl with a standard input, for `-f -`.
func (e *Env) KubectlInput(user User, stdin string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), kubectlTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, e.Binary("kubectl"), append([]string{"--kubeconfig=" + e.Kubeconfig(user)}, args...)...)
	// A cache of its own: addresses come back in other environments, with other resources behind them.
	cmd.Env = []string{"HOME=" + e.Dir(), "KUBECACHEDIR=" + e.path("kubectl-cache")}
	cmd.Stdin = strings.NewReader(stdin)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return output.String(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(output.String()))
	}
	return output.String(), nil
}
