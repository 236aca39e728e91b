//go:build !linux

package chart

import "syscall"

func dieWithParent() *syscall.SysProcAttr { return nil }
