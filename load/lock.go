package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
)

// AppLock is the right to work on an app: to call the API for it and to load its answers.
type AppLock struct {
	session  *Session
	sdkAppID int64
	epoch    int64
	// loading says that a load of the previous holder still runs.
	loading bool
	// SinceLastCall is the time from the last announced call of any process until this
	// lock was taken; negative if there was none.
	SinceLastCall time.Duration
}

const (
	sqlTryAppLocks = `
		SELECT app, pg_try_advisory_lock(hashtextextended('pushloss app ' || app, 0)) FROM unnest($1::bigint[]) AS app`
	sqlUnlockApps = `
		SELECT pg_advisory_unlock(hashtextextended('pushloss app ' || app, 0)) FROM unnest($1::bigint[]) AS app`
	sqlHolders    = `SELECT sdk_app_id, holder FROM pushloss.app_lease WHERE sdk_app_id = ANY($1::bigint[])`
	sqlTakeLeases = `
		INSERT INTO pushloss.app_lease AS l (sdk_app_id, epoch, holder)
		SELECT app, 1, $2 FROM unnest($1::bigint[]) AS app ORDER BY app
		ON CONFLICT (sdk_app_id) DO UPDATE SET epoch = l.epoch + 1, holder = excluded.holder
		RETURNING sdk_app_id, epoch, coalesce(extract(epoch FROM clock_timestamp() - last_call_at), -1)::double precision`

	// Loads take this lock shared. A new holder first takes the lease, so any later load
	// of the old holder sees the new epoch and aborts. Then the holder takes the lock
	// exclusively for a moment: once that succeeds, no earlier load runs.
	sqlLoadKey    = `hashtextextended('pushloss load ' || app, 0)`
	sqlFenceLoads = `SELECT pg_advisory_xact_lock_shared(` + sqlLoadKey + `) FROM unnest($1::bigint[]) AS app`
	sqlTryFences  = `SELECT app, pg_try_advisory_xact_lock(` + sqlLoadKey + `) FROM unnest($1::bigint[]) AS app`
	sqlEpochs     = `SELECT sdk_app_id, epoch FROM pushloss.app_lease WHERE sdk_app_id = ANY($1::bigint[])`
)

// fencePause is the time between two checks for loads of the previous holder.
const fencePause = 20 * time.Millisecond

// LockApp takes the right to work on the app, or returns a *BusyError: at once if another
// process holds the lock, after a moment if a load of the previous holder still runs.
func (s *Session) LockApp(ctx context.Context, sdkAppID int64) (*AppLock, error) {
	lock := &AppLock{session: s, sdkAppID: sdkAppID}
	err := lock.join(s.locking)
	if err == nil {
		err = lock.awaitLoads(ctx)
	}
	var busy *BusyError
	switch {
	case errors.As(err, &busy):
		return nil, busy
	case err != nil:
		return nil, fmt.Errorf("lock app %d: %w", sdkAppID, err)
	}
	return lock, nil
}

// lockApps is a round of LockApp.
func (s *Session) lockApps(ctx context.Context, conn *pgx.Conn, round []*member) error {
	ids, _ := apps(round)
	got, err := yesOrNo(ctx, conn, sqlTryAppLocks, ids)
	if err != nil { // as if the server's table of locks is full: it keeps those that it gave
		_ = unlockApps(ctx, conn, round)
		return err
	}
	refused := slices.DeleteFunc(slices.Clone(round), func(m *member) bool { return got[m.sdkAppID] })
	taken := slices.DeleteFunc(slices.Clone(round), func(m *member) bool { return !got[m.sdkAppID] })
	err = nameHolders(ctx, conn, refused)
	if err == nil {
		err = s.takeLeases(ctx, conn, taken)
	}
	if err != nil {
		_ = unlockApps(ctx, conn, taken)
	}
	return err
}

func nameHolders(ctx context.Context, conn *pgx.Conn, refused []*member) error {
	if len(refused) == 0 {
		return nil
	}
	ids, _ := apps(refused)
	rows, err := conn.Query(ctx, sqlHolders, ids)
	if err != nil {
		return err
	}
	holders := make(map[int64]string, len(refused))
	var id int64
	var holder string
	if _, err := pgx.ForEachRow(rows, []any{&id, &holder}, func() error { holders[id] = holder; return nil }); err != nil {
		return err
	}
	for _, m := range refused {
		m.err = &BusyError{SDKAppID: m.sdkAppID, Holder: cmp.Or(holders[m.sdkAppID], "another process")}
	}
	return nil
}

func (s *Session) takeLeases(ctx context.Context, conn *pgx.Conn, taken []*member) error {
	if len(taken) == 0 {
		return nil
	}
	byApp := make(map[int64]*member, len(taken))
	for _, m := range taken {
		byApp[m.sdkAppID] = m
	}
	ids, _ := apps(taken)
	batch := &pgx.Batch{} // one transaction
	batch.Queue(sqlTakeLeases, ids, s.holder).Query(func(rows pgx.Rows) error {
		var id, epoch int64
		var elapsed float64
		_, err := pgx.ForEachRow(rows, []any{&id, &epoch, &elapsed}, func() error {
			byApp[id].epoch, byApp[id].SinceLastCall = epoch, time.Duration(elapsed*float64(time.Second))
			return nil
		})
		return err
	})
	batch.Queue(sqlTryFences, ids).Query(func(rows pgx.Rows) error {
		free, err := yesOrNoOf(rows)
		for _, m := range taken {
			m.loading = !free[m.sdkAppID]
		}
		return err
	})
	return conn.SendBatch(ctx, batch).Close()
}

// awaitLoads waits until no load of the previous holder runs.
func (l *AppLock) awaitLoads(ctx context.Context) error {
	for end := time.Now().Add(l.session.db.waits.fence); l.loading; {
		err := sleep(ctx, fencePause)
		if err == nil {
			err = l.join(l.session.fencing)
		}
		if err == nil && l.loading && time.Now().After(end) {
			err = &BusyError{SDKAppID: l.sdkAppID, Holder: "a process that is gone, whose last load the server has not given up yet"}
		}
		if err != nil {
			return errors.Join(err, l.Unlock(ctx))
		}
	}
	return nil
}

func (s *Session) lookAtLoads(ctx context.Context, conn *pgx.Conn, round []*member) error {
	ids, _ := apps(round)
	free, err := yesOrNo(ctx, conn, sqlTryFences, ids)
	for _, m := range round {
		m.loading = !free[m.sdkAppID]
	}
	return err
}

// yesOrNo returns the answer for each app.
func yesOrNo(ctx context.Context, conn *pgx.Conn, sql string, args ...any) (map[int64]bool, error) {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return yesOrNoOf(rows)
}

func yesOrNoOf(rows pgx.Rows) (map[int64]bool, error) {
	answers := make(map[int64]bool)
	var id int64
	var yes bool
	_, err := pgx.ForEachRow(rows, []any{&id, &yes}, func() error { answers[id] = yes; return nil })
	return answers, err
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// WaitForApp is LockApp that tries again every interval until ctx ends. It calls waiting once if it
// has to wait.
func (s *Session) WaitForApp(ctx context.Context, sdkAppID int64, interval time.Duration, waiting func(*BusyError)) (*AppLock, error) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for waits := false; ; waits = true {
		lock, err := s.LockApp(ctx, sdkAppID)
		var busy *BusyError
		if !errors.As(err, &busy) {
			return lock, err
		}
		if !waits {
			waiting(busy)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// UnderLock calls do under the app's lock, in its own session. It waits for the lock as WaitForApp
// does.
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

// Unlock releases the app for others.
func (l *AppLock) Unlock(context.Context) error { return l.join(l.session.unlocking) }

func unlockApps(ctx context.Context, conn *pgx.Conn, round []*member) error {
	ids, _ := apps(round)
	_, err := conn.Exec(ctx, sqlUnlockApps, ids)
	return err
}

const sqlBusyApps = `
	SELECT DISTINCT a.sdk_app_id
	FROM pushloss.app_lease AS a
	JOIN pg_locks AS l
		ON l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
		AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('pushloss app ' || a.sdk_app_id, 0)
	JOIN pg_database AS d ON d.oid = l.database AND d.datname = current_database()`

// Busy returns the apps on which a process works now.
func (a Apps) Busy(ctx context.Context) ([]int64, error) {
	apps, err := postgres.List(ctx, a.db.pool, pgx.RowTo[int64], sqlBusyApps)
	if err != nil {
		return nil, fmt.Errorf("read which apps are worked on: %w", err)
	}
	return apps, nil
}
