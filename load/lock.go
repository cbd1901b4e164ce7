package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pushloss/internal/postgres"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// AppLock is the right to work on an app: to call the API for it and to load its answers.
type AppLock struct {
	session  *Session
	sdkAppID int64
	epoch    int64
	// SinceLastCall is the time from the last announced call of any process until this
	// lock was taken; negative if there was none.
	SinceLastCall time.Duration
}

const (
	sqlTryAppLock = `SELECT pg_try_advisory_lock(hashtextextended('pushloss app ' || $1::bigint, 0))`
	sqlUnlockApp  = `SELECT pg_advisory_unlock(hashtextextended('pushloss app ' || $1::bigint, 0))`
	sqlHolder     = `SELECT holder FROM pushloss.app_lease WHERE sdk_app_id = $1`
	sqlTakeLease  = `
		INSERT INTO pushloss.app_lease AS l (sdk_app_id, epoch, holder)
		VALUES ($1, 1, $2)
		ON CONFLICT (sdk_app_id) DO UPDATE SET epoch = l.epoch + 1, holder = excluded.holder
		RETURNING epoch, coalesce(extract(epoch FROM clock_timestamp() - last_call_at), -1)::double precision`
	sqlAnnounceCall = `
		UPDATE pushloss.app_lease SET last_call_at = clock_timestamp()
		WHERE sdk_app_id = $1 AND epoch = $2
		RETURNING pg_backend_pid()`

	// Loads take this lock shared, a new holder exclusively. So it waits for running
	// loads, and any later load of the old holder sees the new epoch and aborts.
	sqlFenceLoad  = `SELECT pg_advisory_xact_lock_shared(hashtextextended('pushloss load ' || $1::bigint, 0))`
	sqlFenceTake  = `SELECT pg_advisory_xact_lock(hashtextextended('pushloss load ' || $1::bigint, 0))`
	sqlFenceWait  = `SELECT set_config('lock_timeout', $1, true)`
	sqlCheckLease = `SELECT epoch = $2 FROM pushloss.app_lease WHERE sdk_app_id = $1`
)

// fenceWait limits the wait for loads of the previous holder. If its network was cut, its
// load ends only when the server gives the connection up. A step on the session's
// connection must not take that long.
const fenceWait = heartbeatTimeout / 2

// LockApp takes the right to work on the app, or returns a *BusyError: at once if another
// process holds the lock, after a moment if a load of the previous holder still runs.
func (s *Session) LockApp(ctx context.Context, sdkAppID int64) (*AppLock, error) {
	lock := &AppLock{session: s, sdkAppID: sdkAppID}
	err := s.do(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		var got bool
		if err := conn.QueryRow(ctx, sqlTryAppLock, sdkAppID).Scan(&got); err != nil {
			return err
		}
		if !got {
			busy := &BusyError{SDKAppID: sdkAppID, Holder: "another process"}
			err := conn.QueryRow(ctx, sqlHolder, sdkAppID).Scan(&busy.Holder)
			if err != nil && !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
			return busy
		}
		err := lock.takeLease(ctx, conn)
		if err != nil {
			_, _ = conn.Exec(ctx, sqlUnlockApp, sdkAppID)
		}
		var pgErr *pgconn.PgError
		if errors.As(err, &pgErr) && pgErr.Code == pgerrcode.LockNotAvailable {
			return &BusyError{SDKAppID: sdkAppID, Holder: "a process that is gone, whose last load the server has not given up yet"}
		}
		return err
	})
	var busy *BusyError
	switch {
	case errors.As(err, &busy):
		return nil, busy
	case err != nil:
		return nil, fmt.Errorf("lock app %d: %w", sdkAppID, err)
	}
	return lock, nil
}

func (l *AppLock) takeLease(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlFenceWait, fmt.Sprint(fenceWait.Milliseconds())); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlFenceTake, l.sdkAppID); err != nil {
			return err
		}
		var elapsed float64
		if err := tx.QueryRow(ctx, sqlTakeLease, l.sdkAppID, l.session.holder).Scan(&l.epoch, &elapsed); err != nil {
			return err
		}
		l.SinceLastCall = time.Duration(elapsed * float64(time.Second))
		return nil
	})
}

// WaitForApp is LockApp that tries again every interval until ctx ends. It calls waiting
// once if it has to wait.
func (s *Session) WaitForApp(ctx context.Context, sdkAppID int64, interval time.Duration, waiting func(*BusyError)) (*AppLock, error) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for told := false; ; told = true {
		lock, err := s.LockApp(ctx, sdkAppID)
		var busy *BusyError
		if !errors.As(err, &busy) {
			return lock, err
		}
		if !told {
			waiting(busy)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// UnderLock does something under the app's lock, in a session of its own. It waits for
// the lock, as WaitForApp does.
func (db *DB) UnderLock(ctx context.Context, sdkAppID int64, holder string, waiting func(*BusyError), do func(context.Context, *AppLock) error) error {
	session, work, err := db.OpenSession(ctx, holder)
	if err != nil {
		return err
	}
	defer session.Close() // releases the lock
	lock, err := session.WaitForApp(work, sdkAppID, time.Second, waiting)
	if err != nil {
		return err
	}
	return do(work, lock)
}

// AnnounceCall records that a call of the app starts now. It uses the connection that
// holds the lock, so a success also proves that the lock is still held.
func (l *AppLock) AnnounceCall(ctx context.Context) error {
	return l.session.do(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		err := l.session.stays(conn.QueryRow(ctx, sqlAnnounceCall, pgx.QueryExecModeSimpleProtocol, l.sdkAppID, l.epoch))
		if errors.Is(err, pgx.ErrNoRows) {
			err = ErrSuperseded
		}
		if err != nil {
			return fmt.Errorf("announce a call of app %d: %w", l.sdkAppID, err)
		}
		return nil
	})
}

// Unlock lets others work on the app.
func (l *AppLock) Unlock(ctx context.Context) error {
	return l.session.do(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, sqlUnlockApp, l.sdkAppID)
		return err
	})
}

const sqlBusyApps = `
	SELECT DISTINCT a.sdk_app_id
	FROM pushloss.app_lease AS a
	JOIN pg_locks AS l
		ON l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
		AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('pushloss app ' || a.sdk_app_id, 0)
	JOIN pg_database AS d ON d.oid = l.database AND d.datname = current_database()`

// BusyApps returns the apps that a process works on now.
func (db *DB) BusyApps(ctx context.Context) ([]int64, error) {
	apps, err := postgres.List(ctx, db.pool, pgx.RowTo[int64], sqlBusyApps)
	if err != nil {
		return nil, fmt.Errorf("read which apps are worked on: %w", err)
	}
	return apps, nil
}
