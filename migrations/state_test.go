package migrations_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// M4, M5: every state of a schema except the right one is reported, and no command changes it,
// except that Up migrates older schemas.
func TestM5EveryStateOfASchemaButTheRightOneIsReported(t *testing.T) {
	t.Parallel()
	newest := migrations.Newest()
	empty := func(t *testing.T) string { return pgtest.EmptyURL(t) }
	at := func(version int, dirty bool) func(*testing.T) string {
		return func(t *testing.T) string {
			url := pgtest.URL(t)
			setVersion(t, url, version, dirty)
			return url
		}
	}
	tests := []struct {
		name     string
		database func(*testing.T) string
		want     migrations.Status
		says     string
		hint     string
		upFails  bool
	}{
		{
			name: "current", database: func(t *testing.T) string { return pgtest.URL(t) },
			want: migrations.Status{Version: newest, Newest: newest},
		},
		{
			name: "empty database", database: empty,
			want: migrations.Status{Newest: newest},
			says: "the database has no schema yet", hint: "pushloss migrate up",
		},
		{
			name: "all taken back", database: func(t *testing.T) string {
				url := pgtest.URL(t)
				down(t, url, migrations.Count())
				return url
			},
			want: migrations.Status{Newest: newest},
			says: "the database has no schema yet", hint: "pushloss migrate up",
		},
		{
			name: "older", database: func(t *testing.T) string {
				url := pgtest.URL(t)
				down(t, url, 1)
				return url
			},
			want: migrations.Status{Version: newest - 1, Newest: newest},
			says: "behind this binary's", hint: "pushloss migrate up",
		},
		{
			name: "newer", database: at(newest+1, false),
			want: migrations.Status{Version: newest + 1, Newest: newest},
			says: "newer than this binary's", hint: "or a newer one", upFails: true,
		},
		{
			name: "dirty", database: at(newest, true),
			want: migrations.Status{Version: newest, Newest: newest, Dirty: true},
			says: "the schema is dirty", hint: "never forces the mark", upFails: true,
		},
		{
			name: "dirty during a migration down to nothing", database: at(-1, true),
			want: migrations.Status{Version: 0, Newest: newest, Dirty: true},
			says: "version 0", hint: "never forces the mark", upFails: true,
		},
		{
			name: "two versions", database: func(t *testing.T) string {
				url := pgtest.URL(t)
				exec(t, connect(t, url), `INSERT INTO pushloss.schema_migrations VALUES ($1, false)`, newest-1)
				return url
			},
			want: migrations.Status{Version: newest - 1, Newest: newest, Rows: 2},
			says: "has 2 rows", hint: "never forces the mark", upFails: true,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx, url := t.Context(), test.database(t)
			status, err := migrations.Read(ctx, url)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, status); diff != "" {
				t.Errorf("Read (-want +got):\n%s", diff)
			}
			err = migrations.Check(ctx, url)
			if test.says == "" {
				if err != nil {
					t.Errorf("Check: %v", err)
				}
				return
			}
			wantStateError(t, err, test.want)
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("message %q, want it to say %q", err, test.says)
			}
			if hint := (&migrations.StateError{Status: status}).Hint(); !strings.Contains(hint, test.hint) {
				t.Errorf("hint %q, want it to say %q", hint, test.hint)
			}

			if !test.upFails {
				up(t, url)
				if err := migrations.Check(ctx, url); err != nil {
					t.Errorf("Check after Up: %v", err)
				}
				return
			}
			before := lines(t, connect(t, url), sqlCatalog)
			wantStateError(t, migrations.Up(ctx, url), test.want)
			wantStateError(t, migrations.Down(ctx, url, 1), test.want)
			after, err := migrations.Read(ctx, url)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, after); diff != "" {
				t.Errorf("status after refusals (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, lines(t, connect(t, url), sqlCatalog)); diff != "" {
				t.Errorf("schema after refusals (-want +got):\n%s", diff)
			}
		})
	}
}

// Which of several versions is that of the tables, the tables decide.
func TestTheVersionOfTheTablesIsNamedAmongSeveral(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ down, other, want int }{
		{22, baseline, 22},
		{22, migrations.Newest(), 22},
		{migrations.Newest(), 99, 24}, // the last two migrations only comment, and can be applied again
		{migrations.Newest(), 22, 23},
	} {
		url := pgtest.URL(t)
		downTo(t, url, tt.down)
		conn := connect(t, url)
		exec(t, conn, `INSERT INTO pushloss.schema_migrations VALUES ($1, false)`, tt.other)
		_, statement, _ := strings.Cut(hintOf(migrations.Up(t.Context(), url)), `psql -c "`)
		statement, _, found := strings.Cut(statement, `"`)
		if !found {
			t.Errorf("version %d beside %d: no statement", tt.down, tt.other)
			continue
		}
		exec(t, conn, statement)
		wantVersion(t, url, tt.want)
		up(t, url)
		if left, err := migrations.Deviations(t.Context(), url); err != nil || len(left) > 0 {
			t.Errorf("version %d beside %d: left %v, %v", tt.down, tt.other, left, err)
		}
	}
}

// M4: foreign objects that use the views stop the way down, and are named. Then nothing is changed,
// and both directions work when the objects are gone.
func TestM4AViewOfOthersStopsTheWayDown(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	conn := connect(t, url)
	down(t, url, migrations.Count()-1) // to the one that takes views away
	exec(t, conn, `CREATE VIEW public.report AS SELECT * FROM analytics.runs`)
	before := lines(t, conn, sqlCatalog)
	err := migrations.Down(t.Context(), url, 1)
	says(t, err, "0011_baseline.down.sql", "view public.report depends on view analytics.runs", "Use DROP ... CASCADE", "nothing was changed", "at version 11")
	if err == nil || strings.Contains(err.Error(), "DROP VIEW") {
		t.Errorf("error %v, want Postgres's reason without the whole file", err)
	}
	if diff := cmp.Diff(before, lines(t, conn, sqlCatalog)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	status, err := migrations.Read(t.Context(), url)
	if want := (migrations.Status{Version: baseline, Newest: migrations.Newest()}); err != nil || status != want {
		t.Errorf("status %+v, %v, want %+v", status, err, want)
	}
	exec(t, conn, `DROP VIEW public.report`)
	down(t, url, 1)
	up(t, url)
}

func TestDownRefusesMoreStepsThanThereAre(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		url   func(testing.TB) string
		steps int
	}{
		{"less than one", pgtest.URL, 0},
		{"negative", pgtest.URL, -1},
		{"more than there are", pgtest.URL, migrations.Count() + 1},
		{"of an empty database", pgtest.EmptyURL, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			url := test.url(t)
			before := lines(t, connect(t, url), sqlCatalog)
			err := migrations.Down(t.Context(), url, test.steps)
			if err == nil || !strings.Contains(err.Error(), "cannot revert") {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(before, lines(t, connect(t, url), sqlCatalog)); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}
