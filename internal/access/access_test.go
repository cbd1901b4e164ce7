package access_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/access"
	"pushloss/internal/calendar"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
	"pushloss/internal/problem"
	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/migrations"
	"pushloss/transform"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// fixture is a database of one test.
type fixture struct {
	url  string
	pool *postgres.Pool
	conn *pgx.Conn // of the tables' owner
}

func setup(t *testing.T) fixture {
	t.Helper()
	url := pgtest.URL(t)
	return fixture{url: url, pool: open(t, url), conn: connectTo(t, url)}
}

func open(t *testing.T, url string) *postgres.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), url, 4)
	must(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// newRole makes a role that has nothing but the right to log in.
func newRole(t *testing.T, databaseURL string) (name, asRole string) {
	t.Helper()
	name = "pushloss_reader_" + strings.ToLower(rand.Text())
	return name, pgtest.Role(t, databaseURL, name, "")
}

func connectTo(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func execOn(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func namesOn(t *testing.T, conn *pgx.Conn, sql string, args ...any) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql, args...)
	must(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	return names
}

func allowed(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
}

func denied(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	_, err := conn.Exec(t.Context(), sql)
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || pgErr.Code != pgerrcode.InsufficientPrivilege {
		t.Errorf("%s: %v, want permission denied", sql, err)
	}
}

// loadThree loads a day of an app with three losses.
func loadThree(t *testing.T, url string) {
	t.Helper()
	db, err := load.Open(t.Context(), url, 4)
	must(t, err)
	defer db.Close()
	session, ctx, err := db.OpenSession(t.Context(), "the test")
	must(t, err)
	defer session.Close()
	now := time.Date(2025, 3, 10, 3, 0, 0, 0, time.UTC)
	run, err := session.StartRun(ctx, "run", now)
	must(t, err)
	lock, err := session.LockApp(ctx, 1400000001)
	must(t, err)
	day := calendar.DayOf(now, time.UTC) - 1
	loss := transform.Fact{Key: transform.Key{Stage: stream.ReadyToSend, Code: "1"}, Count: 3, Info: "one"}
	_, err = lock.Load(ctx, load.Pull{
		RunID: run, Day: day, Window: day.Window(time.UTC), Tasks: []load.TaskRef{{}}, SentAt: now, Trusted: true, Body: []byte("{}"),
		Result: transform.Result{Snapshots: []transform.Snapshot{{Facts: []transform.Fact{loss}}}, Counts: transform.Counts{Facts: 1}},
	}, now)
	must(t, err)
}

// Anybody may read the names in the catalog, whatever they may read.
const (
	sqlViewNames  = `SELECT format('analytics.%I', relname) FROM pg_class WHERE relnamespace = 'analytics'::regnamespace AND relkind = 'v' ORDER BY 1`
	sqlTableNames = `SELECT format('pushloss.%I', relname) FROM pg_class WHERE relnamespace = 'pushloss'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1`
)

func TestAGrantedRoleReadsAnalyticsAndNothingElse(t *testing.T) {
	t.Parallel()
	f := setup(t)
	loadThree(t, f.url)
	role, asRole := newRole(t, f.url)
	reader := connectTo(t, asRole)
	views, tables := namesOn(t, f.conn, sqlViewNames), namesOn(t, f.conn, sqlTableNames)
	if len(views) < 15 || len(tables) < 20 {
		t.Fatalf("views %v, tables %v", views, tables)
	}
	for _, view := range views {
		denied(t, reader, `SELECT FROM `+view)
	}

	report, err := access.Grant(t.Context(), f.pool, role, false)
	must(t, err)
	if report.Changed() != len(report.Rights) || len(report.Rights) != 1+len(views)+2+2 || !report.Reads || len(report.Notes) != 0 {
		t.Errorf("granted: %+v", report)
	}
	for _, view := range views {
		allowed(t, reader, `SELECT * FROM `+view)
		equal(t, "rights on "+view, []string{"SELECT"}, namesOn(t, reader,
			`SELECT p FROM unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS p WHERE has_table_privilege($1, p)`, view))
	}
	// Views of one table could be written through, with the rights of their owner.
	denied(t, reader, `UPDATE analytics.apps SET timezone = 'UTC'`)
	denied(t, reader, `DELETE FROM analytics.stages`)
	equal(t, "the function", []string{"3"}, namesOn(t, reader, `SELECT err_count::text FROM analytics.loss_as_of('infinity')`))
	// It is put into the reader's query too, so that only the days asked for are read.
	plan := strings.Join(namesOn(t, reader, `EXPLAIN (COSTS OFF) SELECT * FROM analytics.loss_as_of(now()) WHERE sdk_app_id = 1 AND day = '2025-03-09'`), "\n")
	if strings.Contains(plan, "Function Scan") || !strings.Contains(plan, "day = '2025-03-09'") {
		t.Errorf("the function is not put into the query:\n%s", plan)
	}
	for _, table := range tables {
		denied(t, reader, `SELECT FROM `+table)
		denied(t, reader, `DELETE FROM `+table)
	}
	for _, sql := range []string{
		`INSERT INTO analytics.stages (stage_id, stage, meaning) VALUES (99, 'mine', 'mine')`,
		`CREATE TABLE analytics.mine ()`, `CREATE VIEW analytics.mine AS SELECT 1`, `CREATE TABLE pushloss.mine ()`,
		`CREATE TABLE public.mine ()`, `DROP VIEW analytics.runs`, `COMMENT ON VIEW analytics.runs IS 'mine'`,
		`ALTER VIEW analytics.runs RENAME TO mine`, `ALTER VIEW analytics.runs OWNER TO CURRENT_USER`,
		`CREATE OR REPLACE FUNCTION analytics.loss_as_of(at timestamptz) RETURNS SETOF analytics.runs LANGUAGE sql AS 'SELECT * FROM analytics.runs'`,
		`CREATE SCHEMA mine`,
	} {
		denied(t, reader, sql)
	}

	again, err := access.Grant(t.Context(), f.pool, role, false)
	must(t, err)
	if again.Changed() != 0 || len(again.Rights) != len(report.Rights) {
		t.Errorf("granted again: %+v", again)
	}

	revoked, err := access.Revoke(t.Context(), f.pool, role)
	must(t, err)
	if revoked.Changed() != len(report.Rights) || revoked.Reads || len(revoked.Notes) != 0 {
		t.Errorf("revoked: %+v", revoked)
	}
	for _, view := range views {
		denied(t, reader, `SELECT FROM `+view)
	}
	denied(t, reader, `SELECT FROM analytics.loss_as_of(now())`)
	equal(t, "what keeps the role", []string{"0"}, namesOn(t, f.conn,
		`SELECT count(*)::text FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = $1::regrole`, role))

	revoked, err = access.Revoke(t.Context(), f.pool, role)
	must(t, err)
	if revoked.Changed() != 0 || len(revoked.Rights) != 0 {
		t.Errorf("revoked again: %+v", revoked)
	}
}

// What migrations add later, or make again, is read without another grant, until it
// is revoked.
func TestAGrantHoldsForWhatMigrationsMakeLater(t *testing.T) {
	t.Parallel()
	for _, byAdmin := range []bool{false, true} {
		t.Run(fmt.Sprint("granted by the administrator: ", byAdmin), func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			granter := url
			if byAdmin {
				granter = pgtest.AdminURL(t, url)
			}
			db, owner := open(t, granter), connectTo(t, url)
			role, asRole := newRole(t, url)
			reader := connectTo(t, asRole)
			_, err := access.Grant(t.Context(), db, role, false)
			must(t, err)

			execOn(t, owner, `CREATE VIEW analytics.later AS SELECT sdk_app_id FROM pushloss.app`)
			execOn(t, owner, `CREATE FUNCTION analytics.later() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM analytics.later'`)
			execOn(t, owner, `REVOKE EXECUTE ON FUNCTION analytics.later() FROM PUBLIC`)
			execOn(t, owner, `DROP VIEW analytics.runs`)
			execOn(t, owner, `CREATE VIEW analytics.runs AS SELECT run_id FROM pushloss.run`)
			execOn(t, owner, `CREATE OR REPLACE VIEW analytics.stages AS SELECT stage_id, stage, meaning, 1 AS more FROM pushloss.stage`)
			execOn(t, owner, `CREATE TABLE pushloss.later ()`)
			for _, sql := range []string{`SELECT FROM analytics.later`, `SELECT analytics.later()`, `SELECT FROM analytics.runs`, `SELECT more FROM analytics.stages`} {
				allowed(t, reader, sql)
			}
			denied(t, reader, `SELECT FROM pushloss.later`)
			denied(t, reader, `DELETE FROM analytics.later`)

			report, err := access.Revoke(t.Context(), db, role)
			must(t, err)
			if report.Reads {
				t.Errorf("revoked: %+v", report)
			}
			execOn(t, owner, `CREATE VIEW analytics.latest AS SELECT 1`)
			for _, name := range []string{"analytics.later", "analytics.runs", "analytics.stages", "analytics.latest"} {
				denied(t, reader, `SELECT FROM `+name)
			}
		})
	}
}

// A grant neither blocks migrations nor is lost by them, except the
// one that takes the schema itself away.
func TestAGrantSurvivesMigrations(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db, owner := open(t, url), connectTo(t, url)
	role, asRole := newRole(t, url)
	reader := connectTo(t, asRole)
	_, err := access.Grant(t.Context(), db, role, false)
	must(t, err)
	must(t, migrations.Down(t.Context(), url, migrations.Count()-1))
	must(t, migrations.Up(t.Context(), url))
	for _, view := range namesOn(t, owner, sqlViewNames) {
		allowed(t, reader, `SELECT FROM `+view)
	}
	must(t, migrations.Down(t.Context(), url, migrations.Count()))
	must(t, migrations.Up(t.Context(), url))
	denied(t, reader, `SELECT FROM analytics.runs`)
	_, err = access.Grant(t.Context(), db, role, false)
	must(t, err)
	allowed(t, reader, `SELECT FROM analytics.runs`)
}

// A name is data, whatever it looks like.
func TestHostileRoleNamesAreOnlyNames(t *testing.T) {
	t.Parallel()
	f := setup(t)
	suffix := rand.Text()
	for _, name := range []string{
		`a"; DROP SCHEMA analytics CASCADE; --`, `x TO y; GRANT ALL ON SCHEMA pushloss TO`, `Ünï çödé "quoted" 'twice'`, "tab\tnew\nline", `CURRENT_USER`, `back\slash $1 %s`,
	} {
		name += suffix[:8]
		asRole := pgtest.Role(t, f.url, name, "")
		reader := connectTo(t, asRole)
		report, err := access.Grant(t.Context(), f.pool, name, false)
		must(t, err)
		equal(t, "role", name, report.Role)
		equal(t, "user", []string{name}, namesOn(t, reader, `SELECT current_user::text`))
		allowed(t, reader, `SELECT FROM analytics.runs`)
		denied(t, reader, `SELECT FROM pushloss.run`)
		_, err = access.Revoke(t.Context(), f.pool, name)
		must(t, err)
		denied(t, reader, `SELECT FROM analytics.runs`)
	}
	// Postgres cuts a longer name to this one, which is another role.
	long := strings.Repeat("n", 55) + suffix[:8]
	pgtest.Role(t, f.url, long, "")
	_, err := access.Grant(t.Context(), f.pool, long+"more", false)
	wantError(t, err, "does not exist", `\du in psql`)
	equal(t, "rights of the other", []string{"false"}, namesOn(t, f.conn, `SELECT has_schema_privilege($1, 'analytics', 'USAGE')::text`, long))
}

func wantError(t *testing.T, err error, says, remedy string) {
	t.Helper()
	var refusal *problem.UsageError
	if !errors.As(err, &refusal) || !strings.Contains(refusal.Error(), says) || !strings.Contains(refusal.Hint(), remedy) {
		t.Errorf("error %v, want a UsageError with %q and %q", err, says, remedy)
	}
}

func TestMeaninglessGrantsAreRefused(t *testing.T) {
	t.Parallel()
	f := setup(t)
	owner := namesOn(t, f.conn, `SELECT current_user::text`)[0]
	admin := namesOn(t, connectTo(t, pgtest.AdminURL(t, f.url)), `SELECT current_user::text`)[0]
	member, nobody := "pushloss_member_"+rand.Text(), "pushloss_nobody_"+rand.Text()
	pgtest.Role(t, f.url, member, "IN ROLE "+pgx.Identifier{owner}.Sanitize())
	for _, test := range []struct{ role, problem, remedy string }{
		{nobody, "does not exist", `CREATE ROLE "` + nobody + `" LOGIN`},
		{owner, "owns schema analytics", "CREATE ROLE"},
		{member, "has the rights of", "CREATE ROLE"},
		{admin, "is a superuser", "CREATE ROLE"},
		{"public", "reserved", "log in as"},
		{"none", "reserved", "log in as"},
		{"pg_read_all_data", "reserved", "log in as"},
		{"", "is not the name of a role", "log in as"},
		{"a\x00b", "is not the name of a role", "log in as"},
		{"\xff", "is not the name of a role", "log in as"},
	} {
		t.Run(test.role, func(t *testing.T) {
			_, err := access.Grant(t.Context(), f.pool, test.role, false)
			wantError(t, err, test.problem, test.remedy)
		})
	}
	_, err := access.Revoke(t.Context(), f.pool, owner)
	wantError(t, err, "owns schema analytics", "log in as")
	allowed(t, f.conn, `SELECT FROM analytics.runs`)
	_, err = access.Revoke(t.Context(), f.pool, "public")
	wantError(t, err, "reserved", "log in as")
	_, err = access.Revoke(t.Context(), f.pool, nobody)
	wantError(t, err, "does not exist", `\du in psql`)
}

// Postgres only warns of a grant that it does in part, or not at all.
func TestARoleThatMayNotGrantGetsAnError(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	owner := connectTo(t, url)
	reader, asReader := newRole(t, url)
	other, _ := newRole(t, url)
	must2 := func(_ access.Report, err error) { t.Helper(); must(t, err) }
	must2(access.Grant(t.Context(), open(t, url), reader, false))
	db := open(t, asReader)
	_, err := access.Grant(t.Context(), db, other, false)
	wantError(t, err, "no right to grant USAGE on schema analytics", "the role that migrates")
	_, err = access.Revoke(t.Context(), db, reader)
	wantError(t, err, "no right to revoke", "the role that migrates")
	execOn(t, owner, `GRANT USAGE ON SCHEMA analytics TO `+reader+` WITH GRANT OPTION`)
	_, err = access.Grant(t.Context(), db, other, false)
	wantError(t, err, "no right to grant", "the role that migrates")
	equal(t, "rights that a refused grant left", []string{"false"}, namesOn(t, owner, `SELECT has_schema_privilege($1, 'analytics', 'USAGE')::text`, other))
	// Nor are rights taken back that were passed on.
	execOn(t, connectTo(t, asReader), `GRANT USAGE ON SCHEMA analytics TO `+other)
	_, err = access.Revoke(t.Context(), open(t, url), reader)
	wantError(t, err, "passed", "CASCADE")
	execOn(t, owner, `REVOKE USAGE ON SCHEMA analytics FROM `+reader+` CASCADE`)
}

// A view that somebody else made in analytics is theirs to grant.
func TestViewsOfOthersInAnalyticsAreNamed(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	owner, db := connectTo(t, url), open(t, url)
	guest, asGuest := newRole(t, url)
	role, _ := newRole(t, url)
	execOn(t, owner, `GRANT USAGE, CREATE ON SCHEMA analytics TO `+guest)
	execOn(t, connectTo(t, asGuest), `CREATE VIEW analytics."of a guest" AS SELECT 1 AS one`)
	_, err := access.Grant(t.Context(), db, role, false)
	wantError(t, err, "view analytics.of a guest", "connect as")
	report, err := access.Grant(t.Context(), open(t, pgtest.AdminURL(t, url)), role, false)
	must(t, err)
	if !slices.ContainsFunc(report.Rights, func(r access.Right) bool { return r.On == "later views of "+guest }) {
		t.Errorf("who made a view once may make more: %+v", report.Rights)
	}
}

func TestNotesNameRightsBesideTheGrant(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	owner, db := connectTo(t, url), open(t, url)
	name := namesOn(t, owner, `SELECT current_database()::text`)[0]
	role, _ := newRole(t, url)
	execOn(t, owner, `REVOKE CONNECT ON DATABASE `+pgx.Identifier{name}.Sanitize()+` FROM PUBLIC`)
	execOn(t, owner, `GRANT USAGE ON SCHEMA pushloss TO `+role)
	execOn(t, owner, `GRANT SELECT (state) ON pushloss.run TO `+role)
	execOn(t, connectTo(t, pgtest.AdminURL(t, url)), `GRANT CREATE ON SCHEMA public TO PUBLIC`)
	report, err := access.Grant(t.Context(), db, role, false)
	must(t, err)
	notes := strings.Join(report.Notes, "\n")
	for _, says := range []string{"GRANT CONNECT ON DATABASE", "tables of schema pushloss", "REVOKE CREATE ON SCHEMA public"} {
		if !strings.Contains(notes, says) {
			t.Errorf("notes %q, want %q among them", notes, says)
		}
	}
	// Taken back, it may still read as a member of others.
	execOn(t, owner, `GRANT USAGE ON SCHEMA analytics TO PUBLIC`)
	execOn(t, owner, `GRANT SELECT ON analytics.runs TO PUBLIC`)
	report, err = access.Revoke(t.Context(), db, role)
	must(t, err)
	notes = strings.Join(report.Notes, "\n")
	for _, says := range []string{"it still reads analytics", "tables of schema pushloss", "DROP OWNED BY"} {
		if !report.Reads || !strings.Contains(notes, says) {
			t.Errorf("notes %q, want %q among them", notes, says)
		}
	}
	execOn(t, owner, `REVOKE USAGE ON SCHEMA pushloss FROM `+role)
	execOn(t, owner, `REVOKE SELECT (state) ON pushloss.run FROM `+role)
	execOn(t, owner, `REVOKE USAGE ON SCHEMA analytics FROM PUBLIC`)
	report, err = access.Revoke(t.Context(), db, role)
	must(t, err)
	if len(report.Notes) > 0 {
		t.Errorf("of a role that no longer exists: %q", report.Notes)
	}
}

// A group that may not log in, whose member does not inherit, and a role that may write and become the owner.
func TestNotesNameWriteRightsAndRightsThatNeedSetRole(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	owner, admin, db := connectTo(t, url), connectTo(t, pgtest.AdminURL(t, url)), open(t, url)
	me := pgx.Identifier{namesOn(t, owner, `SELECT current_user::text`)[0]}.Sanitize()
	group, _ := newRole(t, url)
	member, _ := newRole(t, url)
	execOn(t, admin, `ALTER ROLE `+group+` NOLOGIN; ALTER ROLE `+member+` NOINHERIT; GRANT `+group+` TO `+member)
	writer, _ := newRole(t, url)
	execOn(t, admin, `ALTER ROLE `+writer+` NOINHERIT; GRANT `+me+` TO `+writer)
	execOn(t, owner, `GRANT UPDATE ON analytics.tasks TO `+writer)
	for _, test := range []struct {
		role string
		says []string
	}{
		{group, []string{"it may not log in", "before SET ROLE " + `"` + group + `"` + ": " + member}},
		{writer, []string{"it may write in schema analytics or pushloss", "it is a member of " + me[1:len(me)-1], "after SET ROLE it may do everything"}},
		{member, nil},
	} {
		report, err := access.Grant(t.Context(), db, test.role, false)
		must(t, err)
		notes := strings.Join(report.Notes, "\n")
		for _, says := range test.says {
			if !strings.Contains(notes, says) {
				t.Errorf("notes %q, want %q among them", notes, says)
			}
		}
		if len(report.Notes) != min(2, len(test.says)) {
			t.Errorf("%s: notes %q", test.role, notes)
		}
	}
}

func TestAReaderFindsTheViewsByNameOnRequest(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	role, asRole := newRole(t, url)
	db := open(t, pgtest.AdminURL(t, url)) // the owner may not alter roles
	report, err := access.Grant(t.Context(), db, role, false)
	must(t, err)
	if report.SearchPath || report.First != "SELECT * FROM analytics.calendar ORDER BY day DESC LIMIT 7" {
		t.Errorf("without a search path: %+v", report)
	}
	allowed(t, connectTo(t, asRole), report.First)
	for range 2 {
		report, err = access.Grant(t.Context(), db, role, true)
		must(t, err)
		if !report.SearchPath || report.First != "SELECT * FROM calendar ORDER BY day DESC LIMIT 7" {
			t.Errorf("with a search path: %+v", report)
		}
	}
	allowed(t, connectTo(t, asRole), report.First)
	_, err = access.Revoke(t.Context(), db, role)
	must(t, err)
	equal(t, "settings that keep the role", []string{"0"}, namesOn(t, connectTo(t, url), `SELECT count(*)::text FROM pg_db_role_setting WHERE setrole = $1::regrole`, role))
	if _, err := access.Grant(t.Context(), open(t, url), role, true); err != nil {
		wantError(t, err, "permission denied", "superuser")
	}
}

func TestConcurrentGrantsAllSucceed(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := open(t, url)
	const n = 4
	roles := make([]string, n)
	for i := range roles {
		roles[i], _ = newRole(t, url)
	}
	errs := make(chan error)
	for _, role := range roles {
		go func() {
			_, err := access.Grant(t.Context(), db, role, false)
			errs <- err
		}()
	}
	for range roles {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
