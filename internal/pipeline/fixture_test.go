package pipeline_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

const (
	testApp  = world.App
	otherApp = world.OtherApp
)

// today is the day of the tests' clocks, which show its noon, UTC.
const today = calendar.Day(20167) // 2025-03-20

func noonOf(day calendar.Day) time.Time { return day.UTC().Add(12 * time.Hour) }

// fixture is a world whose jobs' calls a test can hold back.
type fixture struct {
	*world.World
	t         testing.TB
	transport *transport
	// spansAlways has spans used however few requests they save.
	spansAlways bool
}

func setup(t testing.TB, change ...func(*sandbox.Config)) *fixture {
	t.Helper()
	return setupOn(t, pgtest.URL(t), change...)
}

// setupOn is setup with a database that is there.
func setupOn(t testing.TB, url string, change ...func(*sandbox.Config)) *fixture {
	t.Helper()
	w := &fixture{World: world.On(t, url, change...), t: t, transport: newTransport(t)}
	w.Transport = w.transport
	w.Adjust = func(opts pipeline.Options) pipeline.Options {
		if w.spansAlways {
			opts = opts.WithSpansAlways()
		}
		return opts
	}
	return w
}

// backfill pulls what is missing of the range, and expects the state.
func (w *fixture) backfill(from, to calendar.Day, want load.RunState) pipeline.Report {
	w.t.Helper()
	return w.Backfill(pipeline.BackfillRequest{From: from, To: to, Reprocess: pipeline.Missing}, want)
}

// verifies compares the facts with the archive.
func (w *fixture) verifies() {
	w.t.Helper()
	checked, err := w.DB.Archive.Verify(w.t.Context(), load.Selection{}, load.Observer{Difference: func(d load.Difference) error {
		w.t.Errorf("verify: %+v", d)
		return nil
	}})
	if err != nil || checked.Windows == 0 || checked.Facts == 0 {
		w.t.Fatal(checked, err)
	}
}

// covered is a window of the ledger as people see it.
type covered struct {
	Day, Task, State, Reason string
	Settled                  bool
	Pulls                    int
	Error                    bool
}

// ledger returns the windows that were ever pulled.
func (w *fixture) ledger(app int64) []covered {
	w.t.Helper()
	return world.Rows[covered](w.t, w.Pool, `
		SELECT day::text, task_id, state, coalesce(settled_reason, ''), settled, pulls, last_error IS NOT NULL
		FROM analytics.stream_coverage WHERE stream = 'loss' AND sdk_app_id = $1 AND pulls > 0 ORDER BY day, task_id COLLATE "C"`, app)
}

// asked is a request as the API saw it.
type asked struct{ Start, End, Tasks string }

// calls are the requests that the sandbox has seen, in a fixed order.
func (w *fixture) calls() []asked { return askedOf(w.API.Calls()) }

func askedOf(calls []sandbox.Call) []asked {
	var list []asked
	for _, call := range calls {
		list = append(list, asked{
			time.Unix(call.Start, 0).UTC().Format(time.RFC3339), time.Unix(call.End, 0).UTC().Format(time.RFC3339),
			strings.Join(call.Tasks, " "),
		})
	}
	slices.SortFunc(list, func(a, b asked) int {
		return cmp.Or(strings.Compare(a.Start, b.Start), strings.Compare(a.Tasks, b.Tasks))
	})
	return list
}

// twice returns the requests that were made more than once.
func twice(list []asked) (again []asked) {
	for i := 1; i < len(list); i++ {
		if list[i] == list[i-1] {
			again = append(again, list[i])
		}
	}
	return again
}

// listing adds the windows of a plan to list, if there is one.
func listing(list *[]pipeline.PlannedWindow) func(pipeline.PlannedWindow) {
	return func(w pipeline.PlannedWindow) {
		if list != nil {
			*list = append(*list, w)
		}
	}
}
