package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/problem"
)

// Engine is what answers at DATABASE_URL.
type Engine struct {
	Product string // PostgreSQL, or an engine that speaks its protocol
	Version string
	// Release is the major version of PostgreSQL that the engine claims to be.
	Release int
	// Citus is the version of the extension in this database; "" without it.
	Citus string
	// Worker reports whether the database is a worker of a Citus cluster.
	Worker bool
	// Workers is the number of workers that a Citus coordinator knows.
	Workers int
}

func (e Engine) String() string {
	name := e.Product + " " + e.Version
	switch {
	case e.Worker:
		return fmt.Sprintf("Citus %s on %s, a worker", e.Citus, name)
	case e.Citus != "":
		return fmt.Sprintf("Citus %s on %s, the coordinator of %s", e.Citus, name, english.Plural(e.Workers, "worker", ""))
	}
	return name
}

// WorkerError says that the database is a worker of a Citus cluster.
type WorkerError struct{ Engine Engine }

func (e *WorkerError) Error() string {
	return fmt.Sprintf("DATABASE_URL names a worker of a Citus cluster (%s), which has only a part of the rows", e.Engine.Product)
}

// ExitCode is problem.Usage.
func (*WorkerError) ExitCode() problem.Code { return problem.Usage }

// Hint says what an operator can do.
func (*WorkerError) Hint() string { return "name the coordinator in DATABASE_URL" }

// LocksError says that the engine does not have the advisory locks of sessions, by which processes
// agree on who calls the API for an app.
type LocksError struct {
	Engine Engine
	cause  error // nil if two sessions got the same lock
}

func (e *LocksError) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s has no session advisory locks: %v", e.Engine, e.cause)
	}
	return fmt.Sprintf("%s has no session advisory locks: it gave one lock to two sessions, so two processes would call the API for one app", e.Engine)
}

func (e *LocksError) Unwrap() error { return e.cause }

// ExitCode is problem.Usage.
func (*LocksError) ExitCode() problem.Code { return problem.Usage }

// Hint says what an operator can do.
func (*LocksError) Hint() string {
	return `use PostgreSQL, or an engine that docs/citus.md lists`
}

// oldestRelease is the first version of PostgreSQL with every setting of our sessions, such as
// idle_session_timeout.
const oldestRelease = 14

// ReleaseError says that the server is older than pushloss supports.
type ReleaseError struct{ Engine Engine }

func (e *ReleaseError) Error() string {
	of := ""
	if e.Engine.Product != "PostgreSQL" {
		of = fmt.Sprintf(", which has the functions of PostgreSQL %d,", e.Engine.Release)
	}
	return fmt.Sprintf("%s%s is too old: pushloss needs PostgreSQL %d or later; nothing was changed", e.Engine, of, oldestRelease)
}

// ExitCode is problem.Usage.
func (*ReleaseError) ExitCode() problem.Code { return problem.Usage }

// Hint says what an operator can do.
func (*ReleaseError) Hint() string {
	return "upgrade the server (pg_upgrade, or pg_dump and pg_restore), or name another one in DATABASE_URL"
}

const (
	sqlEngine = `
		SELECT version(), current_setting('server_version_num')::int / 10000, coalesce((SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'citus'), '')`
	// A worker without metadata knows no node, and has shards of tables: err_code_102008. This table
	// is the first that every worker gets.
	sqlCitusNode = `
		SELECT (SELECT groupid FROM pg_catalog.pg_dist_local_group) <> 0
			OR to_regclass('pushloss.err_code') IS NULL AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_dist_node) AND EXISTS (
				SELECT 1 FROM pg_catalog.pg_class WHERE relnamespace = to_regnamespace('pushloss') AND relname ~ '^err_code_[0-9]+$'),
			(SELECT count(*) FROM pg_catalog.pg_dist_node WHERE groupid <> 0 AND isactive)`
)

// ReadEngine finds out which engine answers.
func ReadEngine(ctx context.Context, from interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}) (e Engine, err error) {
	var version string
	if err = from.QueryRow(ctx, sqlEngine).Scan(&version, &e.Release, &e.Citus); err != nil {
		return e, fmt.Errorf("ask which engine answers: %w", err)
	}
	e.Product, e.Version = productOf(version)
	if e.Citus == "" {
		return e, nil
	}
	if err = from.QueryRow(ctx, sqlCitusNode).Scan(&e.Worker, &e.Workers); err != nil {
		return e, fmt.Errorf("ask which node of a Citus cluster answers: %w", err)
	}
	return e, nil
}

// productOf splits the text of version(). Other engines put their names at the beginning or the
// end.
func productOf(text string) (product, version string) {
	for _, known := range []struct{ mark, product string }{
		{"-YB-", "YugabyteDB"}, {"Greenplum Database", "Greenplum"}, {"Cloudberry", "Cloudberry"}, {"Redshift", "Redshift"},
	} {
		if strings.Contains(text, known.mark) {
			words := strings.Fields(text)
			return known.product, strings.TrimSuffix(words[min(1, len(words)-1)], ",")
		}
	}
	words := strings.Fields(text)
	switch {
	case len(words) == 0:
		return "an unknown engine", ""
	case len(words) == 1:
		return words[0], ""
	}
	for _, word := range words[1:] {
		if strings.ContainsAny(word, "0123456789") {
			return words[0], strings.TrimSuffix(word, ",")
		}
	}
	return words[0], ""
}

// CheckEngine returns a *WorkerError, a *LocksError or a *ReleaseError if pushloss cannot work with
// the engine.
func CheckEngine(ctx context.Context, databaseURL string) error {
	a, err := Connect(ctx, databaseURL, poolLimits, nil)
	if err != nil {
		return fmt.Errorf("connect to database: %w", err)
	}
	defer func() { _ = a.Close(context.WithoutCancel(ctx)) }()
	e, err := ReadEngine(ctx, a)
	if err != nil {
		return err
	}
	if e.Worker {
		return &WorkerError{Engine: e}
	}
	b, err := Connect(ctx, databaseURL, poolLimits, nil)
	if Full(err) {
		return checkRelease(e) // a role with one connection can still migrate
	}
	if err != nil {
		return fmt.Errorf("connect to database: %w", err)
	}
	defer func() { _ = b.Close(context.WithoutCancel(ctx)) }()
	if err := checkLocks(ctx, e, a.PgConn().PID(), try{a}.lock, try{b}.lock); err != nil {
		return err // of another engine, which may also report an old release
	}
	return checkRelease(e)
}

func checkRelease(e Engine) error {
	if e.Release < oldestRelease {
		return &ReleaseError{Engine: e}
	}
	return nil
}

// try takes locks in one session, which it closes soon after.
type try struct{ conn *pgx.Conn }

func (t try) lock(ctx context.Context, key uint32) (got bool, err error) {
	err = t.conn.QueryRow(ctx, `SELECT pg_catalog.pg_try_advisory_lock(7354103, $1)`, int32(key)).Scan(&got)
	return got, err
}

// checkLocks takes one lock in two sessions. The key is the process ID of the first one, so that
// two processes that check at the same time do not collide.
func checkLocks(ctx context.Context, e Engine, key uint32, first, second func(context.Context, uint32) (bool, error)) error {
	for _, step := range []struct {
		take func(context.Context, uint32) (bool, error)
		want bool
	}{{first, true}, {second, false}} {
		got, err := step.take(ctx, key)
		switch code := Code(err); {
		case code == pgerrcode.UndefinedFunction, code == pgerrcode.FeatureNotSupported:
			return &LocksError{Engine: e, cause: err}
		case err != nil:
			return fmt.Errorf("try an advisory lock: %w", err)
		case got && !step.want:
			return &LocksError{Engine: e}
		}
	}
	return nil
}
