package world_test

import (
	"os"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/world"
	"pushloss/internal/localpg/pgtest"
	"pushloss/load"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// recorder is a test whose failures are counted.
type recorder struct {
	testing.TB
	failures int
}

func (r *recorder) Errorf(string, ...any) { r.failures++ }
func (r *recorder) Error(...any)          { r.failures++ }

// The first lines are how a test uses a world; the rest is what they would report if a
// figure were wrong.
func TestARunLoadsWhatTheAPIReports(t *testing.T) {
	t.Parallel()
	w := world.New(t)
	w.Tasks("spring-sale")
	w.API.Faults("http-500:first=1")
	w.Run(load.RunDone)
	today := calendar.DayOf(w.Now, time.UTC)
	w.EqualsTruth(today-3, today-1, "spring-sale")

	truth := w.API.Facts(world.App, time.UTC, today-3, today-1, "spring-sale")
	w.Exec(`UPDATE pushloss.stage_loss SET err_count = err_count + 1 WHERE (day, task_key, stage_id, err_code_key) = (
		SELECT day, task_key, stage_id, err_code_key FROM pushloss.stage_loss LIMIT 1)`)
	for name, stored := range map[string][]world.Fact{"one is wrong": w.Facts(world.App), "one is missing": truth[1:], "there are none": nil} {
		r := &recorder{TB: t}
		if world.EqualFacts(r, truth, stored); r.failures != 1 {
			t.Errorf("%s: %d failures", name, r.failures)
		}
	}
	r := &recorder{TB: t}
	if world.EqualFacts(r, nil, nil); r.failures != 1 {
		t.Error("an empty truth proves something")
	}
}

func TestTheClockOfAWorldIsOne(t *testing.T) {
	t.Parallel()
	w := world.New(t)
	w.Run(load.RunDone)
	w.Now = w.Now.AddDate(0, 0, 2)
	w.Elsewhere().Run(load.RunDone)
	calls := w.API.Calls()
	if last := calls[len(calls)-1]; !last.At.Equal(w.Now) {
		t.Errorf("the API's clock shows %s, the world's %s", last.At, w.Now)
	}
	if newest := w.Text(`SELECT max(last_loaded_at AT TIME ZONE 'UTC')::text FROM pushloss.ledger`); newest != w.Now.Format(time.DateTime) {
		t.Errorf("the newest window was loaded at %s, it is %s", newest, w.Now)
	}
}
