package env

import "syscall"

// diesWithParent gives the child a process group of its own, so that a Ctrl-C in the terminal reaches only this process,
// which then stops them in order, and has the kernel kill it when this process dies without doing so.
func diesWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
