package localpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// killDelay is how long a program may take to end after an interrupt.
const killDelay = 5 * time.Second

// command prepares a program to run as the account. Its directory and environment do not depend on
// the caller's: PG* variables would change what it does, and the account may lack access to the
// caller's directory.
func (a account) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = "/"
	cmd.Env = []string{
		"LC_ALL=C",
		"HOME=/",
		"PATH=" + filepath.Dir(path) + ":/usr/local/bin:/usr/bin:/bin",
	}
	// If pg_ctl is interrupted while it starts a server, it stops the server.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = killDelay
	a.detach(cmd)
	return cmd
}

// output runs the program within the limit and returns what it printed.
func (a account) output(ctx context.Context, limit time.Duration, path string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%s took longer than %s", filepath.Base(path), limit))
	defer cancel()
	out, err := a.command(ctx, path, args...).CombinedOutput()
	return string(out), commandError(ctx, err)
}

// commandError returns the reason for which a program was interrupted instead of "signal:
// interrupt".
func commandError(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// pause waits for d, or until the context ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// lastLines returns the end of a text, indented.
func lastLines(text string) string {
	const most = 12
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > most {
		lines = lines[len(lines)-most:]
	}
	return "\n  " + strings.Join(lines, "\n  ")
}

// readFrom returns the content of a file after an offset, at most its last 64 KiB.
func readFrom(path string, offset int64) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	offset = max(offset, info.Size()-64<<10)
	text, err := io.ReadAll(io.NewSectionReader(f, offset, max(0, info.Size()-offset)))
	return string(text), err
}

// writeFile replaces a file atomically, so that a reader sees the old or the new one.
func writeFile(path, text string, mode os.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
