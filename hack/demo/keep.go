package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

const (
	// background tells a process that it is the one that stays.
	background = "GATEHOUSE_DEMO_BACKGROUND"
	// reportDescriptor is where it then reports that all steps are done, the first of its ExtraFiles.
	reportDescriptor = 3
)

func inBackground() bool {
	if os.Getenv(background) == "" {
		return false
	}
	// The processes of the cluster must not inherit it, or its end would never be seen.
	syscall.CloseOnExec(reportDescriptor)
	return true
}

// runInBackground runs the demo in a process that outlives this one, which shows its output until the steps are done.
// Somebody has to stay: the control plane dies with the process that started it, and cert-manager runs inside it.
func runInBackground(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// A file and not a pipe: nobody reads it when this process is gone.
	log, err := os.CreateTemp("", "gatehouse-demo-*.log")
	if err != nil {
		return err
	}
	defer log.Close()
	defer os.Remove(log.Name()) // what the child writes later is nobody's to read
	done, report, err := os.Pipe()
	if err != nil {
		return err
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), background+"=1")
	child.Stdout, child.Stderr = log, log
	child.ExtraFiles = []*os.File{report}
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return err
	}
	if err := report.Close(); err != nil {
		return err
	}
	result := make(chan error, 1)
	go func() { result <- waitForReport(done) }()
	return follow(ctx, child.Process, log.Name(), result)
}

// waitForReport returns nil when the child has reported, and an error when it ended without.
func waitForReport(done *os.File) error {
	text, err := io.ReadAll(done)
	if err == nil && string(text) != "done" {
		err = errors.New("it did not come to its end, see above")
	}
	return err
}

// follow prints what the child writes until there is a result; an interruption is passed on to the child.
func follow(ctx context.Context, child *os.Process, name string, result <-chan error) error {
	log, err := os.Open(name)
	if err != nil {
		return err
	}
	defer log.Close()
	interrupted := ctx.Done()
	for {
		if _, err := io.Copy(os.Stdout, log); err != nil {
			return err
		}
		select {
		case err := <-result:
			_, copied := io.Copy(os.Stdout, log)
			return errors.Join(err, copied)
		case <-interrupted:
			interrupted = nil
			if err := child.Signal(syscall.SIGTERM); err != nil {
				return err
			}
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// stay tells how to use what is running, releases the process that waits, and stays until somebody ends it.
func (d *demo) stay(ctx context.Context) error {
	fmt.Fprintf(d.out, `
It is still running. To use it as the operator, one of the game developers or the administrator:

  export PATH=%s:$PATH
  export KUBECONFIG=%s
  export KUBECONFIG=%s
  export KUBECONFIG=%s
  export KUBECONFIG=%s

The logs are in %s. To stop it and remove everything:

  kill %d
`, filepath.Dir(d.Binary("kubectl")),
		d.Kubeconfig(env.Operator), d.Kubeconfig(env.Dev), d.Kubeconfig(rival), d.Kubeconfig(env.Admin), d.Dir(), os.Getpid())
	report := os.NewFile(reportDescriptor, "report")
	if _, err := report.WriteString("done"); err != nil {
		return err
	}
	if err := report.Close(); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
