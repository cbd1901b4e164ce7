//go:build unix

package pgtest

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps Ctrl-C from the watchdog: it is needed just then.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// quit is Postgres's signal for an immediate stop.
func quit(pid int) error { return syscall.Kill(pid, syscall.SIGQUIT) }
