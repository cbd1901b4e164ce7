package pipeline_test

import (
	"fmt"
	"testing"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/lab/world"
	"pushloss/load"
)

// zoneWithAMidnightLoss returns a zone whose day begins at a second at which the
// whole app lost something, and how much.
func (w *fixture) zoneWithAMidnightLoss(day calendar.Day) (zone *time.Location, lost int64) {
	w.t.Helper()
	stage := func(start, end time.Time) (sum int64) {
		for _, row := range w.API.Truth(testApp, "", start, end).Stage {
			sum += row.ErrCount
		}
		return sum
	}
	// Halves of the day, each time the one that lost something.
	start, end := day.UTC(), (day + 1).UTC()
	for end.Sub(start) > time.Second {
		middle := start.Add(end.Sub(start) / 2).Truncate(time.Second)
		if stage(start, middle) > 0 {
			end = middle
		} else {
			start = middle
		}
	}
	if lost = stage(start, end); lost == 0 {
		w.t.Fatal("nothing was lost on the day: this proves nothing")
	}
	behind := start.Sub(day.UTC())
	// As Postgres reads it, what is added to the local time to get UTC.
	name := fmt.Sprintf("XXX%d:%02d:%02d", int(behind.Hours()), int(behind.Minutes())%60, int(behind.Seconds())%60)
	return time.FixedZone(name, -int(behind.Seconds())), lost
}

func TestAnInclusiveEndIsLoadedRightOnlyIfTheSettingSaysSo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		fault   string
		setting extract.WindowEnd
		twice   int // how often the midnight's losses are counted
	}{
		{"inclusive, and so the setting", "end-inclusive", extract.EndInclusive, 0},
		{"inclusive, against the setting", "end-inclusive", extract.EndExclusive, 1},
		{"exclusive, and so the setting", "", extract.EndExclusive, 0},
		{"exclusive, and no setting", "", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			if test.fault != "" {
				w.API.Faults(test.fault)
			}
			zone, lost := w.zoneWithAMidnightLoss(today - 4)
			w.Apps[0].Location = zone
			w.Apps[0].Account.WindowEnd = test.setting
			w.backfill(today-5, today-4, load.RunDone) // the midnight lies between the two

			var truth int64
			for _, f := range w.API.Facts(testApp, zone, today-5, today-4) {
				if f.Grain == "stage" {
					truth += f.Count
				}
			}
			got := w.Number(`SELECT sum(err_count)::bigint FROM analytics.app_stage_loss WHERE sdk_app_id = $1`, testApp)
			if want := truth + int64(test.twice)*lost; got != want {
				t.Errorf("%d are stored, %d were lost, %d of them at midnight", got, truth, lost)
			}
			if test.twice == 0 {
				world.EqualFacts(t, w.API.Facts(testApp, zone, today-5, today-4), w.Facts(testApp))
			}
			for _, call := range w.API.Calls() {
				if n := w.Number(`SELECT count(*) FROM pushloss.pull WHERE window_start = $1 AND window_end = $2`,
					time.Unix(call.Start, 0), time.Unix(call.End, 0)); n != 1 {
					t.Errorf("%d pulls have the StartTime and EndTime of %+v", n, call)
				}
			}
		})
	}
}
