package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgerrcode"

	"pushloss/internal/postgres"
)

//go:embed *.sql
var files embed.FS

// Options are the optional parts of a Migrator. The zero value suits production.
type Options struct {
	// Notice gets a line about each wait of the migrator. It may be nil.
	Notice func(string)
	// LockTimeout is how long a migration waits for a lock on a table or a view. Later
	// statements on the table wait behind it, so it is short: 0 means 3 seconds.
	LockTimeout time.Duration
	// Pauses are made before each further try of a migration that got no lock; nil
	// means 1, 2, 4 and 8 seconds.
	Pauses []time.Duration
	// MigratorTimeout is how long to wait for another migrator: 0 means a minute.
	MigratorTimeout time.Duration
}

// Migrator changes the schema of a database. Each migration commits together with its version. So a
// migrator that fails, is cancelled or is killed leaves only whole migrations, and the next one
// continues from there.
type Migrator struct {
	databaseURL string
	options     Options
}

// New returns a Migrator of the database.
func New(databaseURL string, options Options) *Migrator {
	if options.Notice == nil {
		options.Notice = func(string) {}
	}
	if options.LockTimeout == 0 {
		options.LockTimeout = 3 * time.Second
	}
	if options.MigratorTimeout == 0 {
		options.MigratorTimeout = time.Minute
	}
	if options.Pauses == nil {
		options.Pauses = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}
	}
	return &Migrator{databaseURL: databaseURL, options: options}
}

// Up migrates the schema to the newest version, and brings its views to views.sql and its catalogue
// of error codes to error_codes.csv. If all of these are current, it only reads.
func Up(ctx context.Context, databaseURL string) error { return New(databaseURL, Options{}).Up(ctx) }

// Down reverts the newest migrations, including their data. steps must not exceed their number.
func Down(ctx context.Context, databaseURL string, steps int) error {
	return New(databaseURL, Options{}).Down(ctx, steps)
}

// Up is the function Up with the Migrator's options.
func (m *Migrator) Up(ctx context.Context) error {
	s, err := connect(ctx, m.databaseURL, m.options.Notice)
	if err != nil {
		return err
	}
	defer s.close()
	current, err := m.isCurrent(ctx, s)
	if current || err != nil && !disturbed(err) {
		return err
	}
	return m.alone(ctx, s, func(status Status) error {
		for _, version := range versions() {
			if version <= status.Version {
				continue
			}
			if err := m.step(ctx, s, status.Version, version); err != nil {
				return err
			}
			status.Version = version
		}
		if err := m.makeViews(ctx, s, parseViews(viewsText)); err != nil {
			return err
		}
		if err := s.fillWords(ctx); err != nil {
			return err
		}
		if err := explainErrorCodes(ctx, s, errorCodes); err != nil {
			return err
		}
		_ = postgres.AnalyzeNew(ctx, s.conn) // the migration is committed: a failure only costs speed
		return nil
	})
}

// disturbed reports whether a read failed as it may while another migrator replaces what it reads. A
// migrator that is alone reads it again, and meets any other reason again.
func disturbed(err error) bool { return postgres.Code(err) != "" && !postgres.Disconnected(err) }

// isCurrent reports whether there is nothing to do. It needs only rights to read.
func (m *Migrator) isCurrent(ctx context.Context, s *session) (bool, error) {
	status, err := s.status(ctx)
	if err != nil || !status.Current() {
		return false, err
	}
	if due, err := s.dueViews(ctx, parseViews(viewsText)); len(due) > 0 || err != nil {
		return false, err
	}
	if deviations, err := wordDeviations(ctx, s.conn); len(deviations) > 0 {
		return false, nil
	} else if err != nil && !hasState(err, pgerrcode.UndefinedTable) {
		return false, err
	}
	wanted, err := wantedErrorCodes(ctx, s, errorCodes)
	if hasState(err, pgerrcode.UndefinedTable) {
		return false, nil // the version does not match the tables
	}
	if err != nil {
		return false, err
	}
	return s.hasErrorCodes(ctx, wanted)
}

// Down is the function Down with the Migrator's options.
func (m *Migrator) Down(ctx context.Context, steps int) error {
	s, err := connect(ctx, m.databaseURL, m.options.Notice)
	if err != nil {
		return err
	}
	defer s.close()
	return m.alone(ctx, s, func(status Status) error {
		if steps < 1 || steps > status.Applied() {
			return fmt.Errorf("cannot revert %s: the schema is at version %d", english.Plural(steps, "migration", ""), status.Version)
		}
		applied := append([]int{0}, versions()[:status.Applied()]...)
		for i := len(applied) - 1; i >= len(applied)-steps; i-- {
			if err := m.step(ctx, s, applied[i], applied[i-1]); err != nil {
				return err
			}
		}
		return nil
	})
}

// alone calls change while no other migrator works on the database. It passes a status from which a
// migration can start.
func (m *Migrator) alone(ctx context.Context, s *session, change func(Status) error) error {
	if err := s.lockMigrators(ctx, m.options.MigratorTimeout, m.options.Notice); err != nil {
		return err
	}
	status, err := s.status(ctx)
	switch {
	case err != nil:
		return err
	case status.Dirty, status.Rows > 0:
		return &StateError{Status: status, There: m.whatIsThere(ctx, s, status)}
	case status.Version > status.Newest:
		return &StateError{Status: status}
	}
	if err := s.lookForObstacles(ctx, status); err != nil {
		return err
	}
	if status.Version > 0 && status.Version < oldest() {
		return &StateError{Status: status}
	}
	if err := s.checkOrder(ctx); err != nil && !hasState(err, pgerrcode.UndefinedTable, pgerrcode.UndefinedColumn) { // of another version
		return err
	}
	return change(status)
}

// step applies the one migration that leads from a version to the next, up or down.
func (m *Migrator) step(ctx context.Context, s *session, from, to int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	source, err := iofs.New(files, ".")
	if err != nil {
		return fmt.Errorf("read the embedded migrations: %w", err)
	}
	d := &driver{ctx: ctx, session: s, options: m.options, migration: fileOf(max(from, to), to < from)}
	d.file = d.migration
	switch to {
	case 0:
		d.drops = parseViews(viewsText)
	case Newest():
		d.makes = parseViews(viewsText)
	}
	migrator, err := migrate.NewWithInstance("iofs", source, "pushloss", d)
	if err != nil {
		return fmt.Errorf("prepare migration: %w", err)
	}
	direction := 1
	if to < from {
		direction = -1
	}
	// One migration at a time: after an error, golang-migrate leaves a goroutine behind that reads
	// ahead.
	return d.failed(from, to < from, errors.Join(migrator.Steps(direction), source.Close()))
}

// makeViews makes the views of a database whose migrations are all applied.
func (m *Migrator) makeViews(ctx context.Context, s *session, wanted []view) error {
	if due, err := s.dueViews(ctx, wanted); len(due) == 0 || err != nil {
		return err
	}
	d := &driver{ctx: ctx, session: s, options: m.options, makes: wanted}
	err := d.change(d.makeViews)
	if err == nil {
		err = d.SetVersion(Newest(), false)
	}
	return d.failed(Newest(), false, err)
}

// failed returns the error of a change by the driver; nil if the change was made.
func (d *driver) failed(version int, down bool, err error) error {
	switch {
	case err == nil:
		return d.ctx.Err()
	case d.ctx.Err() != nil:
		return d.ctx.Err()
	}
	failed := &FailedError{File: d.file, Version: version, Down: down, Unsure: d.unsure, Blockers: d.blockers, cause: err}
	failed.Revoked, _ = errors.AsType[*postgres.RevokedError](postgres.RevokedFrom(d.ctx, d.session.conn, err))
	return failed
}

// versions returns the numbers of the migrations, sorted.
func versions() []int {
	ups, _ := fs.Glob(files, "*.up.sql") // sorted; the pattern is well-formed
	numbers := make([]int, len(ups))
	for i, name := range ups {
		number, _, _ := strings.Cut(name, "_")
		numbers[i], _ = strconv.Atoi(number) // a test checks that names have this form
	}
	return numbers
}

// Newest is the version that this binary was built for.
func Newest() int { return versions()[len(versions())-1] }

// Count is how many migrations there are.
func Count() int { return len(versions()) }

// oldest is the version of the baseline. Schemas of older versions are not supported.
func oldest() int { return versions()[0] }

// Hash identifies the embedded migrations, and the catalogue, by their content.
func Hash() string {
	digest := sha256.New()
	digest.Write([]byte(errorCodes))
	names, _ := fs.Glob(files, "*.sql") // sorted
	for _, name := range names {
		body, _ := files.ReadFile(name)
		fmt.Fprintf(digest, "%s\x00%d\x00%s", name, len(body), body)
	}
	return hex.EncodeToString(digest.Sum(nil))
}
