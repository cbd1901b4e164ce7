package pipeline_test

import (
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/calendar"
	"pushloss/internal/jump"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/internal/stream"
	"pushloss/load"
)

// jumped is a row of analytics.jumps.
type jumped struct {
	First, Last, State, Stage, Platform, Code, Cause string
	Counted                                          bool
}

func (w *fixture) jumps() []jumped {
	w.t.Helper()
	return world.Rows[jumped](w.t, w.Pool, `
		SELECT first_day::text, last_day::text, state, stage, platform, err_code, likely_cause, share > 0.3 AND usual_share < 0.05 AND times_usual > 5
		FROM analytics.jumps WHERE sdk_app_id = $1 ORDER BY jump_id`, int64(testApp))
}

// A key is revoked on one day and works again on another. The days before, the daily runs, late
// figures and the API are like those of a real company.
func TestARunReportsALossThatStandsOutOnceAndItsEnd(t *testing.T) {
	t.Parallel()
	broken := today - 6
	incident, err := sandbox.NewIncident(sandbox.RevokedKey, broken.UTC(), (broken + 3).UTC(), 0.5)
	if err != nil {
		t.Fatal(err)
	}
	w := setup(t, world.WithFaults(t, "late=0.3"), func(cfg *sandbox.Config) {
		cfg.Rows = 60
		cfg.Lives = map[int64]sandbox.Life{testApp: {Weekend: 0.5, Growth: 0.01, Since: (today - 30).UTC(), Incidents: []sandbox.Incident{incident}}}
	})
	w.Settings.Streams = []stream.Stream{stream.Loss, stream.Statistics}
	w.Settings.Jumps = jump.Settings{Factor: 3, Least: 100}
	first := broken - 12
	w.Settings.FirstDay = &first
	runs := func(from, to calendar.Day) {
		for day := from; day <= to; day++ {
			w.Now = day.UTC().Add(3 * time.Hour)
			w.Run(load.RunDone)
		}
	}

	runs(first+1, broken)
	if got := w.jumps(); len(got) != 0 {
		t.Fatalf("before anything broke: %+v", got)
	}
	want := jumped{broken.String(), broken.String(), "open", "ready_to_send", "Xiaomi", "21301", "the AppSecret is wrong", true}
	for day := broken; day < broken+3; day++ {
		runs(day+1, day+1)
		want.Last = day.String()
		if diff := gocmp.Diff([]jumped{want}, w.jumps()); diff != "" {
			t.Fatalf("after the run that pulled %s (-want +got):\n%s", day, diff)
		}
	}
	runs(broken+4, broken+4)
	want.State = "over"
	if diff := gocmp.Diff([]jumped{want}, w.jumps()); diff != "" {
		t.Fatalf("after the first good day (-want +got):\n%s", diff)
	}
	runs(broken+5, today)
	w.Run(load.RunDone) // once more: the same figures, the same events
	if diff := gocmp.Diff([]jumped{want}, w.jumps()); diff != "" {
		t.Fatalf("at the end (-want +got):\n%s", diff)
	}

	again, err := w.DB.JumpsAgain(t.Context(), testApp, broken, today-1, w.Settings.Jumps)
	if err != nil {
		t.Fatal(err)
	}
	if len(again) != 1 || again[0].First != broken || again[0].Last != broken+2 || again[0].Open || again[0].ErrCode != "21301" {
		t.Errorf("reported again: %+v", again)
	}
}

// The history of an app comes by one backfill. Its events are those that pushloss jumps finds,
// though they are older than the days that runs judge.
func TestABackfillReportsTheLossesThatStoodOutOnItsDays(t *testing.T) {
	t.Parallel()
	var incidents []sandbox.Incident
	// The second one goes on into the next days that are judged at once.
	for _, broken := range []calendar.Day{today - 170, today - 113, today - 50} {
		incident, err := sandbox.NewIncident(sandbox.RevokedKey, broken.UTC(), (broken + 5).UTC(), 0.5)
		if err != nil {
			t.Fatal(err)
		}
		incidents = append(incidents, incident)
	}
	w := setup(t, func(cfg *sandbox.Config) {
		cfg.Rows = 60
		cfg.Lives = map[int64]sandbox.Life{testApp: {Incidents: incidents}}
	})
	w.Settings.Streams = []stream.Stream{stream.Loss, stream.Statistics}
	w.Settings.Jumps = jump.Settings{Factor: 3, Least: 100}
	w.Settings.APIMemoryDays = 400
	type event struct{ First, Last, Stage, Platform, Code string }
	stored := func() []event {
		w.t.Helper()
		return world.Rows[event](w.t, w.Pool, `
			SELECT first_day::text, last_day::text, stage, platform, err_code
			FROM analytics.jumps WHERE sdk_app_id = $1 AND state = 'over' ORDER BY first_day, cause`, int64(testApp))
	}
	w.backfill(today-200, today-1, load.RunDone)
	again, err := w.DB.JumpsAgain(t.Context(), testApp, today-200, today-1, w.Settings.Jumps)
	if err != nil {
		t.Fatal(err)
	}
	var want []event
	revoked := 0
	for _, j := range again {
		want = append(want, event{j.First.String(), j.Last.String(), j.Stage, j.Platform, j.ErrCode})
		if j.ErrCode == "21301" {
			revoked++
		}
	}
	if revoked != len(incidents) {
		t.Fatalf("%d of %d incidents are reported: %+v", revoked, len(incidents), want)
	}
	if diff := gocmp.Diff(want, stored()); diff != "" {
		t.Fatalf("after the backfill (-want +got):\n%s", diff)
	}
	w.Run(load.RunDone)
	w.backfill(today-200, today-100, load.RunDone) // judged again, beside later events
	if diff := gocmp.Diff(want, stored()); diff != "" {
		t.Errorf("after another one (-want +got):\n%s", diff)
	}
}

// The first run after an outage of more days than a run judges looks at all that it loads.
func TestARunAfterALongOutageReportsTheLossesThatStoodOutMeanwhile(t *testing.T) {
	t.Parallel()
	broken := today - 24
	incident, err := sandbox.NewIncident(sandbox.RevokedKey, broken.UTC(), (broken + 2).UTC(), 0.5)
	if err != nil {
		t.Fatal(err)
	}
	w := setup(t, func(cfg *sandbox.Config) {
		cfg.Rows = 60
		cfg.Lives = map[int64]sandbox.Life{testApp: {Incidents: []sandbox.Incident{incident}}}
	})
	w.Settings.Streams = []stream.Stream{stream.Loss, stream.Statistics}
	w.Settings.Jumps = jump.Settings{Factor: 3, Least: 100}
	first := today - 45
	w.Settings.FirstDay = &first
	w.Now = noonOf(broken - 1)
	w.Run(load.RunDone)
	w.Now = noonOf(today)
	w.Run(load.RunDone)
	var got []string
	for _, j := range w.jumps() {
		got = append(got, j.First+" "+j.Last+" "+j.Code)
	}
	equal(t, "losses that stand out", []string{broken.String() + " " + (broken + 1).String() + " 21301"}, got)
}

func TestARestatementWithdrawsAnEventAndRestoresIt(t *testing.T) {
	t.Parallel()
	broken := today - 2
	incident, err := sandbox.NewIncident(sandbox.ExpiredCertificate, broken.UTC(), today.UTC(), 0.8)
	if err != nil {
		t.Fatal(err)
	}
	w := setup(t, func(cfg *sandbox.Config) {
		cfg.Rows = 60
		cfg.Lives = map[int64]sandbox.Life{testApp: {Incidents: []sandbox.Incident{incident}}}
	})
	w.Settings.Jumps = jump.Settings{Factor: 3, Least: 100} // counts only: no statistics
	w.backfill(today-15, today-1, load.RunDone)
	state := func() string {
		w.t.Helper()
		var state string
		err := w.Pool.QueryRow(t.Context(), "SELECT coalesce(string_agg(state || ' ' || err_code || ' ' || first_day, ', '), '') FROM analytics.jumps").Scan(&state)
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	if want := "open 403 " + broken.String(); state() != want {
		t.Fatalf("%q, want %q", state(), want)
	}
	again := pipeline.BackfillRequest{From: broken, To: today - 1, Reprocess: pipeline.All}
	w.API.Faults("empty")
	w.Backfill(again, load.RunPartial)
	if want := "withdrawn 403 " + broken.String(); state() != want {
		t.Fatalf("%q, want %q", state(), want)
	}
	w.API.Faults()
	w.Backfill(again, load.RunDone)
	if want := "open 403 " + broken.String(); state() != want {
		t.Fatalf("%q, want %q", state(), want)
	}
	w.Settings.Jumps.Factor = 0 // turned off
	w.backfill(today-15, today-10, load.RunDone)
	if want := "over 403 " + broken.String(); state() != want {
		t.Fatalf("%q, want %q", state(), want)
	}
}
