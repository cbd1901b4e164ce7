package migrations_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
	"pushloss/migrations"
)

// guest is an empty database, a role without any right in it, and its administrator.
type guest struct {
	t     *testing.T
	url   string
	role  string // quoted
	admin *pgx.Conn
}

func newGuest(t *testing.T) *guest {
	t.Helper()
	return guestOf(t, pgtest.EmptyURL(t))
}

func guestOf(t *testing.T, url string) *guest {
	t.Helper()
	name := fmt.Sprintf("Guest %d", rand.Uint32()) // a name that must be quoted
	return &guest{t: t, url: pgtest.Role(t, url, name, ""), role: pgx.Identifier{name}.Sanitize(), admin: connect(t, pgtest.AdminURL(t, url))}
}

// exec runs a statement as the administrator; ROLE stands for the role.
func (g *guest) exec(sql string) {
	g.t.Helper()
	exec(g.t, g.admin, strings.ReplaceAll(sql, "ROLE", g.role))
}

const sqlEverything = `
	SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public') UNION ALL
	SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1`

// K2: an obstacle is reported before anything is changed.
func TestAnObstacleIsNamedAndNothingIsChanged(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		setup string
		want  []string
	}{
		{"no right to create a schema", ``, []string{"may not create the schema pushloss and the schema analytics in the database",
			"GRANT CREATE ON DATABASE ", "CREATE SCHEMA pushloss AUTHORIZATION ROLE;", "CREATE SCHEMA analytics AUTHORIZATION ROLE;"}},
		{"no right to create the other schema", `CREATE SCHEMA pushloss AUTHORIZATION ROLE`, []string{"may not create the schema analytics in", "CREATE SCHEMA analytics AUTHORIZATION ROLE;"}},
		{"a foreign schema analytics", `CREATE SCHEMA analytics; CREATE TABLE analytics.orders (id int PRIMARY KEY); CREATE FUNCTION analytics.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
			CREATE SCHEMA pushloss AUTHORIZATION ROLE`,
			[]string{"the schema analytics is there already, belongs to ", "function analytics.f()", "table analytics.orders", "its own database", "ALTER SCHEMA analytics RENAME TO"}},
		{"a foreign schema pushloss", `CREATE SCHEMA pushloss; CREATE VIEW pushloss.v AS SELECT 1; CREATE TYPE pushloss.ty AS ENUM ('a'); CREATE SCHEMA analytics AUTHORIZATION ROLE`,
			[]string{"the schema pushloss is there already", "type pushloss.ty, view pushloss.v"}},
		{"many things", `CREATE SCHEMA pushloss AUTHORIZATION ROLE; CREATE SCHEMA analytics AUTHORIZATION ROLE;
			DO $$ BEGIN FOR i IN 1..9 LOOP EXECUTE format('CREATE TABLE analytics.t%s ()', i); END LOOP; END $$`,
			[]string{"table analytics.t1, table analytics.t2, table analytics.t3, table analytics.t4, table analytics.t5 and 4 more"}},
		{"a schema of another role in which it may create", `CREATE SCHEMA pushloss AUTHORIZATION ROLE; CREATE SCHEMA analytics; GRANT ALL ON SCHEMA analytics TO ROLE`,
			[]string{"the schema analytics belongs to ", "does not have its rights", "ALTER SCHEMA analytics OWNER TO ROLE"}},
		{"a version's table of another program", `CREATE SCHEMA pushloss AUTHORIZATION ROLE; CREATE SCHEMA analytics AUTHORIZATION ROLE;
			CREATE TABLE pushloss.schema_migrations (version varchar PRIMARY KEY); ALTER TABLE pushloss.schema_migrations OWNER TO ROLE`,
			[]string{"pushloss.schema_migrations was not made by pushloss", "has the columns version character varying", "its own database"}},
		{"a version without tables", `CREATE SCHEMA pushloss AUTHORIZATION ROLE; CREATE TABLE pushloss.schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
			ALTER TABLE pushloss.schema_migrations OWNER TO ROLE; INSERT INTO pushloss.schema_migrations VALUES (3, false)`,
			[]string{"pushloss.schema_migrations says version 3, but the tables of pushloss are not there", "DELETE FROM pushloss.schema_migrations"}},
		{"this version without tables", `CREATE SCHEMA pushloss AUTHORIZATION ROLE; CREATE SCHEMA analytics AUTHORIZATION ROLE;
			CREATE TABLE pushloss.schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
			ALTER TABLE pushloss.schema_migrations OWNER TO ROLE; INSERT INTO pushloss.schema_migrations VALUES (NEWEST, false)`,
			[]string{"but the tables of pushloss are not there", "DELETE FROM pushloss.schema_migrations"}},
		{"a version's table of another role", `CREATE SCHEMA pushloss; CREATE TABLE pushloss.schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)`,
			[]string{"permission denied for schema pushloss", "pushloss.schema_migrations belongs to ", "connect as the role that made the schema (", "Restored by another role"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGuest(t)
			if tt.setup != "" {
				g.exec(strings.ReplaceAll(tt.setup, "NEWEST", fmt.Sprint(migrations.Newest())))
			}
			before := lines(t, g.admin, sqlEverything)
			err := migrations.Up(t.Context(), g.url)
			for i := range tt.want {
				tt.want[i] = strings.ReplaceAll(tt.want[i], "ROLE", g.role)
			}
			says(t, err, tt.want...)
			if diff := cmp.Diff(before, lines(t, g.admin, sqlEverything)); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}

// K1: a database in another encoding is refused, and the offered remedy works.
func TestADatabaseInAnotherEncodingIsRefused(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"LATIN1", "SQL_ASCII"} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			url := pgtest.EmptyURL(t)
			admin := connect(t, pgtest.AdminURL(t, url))
			create := func(statement string) string {
				name := fmt.Sprint("encoding_", rand.Uint32())
				exec(t, admin, strings.Replace(statement, "pushloss", name, 1))
				t.Cleanup(func() {
					if _, err := admin.Exec(context.Background(), `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
						t.Error(err)
					}
				})
				return strings.Replace(url, admin.Config().Database, name, 1)
			}
			statement := `CREATE DATABASE pushloss TEMPLATE template0 ENCODING '` + encoding + `' LC_COLLATE 'C' LC_CTYPE 'C'`
			if engine, err := postgres.ReadEngine(t.Context(), admin); err != nil || engine.Release >= 15 {
				statement += ` LOCALE_PROVIDER libc` // a server's own may be one that knows UTF8 alone
			}
			wrong := create(statement)
			err := migrations.Up(t.Context(), wrong)
			says(t, err, "has the encoding "+encoding, "nothing was changed", "CREATE DATABASE")
			says(t, migrations.Check(t.Context(), wrong), "has the encoding "+encoding)
			if got := lines(t, connect(t, wrong), sqlEverything); len(got) != 0 {
				t.Errorf("it made %v", got)
			}
			refusal, ok := err.(*postgres.EncodingError)
			if !ok {
				t.Fatal(err)
			}
			right := create(regexp.MustCompile(`CREATE DATABASE [^;]*`).FindString(refusal.Hint()))
			up(t, right)
			wantVersion(t, right, migrations.Newest())
		})
	}
}

// K2: each offered remedy works.
func TestEachRemedyWorks(t *testing.T) {
	t.Parallel()
	for _, way := range []string{`GRANT .*`, `CREATE SCHEMA .*`} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			g := newGuest(t)
			err := migrations.Up(t.Context(), g.url)
			refusal, ok := err.(migrations.Refusal)
			if !ok {
				t.Fatalf("error %v", err)
			}
			statements := regexp.MustCompile(`(?m)^  `+way).FindAllString(refusal.Hint(), -1)
			if len(statements) == 0 {
				t.Fatalf("the hint is %s", refusal.Hint())
			}
			for _, statement := range statements {
				g.exec(statement)
			}
			up(t, g.url)
			wantVersion(t, g.url, migrations.Newest())
			down(t, g.url, migrations.Count())
			up(t, g.url)
		})
	}
}

// K2: an empty schema is used, whoever made it, if the role has its owner's rights.
func TestAnEmptySchemaIsUsed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, setup string }{
		{"owned by the role", `CREATE SCHEMA pushloss AUTHORIZATION ROLE; CREATE SCHEMA analytics AUTHORIZATION ROLE`},
		{"with default rights for readers", `CREATE SCHEMA pushloss AUTHORIZATION ROLE; CREATE SCHEMA analytics AUTHORIZATION ROLE;
			ALTER DEFAULT PRIVILEGES FOR USER ROLE IN SCHEMA analytics GRANT SELECT ON TABLES TO pg_monitor`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newGuest(t)
			g.exec(tt.setup)
			up(t, g.url)
			wantVersion(t, g.url, migrations.Newest())
		})
	}
}

// K2: if there is nothing to do, migrate up only reads.
func TestUpWithNothingToDoOnlyReads(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	g := guestOf(t, url)
	g.exec(`GRANT USAGE ON SCHEMA pushloss TO ROLE; GRANT SELECT ON ALL TABLES IN SCHEMA pushloss TO ROLE`)
	up(t, g.url)
	database := pgx.Identifier{g.admin.Config().Database}.Sanitize()
	g.exec(fmt.Sprintf(`ALTER DATABASE %s SET default_transaction_read_only = on`, database))
	up(t, g.url)
	up(t, url)

	// With something to do it says what is in the way.
	err := migrations.Down(t.Context(), url, 1)
	says(t, err, "cannot execute ", " in a read-only transaction", "nothing was changed by it", "takes no writes")
	g.exec(fmt.Sprintf(`ALTER DATABASE %s RESET default_transaction_read_only`, database))
}

// K2: remains of our schema do not prevent a new start, nor do they in a database that lost its
// version.
func TestWhatIsLeftOfOursIsTakenOver(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	conn := connect(t, url)
	catalog := lines(t, conn, sqlCatalog)
	for _, lost := range []string{`DELETE FROM pushloss.schema_migrations`, `DROP TABLE pushloss.schema_migrations`} {
		exec(t, conn, lost)
		err := migrations.Up(t.Context(), url)
		says(t, err, "the tables of pushloss are there, but no version", "nothing was changed", "restore the dump whole")
		refusal, ok := err.(migrations.Refusal)
		if !ok {
			t.Fatal(err)
		}
		exec(t, conn, strings.Join(regexp.MustCompile(`(CREATE|INSERT) [^;]*;`).FindAllString(refusal.Hint(), -1), ""))
		up(t, url)
		wantVersion(t, url, migrations.Newest())
	}
	exec(t, conn, `DELETE FROM pushloss.schema_migrations; TRUNCATE pushloss.stage CASCADE`)
	says(t, migrations.Up(t.Context(), url), "nothing is in them", "DROP SCHEMA pushloss, analytics CASCADE")
	exec(t, conn, `DROP SCHEMA pushloss CASCADE`) // leaves the functions of analytics
	up(t, url)
	if diff := cmp.Diff(catalog, lines(t, conn, sqlCatalog)); diff != "" {
		t.Errorf("(-first +again):\n%s", diff)
	}
}

// K3: a dirty mark of an older binary is examined, and the offered remedy works.
func TestADirtyMarkOfAnOlderBinaryIsExamined(t *testing.T) {
	t.Parallel()
	newest := migrations.Newest()
	url := pgtest.URL(t) // which each of them brings to the newest version
	conn := connect(t, url)
	for _, tt := range []struct {
		name  string
		at    int // what is there
		marks int // what schema_migrations says
		want  string
	}{
		{"nothing of the newest is there", newest - 1, newest, fmt.Sprintf("the tables are those of version %d, whole", newest-1)},
		{"all of the newest is there", newest, newest, "the tables are those of version"}, // a file may be one that can be applied twice
		{"nothing of one between is there", 12, 13, "the tables are those of version 12, whole"},
		{"all of one between is there", 13, 13, "the tables are those of version 13, whole"},
		{"nothing of the first is there", 0, baseline, "no part of a migration exists"},
		{"a finished migration down to nothing", 0, -1, "no part of a migration exists"},
		{"a rolled-back migration down to nothing", baseline, -1, "the tables are those of version 11, whole"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			downTo(t, url, tt.at)
			exec(t, conn, `DELETE FROM pushloss.schema_migrations`)
			exec(t, conn, `INSERT INTO pushloss.schema_migrations VALUES ($1, true)`, tt.marks)
			before := lines(t, conn, sqlCatalog)
			err := migrations.Up(t.Context(), url)
			says(t, err, "the schema is dirty", tt.want, "pushloss never forces it")
			if diff := cmp.Diff(before, lines(t, conn, sqlCatalog)); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
			refusal, ok := err.(migrations.Refusal)
			if !ok {
				t.Fatal(err)
			}
			statement := regexp.MustCompile(`psql -c "(.*?)"`).FindStringSubmatch(refusal.Hint())
			if statement == nil {
				t.Fatalf("the hint is %s", refusal.Hint())
			}
			exec(t, conn, statement[1])
			up(t, url)
			wantVersion(t, url, newest)
		})
	}
}
