package chart

import (
	"os/exec"
	"runtime"
)

// child is a process of ours.
type child struct {
	// ended is closed when it has ended; err is then how.
	ended chan struct{}
	err   error
}

// launch starts a command that ends with this process at the latest.
func launch(cmd *exec.Cmd) (*child, error) {
	cmd.SysProcAttr = dieWithParent()
	started, c := make(chan error), &child{ended: make(chan struct{})}
	go func() {
		// Linux ties a child's life to the thread that started it, so this thread stays as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			c.err = cmd.Wait()
			close(c.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}
