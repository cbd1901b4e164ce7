package pipeline

import (
	"fmt"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// Around a day when the clock goes back, a week has six days. status counts a window that waits for
// longer as late.
func TestAWindowWithoutFiguresWaitsNoLongerThanStatusExpects(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Asia/Shanghai", "Europe/Berlin"} {
		for _, lookback := range []int{0, 3, 7, 30} {
			t.Run(fmt.Sprintf("%s, lookback %d", zone, lookback), func(t *testing.T) {
				t.Parallel()
				location, err := time.LoadLocation(zone)
				if err != nil {
					t.Fatal(err)
				}
				const first = calendar.Day(20332) // 2025-09-01
				rules := policy{Settings: Settings{LookbackDays: lookback, APIMemoryDays: 100}, location: location}
				task := load.Task{Key: 1, RegisteredAt: first.Window(location).Start}
				final, together := make(map[calendar.Day]bool), 0
				for last := first; last < first+100; last++ { // a run after each day
					now := (last + 1).Window(location).Start
					plan := appPlan{app: App{Location: location}, last: last, scheduled: true, spans: &spanRules{policy: rules, now: now, asOf: now}}
					for _, days := range rules.cutFromLast(calendar.Span{First: first, Last: last}) {
						var windows []*planWindow
						for day := days.First; day <= days.Last; day++ {
							state := stateOf(t, load.WindowRef{Stream: stream.Loss, Day: day, TaskKey: task.Key}, load.StateEmpty, load.NotSettled, now)
							windows = append(windows, &planWindow{task: &task, state: &state, Day: day, Due: !final[day]})
						}
						plan.assignTask(days, task, false, windows)
						for _, w := range windows {
							if w.Due && rules.settles(w.Day, now) != load.NotSettled {
								final[w.Day] = true
							}
							if w.bySpan {
								together++
							}
							if w.waits && last >= w.Day+calendar.Day(max(lookback+7, 13)) {
								t.Errorf("%s still waits on %s", w.Day, last+1)
							}
						}
					}
				}
				if together == 0 {
					t.Error("no windows were requested together")
				}
			})
		}
	}
}
