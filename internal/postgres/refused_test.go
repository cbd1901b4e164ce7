package postgres_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
)

// K4, K5: a server that answers but starts no session is not reported as away.
func TestAServerThatLetsNoSessionBeginIsNotTakenForOneThatIsAway(t *testing.T) {
	t.Parallel()
	database := pgtest.EmptyURL(t)
	name := "refused_" + strings.ToLower(rand.Text()[:10])
	role := pgtest.Role(t, database, name, "")
	admin := adminOf(t, database, "postgres")
	address, err := url.Parse(role)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, before, query, says, after string }{
		{"an option that does not exist", "", "options=-c%20nosuch%3D1", "does not take the options", ""},
		{"an option with a wrong value", "", "options=-c%20work_mem%3Dmuch", "does not take the options", ""},
		{"an option that the role may not set", "", "options=-c%20session_replication_role%3Dreplica", "does not take the options", ""},
		{"an option that needs a restart", "", "options=-c%20shared_preload_libraries%3Dx", "does not take the options", ""},
		{"another kind of server than is demanded", "", "target_session_attrs=standby", "target_session_attrs", ""},
		{"a protocol that the server does not speak", "", "min_protocol_version=latest", "min_protocol_version", ""},
		{"a library that does not exist", `ALTER ROLE NAME SET local_preload_libraries = 'nosuch'`, "", `presets of the role and the database (\drds in psql)`, `ALTER ROLE NAME RESET local_preload_libraries`},
		{"a database that takes no sessions", `ALTER DATABASE DATABASE ALLOW_CONNECTIONS false`, "", "ALLOW_CONNECTIONS true", `ALTER DATABASE DATABASE ALLOW_CONNECTIONS true`},
		{"no right to connect", `REVOKE CONNECT ON DATABASE DATABASE FROM PUBLIC, NAME`, "", "GRANT CONNECT ON DATABASE", `GRANT CONNECT ON DATABASE DATABASE TO PUBLIC`},
	} {
		t.Run(test.name, func(t *testing.T) {
			change := func(sql string) {
				if sql == "" {
					return
				}
				sql = strings.NewReplacer("DATABASE DATABASE", "DATABASE "+pgx.Identifier{address.Path[1:]}.Sanitize(), "NAME", pgx.Identifier{name}.Sanitize()).Replace(sql)
				if _, err := admin.Exec(context.WithoutCancel(t.Context()), sql); err != nil {
					t.Fatal(err)
				}
			}
			change(test.before)
			defer change(test.after)
			at := *address
			at.RawQuery = strings.Trim(at.RawQuery+"&"+test.query, "&")
			pool, err := postgres.Open(t.Context(), at.String(), 3)
			if err == nil {
				pool.Close()
				if test.query == "min_protocol_version=latest" {
					t.Skip("this server speaks it")
				}
				t.Fatal("it lets a session begin")
			}
			if hint := postgres.Hint(err); !strings.Contains(hint, test.says) || !postgres.Unreachable(err) {
				t.Errorf("%v: the hint is %q", err, hint)
			}
		})
	}
	address.Host = "no-such-host.invalid:5432"
	if _, err := postgres.Open(t.Context(), address.String(), 3); !strings.Contains(postgres.Hint(err), "does not find the host's address") {
		t.Errorf("%v: the hint is %q", err, postgres.Hint(err))
	}
}

// K1: rights that PostgreSQL gives to everybody, but that this database revoked, are named with the
// statements that restore them. The preset of a replica's role is not blamed.
func TestRightsThatWereTakenFromEverybodyAreNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ of, grant, preset string }{
		{of: "SELECT ON pg_settings", grant: "GRANT SELECT ON pg_catalog.pg_settings TO ", preset: "default_transaction_read_only = on"},
		{of: "EXECUTE ON FUNCTION set_config", grant: "GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO "},
		{of: "EXECUTE ON FUNCTION current_setting(text, boolean)", grant: "GRANT EXECUTE ON FUNCTION pg_catalog.current_setting(text, boolean) TO "},
		{of: "EXECUTE ON FUNCTION pg_backend_pid", grant: "GRANT EXECUTE ON FUNCTION pg_catalog.pg_backend_pid() TO "},
	} {
		t.Run(test.of, func(t *testing.T) {
			t.Parallel()
			database := pgtest.EmptyURL(t)
			name := "revoked_" + strings.ToLower(rand.Text()[:10])
			role := pgtest.Role(t, database, name, "")
			admin := adminOf(t, database, "")
			if _, err := admin.Exec(t.Context(), `REVOKE `+test.of+` FROM PUBLIC`); err != nil {
				t.Fatal(err)
			}
			if test.preset != "" {
				if _, err := admin.Exec(t.Context(), `ALTER ROLE `+name+` SET `+test.preset); err != nil {
					t.Fatal(err)
				}
			}
			_, err := postgres.Open(t.Context(), role, 3)
			if preset, ok := errors.AsType[*postgres.PresetError](err); ok || err == nil {
				t.Fatalf("%v, a preset: %v", err, preset)
			}
			revoked, ok := errors.AsType[*postgres.RevokedError](postgres.Revoked(t.Context(), role, err))
			if !ok || !strings.Contains(revoked.Hint(), test.grant+name) {
				t.Fatalf("%v: %v", err, revoked)
			}
			if _, err := admin.Exec(t.Context(), strings.Join(revoked.Grants, "")); err != nil {
				t.Fatal(err)
			}
			pool, err := postgres.Open(t.Context(), role, 3)
			if err != nil {
				t.Fatalf("after %s: %v", revoked.Hint(), err)
			}
			pool.Close()
		})
	}
	other := &pgconn.PgError{Code: "42501", Message: "permission denied for table orders"}
	if err := postgres.Revoked(t.Context(), pgtest.EmptyURL(t), other); err != nil {
		t.Errorf("a table of others: %v", err)
	}
}

// K2: a refusal by a foreign trigger is recognised, whatever its code and the server's language. A
// lock or a time limit that the trigger meets is not one.
func TestARefusalByATriggerOfOthersIsRecognised(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		code, where string
		foreign     bool
	}{
		{"P0001", "PL/pgSQL function public.audit() line 1 at RAISE", true},
		{"42501", "SQL statement \"INSERT INTO audit VALUES (1)\"\nPL/pgSQL function public.audit() line 1 at SQL statement", true},
		{"42P01", "在SQL语句的第1行的PL/pgSQL函数public.audit()", true},
		{"57014", "PL/pgSQL function public.audit() line 1 at PERFORM", false},
		{"40P01", "PL/pgSQL function public.audit() line 1 at PERFORM", false},
		{"22023", "PL/pgSQL function analytics.loss_as_of(timestamp with time zone) line 3", false},
		{"23514", "", false},
	} {
		err := fmt.Errorf("load: %w", &pgconn.PgError{Code: test.code, Where: test.where})
		line := postgres.Foreign(err)
		if (line != "") != test.foreign {
			t.Errorf("%s, %s: %q", test.code, test.where, line)
		}
		if test.foreign && (!postgres.Unusable(err) || !strings.Contains(postgres.Hint(err), line)) {
			t.Errorf("%s: the hint is %q", test.code, postgres.Hint(err))
		}
	}
}

// adminOf connects as the administrator, to another database if one is named.
func adminOf(t *testing.T, database, other string) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(pgtest.AdminURL(t, database))
	if err != nil {
		t.Fatal(err)
	}
	config.Database = cmp.Or(other, config.Database)
	admin, err := pgx.ConnectConfig(context.WithoutCancel(t.Context()), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	return admin
}
