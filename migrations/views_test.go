package migrations_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// changed is views.sql with other texts in it, given in pairs.
func changed(t *testing.T, pairs ...string) string {
	t.Helper()
	text := migrations.ViewsText()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("views.sql has no %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

// Texts of views.sql that the tests change.
const (
	appsEnd    = "registered_at, retired_at\nFROM pushloss.app;"
	runsEnd    = "rejects, error\nFROM pushloss.run;"
	errorOfRun = "COMMENT ON COLUMN analytics.runs.error IS"
)

// CREATE OR REPLACE keeps everything that others made from a view.
func TestAViewIsReplacedAndViewsThatReadItSurvive(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	conn := connect(t, url)
	exec(t, conn, `CREATE VIEW public.report AS SELECT * FROM analytics.runs; CREATE MATERIALIZED VIEW public.kept AS SELECT * FROM analytics.coverage`)
	exec(t, conn, `INSERT INTO pushloss.run (kind, started_at, state) VALUES ('run', now(), 'done')`)
	others := lines(t, conn, `SELECT xmin::text || relname FROM pg_class WHERE relnamespace = 'analytics'::regnamespace AND relname <> 'runs' ORDER BY 1`)
	text := changed(t, runsEnd, "rejects, error, finished_at - started_at AS took\nFROM pushloss.run;", errorOfRun, "COMMENT ON COLUMN analytics.runs.took IS 'New.';\n"+errorOfRun)
	if err := migrations.MakeViews(t.Context(), url, text); err != nil {
		t.Fatal(err)
	}
	if got := lines(t, conn, `SELECT state || coalesce(took::text, '') FROM analytics.runs UNION ALL SELECT state FROM public.report`); len(got) != 2 {
		t.Errorf("the views show %v", got)
	}
	if got := lines(t, conn, `SELECT col_description('analytics.runs'::regclass, attnum) FROM pg_attribute WHERE attrelid = 'analytics.runs'::regclass AND attname = 'took'`); len(got) != 1 || got[0] != "New." {
		t.Errorf("the comment is %v", got)
	}
	// The others, and their locks, are left alone.
	if diff := cmp.Diff(others, lines(t, conn, `SELECT xmin::text || relname FROM pg_class WHERE relnamespace = 'analytics'::regnamespace AND relname <> 'runs' ORDER BY 1`)); diff != "" {
		t.Errorf("other views were touched (-before +after):\n%s", diff)
	}
	// This binary finds another one's views, and makes its own again: no view of others reads the new
	// column.
	wantStateError(t, migrations.Check(t.Context(), url), migrations.Status{Version: migrations.Newest(), Newest: migrations.Newest(), OtherViews: true})
}

// A view that it cannot change is made again, unless a foreign view reads it, which is named.
func TestAViewThatCannotBeReplacedIsMadeAgainUnlessAViewOfOthersReadsIt(t *testing.T) {
	t.Parallel()
	fewer := func(t *testing.T) string { // a column less in a view that another one of ours reads
		return changed(t, "    coalesce(c.active, l.stream_id = 0) AS active,\n", "    coalesce(c.active, l.stream_id = 0) AS pulled,\n",
			"COMMENT ON COLUMN analytics.stream_coverage.active", "COMMENT ON COLUMN analytics.stream_coverage.pulled")
	}
	url := pgtest.URL(t) // which each of them leaves as it was
	g, conn := guestOf(t, url), connect(t, url)
	for _, tt := range []struct {
		name    string
		setup   string
		text    func(*testing.T) string
		problem []string
	}{
		{"nobody's", ``, fewer, nil},
		{"a view on the one that changes", `CREATE VIEW public.report AS SELECT day FROM analytics.stream_coverage`, fewer,
			[]string{"views.sql: view analytics.stream_coverage: ", "view public.report depends on view analytics.stream_coverage", "nothing was changed by it", "drop what depends on it"}},
		{"a view on one of ours that reads it", `CREATE MATERIALIZED VIEW public."my report" AS SELECT day FROM analytics.task_coverage`, fewer,
			[]string{`materialized view public."my report" depends on view analytics.task_coverage`, "nothing was changed by it"}},
		{"a view on another one", `CREATE VIEW public.report AS SELECT * FROM analytics.runs`, fewer, nil},
		{"a view on a function that changes", `CREATE VIEW public.report AS SELECT * FROM analytics.loss_as_of(now())`, func(t *testing.T) string {
			return changed(t, "err_count bigint, updated_at timestamptz\n", "err_count bigint, changed_at timestamptz\n")
		}, []string{"views.sql: function analytics.loss_as_of(timestamp with time zone): ", "view public.report depends on function analytics.loss_as_of(timestamp with time zone)"}},
		{"a function that changes", ``, func(t *testing.T) string {
			return changed(t, "err_count bigint, updated_at timestamptz\n", "err_count bigint, changed_at timestamptz\n")
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g.exec(`GRANT USAGE ON SCHEMA analytics TO ROLE; GRANT SELECT ON analytics.task_coverage, analytics.stream_coverage TO ROLE WITH GRANT OPTION;
				GRANT EXECUTE ON FUNCTION analytics.loss_as_of TO ROLE; GRANT SELECT ON analytics.task_coverage TO PUBLIC`)
			if tt.setup != "" {
				exec(t, conn, tt.setup)
				defer exec(t, conn, `DROP VIEW IF EXISTS public.report; DROP MATERIALIZED VIEW IF EXISTS public."my report"`)
			}
			const rights = `SELECT concat_ws(' ', oid::regclass, relowner::regrole, (SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(relacl) AS a)) FROM pg_class WHERE relnamespace = 'analytics'::regnamespace
				UNION ALL SELECT concat_ws(' ', oid::regproc, proowner::regrole, (SELECT string_agg(a::text, ',' ORDER BY a::text) FROM unnest(proacl) AS a)) FROM pg_proc WHERE pronamespace = 'analytics'::regnamespace ORDER BY 1`
			before, granted := lines(t, conn, sqlCatalog), lines(t, conn, rights)
			err := migrations.MakeViews(t.Context(), url, tt.text(t))
			if diff := cmp.Diff(granted, lines(t, conn, rights)); diff != "" {
				t.Errorf("rights (-before +after):\n%s", diff)
			}
			if tt.problem != nil {
				says(t, err, tt.problem...)
				var failed *migrations.FailedError
				if diff := cmp.Diff(before, lines(t, conn, sqlCatalog)); diff != "" || !errors.As(err, &failed) {
					t.Errorf("error %v, (-before +after):\n%s", err, diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if cmp.Equal(before, lines(t, conn, sqlCatalog)) {
				t.Error("nothing has changed")
			}
			up(t, url) // and back to what this binary has
			if diff := cmp.Diff(before, lines(t, conn, sqlCatalog)); diff != "" {
				t.Errorf("after migrate up (-before +after):\n%s", diff)
			}
			if diff := cmp.Diff(granted, lines(t, conn, rights)); diff != "" {
				t.Errorf("rights after migrate up (-before +after):\n%s", diff)
			}
		})
	}
}

// Changes of our views are found, and migrate up repairs them. Each case uses the database that the
// previous one repaired.
func TestAnAlteredViewIsFoundAndRepaired(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	conn := connect(t, url)
	before := lines(t, conn, sqlCatalog)
	for _, tt := range []struct {
		name   string
		change string
		want   []string // deviations
	}{
		{"another body", `CREATE OR REPLACE VIEW analytics.stages AS SELECT stage_id, stage, 'x' AS meaning FROM pushloss.stage`, []string{"altered view analytics.stages"}},
		{"a filter", `CREATE OR REPLACE VIEW analytics.tasks AS SELECT sdk_app_id, task_id, label, sent_at, registered_at, retired_at, source, true AS answered, now() AS last_figures_at FROM pushloss.task WHERE retired_at IS NULL`,
			[]string{"altered view analytics.tasks"}},
		{"an extra column", `CREATE OR REPLACE VIEW analytics.stages AS SELECT stage_id, stage, meaning, 1 AS one FROM pushloss.stage`, []string{"extra column analytics.stages one", "altered view analytics.stages"}},
		{"a column with another name", `ALTER VIEW analytics.stages RENAME COLUMN meaning TO sense`,
			[]string{"missing column analytics.stages meaning", "extra column analytics.stages sense", "altered view analytics.stages"}},
		{"dropped", `DROP VIEW analytics.loss_rates`, []string{"missing view analytics.loss_rates"}},
		{"dropped with those that read it", `DROP VIEW analytics.stream_coverage CASCADE`, []string{"missing view analytics.stream_coverage", "missing view analytics.task_coverage"}},
		{"another name", `ALTER VIEW analytics.stages RENAME TO "old stages"; COMMENT ON VIEW analytics."old stages" IS NULL`, []string{"missing view analytics.stages"}},
		{"an option", `ALTER VIEW analytics.stages SET (security_barrier = true)`, []string{"altered view analytics.stages"}},
		{"a function", `CREATE OR REPLACE FUNCTION analytics.loss_as_of(at timestamptz) RETURNS TABLE (
			grain text, sdk_app_id bigint, day date, task_id text, stage text, event_type smallint, event text,
			platform_id smallint, platform text, err_code text, err_info text, err_count bigint, updated_at timestamptz
		) LANGUAGE sql AS 'SELECT * FROM analytics.loss_as_of(now()) WHERE false'`,
			[]string{"altered function analytics.loss_as_of(timestamp with time zone)"}},
		{"comments, rights and other functions of the name, which do no harm", `COMMENT ON FUNCTION analytics.loss_as_of(timestamptz) IS 'ours'; GRANT SELECT ON analytics.stages TO PUBLIC;
			CREATE FUNCTION analytics.loss_as_of(d date) RETURNS int LANGUAGE sql AS 'SELECT 1'`, nil},
		{"another Postgres, which prints it in other words", `UPDATE pushloss.schema_views SET postgres = 9, definition = 'x'`, nil},
		{"nothing on record", `DROP TABLE pushloss.schema_views`, []string{"missing table pushloss.schema_views"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			exec(t, conn, tt.change)
			deviations, err := migrations.Deviations(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range deviations {
				got = append(got, d.What+" "+d.Name)
				if !strings.Contains(d.Name, " pushloss.") && !strings.Contains(d.Hint(), "pushloss migrate up") {
					t.Errorf("%v: the way out is %q", d, d.Hint())
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			up(t, url)
			if deviations, err := migrations.Deviations(t.Context(), url); err != nil || len(deviations) > 0 {
				t.Errorf("after migrate up: %v, %v", deviations, err)
			}
			exec(t, conn, `DROP VIEW IF EXISTS analytics."old stages"; DROP FUNCTION IF EXISTS analytics.loss_as_of(date)`)
			if tt.want == nil {
				return
			}
			if diff := cmp.Diff(before, lines(t, conn, sqlCatalog)); diff != "" {
				t.Errorf("after migrate up (-before +after):\n%s", diff)
			}
		})
	}
}

// A dump holds the views as Postgres prints them: made from that, they print the same. One that does not
// has a constant without a name or type in a UNION.
func TestAViewIsNotAlteredByADump(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	conn := connect(t, url)
	exec(t, conn, `SET search_path = ''`)
	for _, view := range lines(t, conn, `SELECT format('CREATE OR REPLACE VIEW %s AS %s', oid::regclass, pg_get_viewdef(oid)) FROM pg_class WHERE relnamespace = 'analytics'::regnamespace AND relkind = 'v'
		UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'analytics'::regnamespace`) {
		exec(t, conn, view)
	}
	if deviations, err := migrations.Deviations(t.Context(), url); err != nil || len(deviations) > 0 {
		t.Errorf("deviations %v, %v", deviations, err)
	}
}

// Each part of the file has the name by which the database knows it, and is there.
func TestTheFileOfViewsIsReadPartByPart(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.URL(t))
	there := lines(t, conn, `SELECT 'view analytics.' || relname FROM pg_class WHERE relnamespace = 'analytics'::regnamespace AND relkind = 'v'
		UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE pronamespace = 'analytics'::regnamespace ORDER BY 1`)
	if diff := cmp.Diff(there, lines(t, conn, `SELECT unnest($1::text[]) ORDER BY 1`, migrations.ViewNames(migrations.ViewsText()))); diff != "" {
		t.Errorf("(-database +file):\n%s", diff)
	}
	if diff := cmp.Diff(there, lines(t, conn, `SELECT view FROM pushloss.schema_views ORDER BY 1`)); diff != "" {
		t.Errorf("(-database +record):\n%s", diff)
	}
	for i, part := range strings.Split(migrations.ViewsText(), "\nCREATE OR REPLACE ") {
		if name := strings.Fields(part)[1]; i > 0 && !strings.Contains(part, " "+strings.Split(name, "(")[0]) {
			t.Errorf("part %d of views.sql comments something else than %s", i, name)
		}
	}
}

// A view that a superuser made again still belongs to the role that works with it.
func TestAViewKeepsItsOwner(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	conn := connect(t, url)
	text := changed(t, appsEnd, "registered_at\nFROM pushloss.app;", "COMMENT ON COLUMN analytics.apps.retired_at", "COMMENT ON COLUMN analytics.apps.registered_at")
	if err := migrations.MakeViews(t.Context(), pgtest.AdminURL(t, url), text); err != nil {
		t.Fatal(err)
	}
	others := lines(t, conn, `SELECT relname::text FROM pg_class WHERE relnamespace = 'analytics'::regnamespace AND relowner <> current_user::regrole`)
	if len(others) != 0 {
		t.Errorf("%v belong to another role", others)
	}
	up(t, url)
}

// A restore of only the tables, or a DROP SCHEMA, loses only what views.sql has.
func TestViewsComeBackWithTheirSchema(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	exec(t, connect(t, url), `DROP SCHEMA analytics CASCADE`)
	if err := migrations.Up(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	found, err := migrations.Deviations(t.Context(), url)
	if err != nil || len(found) > 0 {
		t.Errorf("after migrate up: %v, %v", found, err)
	}
}
