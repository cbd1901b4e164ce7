package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/internal/problem"
)

// App is an app's row in the database.
type App struct {
	SDKAppID     int64
	Timezone     string
	FirstDay     *calendar.Day // nil until the first scheduled run
	LookbackDays int
	TaskDays     int
}

// Apps are the apps that jobs work on, with the streams that runs pull for each.
type Apps struct{ db *DB }

// TimezoneError says that the stored days of an app follow another time zone than the settings.
type TimezoneError struct {
	SDKAppID           int64
	Stored, Configured string
}

func (e *TimezoneError) Error() string {
	return fmt.Sprintf("the stored days of app %d are cut in %s, not in %s", e.SDKAppID, e.Stored, e.Configured)
}

// ExitCode is problem.Usage.
func (*TimezoneError) ExitCode() problem.Code { return problem.Usage }

// Hint says what an operator should do.
func (e *TimezoneError) Hint() string {
	return fmt.Sprintf("set the app's time zone back to %s; to change it for good, load into another database", e.Stored)
}

// UnknownZoneError says that the database does not know an app's time zone, which the views
// need.
type UnknownZoneError struct {
	SDKAppID int64
	Timezone string
	cause    error
}

func (e *UnknownZoneError) Error() string {
	return fmt.Sprintf("the database does not know the time zone %s", e.Timezone)
}

// ExitCode is problem.Usage.
func (*UnknownZoneError) ExitCode() problem.Code { return problem.Usage }

func (e *UnknownZoneError) Unwrap() error { return e.cause }

// Hint says what an operator should do.
func (e *UnknownZoneError) Hint() string {
	return "choose a zone of its pg_timezone_names with the same midnights, or bring the database server's time zone data up to date"
}

const (
	// A zone that only Go knows is refused: the views need it.
	sqlKnowZone = `SELECT now() AT TIME ZONE $1`
	sqlAddApp   = `
		INSERT INTO pushloss.app (sdk_app_id, timezone, first_day, lookback_days, task_days)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`
	sqlSameApp = `
		SELECT first_day, now() AT TIME ZONE timezone FROM pushloss.app
		WHERE sdk_app_id = $1 AND (timezone, lookback_days, task_days) = ($2, $4, $5) AND first_day IS NOT DISTINCT FROM coalesce($3, first_day)`
	sqlHasLedger = `SELECT EXISTS (SELECT 1 FROM pushloss.ledger WHERE sdk_app_id = $1)`
	sqlUpsertApp = `
		INSERT INTO pushloss.app AS a (sdk_app_id, timezone, first_day, lookback_days, task_days)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (sdk_app_id) DO UPDATE SET
			timezone = excluded.timezone,
			first_day = coalesce(excluded.first_day, a.first_day),
			lookback_days = excluded.lookback_days,
			task_days = excluded.task_days
		WHERE a.timezone = excluded.timezone OR NOT $6
		RETURNING first_day`
	sqlApp = `
		SELECT sdk_app_id, timezone, first_day, lookback_days, task_days
		FROM pushloss.app WHERE sdk_app_id = $1`
)

// Save records the app's settings and returns the stored ones. A nil FirstDay keeps the stored day.
// Once a window was pulled, Save refuses another time zone with a *TimezoneError and saves nothing.
func (a Apps) Save(ctx context.Context, app App) (App, error) {
	firstDay, same, err := a.add(ctx, app)
	if err == nil && !same {
		firstDay, err = a.change(ctx, app)
	}
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		kept, _, err := a.Lookup(ctx, app.SDKAppID)
		if err != nil {
			return App{}, err
		}
		return App{}, &TimezoneError{SDKAppID: app.SDKAppID, Stored: kept.Timezone, Configured: app.Timezone}
	case postgres.Code(err) == pgerrcode.InvalidParameterValue:
		return App{}, &UnknownZoneError{SDKAppID: app.SDKAppID, Timezone: app.Timezone, cause: err}
	case err != nil:
		return App{}, fmt.Errorf("save app %d: %w", app.SDKAppID, err)
	}
	app.FirstDay = firstDay
	return app, nil
}

// add adds the app if it is new. same says that the stored row already has these settings.
func (a Apps) add(ctx context.Context, app App) (firstDay *calendar.Day, same bool, err error) {
	settings := []any{app.SDKAppID, app.Timezone, dateOf(app.FirstDay), app.LookbackDays, app.TaskDays}
	batch := &pgx.Batch{} // one transaction
	batch.Queue(sqlAddApp, settings...)
	batch.Queue(sqlSameApp, settings...).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&firstDay, nil)
		if same = err == nil; errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return firstDay, same, a.db.pool.SendBatch(ctx, batch)
}

// change changes the app's settings and what depends on them.
func (a Apps) change(ctx context.Context, app App) (firstDay *calendar.Day, err error) {
	err = pgx.BeginFunc(ctx, a.db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlHoldSettings, app.SDKAppID); err != nil {
			return err
		}
		var hasLedger bool
		if err := tx.QueryRow(ctx, sqlHasLedger, app.SDKAppID).Scan(&hasLedger); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlUncoverBySettings, app.SDKAppID, app.Timezone, dateOf(app.FirstDay), app.TaskDays); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, sqlUpsertApp,
			app.SDKAppID, app.Timezone, dateOf(app.FirstDay), app.LookbackDays, app.TaskDays, hasLedger,
		).Scan(&firstDay)
		if err == nil {
			_, err = tx.Exec(ctx, sqlKnowZone, app.Timezone)
		}
		return err
	})
	return firstDay, err
}

// CheckTimezone returns a *TimezoneError if the app's stored days were cut in another zone.
func (a Apps) CheckTimezone(ctx context.Context, sdkAppID int64, zone *time.Location) error {
	kept, found, err := a.Lookup(ctx, sdkAppID)
	if err != nil || !found || kept.Timezone == zone.String() {
		return err
	}
	var hasLedger bool
	if err := a.db.pool.QueryRow(ctx, sqlHasLedger, sdkAppID).Scan(&hasLedger); err != nil {
		return readLedgerError(sdkAppID, err)
	}
	if !hasLedger {
		return nil
	}
	return &TimezoneError{SDKAppID: sdkAppID, Stored: kept.Timezone, Configured: zone.String()}
}

// Lookup returns the app's row; found is false if there is none.
func (a Apps) Lookup(ctx context.Context, sdkAppID int64) (app App, found bool, err error) {
	err = a.db.pool.QueryRow(ctx, sqlApp, sdkAppID).
		Scan(&app.SDKAppID, &app.Timezone, &app.FirstDay, &app.LookbackDays, &app.TaskDays)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return app, false, nil
	case err != nil:
		return app, false, fmt.Errorf("read app %d: %w", sdkAppID, err)
	}
	return app, true, nil
}

const sqlOffsets = `
	SELECT extract(epoch FROM (at AT TIME ZONE $1) - (at AT TIME ZONE 'UTC'))::int
	FROM unnest($2::timestamptz[]) WITH ORDINALITY AS asked (at, nth) ORDER BY nth`

// Offsets returns the offset from UTC, in seconds, that the database gives a time zone at each of
// the times. A zone that it does not know is a *UnknownZoneError.
func (db *DB) Offsets(ctx context.Context, zone string, times []time.Time) ([]int, error) {
	offsets, err := postgres.List(ctx, db.pool, pgx.RowTo[int], sqlOffsets, zone, times)
	if postgres.Code(err) == pgerrcode.InvalidParameterValue {
		return nil, &UnknownZoneError{Timezone: zone, cause: err}
	}
	if err != nil {
		return nil, fmt.Errorf("ask the database for the time zone %s: %w", zone, err)
	}
	return offsets, nil
}

// SQLLockAlerts lets one transaction at a time open and close alerts. The lock ends with
// the transaction.
const SQLLockAlerts = `SELECT pg_advisory_xact_lock(hashtextextended('pushloss alerts', 0))`

const (
	sqlRetireApp = `UPDATE pushloss.app SET retired_at = coalesce(retired_at, $2) WHERE sdk_app_id = $1`
	// No target gets a recovery: retiring an app does not mean that it recovered.
	sqlCloseAlerts = `UPDATE pushloss.alert SET closed_at = $2 WHERE sdk_app_id = $1 AND closed_at IS NULL`
	sqlRestoreApp  = `UPDATE pushloss.app SET retired_at = NULL WHERE sdk_app_id = $1`
)

// SQLRetiredApps selects the sdk_app_id of the apps that runs leave out.
const SQLRetiredApps = `SELECT sdk_app_id FROM pushloss.app WHERE retired_at IS NOT NULL ORDER BY sdk_app_id`

// Retire makes runs leave an app out and closes its open alerts; its figures stay.
// found is false if the database does not know the app.
func (a Apps) Retire(ctx context.Context, sdkAppID int64, now time.Time) (found bool, err error) {
	err = pgx.BeginFunc(ctx, a.db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, SQLLockAlerts); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sqlRetireApp, sdkAppID, now)
		if err != nil {
			return err
		}
		found = tag.RowsAffected() > 0
		_, err = tx.Exec(ctx, sqlCloseAlerts, sdkAppID, now)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("retire app %d: %w", sdkAppID, err)
	}
	return found, nil
}

// Restore lets runs pull an app again.
func (a Apps) Restore(ctx context.Context, sdkAppID int64) (found bool, err error) {
	tag, err := a.db.pool.Exec(ctx, sqlRestoreApp, sdkAppID)
	if err != nil {
		return false, fmt.Errorf("restore app %d: %w", sdkAppID, err)
	}
	return tag.RowsAffected() > 0, nil
}

// Retired returns the apps that runs leave out.
func (a Apps) Retired(ctx context.Context) ([]int64, error) {
	apps, err := postgres.List(ctx, a.db.pool, pgx.RowTo[int64], SQLRetiredApps)
	if err != nil {
		return nil, fmt.Errorf("read the retired apps: %w", err)
	}
	return apps, nil
}

func dateOf(day *calendar.Day) *time.Time {
	if day == nil {
		return nil
	}
	date := day.UTC()
	return &date
}
