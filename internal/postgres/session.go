package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Limits are the time limits of a session. 0 means no limit, except for StatementTimeout and
// IdleInTransaction, which every session needs.
type Limits struct {
	Name              string // name of the session, unless the connection string gives one
	StatementTimeout  time.Duration
	IdleInTransaction time.Duration
	LockTimeout       time.Duration
	// Silence is how long the server waits for the receipt of what it sent.
	Silence time.Duration
}

// settingsOf returns all settings that a role, a database or a server may preset and that change
// results, or the time that statements may take.
func settingsOf(limits Limits) [][2]string {
	milliseconds := func(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }
	return [][2]string{
		{"client_encoding", "UTF8"}, {"application_name", limits.Name}, {"search_path", ""},
		{"timezone", "UTC"}, {"datestyle", "ISO, MDY"}, {"intervalstyle", "postgres"}, {"timezone_abbreviations", "Default"},
		{"bytea_output", "hex"}, {"extra_float_digits", "1"}, {"standard_conforming_strings", "on"},
		{"array_nulls", "on"}, {"transform_null_equals", "off"}, {"quote_all_identifiers", "off"},
		{"lc_numeric", "C"}, {"lc_time", "C"}, {"lc_monetary", "C"}, {"row_security", "off"}, {"check_function_bodies", "on"},
		{"default_transaction_isolation", "read committed"}, {"default_transaction_deferrable", "off"},
		{replicationRole, "origin"}, {"synchronous_commit", "on"}, {"default_table_access_method", "heap"},
		{"jit", "off"}, {"plan_cache_mode", "auto"}, {"exit_on_error", "off"}, {"client_min_messages", "notice"}, {"restrict_nonsystem_relation_kind", ""},
		{"lock_timeout", milliseconds(limits.LockTimeout)}, {"transaction_timeout", "0"}, {"idle_session_timeout", "0"},
		{"idle_in_transaction_session_timeout", milliseconds(limits.IdleInTransaction)},
		{"tcp_user_timeout", milliseconds(limits.Silence)},
		{"tcp_keepalives_idle", "15"}, {"tcp_keepalives_interval", "5"}, {"tcp_keepalives_count", "3"},
	}
}

// replicationRole switches off foreign keys and triggers. Setting it needs a right.
const replicationRole = "session_replication_role"

// prepare sets the session by SET, because poolers refuse unknown startup parameters. It leaves out
// a setting that the server does not know. It sets the time limit of statements first and alone: a
// preset limit of a few milliseconds would end the next statement. If a preset ends even this first
// statement, or the session, the next login outbids it. prepare reads pg_settings, which costs half
// as much as the login, only if that decides something.
//
// With row_security off, a statement whose rows a policy would hide fails. With it on, the owner of a
// table with FORCE ROW LEVEL SECURITY would take what it sees for everything.
//
// Four settings stay as they are where that is safer. Read-only, if set for the database or the
// server, is a guard, such as of a full disk, and not a habit of the role. A commit that waits for
// replicas goes on waiting. session_replication_role needs a right to set. A preset tablespace is
// used, unless the role may not use it: Postgres ignores a missing one, too.
func prepare(ctx context.Context, conn *pgx.Conn, limits Limits, named bool) error {
	if _, err := conn.Exec(ctx, fmt.Sprintf(`SET statement_timeout = %d`, limits.StatementTimeout.Milliseconds())); err != nil {
		return err
	}
	var rows []string
	for _, setting := range settingsOf(limits) {
		if named && setting[0] == "application_name" {
			continue
		}
		rows = append(rows, fmt.Sprintf("('%s', '%s')", setting[0], strings.ReplaceAll(setting[1], "'", "''")))
	}
	var decides bool
	err := conn.QueryRow(ctx, `SELECT pg_catalog.count(pg_catalog.set_config(name, value, false)),
			pg_catalog.current_setting('default_transaction_read_only') = 'on' OR pg_catalog.current_setting('default_tablespace') <> ''
		FROM (SELECT name, value, pg_catalog.current_setting(name, true) AS now
			FROM (VALUES `+strings.Join(rows, ", ")+`) AS wanted (name, value)) AS setting
		WHERE now <> value AND (name <> 'synchronous_commit' OR now = 'off')`).Scan(nil, &decides)
	if err != nil || !decides {
		return err
	}
	_, err = conn.Exec(ctx, `SELECT pg_catalog.set_config(name, CASE name WHEN 'default_tablespace' THEN '' ELSE 'off' END, false)
		FROM pg_catalog.pg_settings AS now
		WHERE name = 'default_transaction_read_only' AND source NOT IN ('database', 'configuration file', 'command line', 'global')
			OR name = 'default_tablespace' AND EXISTS (SELECT FROM pg_catalog.pg_tablespace
				WHERE spcname = now.setting AND NOT pg_catalog.has_tablespace_privilege(oid, 'CREATE'))`)
	return err
}
