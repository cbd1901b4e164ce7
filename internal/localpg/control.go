package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	// startLimit leaves time for recovery after a crash.
	startLimit = 2 * time.Minute
	stopLimit  = time.Minute
	// startAttempts is how often a start is tried: another program may take a free port at that
	// moment, and what a killed server left may take a moment to disappear.
	startAttempts = 5
	// logLimit is the size from which a log is moved aside, in bytes.
	logLimit = 8 << 20
)

// start starts the server on a port that it chooses, and returns the port.
func (p place) start(ctx context.Context, o Options, b binaries) (int, error) {
	for attempt := 1; ; attempt++ {
		port, err := p.choosePort(ctx, o)
		if err != nil {
			return 0, err
		}
		said, err := p.startOn(ctx, o, b, port)
		if err == nil {
			return port, nil
		}
		if ctx.Err() != nil {
			return 0, fmt.Errorf("local database: start its server: %w", context.Cause(ctx))
		}
		raced := strings.Contains(said, "could not bind") || strings.Contains(said, "pre-existing shared memory block")
		if !raced || attempt == startAttempts {
			return 0, &Error{
				Kind:    ErrStart,
				Problem: fmt.Sprintf("the server of %s did not start (%s); it said:%s", p.data(), err, lastLines(said)),
				Remedy:  "see " + p.logFile(),
			}
		}
		if err := pause(ctx, time.Duration(attempt)*200*time.Millisecond); err != nil {
			return 0, fmt.Errorf("local database: start its server: %w", err)
		}
	}
}

// startOn starts the server by pg_ctl, which gives it its own session, so that Ctrl-C does not
// reach it. It returns what the server logged.
func (p place) startOn(ctx context.Context, o Options, b binaries, port int) (said string, err error) {
	log, offset, err := p.openLog()
	if err != nil {
		return "", err
	}
	defer log.Close()
	seconds := strconv.Itoa(int(startLimit.Seconds()))
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit+killDelay, fmt.Errorf("it took longer than %s", startLimit))
	defer cancel()
	cmd := p.account.command(ctx, b.program("pg_ctl"), "start", "--silent", "--wait", "--timeout="+seconds,
		"--options="+serverOptions(o, port))
	// Not as --pgdata: pg_ctl would pass it to a shell without escaping a $.
	cmd.Env = append(cmd.Env, "PGDATA="+p.data())
	cmd.Stdout, cmd.Stderr = log, log
	err = commandError(ctx, cmd.Run())
	if err == nil {
		return "", nil
	}
	said, readErr := readFrom(p.logFile(), offset)
	// The server may have started later than we waited.
	stopErr := p.stop(context.WithoutCancel(ctx), b)
	return said, errors.Join(err, readErr, stopErr)
}

func serverOptions(o Options, port int) string {
	options := []string{
		"-p " + strconv.Itoa(port),
		"-c listen_addresses=127.0.0.1",
		"-c unix_socket_directories=''", // the path of a socket is limited to 107 bytes, and Dir may be longer
	}
	if o.Fast {
		options = append(options,
			"-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off",
			"-c max_wal_size=256MB", "-c max_connections=200", "-c max_prepared_transactions=10",
			"-c jit=off") // it adds seconds to plans that take milliseconds
	}
	return strings.Join(options, " ")
}

// openLog opens the log for appending, and returns its length.
func (p place) openLog() (log *os.File, offset int64, err error) {
	if info, err := os.Stat(p.logFile()); err == nil && info.Size() > logLimit {
		if err := os.Rename(p.logFile(), p.logFile()+".1"); err != nil {
			return nil, 0, err
		}
	}
	if log, err = os.OpenFile(p.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return nil, 0, err
	}
	info, err := log.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, log.Close())
	}
	return log, info.Size(), nil
}

// stop stops the server of this data, if one runs.
func (p place) stop(ctx context.Context, b binaries) error {
	m, found, err := p.readPostmaster()
	if err != nil || !found || postmasterState(ctx, m.pid, p.data()) != processOurs {
		return err
	}
	seconds := strconv.Itoa(int(stopLimit.Seconds()))
	out, err := p.account.output(ctx, stopLimit+killDelay, b.program("pg_ctl"), "stop", "--silent", "--wait",
		"--mode=fast", "--timeout="+seconds, "--pgdata="+p.data())
	if err == nil {
		return nil
	}
	if _, found, readErr := p.readPostmaster(); readErr == nil && !found {
		return nil // it was already stopping
	}
	if ctx.Err() != nil {
		return fmt.Errorf("local database: stop its server: %w", err)
	}
	return &Error{
		Kind:    ErrStop,
		Problem: fmt.Sprintf("the server of %s (process %d) did not stop (%s); pg_ctl said:%s", p.data(), m.pid, err, lastLines(out)),
		Remedy:  "see " + p.logFile(),
	}
}
