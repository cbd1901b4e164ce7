//go:build unix

package pgtest

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps Ctrl-C from the watchdog: it is needed just then.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
