package postgres_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
)

// K1: settings that change results, or the time of statements, are ours, in sessions of the pool
// and beside it.
func TestEverySessionHasOurSettings(t *testing.T) {
	t.Parallel()
	database := pgtest.EmptyURL(t)
	name := "session_" + strings.ToLower(rand.Text()[:10])
	address := pgtest.Role(t, database, name, "")
	admin, err := pgx.Connect(t.Context(), pgtest.AdminURL(t, database))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.WithoutCancel(t.Context()))
	presets := []struct{ name, preset, want string }{
		{"client_encoding", "GBK", "UTF8"}, {"timezone", "Asia/Kathmandu", "UTC"}, {"datestyle", "German", "ISO, MDY"},
		{"intervalstyle", "iso_8601", "postgres"}, {"bytea_output", "escape", "hex"}, {"extra_float_digits", "-15", "1"},
		{"standard_conforming_strings", "off", "on"}, {"array_nulls", "off", "on"}, {"transform_null_equals", "on", "off"},
		{"quote_all_identifiers", "on", "off"}, {"search_path", "public", ""}, {"row_security", "on", "off"}, {"jit", "on", "off"},
		{"default_transaction_isolation", "serializable", "read committed"}, {"default_transaction_deferrable", "on", "off"},
		{"default_transaction_read_only", "on", "off"}, {"synchronous_commit", "off", "on"}, {"plan_cache_mode", "force_generic_plan", "auto"},
		{"statement_timeout", "1ms", "1min"}, {"lock_timeout", "1ms", "0"}, {"idle_in_transaction_session_timeout", "1ms", ""},
		{"idle_session_timeout", "1ms", "0"}, {"transaction_timeout", "1ms", "0"}, {"exit_on_error", "on", "off"},
		{"client_min_messages", "debug5", "notice"}, {"restrict_nonsystem_relation_kind", "view, foreign-table", ""}, {"tcp_keepalives_idle", "7", "15"},
		{"default_table_access_method", "nosuch", "heap"},
	}
	known := func(name string) (yes bool) {
		if err := admin.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_settings WHERE lower(name) = $1)`, name).Scan(&yes); err != nil {
			t.Fatal(err)
		}
		return yes
	}
	var statements []string
	for _, p := range presets {
		if !known(p.name) {
			continue
		}
		statements = append(statements, `ALTER ROLE `+name+` SET `+p.name+` = '`+p.preset+`'`)
	}
	if _, err := admin.Exec(t.Context(), strings.Join(statements, ";")); err != nil {
		t.Fatal(err)
	}
	conn, err := postgres.Connect(t.Context(), address, limits, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	pool, err := postgres.Open(t.Context(), address+"&pool_max_conns=3&options=-c%20geqo_effort%3D7", 20)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if n := pool.Config().MaxConns; n != 3 {
		t.Errorf("the pool has room for %d", n)
	}
	pooled, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer pooled.Release()
	var effort string
	if err := pooled.QueryRow(t.Context(), `SHOW geqo_effort`).Scan(&effort); err != nil || effort != "7" {
		t.Errorf("the option of the connection string is %q, %v", effort, err)
	}
	for _, conn := range []*pgx.Conn{conn, pooled.Conn()} {
		for _, p := range presets {
			if !known(p.name) {
				continue
			}
			var got string
			if err := conn.QueryRow(t.Context(), `SELECT current_setting($1)`, p.name).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if got == p.preset || p.want != "" && got != p.want {
				t.Errorf("%s is %s", p.name, got)
			}
		}
	}
}

// A limit of the server ends a session like one of the role, but a test cannot set it for one server of
// all tests: the connection string gives it.
func TestLaterLoginsOutbidAnyPresetLimit(t *testing.T) {
	t.Parallel()
	pool, err := postgres.Open(t.Context(), pgtest.EmptyURL(t)+"&options=-c%20exit_on_error%3Don", 2)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if got := pool.Config().ConnConfig.RuntimeParams["options"]; !strings.Contains(got, "-c idle_session_timeout=0") {
		t.Errorf("logins have the options %q", got)
	}
}

// A preset that guards stored data stays.
func TestASessionKeepsGuardsOfTheDatabase(t *testing.T) {
	t.Parallel()
	for _, preset := range []struct{ of, name, value string }{
		{"ROLE", "synchronous_commit", "remote_apply"}, {"DATABASE", "default_transaction_read_only", "on"},
	} {
		t.Run(preset.name, func(t *testing.T) {
			t.Parallel()
			database := pgtest.EmptyURL(t)
			name := "guarded_" + strings.ToLower(rand.Text()[:10])
			address := pgtest.Role(t, database, name, "")
			admin := adminOf(t, database, "")
			of := name
			if preset.of == "DATABASE" {
				of = pgx.Identifier{admin.Config().Database}.Sanitize()
			}
			if _, err := admin.Exec(t.Context(), `ALTER `+preset.of+` `+of+` SET `+preset.name+` = `+preset.value); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { // so that the role can be dropped
				if _, err := admin.Exec(context.WithoutCancel(t.Context()), `ALTER `+preset.of+` `+of+` RESET `+preset.name); err != nil {
					t.Error(err)
				}
			})
			conn, err := postgres.Connect(t.Context(), address, limits, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.WithoutCancel(t.Context()))
			var got string
			if err := conn.QueryRow(t.Context(), `SELECT current_setting($1)`, preset.name).Scan(&got); err != nil || got != preset.value {
				t.Errorf("%s is %q, %v", preset.name, got, err)
			}
		})
	}
}

// Connections that are held leave room for the work beside them.
func TestHeldConnectionsLeaveRoom(t *testing.T) {
	t.Parallel()
	pool, err := postgres.Open(t.Context(), pgtest.EmptyURL(t), 3)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	_, release, err := pool.Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := pool.Hold(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second one: %v", err)
	}
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var one int
	if err := pool.QueryRow(t.Context(), `SELECT 1`).Scan(&one); err != nil {
		t.Error(err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Error(err)
	}
	release(t.Context())
	if _, release, err = pool.Hold(t.Context()); err != nil {
		t.Fatal(err)
	}
	release(t.Context())
}

// K1: names of settings are compared without a language: in Turkish, the small letter of I is
// another one.
func TestADatabaseInTurkishHasOurSettings(t *testing.T) {
	t.Parallel()
	database := pgtest.EmptyURL(t)
	name := "turkish_" + strings.ToLower(rand.Text()[:10])
	role := pgtest.Role(t, database, name, "")
	admin := adminOf(t, database, "")
	if engine, err := postgres.ReadEngine(t.Context(), admin); err != nil || engine.Release < 15 {
		t.Skipf("%v has no databases with the locales of ICU, %v", engine, err)
	}
	if _, err := admin.Exec(t.Context(), `CREATE DATABASE `+name+` TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'tr' LOCALE 'C' ENCODING 'UTF8'`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := adminOf(t, database, "").Exec(context.Background(), `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	if _, err := admin.Exec(t.Context(), `ALTER ROLE `+name+` SET intervalstyle = 'iso_8601'`); err != nil {
		t.Fatal(err)
	}
	conn, err := postgres.Connect(t.Context(), strings.Replace(role, admin.Config().Database, name, 1), limits, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	var style, small string
	if err := conn.QueryRow(t.Context(), `SELECT current_setting('intervalstyle'), lower('I')`).Scan(&style, &small); err != nil || style != "postgres" || small != "ı" {
		t.Errorf("intervalstyle is %s, where the small letter of I is %s; %v", style, small, err)
	}
}
