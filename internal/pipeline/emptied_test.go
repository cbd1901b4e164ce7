package pipeline_test

import (
	"strings"
	"testing"

	"pushloss/internal/calendar"
	"pushloss/internal/pipeline"
	"pushloss/internal/stream"
	"pushloss/load"
)

func (w *fixture) emptied() load.Emptied { return w.status().Emptied }

func TestAnswersThatRemoveOrLowerFiguresAreReported(t *testing.T) {
	t.Parallel()
	const all = "figures of 3 days (loss) and figures of 3 days (statistics) were removed by the API's answers, or lowered"
	for _, tt := range []struct {
		fault   string
		state   load.RunState
		problem string
		removed int64
		emptied load.Emptied
	}{
		{"empty", load.RunPartial, all, 3, load.Emptied{SDKAppID: testApp, Days: 3, First: today - 3, Last: today - 1}},
		{"empty missing-arrays", load.RunPartial, all, 3, load.Emptied{SDKAppID: testApp, Days: 3, First: today - 3, Last: today - 1}},
		{"empty:stream=statistics", load.RunPartial, "figures of 3 days (statistics) were removed by the API's answers", 3,
			load.Emptied{SDKAppID: testApp, Days: 3, First: today - 3, Last: today - 1}},
		{"empty:day=" + (today - 2).String(), load.RunPartial, "figures of 1 day (loss) and figures of 1 day (statistics)", 1,
			load.Emptied{SDKAppID: testApp, Days: 1, First: today - 2, Last: today - 2}},
		{"empty:task=t1", load.RunPartial, all, 3, load.Emptied{SDKAppID: testApp, Days: 3, First: today - 3, Last: today - 1}},
		{"forget-after=60h", load.RunPartial, "figures of 1 day", 1, load.Emptied{SDKAppID: testApp, Days: 1, First: today - 3, Last: today - 3}},
		{"forget-after=60h:by=event", load.RunPartial, "figures of 1 day", 1, load.Emptied{SDKAppID: testApp, Days: 1, First: today - 3, Last: today - 3}},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			t.Parallel()
			w := withStreams(setup(t), stream.Loss, stream.Statistics)
			w.Tasks("t1")
			w.Run(load.RunDone)
			w.API.Faults(strings.Fields(tt.fault)...)
			app := w.Run(tt.state).Apps[0]
			if !strings.HasPrefix(app.Problem, tt.problem) || (app.Hint == pipeline.HintOfEmptied) != (tt.problem != "") || app.DaysRemoved != tt.removed {
				t.Errorf("the app's report is %+v", app)
			}
			if got := w.emptied(); got != tt.emptied {
				t.Errorf("the status has %+v, want %+v", got, tt.emptied)
			}

			// The next run finds nothing that it could remove, which is not a recovery.
			if again := w.Run(load.RunDone); again.DaysRemoved != 0 {
				t.Errorf("again %d days", again.DaysRemoved)
			}
			if got := w.emptied(); got != tt.emptied {
				t.Errorf("after another run the status has %+v, want %+v", got, tt.emptied)
			}
			w.API.Faults()
			w.Run(load.RunDone)
			w.EqualsTruth(today-3, today-1, "t1")
			if got := w.emptied(); got != (load.Emptied{}) {
				t.Errorf("with figures again the status has %+v", got)
			}
		})
	}
}

// Nothing more can be done about days that are final and stay empty.
func TestRemovedFiguresAreReportedForSomeTime(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.Run(load.RunDone)
	w.API.Faults("empty")
	w.Run(load.RunPartial)
	for _, after := range []struct {
		days int
		want calendar.Day
	}{{29, 3}, {2, 0}} {
		w.Now = w.Now.AddDate(0, 0, after.days)
		if got := w.emptied(); calendar.Day(got.Days) != after.want {
			t.Errorf("%d days later the status has %+v", after.days, got)
		}
	}
}
