package fill_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pushloss/internal/lab/fill"
	"pushloss/internal/lab/world"
	"pushloss/internal/localpg/pgtest"
	"pushloss/load"
)

// until is well after the midnight in UTC: the days end the day before.
var until = time.Date(2025, 3, 10, 12, 0, 0, 0, time.UTC)

func small() fill.Shape {
	return fill.Shape{Apps: 2, Tasks: 7, Days: 10, Rows: 12, Until: until, LookbackDays: 1, TaskDays: 4, Location: time.UTC}
}

type database struct {
	*world.Database
	t *testing.T
}

func setup(t *testing.T) *database {
	t.Helper()
	return &database{world.Open(t, pgtest.URL(t)), t}
}

func (d *database) fill(shape fill.Shape) fill.Report {
	d.t.Helper()
	report, err := fill.Fill(d.t.Context(), d.DB, d.URL, shape, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return report
}

func (d *database) count(sql string) int {
	d.t.Helper()
	return int(d.Number(`SELECT count(*) FROM ` + sql))
}

func TestFillHasTheShapeThatWasAskedFor(t *testing.T) {
	t.Parallel()
	d := setup(t)
	shape := small()
	d.fill(shape)
	for _, test := range []struct {
		what, sql string
		want      int
	}{
		{"windows of each stream and app, followed tasks and the whole app", `pushloss.ledger`, 2 * 2 * 10 * 8},
		{"days", `(SELECT DISTINCT day FROM pushloss.ledger WHERE day BETWEEN '2025-02-28' AND '2025-03-09') AS d`, 10},
		{"days with another number of tasks", `(SELECT day FROM pushloss.ledger WHERE task_key <> 0 GROUP BY stream_id, sdk_app_id, day HAVING count(*) <> 7) AS d`, 0},
		{"windows before the last day that are not final", `pushloss.ledger WHERE NOT settled AND day < '2025-03-09'`, 0},
		{"windows without figures", `pushloss.ledger WHERE state <> 'loaded'`, 0},
		{"windows that coverage misses", `analytics.stream_coverage WHERE stream = 'loss' AND state = 'open' AND day BETWEEN '2025-02-28' AND '2025-03-09'`, 0},
		{"answers that are not in the archive", `pushloss.pull AS p WHERE NOT EXISTS (SELECT FROM pushloss.raw_body AS b WHERE b.sha256 = p.body_sha256)`, 0},
		{"codes that were first seen when the test ran", `pushloss.err_code WHERE first_seen_at > '2025-03-10 03:00:00Z'`, 0},
		{"codes that came up in the last days", `pushloss.err_code WHERE first_seen_at > '2025-03-04Z' AND err_code = '4242'`, 1},
	} {
		if got := d.count(test.sql); got != test.want {
			t.Errorf("%s: %d, want %d", test.what, got, test.want)
		}
	}
	facts := d.count(`pushloss.stage_loss`) + d.count(`pushloss.platform_loss`)
	if want := int(shape.Facts()); facts < want*9/10 || facts > want*12/10 {
		t.Errorf("%d facts, of about %d", facts, want)
	}
	if d.count(`pushloss.loss_change WHERE task_key = 0`) == 0 || d.count(`pushloss.loss_change WHERE task_key <> 0`) == 0 {
		t.Error("nothing came late")
	}
	checked, err := d.DB.Archive.Verify(t.Context(), load.Selection{}, load.Observer{})
	if err != nil || checked.Differences != 0 {
		t.Errorf("verify: %+v, %v", checked, err)
	}
}

func TestFillContinuesWhereItStopped(t *testing.T) {
	t.Parallel()
	d := setup(t)
	first := d.fill(small())
	if again := d.fill(small()); again.RowsInserted != 0 || again.RowsUpdated+again.RowsDeleted != 0 || again.Requests >= first.Requests/5 {
		t.Errorf("the same again made %+v", again.Totals)
	}
	longer := small()
	longer.Until, longer.Days = until.AddDate(0, 0, 1), 11
	d.fill(longer)
	if got, want := d.count(`pushloss.ledger`), 2*2*11*8; got != want {
		t.Errorf("%d windows after a day more, want %d", got, want)
	}
}

func TestFillRefusesADatabaseWithOtherFigures(t *testing.T) {
	t.Parallel()
	for _, foreign := range []string{
		`INSERT INTO pushloss.app (sdk_app_id, timezone, lookback_days, task_days) VALUES (1400000001, 'UTC', 7, 30)`,
		`INSERT INTO pushloss.task (sdk_app_id, task_id, registered_at) VALUES (1, 'spring-sale', now())`,
		`INSERT INTO pushloss.ledger (sdk_app_id, day, task_key, state, settled, pulls, row_count, reject_count, updated_at)
			VALUES (1400000001, '2025-03-01', 0, 'empty', false, 1, 0, 0, now())`,
	} {
		d := setup(t)
		d.Exec(foreign)
		_, err := fill.Fill(t.Context(), d.DB, d.URL, small(), nil)
		if !errors.Is(err, fill.ErrForeign) || fill.Hint(err) == "" {
			t.Errorf("after %s: %v", foreign, err)
		}
		if n := d.count(`pushloss.app WHERE sdk_app_id < 1400000001`) + d.count(`pushloss.stage_loss`); n != 0 {
			t.Errorf("after %s: %d rows were made", foreign, n)
		}
	}
}

func TestFillRefusesSenselessShapes(t *testing.T) {
	t.Parallel()
	for _, wrong := range []func(*fill.Shape){
		func(s *fill.Shape) { s.Apps = 0 },
		func(s *fill.Shape) { s.Tasks = -1 },
		func(s *fill.Shape) { s.Days = 0 },
		func(s *fill.Shape) { s.Rows = 20_001 },
		func(s *fill.Shape) { s.TaskDays = 0 },
	} {
		shape := small()
		wrong(&shape)
		if shape.Check() == nil {
			t.Errorf("%+v is accepted", shape)
		}
	}
}

func TestFillEndsWithItsContext(t *testing.T) {
	t.Parallel()
	d := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := fill.Fill(ctx, d.DB, d.URL, small(), func(at fill.Progress) {
		if at.Done == 3 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	d.fill(small())
	if got, want := d.count(`pushloss.ledger`), 2*2*10*8; got != want {
		t.Errorf("%d windows, want %d", got, want)
	}
}
