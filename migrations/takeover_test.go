package migrations_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// olderVersions are databases that older migration files made, filled by testdata/older_rows.sql.
// Their dumps are rebuilt from the history of the repository, with pg_dump:
//
//	go test ./migrations -run TakenOver -update
var olderVersions = []struct {
	version int
	commit  string // that has the files
}{{11, "a8eca88"}, {15, "7102e90"}}

func dumpOf(version int) string { return fmt.Sprintf("testdata/version%d.sql.gz", version) }

// After the migration, a database that older files made is the same as a new one, and has all of
// its rows.
func TestADatabaseOfAnOlderVersionIsTakenOverWithoutLosingARow(t *testing.T) {
	t.Parallel()
	fresh := connect(t, pgtest.URL(t))
	catalog, seeds := lines(t, fresh, sqlCatalog), lines(t, fresh, sqlSeeds)
	for _, tt := range olderVersions {
		t.Run(fmt.Sprint("version ", tt.version), func(t *testing.T) {
			t.Parallel()
			if migrations.Updating() {
				rebuild(t, tt.version, tt.commit)
			}
			url := restored(t, tt.version)
			conn := connect(t, url)
			exec(t, conn, `CREATE VIEW public.report AS SELECT day, sum(err_count) AS lost FROM analytics.app_stage_loss GROUP BY day`)
			wantStatus(t, url, migrations.Status{Version: tt.version, Newest: migrations.Newest(), OtherViews: tt.version == migrations.Newest()})
			columns := make(map[string][]string)
			for _, table := range lines(t, conn, `SELECT tablename::text FROM pg_tables WHERE schemaname = 'pushloss' AND tablename NOT IN ('schema_migrations', 'error_catalogue', 'error_stage_meaning', 'usual_stage_text', 'usual_platform_text')`) {
				columns[table] = lines(t, conn, `SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'pushloss' AND table_name = $1
					AND NOT (table_name = 'ledger' AND column_name IN ('state', 'settled', 'settled_reason') AND $2 < 13)`, table, tt.version)
			}
			rows := func() map[string][]string {
				found := make(map[string][]string)
				for table, names := range columns {
					found[table] = lines(t, conn, `SELECT (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(t)) WHERE key = ANY($1))::text FROM pushloss.`+table+` AS t ORDER BY 1`, names)
				}
				return found
			}
			before := rows()
			for table, found := range before {
				if len(found) == 0 {
					t.Errorf("testdata/older_rows.sql has no row for %s", table)
				}
			}

			up(t, url)
			if diff := cmp.Diff(catalog, withoutReport(lines(t, conn, sqlCatalog))); diff != "" {
				t.Errorf("(-fresh +taken over):\n%s", diff)
			}
			if diff := cmp.Diff(seeds, lines(t, conn, sqlSeeds)); diff != "" {
				t.Errorf("names (-fresh +taken over):\n%s", diff)
			}
			if diff := cmp.Diff(before, rows()); diff != "" {
				t.Errorf("rows (-before +after):\n%s", diff)
			}
			if deviations, err := migrations.Deviations(t.Context(), url); err != nil || len(deviations) > 0 {
				t.Errorf("deviations %v, %v", deviations, err)
			}
			if got := strings.Join(lines(t, conn, `SELECT day || ' ' || lost FROM public.report ORDER BY 1`), ", "); got != "2025-03-02 9, 2025-03-03 9007199254740993" {
				t.Errorf("a report of a user shows %s", got)
			}
			if tt.version < 13 {
				wantStates(t, lines(t, conn, `SELECT concat_ws(' ', stream_id, day, task_key, state, settled, settled_reason, last_trusted_at AT TIME ZONE 'UTC') FROM pushloss.ledger ORDER BY 1`))
			}
			// The tables of usual texts are made from the facts again.
			if got := strings.Join(lines(t, conn, `SELECT concat_ws(' ', err_code, stage_id, stream_id, err_info, first_day) FROM pushloss.usual_stage_text JOIN pushloss.err_code USING (err_code_key) ORDER BY 1`), ", "); got != "-1 2 0  2025-03-03, 410 1 0 Unregistered 2025-03-02, 410 1 2 Unregistered 2025-03-02" {
				t.Errorf("codes by stage: %s", got)
			}
			if got := strings.Join(lines(t, conn, `SELECT concat_ws(' ', err_code, stage_id, platform_id, stream_id, err_info, first_day) FROM pushloss.usual_platform_text JOIN pushloss.err_code USING (err_code_key) ORDER BY 1`), ", "); got != "410 2 3 0 Unregistered 2025-03-02, 410 2 3 2 Unregistered 2025-03-02" {
				t.Errorf("codes by platform: %s", got)
			}
			// And the way back keeps what the older version had. It would drop the view that the report reads.
			exec(t, conn, `DROP VIEW public.report`)
			downTo(t, url, min(tt.version, migrations.Newest()-1))
			up(t, url)
			if diff := cmp.Diff(before, rows()); diff != "" {
				t.Errorf("rows after the way back and up (-before +after):\n%s", diff)
			}
		})
	}
}

func withoutReport(catalog []string) []string {
	return slices.DeleteFunc(catalog, func(line string) bool { return strings.Contains(line, "public.report") })
}

// wantStates: windows are judged by the answers that are known to have been in time.
func wantStates(t *testing.T, got []string) {
	t.Helper()
	want := []string{
		"0 2025-03-01 0 unproven t api_memory",
		"0 2025-03-02 0 loaded t lookback 2025-03-03 00:00:00",
		"0 2025-03-02 1 loaded f 2025-03-03 00:00:00",
		"0 2025-03-02 2 open t retired",
		"0 2025-03-03 0 unproven t api_memory",
		"0 2025-03-04 0 failed f",
		"1 2025-03-02 0 loaded t lookback 2025-03-03 00:00:00",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("windows (-want +got):\n%s", diff)
	}
}

// A version older than the baseline is refused, with a remedy.
func TestAVersionBeforeTheBaselineIsRefused(t *testing.T) {
	t.Parallel()
	url := restored(t, baseline)
	setVersion(t, url, baseline-1, false)
	before := lines(t, connect(t, url), sqlCatalog)
	for name, err := range map[string]error{"up": migrations.Up(t.Context(), url), "down": migrations.Down(t.Context(), url, 1), "check": migrations.Check(t.Context(), url)} {
		t.Run(name, func(t *testing.T) {
			says(t, err, "at version 10, which this binary cannot upgrade: 11 is the oldest", "brings it to version 11")
		})
	}
	if diff := cmp.Diff(before, lines(t, connect(t, url), sqlCatalog)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// restored makes a database from the dump of a version.
func restored(t *testing.T, version int) string {
	t.Helper()
	file, err := os.Open(dumpOf(version))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	dump, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	url := pgtest.EmptyURL(t)
	script(t, url, string(dump))
	return url
}

// script executes many statements in a separate session.
func script(t *testing.T, url, statements string) {
	t.Helper()
	conn := connect(t, url)
	if _, err := conn.PgConn().Exec(t.Context(), statements).ReadAll(); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close(t.Context())
}

// rebuild writes the dump of a version.
func rebuild(t *testing.T, version int, commit string) {
	t.Helper()
	url := pgtest.EmptyURL(t)
	script(t, url, `CREATE SCHEMA pushloss; CREATE TABLE pushloss.schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)`)
	for path := range strings.Lines(output(t, "git", "ls-tree", "--name-only", commit, "./")) {
		if path = strings.TrimSpace(path); strings.HasSuffix(path, ".up.sql") {
			script(t, url, output(t, "git", "show", commit+":./"+path))
		}
	}
	exec(t, connect(t, url), `INSERT INTO pushloss.schema_migrations VALUES ($1, false)`, version)
	rows, err := os.ReadFile("testdata/older_rows.sql")
	if err != nil {
		t.Fatal(err)
	}
	script(t, url, string(rows))
	dump := output(t, "pg_dump", "--no-owner", "--no-privileges", "--inserts", url)
	// What only psql reads, and what only newer servers know.
	dump = regexp.MustCompile(`(?m)^(\\.*|SET transaction_timeout .*|--.*|)\n`).ReplaceAllString(dump, "")
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	if _, err := io.WriteString(writer, dump); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dumpOf(version), packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	command := osexec.CommandContext(t.Context(), name, args...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}
