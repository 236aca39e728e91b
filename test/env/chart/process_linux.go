package chart

import "syscall"

// dieWithParent makes the kernel end the process with the tests: a run that is killed or times out would otherwise leave
// it on its address, in the way of the next run. A process group of its own keeps a Ctrl-C in the terminal from it:
// whoever started it stops it, with its grace period.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
