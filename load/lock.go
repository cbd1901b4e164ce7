package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// AppLock is the right to work on an app: to call the API for it and to load.
type AppLock struct {
	session  *Session
	sdkAppID int64
	epoch    int64
	// SinceLastCall is how long before the lock was taken the last call of any
	// process was announced; negative if there was none.
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
	sqlAnnounceCall = `UPDATE pushloss.app_lease SET last_call_at = clock_timestamp() WHERE sdk_app_id = $1 AND epoch = $2`

	// Loads share this lock and a new holder takes it alone: it waits for loads
	// under way to end, and later ones of an older holder see its epoch.
	sqlFenceLoad  = `SELECT pg_advisory_xact_lock_shared(hashtextextended('pushloss load ' || $1::bigint, 0))`
	sqlFenceTake  = `SELECT pg_advisory_xact_lock(hashtextextended('pushloss load ' || $1::bigint, 0))`
	sqlCheckLease = `SELECT epoch = $2 FROM pushloss.app_lease WHERE sdk_app_id = $1`
)

// LockApp takes the right to work on the app, or returns a *BusyError at once.
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

// WaitForApp is LockApp, trying again every interval until ctx ends. waiting is
// called once if there is anything to wait for.
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

// AnnounceCall records that the app is called now. It goes through the connection
// that holds the lock, so a success also proves that the lock is still held.
func (l *AppLock) AnnounceCall(ctx context.Context) error {
	return l.session.do(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		tag, err := conn.Exec(ctx, sqlAnnounceCall, l.sdkAppID, l.epoch)
		if err != nil {
			return fmt.Errorf("announce a call of app %d: %w", l.sdkAppID, err)
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("announce a call of app %d: %w", l.sdkAppID, ErrSuperseded)
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
