//go:build !linux

package env

import "syscall"

// diesWithParent cannot be had here; the package is not used outside Linux, it only has to compile there.
func diesWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
