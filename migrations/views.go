package migrations

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
)

//go:embed views.sql
var viewsText string

// view is a part of views.sql: a view or a function of analytics with its comments.
type view struct {
	name string // as Postgres prints it: "view analytics.runs"
	text string
}

// hash identifies the text.
func (v view) hash() string {
	sum := sha256.Sum256([]byte(v.text))
	return hex.EncodeToString(sum[:])
}

const beginOfView = "CREATE OR REPLACE "

// nameOfView matches the first line of a view's comment.
var nameOfView = regexp.MustCompile(`^COMMENT ON (VIEW|FUNCTION) (analytics\.\w+(?:\([^)]*\))?) IS '`)

// parseViews returns the parts of views.sql in their order. It reads lines: a regular expression
// over the whole text takes ten times as long, and every command needs the parts.
func parseViews(text string) []view {
	var views []view
	_, rest, more := strings.Cut("\n"+text, "\n"+beginOfView)
	for more {
		var part string
		part, rest, more = strings.Cut(rest, "\n"+beginOfView)
		lines := strings.Split(beginOfView+part, "\n")
		for between(lines[len(lines)-1]) {
			lines = lines[:len(lines)-1]
		}
		views = append(views, view{name: viewName(lines), text: strings.Join(lines, "\n")})
	}
	return views
}

// between reports whether a line at the end of a part no longer belongs to the view.
func between(line string) bool { return line == "" || strings.HasPrefix(line, "--") }

func viewName(lines []string) string {
	for _, line := range lines {
		if found := nameOfView.FindStringSubmatch(line); found != nil {
			return strings.ToLower(found[1]) + " " + found[2]
		}
	}
	return "view without a comment"
}

const (
	// The table is made with the first migration or, in a database whose tables an older binary
	// made, with the first views.
	sqlViewsTable = `
		CREATE TABLE pushloss.schema_views (view text PRIMARY KEY, source text NOT NULL, definition text NOT NULL, postgres integer NOT NULL);
		COMMENT ON TABLE pushloss.schema_views IS 'The views and functions of analytics as pushloss migrate made them: one row each.';
		COMMENT ON COLUMN pushloss.schema_views.view IS 'Kind and name.';
		COMMENT ON COLUMN pushloss.schema_views.source IS 'SHA-256 of its text in views.sql.';
		COMMENT ON COLUMN pushloss.schema_views.definition IS 'SHA-256 of its definition as Postgres prints it: another one means that it was altered.';
		COMMENT ON COLUMN pushloss.schema_views.postgres IS 'Major version of the Postgres that printed it: another one may print it in other words.'`
	// Definitions are as Postgres prints them with an empty search_path. Printing a name takes
	// long, so the thousands of functions in other schemas are left out first.
	sqlDefinitions = `
		SELECT 'view ' || n.nspname || '.' || c.relname AS view, concat_ws(' ', array_to_string(c.reloptions, ','), pg_get_viewdef(c.oid)) AS definition
		FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = 'analytics' AND c.relkind = 'v'
		UNION ALL
		SELECT 'function ' || f.oid::regprocedure::text, pg_get_functiondef(f.oid)
		FROM pg_proc AS f WHERE f.pronamespace = to_regnamespace('analytics') AND f.prokind IN ('f', 'p')`
	sqlInstalled = `
		SELECT s.view, s.source, d.view IS NULL,
			s.postgres = current_setting('server_version_num')::integer / 10000,
			s.definition = encode(sha256(convert_to(d.definition, 'UTF8')), 'hex')
		FROM pushloss.schema_views AS s LEFT JOIN (` + sqlDefinitions + `) AS d USING (view)`
	sqlRecordView = `
		INSERT INTO pushloss.schema_views (view, source, definition, postgres)
		SELECT d.view, $2, encode(sha256(convert_to(d.definition, 'UTF8')), 'hex'), current_setting('server_version_num')::integer / 10000
		FROM (` + sqlDefinitions + `) AS d WHERE d.view = $1
		ON CONFLICT (view) DO UPDATE SET source = excluded.source, definition = excluded.definition, postgres = excluded.postgres`
	sqlSources = `SELECT view, source FROM pushloss.schema_views`
)

// installedView compares a view of the database with its record.
type installedView struct {
	source   string
	missing  bool
	readable bool // this version of Postgres made it: otherwise same says nothing
	same     bool // as it was made
}

// installed returns the views that a migrator recorded; nil if none recorded any.
func installed(ctx context.Context, q querier) (map[string]installedView, error) {
	rows, err := q.Query(ctx, sqlInstalled)
	var found map[string]installedView
	if err == nil {
		found = make(map[string]installedView)
		var name string
		var v installedView
		var same *bool
		_, err = pgx.ForEachRow(rows, []any{&name, &v.source, &v.missing, &v.readable, &same}, func() error {
			v.same = same != nil && *same
			found[name] = v
			return nil
		})
	}
	if hasState(err, pgerrcode.UndefinedTable, pgerrcode.InvalidSchemaName) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read which views are there: %w", ended(ctx, err))
	}
	return found, nil
}

// dueViews returns the views that the database lacks, or has with another text or definition.
func (s *session) dueViews(ctx context.Context, wanted []view) (map[string]bool, error) {
	installed, err := installed(ctx, s.conn)
	if err != nil {
		return nil, err
	}
	due := make(map[string]bool)
	for _, v := range wanted {
		if is, ok := installed[v.name]; !ok || is.source != v.hash() || is.missing || !is.readable || !is.same {
			due[v.name] = true
		}
	}
	return due, nil
}

// ViewsIn returns the views that are missing, or that were changed after a migrator made them, and
// the rows of names that they lack. It reads within a transaction, for callers that check often.
func ViewsIn(ctx context.Context, tx pgx.Tx) ([]Deviation, error) {
	views, err := viewDeviations(ctx, tx)
	if err != nil {
		return nil, err
	}
	words, err := wordDeviations(ctx, tx)
	return append(views, words...), err
}

func viewDeviations(ctx context.Context, q querier) ([]Deviation, error) {
	installed, err := installed(ctx, q)
	if err != nil {
		return nil, err
	}
	var deviations []Deviation
	for _, v := range parseViews(viewsText) {
		switch is, recorded := installed[v.name]; {
		case !recorded:
		case is.missing:
			deviations = append(deviations, Deviation{What: missing, Name: v.name, ToDo: migrateAgain})
		case is.readable && !is.same:
			deviations = append(deviations, Deviation{What: altered, Name: v.name, ToDo: migrateAgain})
		}
	}
	return deviations, nil
}

// querier is a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// sameSources reports whether the views of the database come from this binary's texts.
func sameSources(ctx context.Context, q querier) (bool, error) {
	rows, err := q.Query(ctx, sqlSources)
	sources := make(map[string]string)
	if err == nil {
		var name, source string
		_, err = pgx.ForEachRow(rows, []any{&name, &source}, func() error {
			sources[name] = source
			return nil
		})
	}
	if hasState(err, pgerrcode.UndefinedTable) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read which views are there: %w", ended(ctx, err))
	}
	for _, v := range parseViews(viewsText) {
		if sources[v.name] != v.hash() {
			return false, nil
		}
	}
	return true, nil
}

// installViews makes the binary's views in the open transaction. It leaves views alone that are as
// they should be.
func (s *session) installViews(ctx context.Context, wanted []view) error {
	due, err := s.dueViews(ctx, wanted)
	if err != nil {
		return err
	}
	lost := make(map[string][]string) // by view: the statements that restore its owner and rights
	for _, v := range wanted {
		if !due[v.name] {
			continue
		}
		err := s.replaceView(ctx, v, wanted, func(dropped, right string) {
			due[dropped] = true
			if right != "" {
				lost[dropped] = append(lost[dropped], right)
			}
		})
		if err == nil {
			err = s.runFile(ctx, strings.Join(lost[v.name], ";"))
		}
		if err == nil {
			_, err = s.conn.Exec(ctx, sqlRecordView, v.name, v.hash())
		}
		if err != nil {
			return &viewError{name: v.name, cause: err}
		}
	}
	return nil
}

// viewError says which view could not be made.
type viewError struct {
	name  string
	cause error
}

func (e *viewError) Error() string { return fmt.Sprintf("%s: %v", e.name, e.cause) }
func (e *viewError) Unwrap() error { return e.cause }

// sqlReaders finds one of our views or functions, and all views that read it, also indirectly. It
// returns the statements that restore owners and rights after these are dropped.
const sqlReaders = `
	WITH RECURSIVE reader AS (
		SELECT 'pg_class'::regclass::oid AS kind, c.oid FROM pg_class AS c WHERE 'view ' || c.oid::regclass::text = $1
		UNION ALL
		SELECT 'pg_proc'::regclass, f.oid FROM pg_proc AS f
		WHERE f.pronamespace = to_regnamespace('analytics') AND 'function ' || f.oid::regprocedure::text = $1
		UNION
		SELECT 'pg_class'::regclass, w.ev_class
		FROM reader AS r JOIN pg_depend AS d ON d.refclassid = r.kind AND d.refobjid = r.oid AND d.classid = 'pg_rewrite'::regclass
		JOIN pg_rewrite AS w ON w.oid = d.objid
	), object AS (
		SELECT 'view ' || c.oid::regclass::text AS name, c.relowner AS owner, c.relacl AS acl FROM reader AS r JOIN pg_class AS c USING (oid) WHERE r.kind = 'pg_class'::regclass
		UNION ALL
		SELECT 'function ' || f.oid::regprocedure::text, f.proowner, f.proacl FROM reader AS r JOIN pg_proc AS f USING (oid) WHERE r.kind = 'pg_proc'::regclass
	)
	SELECT name, format('ALTER %s OWNER TO %I', name, pg_get_userbyid(owner)) FROM object WHERE owner <> (SELECT oid FROM pg_roles WHERE rolname = current_user)
	UNION ALL
	SELECT name, format('GRANT %s ON %s TO %s%s', a.privilege_type, regexp_replace(name, '^view ', ''),
		CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE format('%I', pg_get_userbyid(a.grantee)) END, CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END)
	FROM object CROSS JOIN LATERAL aclexplode(acl) AS a WHERE a.grantee <> owner
	UNION ALL
	SELECT name, '' FROM object`

// replaceView makes a view by CREATE OR REPLACE. If that cannot change the view, it drops the view
// with those of our views that read it, and reports each to dropped. A foreign view that reads it
// is an error, in which Postgres names that view.
func (s *session) replaceView(ctx context.Context, v view, ours []view, dropped func(name, right string)) error {
	err := s.runFile(ctx, "SAVEPOINT view;\n"+v.text+"\nRELEASE SAVEPOINT view")
	if !hasState(err, pgerrcode.InvalidTableDefinition, pgerrcode.InvalidFunctionDefinition) {
		return err
	}
	if _, err := s.conn.Exec(ctx, `ROLLBACK TO SAVEPOINT view`); err != nil {
		return err
	}
	rows, err := s.conn.Query(ctx, sqlReaders, v.name)
	if err != nil {
		return err
	}
	going := make(map[string]bool)
	var name, right string
	_, err = pgx.ForEachRow(rows, []any{&name, &right}, func() error {
		if slices.ContainsFunc(ours, func(o view) bool { return o.name == name }) {
			going[name] = true
			dropped(name, right)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.dropViews(ctx, slices.Sorted(maps.Keys(going))); err != nil {
		return err
	}
	return s.runFile(ctx, v.text)
}

// dropViews drops those of the views and functions that exist. Names begin with the kind.
func (s *session) dropViews(ctx context.Context, names []string) error {
	byKind := make(map[string][]string)
	for _, object := range names {
		kind, name, _ := strings.Cut(object, " ")
		byKind[kind] = append(byKind[kind], name)
	}
	for _, kind := range []string{"view", "function"} {
		if len(byKind[kind]) == 0 {
			continue
		}
		// In one statement, because some read others.
		statement := fmt.Sprintf("DROP %s IF EXISTS %s", strings.ToUpper(kind), strings.Join(byKind[kind], ", "))
		if _, err := s.conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// viewNames returns the names of views.
func viewNames(views []view) []string {
	names := make([]string, len(views))
	for i, v := range views {
		names[i] = v.name
	}
	return names
}
