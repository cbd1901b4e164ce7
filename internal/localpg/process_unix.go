//go:build unix

package localpg

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// detach gives the program the account's rights and its own process group, so that Ctrl-C in a
// terminal reaches only this process.
func (a account) detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a.other {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
}

// own makes the account the owner of a path.
func (a account) own(path string) error {
	if !a.other {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// reaches reports whether the account can enter a directory. It tries to, because mode bits do not
// show groups and access control lists.
func (a account) reaches(ctx context.Context, dir string) bool {
	if !a.other {
		return true
	}
	_, err := a.output(ctx, 10*time.Second, "/bin/sh", "-c", `cd "$1"`, "sh", dir)
	return err == nil
}

// owner returns the user ID that owns a path.
func owner(info os.FileInfo) (uid, gid uint32, known bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return stat.Uid, stat.Gid, true
}

// postmasterState returns the state of the process that a postmaster.pid names. The system reuses
// process IDs, so a live process is not enough.
func postmasterState(ctx context.Context, pid int, data string) processState {
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return processGone
	}
	if runtime.GOOS == "linux" {
		// A postmaster's working directory is its data directory.
		cwd, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
		if err == nil {
			if here, err := os.Stat(data); err == nil && os.SameFile(cwd, here) {
				return processOurs
			}
			return processOther
		}
		if errors.Is(err, os.ErrNotExist) {
			return processOther // it is a zombie: its parent did not wait for it
		}
	}
	return stateByName(ctx, pid)
}

// stateByName is less exact. It is for systems that do not show a working directory.
func stateByName(ctx context.Context, pid int) processState {
	name, err := account{}.output(ctx, 5*time.Second, "/bin/ps", "-p", strconv.Itoa(pid), "-o", "comm=")
	if err != nil || strings.Contains(name, "postgres") || strings.Contains(name, "postmaster") {
		return processOurs // or unknown: then Postgres decides
	}
	return processOther
}
