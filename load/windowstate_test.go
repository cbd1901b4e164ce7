package load_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

const sqlStates = `SELECT concat_ws(' ', day, stream_id, task_key, state, coalesce(settled_reason, '-'), row_count > 0, reject_count > 0,
	last_trusted_at IS NOT NULL OR proven_at IS NOT NULL) FROM pushloss.ledger WHERE sdk_app_id = $1 AND day BETWEEN $2 AND $3 `

func textOf(states load.WindowStates) (list []string) {
	for _, w := range states {
		ref, settled, flag := w.Ref(), string(w.Settled()), map[bool]string{false: "f", true: "t"}
		if w.Settled() == load.NotSettled {
			settled = "-"
		}
		list = append(list, fmt.Sprint(ref.Day, " ", int(ref.Stream), " ", ref.TaskKey, " ", w.State(), " ", settled, " ", flag[w.Figures], " ", flag[w.Rejects], " ", flag[w.Confirmed]))
	}
	return list
}

func TestTheStatesOfWindowsAreThoseOfTheLedger(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, sql := range sqlRandomLedger {
		f.exec(sql)
	}
	f.exec(`UPDATE pushloss.ledger SET row_count = (task_key + (day - date '2000-01-01')) % 3, reject_count = (task_key + stream_id) % 2,
		last_trusted_at = CASE WHEN (day - date '2000-01-01') % 2 = 0 THEN updated_at END, proven_at = CASE WHEN task_key % 3 = 0 THEN updated_at END`)
	first, last := f.today()-9, f.today()-1
	seen := 0
	for app := range int64(6) {
		states, err := f.db.Ledger.States(t.Context(), app, first, last)
		must(t, err)
		equal(t, "states", f.rows(sqlStates+`ORDER BY day, stream_id, task_key`, app, first.UTC(), last.UTC()), textOf(states))
		for i, w := range states {
			if states.Of(w.Ref()) != &states[i] {
				t.Fatalf("%+v is not found", w.Ref())
			}
		}
		if states.Of(load.WindowRef{Day: last + 1}) != nil {
			t.Error("a window is found that is not there")
		}
		ofApp, err := f.db.Ledger.AppStates(t.Context(), app, first, last)
		must(t, err)
		equal(t, "states of the whole app", f.rows(sqlStates+`AND task_key = 0 ORDER BY day, stream_id`, app, first.UTC(), last.UTC()), textOf(ofApp))
		if seen += len(states); len(states) == 0 {
			continue
		}
		of := states[len(states)-1].Ref()
		ofTask, err := f.db.Ledger.TaskStates(t.Context(), app, load.TaskOfStream{Stream: of.Stream, TaskKey: of.TaskKey}, calendar.Span{First: first, Last: last})
		must(t, err)
		equal(t, "states of a task", f.rows(sqlStates+`AND task_key = $4 AND stream_id = $5 ORDER BY day`, app, first.UTC(), last.UTC(), of.TaskKey, of.Stream), textOf(ofTask))
	}
	if seen < 100 {
		t.Errorf("only %d states were compared", seen)
	}
	if size := reflect.TypeFor[load.WindowState]().Size(); size > 24 {
		t.Errorf("a state takes %d bytes: a week of 100,000 tasks has 700,000", size)
	}
}

// The process has little memory, so the collector must not have to run for each row.
func TestReadingTheStatesOfManyWindowsMakesNoGarbageForEach(t *testing.T) {
	f := setup(t)
	const windows = 20_000
	f.exec(`INSERT INTO pushloss.ledger (sdk_app_id, day, stream_id, task_key, state, settled, pulls, row_count, reject_count, last_trusted_at, updated_at)
		SELECT 1, $1, 0, n, 'loaded', false, 1, 1, 0, now(), now() FROM generate_series(1, $2::int) AS n`, f.today().UTC(), windows)
	allocations := testing.AllocsPerRun(1, func() {
		states, err := f.db.Ledger.States(t.Context(), 1, f.today(), f.today())
		must(t, err)
		if len(states) != windows {
			t.Errorf("%d states", len(states))
		}
	})
	if allocations > windows/2 {
		t.Errorf("%.0f allocations for %d windows", allocations, windows)
	}
}

func TestAnUnknownStateIsAnError(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		state   load.State
		settled load.SettledReason
	}{{"lost", load.NotSettled}, {load.StateLoaded, "lost"}} {
		if _, err := load.NewWindowState(load.WindowRef{Stream: stream.Loss}, test.state, test.settled, time.Time{}); err == nil {
			t.Errorf("%+v is accepted", test)
		}
	}
}
