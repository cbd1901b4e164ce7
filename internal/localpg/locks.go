package localpg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gofrs/flock"
)

const (
	// startLockLimit bounds the wait for another process's start, which may include a download.
	startLockLimit = fetchLimit + startLimit + initdbLimit
	lockPoll       = 25 * time.Millisecond
)

// locks are the two locks of a database; doc.go describes their protocol.
type locks struct {
	users, start *flock.Flock
}

func newLocks(p place) *locks {
	return &locks{
		users: flock.New(p.usersLock(), flock.SetPermissions(0o644)),
		start: flock.New(p.startLock(), flock.SetPermissions(0o644)),
	}
}

// lockStart makes this process the only one that starts or stops the server.
func (l *locks) lockStart(ctx context.Context, log *slog.Logger) error {
	if ok, err := l.start.TryLock(); ok || err != nil {
		return lockError(err)
	}
	log.Info("waiting for another pushloss that is starting or stopping the local database", "lock", l.start.Path())
	ctx, cancel := context.WithTimeoutCause(ctx, startLockLimit, fmt.Errorf("the other did not finish within %s", startLockLimit))
	defer cancel()
	if _, err := l.start.TryLockContext(ctx, lockPoll); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return lockError(err)
	}
	return nil
}

// alone reports whether nobody uses the database. If so, it holds the users' lock exclusively until
// share or release.
func (l *locks) alone() (bool, error) {
	ok, err := l.users.TryLock()
	return ok, lockError(err)
}

// share makes this process a user. The caller must hold the start lock, which keeps others from the
// users' lock while it changes from exclusive to shared.
func (l *locks) share() error {
	if err := l.users.Unlock(); err != nil {
		return lockError(err)
	}
	ok, err := l.users.TryRLock()
	if err == nil && !ok {
		err = errors.New("held by a process that does not keep to the protocol")
	}
	return lockError(err)
}

// release drops the held locks.
func (l *locks) release() error {
	return lockError(errors.Join(l.users.Unlock(), l.start.Unlock()))
}

func lockError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("local database: lock it: %w", err)
}
