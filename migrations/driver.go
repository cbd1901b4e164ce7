package migrations

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/golang-migrate/migrate/v4/database"
	"github.com/jackc/pgerrcode"

	"pushloss/internal/postgres"
)

// driver runs one migration for golang-migrate. It holds the file's transaction across
// SetVersion(dirty), Run and SetVersion(clean), so that file and version commit together.
// golang-migrate's own driver writes the version outside that transaction.
type driver struct {
	ctx     context.Context // golang-migrate's interface has no parameter for it
	session *session
	options Options

	migration string // file
	drops     []view // dropped before the migration
	makes     []view // made after the migration, if they differ

	file     string             // the file that was run last
	blockers []postgres.Blocker // what refused the last lock
	unsure   bool               // the connection broke before COMMIT was answered
}

var _ database.Driver = (*driver)(nil)

var errOneUse = errors.New("a driver belongs to one connection")

// Open is called only for registered drivers.
func (d *driver) Open(string) (database.Driver, error) { return nil, errOneUse }

// Drop is never called.
func (d *driver) Drop() error { return errOneUse }

// Close leaves the connection to its owner.
func (d *driver) Close() error { return nil }

// Lock does nothing: the Migrator takes the lock before it reads the version.
func (d *driver) Lock() error { return nil }

// Unlock does nothing: see Lock.
func (d *driver) Unlock() error { return nil }

// Version returns the schema's version.
func (d *driver) Version() (version int, dirty bool, err error) {
	status, err := d.session.status(d.ctx)
	if err == nil && status.Version == 0 && !status.Dirty {
		return database.NilVersion, false, nil
	}
	return status.Version, status.Dirty, err
}

// SetVersion commits the migration with its version. Before Run there is nothing to record: a
// migration that does not commit leaves nothing.
func (d *driver) SetVersion(version int, dirty bool) error {
	if dirty {
		return nil
	}
	err := d.commit(version)
	if err != nil {
		d.session.rollback(d.ctx)
	}
	return err
}

const (
	sqlBegin        = `BEGIN ISOLATION LEVEL READ COMMITTED`
	sqlPID          = `SELECT pg_backend_pid()`
	sqlLimitWaiting = `SELECT set_config('lock_timeout', $1, true)`
	// The table is golang-migrate's, in the form that older binaries made.
	sqlVersionTable = `
		CREATE TABLE pushloss.schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
		COMMENT ON TABLE pushloss.schema_migrations IS 'Which version the schema is at: one row, written by pushloss migrate.';
		COMMENT ON COLUMN pushloss.schema_migrations.version IS 'Number of the newest migration that was applied.';
		COMMENT ON COLUMN pushloss.schema_migrations.dirty IS 'Whether that migration broke off.'`
	// The table that the commit writes is locked first, so that a refused lock is requested again.
	sqlLockVersion = `LOCK TABLE pushloss.schema_migrations IN ROW EXCLUSIVE MODE`
	sqlNoVersion   = `DELETE FROM pushloss.schema_migrations`
	sqlVersion     = `INSERT INTO pushloss.schema_migrations (version, dirty) VALUES ($1, false)`
)

func (d *driver) commit(version int) error {
	if d.migration != "" {
		d.file = d.migration
	}
	if status := d.session.conn.PgConn().TxStatus(); status != 'T' {
		return fmt.Errorf("the migration left its transaction (status %c)", status)
	}
	if _, err := d.session.conn.Exec(d.ctx, sqlNoVersion); err != nil {
		return fmt.Errorf("write the schema's version: %w", err)
	}
	if version > 0 {
		if _, err := d.session.conn.Exec(d.ctx, sqlVersion, version); err != nil {
			return fmt.Errorf("write the schema's version: %w", err)
		}
	}
	if err := d.ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.ctx), endTimeout)
	defer cancel()
	if _, err := d.session.conn.Exec(ctx, `COMMIT`); err != nil {
		d.unsure = d.session.conn.IsClosed()
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Run executes a file in a transaction, which stays open. After the last file of the way up, it
// makes the views.
func (d *driver) Run(migration io.Reader) error {
	body, err := io.ReadAll(migration)
	if err != nil {
		return err
	}
	return d.change(func(ctx context.Context) error {
		d.file = d.migration
		if err := d.session.dropViews(ctx, viewNames(d.drops)); err != nil {
			return err
		}
		if err := d.session.runFile(ctx, string(body)); err != nil || len(d.makes) == 0 {
			return err
		}
		return d.makeViews(ctx)
	})
}

// sqlAnalytics restores the schema of the views in a database that lost it.
const sqlAnalytics = `
	CREATE SCHEMA analytics;
	COMMENT ON SCHEMA analytics IS 'Push losses of Tencent Cloud Chat, for analysts. Counts are numbers of pushes; a day is one of the app''s time zone, which the view apps tells; times are instants, shown in the time zone of the session. Each view says what it has one row per: figures of different grains never add up.'`

func (d *driver) makeViews(ctx context.Context) error {
	d.file = "views.sql"
	var exists bool
	if err := d.session.conn.QueryRow(ctx, `SELECT to_regnamespace('analytics') IS NOT NULL`).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		if err := d.session.runFile(ctx, sqlAnalytics); err != nil {
			return err
		}
	}
	return d.session.installViews(ctx, d.makes)
}

// change makes a change in a transaction, which stays open. If it gets no lock, it tries again: no
// session should wait long behind a waiting migration.
func (d *driver) change(change func(context.Context) error) (err error) {
	for _, pause := range slices.Concat(d.options.Pauses, []time.Duration{-1}) {
		d.blockers, err = d.session.begin(d.ctx, change, d.options.LockTimeout)
		refused := hasState(err, pgerrcode.LockNotAvailable, pgerrcode.DeadlockDetected)
		if !refused || pause < 0 || d.ctx.Err() != nil {
			return err
		}
		d.options.Notice(fmt.Sprintf("gets no lock, tries again in %s: %s", pause, postgres.ListBlockers(d.blockers)))
		select {
		case <-time.After(pause):
		case <-d.ctx.Done():
			return d.ctx.Err()
		}
	}
	return err
}

// begin makes a change in a transaction, and leaves the transaction open unless the change fails.
// It returns the blockers that it saw.
func (s *session) begin(ctx context.Context, change func(context.Context) error, lockTimeout time.Duration) (_ []postgres.Blocker, err error) {
	defer func() {
		if err != nil {
			s.rollback(ctx)
		}
	}()
	if _, err := s.conn.Exec(ctx, sqlBegin); err != nil {
		return nil, err
	}
	if _, err := s.conn.Exec(ctx, sqlLimitWaiting, fmt.Sprint(lockTimeout.Milliseconds())); err != nil {
		return nil, err
	}
	var pid uint32 // a pooler hides it from the protocol
	if err := s.conn.QueryRow(ctx, sqlPID).Scan(&pid); err != nil {
		return nil, err
	}
	blockers := postgres.WatchBlockers(ctx, pid, lockTimeout/4, s.second)
	defer blockers.Stop()
	if err := s.prepareSchema(ctx); err != nil {
		return blockers.Stop(), err
	}
	if err := change(ctx); err != nil {
		return blockers.Stop(), err
	}
	return nil, nil
}

// runFile executes several statements. The simple protocol allows them.
func (s *session) runFile(ctx context.Context, statements string) error {
	_, err := s.conn.PgConn().Exec(ctx, statements).ReadAll()
	return err
}

// prepareSchema makes the schema and tables that a migrator itself needs.
func (s *session) prepareSchema(ctx context.Context) error {
	for _, part := range []struct{ exists, create string }{
		{`SELECT to_regnamespace('pushloss') IS NOT NULL`, `CREATE SCHEMA pushloss`},
		{`SELECT to_regclass('pushloss.schema_migrations') IS NOT NULL`, sqlVersionTable},
		{`SELECT to_regclass('pushloss.schema_views') IS NOT NULL`, sqlViewsTable},
	} {
		var exists bool
		if err := s.conn.QueryRow(ctx, part.exists).Scan(&exists); err != nil {
			return err
		}
		if exists {
			continue
		}
		if err := s.runFile(ctx, part.create); err != nil {
			return err
		}
	}
	_, err := s.conn.Exec(ctx, sqlLockVersion)
	return err
}
