//go:build unix

package pgtest

import (
	"os/exec"
	"syscall"
)

// ownGroup protects the watchdog from Ctrl-C, after which it is needed.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// quit is Postgres's signal for an immediate stop.
func quit(pid int) error { return syscall.Kill(pid, syscall.SIGQUIT) }
