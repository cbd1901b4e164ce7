package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// processState is the state of the process that a postmaster.pid names.
type processState int

const (
	processGone  processState = iota
	processOther              // another program has the process ID now
	processOurs               // it serves this data, as far as we can see
)

// answerLimit bounds the time until a running server answers: it may be recovering from a crash, or
// finishing a shutdown.
const answerLimit = time.Minute

// postmaster is the content of a server's postmaster.pid.
type postmaster struct {
	pid, port int
}

func (p place) pidFile() string { return filepath.Join(p.data(), "postmaster.pid") }

// readPostmaster returns false if no server runs and none crashed.
func (p place) readPostmaster() (postmaster, bool, error) {
	text, err := os.ReadFile(p.pidFile())
	if errors.Is(err, fs.ErrNotExist) {
		return postmaster{}, false, nil
	}
	if err != nil {
		return postmaster{}, false, fmt.Errorf("local database: %w", err)
	}
	lines := strings.Split(string(text), "\n")
	var m postmaster
	if m.pid, err = strconv.Atoi(strings.TrimSpace(lines[0])); err != nil || m.pid <= 0 {
		return postmaster{}, false, nil // incomplete or broken: Postgres will report it
	}
	if len(lines) > 3 {
		m.port, _ = strconv.Atoi(strings.TrimSpace(lines[3])) // 0 until it is written
	}
	return m, true, nil
}

// running returns the port of the server that serves this data; 0 if none does. It waits for a
// server that starts up or shuts down. alone says that no other process uses the database.
func (p place) running(ctx context.Context, alone bool, log *slog.Logger) (int, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerLimit, errNoAnswer)
	defer cancel()
	var last error
	for {
		m, found, err := p.readPostmaster()
		if err != nil || !found {
			return 0, err
		}
		switch state := postmasterState(ctx, m.pid, p.data()); {
		case state == processOurs:
		case !alone:
			// Its users may be in another container, where process IDs are different.
			return 0, &Error{
				Kind:    ErrInUse,
				Problem: fmt.Sprintf("another pushloss uses the database in %s, but its server does not run here", p.dir),
				Remedy:  "stop the other pushloss (look into other containers, too), then try again",
			}
		default:
			return 0, p.disown(m, state, log)
		}
		if m.port != 0 {
			if last = p.answers(ctx, m.port); last == nil {
				return m.port, nil
			}
			if errors.Is(last, errPasswordRefused) {
				return 0, p.refused(m)
			}
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			if errors.Is(err, errNoAnswer) {
				return 0, &Error{
					Kind:    ErrStart,
					Problem: fmt.Sprintf("the server of %s (process %d) runs, but did not answer within %s", p.data(), m.pid, answerLimit),
					Remedy:  "see " + p.logFile() + "; if no server is running there, remove " + p.pidFile(),
					Cause:   last,
				}
			}
			return 0, fmt.Errorf("local database: wait for its server: %w", err)
		}
	}
}

var errNoAnswer = errors.New("no answer")

func (p place) refused(m postmaster) error {
	return &Error{
		Kind:    ErrStart,
		Problem: fmt.Sprintf("the server of %s (process %d) does not know the password in %s", p.data(), m.pid, p.passfile()),
		Remedy: fmt.Sprintf("stop that server (kill -INT %d) and remove %s: the next start makes a new password and keeps the data",
			m.pid, p.passfile()),
	}
}

// disown makes Postgres start although postmaster.pid names a live process that is not a server:
// after a reboot, other processes get the same IDs. It keeps the file, which also names the shared
// memory by which Postgres notices orphans of a killed server, but writes an ID that no process can
// have.
func (p place) disown(m postmaster, state processState, log *slog.Logger) error {
	if state != processOther {
		return nil
	}
	log.Info("the last server of the local database was killed, and its process id is another program's now", "pid", m.pid)
	text, err := os.ReadFile(p.pidFile())
	if err != nil {
		return fmt.Errorf("local database: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), "\n")
	// Written in place, because the file belongs to the account.
	if err := os.WriteFile(p.pidFile(), []byte(impossiblePID+"\n"+rest), 0o600); err != nil {
		return fmt.Errorf("local database: %w", err)
	}
	return nil
}

const impossiblePID = "2147483646"
