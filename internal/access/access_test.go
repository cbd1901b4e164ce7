package access_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/access"
	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// Every role may read the names in the catalog.
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

// A role can read what migrations add or make again later, without another grant, until the revoke.
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

// A grant neither blocks migrations nor is lost by them, except by the one that removes the schema
// itself.
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

// A name is data, even if it looks like SQL.
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

// Postgres only warns about a grant that it makes in part, or not at all.
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
