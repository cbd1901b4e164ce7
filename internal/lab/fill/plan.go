package fill

import (
	"errors"
	"fmt"
	"time"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// FirstApp is the SDKAppID of the first app. Further apps count up from it. The console gives far
// higher numbers, so the two cannot be confused.
const FirstApp = 1

// taskPrefix is the beginning of every TaskID.
const taskPrefix = "sandbox-"

const mostApps = 1000

// Shape says how much to make.
type Shape struct {
	Apps  int // their SDKAppIDs count from FirstApp
	Tasks int // followed by each app on each day
	Days  int // up to the day before Until's
	Rows  int // of each task, and of each app as a whole, on each day
	Until time.Time
	// LookbackDays is for how many days after its end a day is pulled again, once a day.
	LookbackDays int
	// TaskDays is for how many days a task is followed.
	TaskDays int
	Location *time.Location
}

// Facts returns approximately how many rows a fill makes.
func (s Shape) Facts() int64 {
	return int64(s.Apps) * int64(s.Days) * int64(s.Tasks+1) * int64(s.Rows)
}

// Check returns one error that lists every problem.
func (s Shape) Check() error {
	var problems []error
	for _, number := range []struct {
		name      string
		value     int
		min, most int
	}{
		{"apps", s.Apps, 1, mostApps},
		{"tasks", s.Tasks, 0, 100_000},
		{"days", s.Days, 1, 4000},
		{"rows", s.Rows, 1, 20_000},
		{"lookback", s.LookbackDays, 0, 30},
		{"task-days", s.TaskDays, 1, 400},
	} {
		if number.value < number.min || number.value > number.most {
			problems = append(problems, fmt.Errorf("%s must be %d to %d, not %d", number.name, number.min, number.most, number.value))
		}
	}
	return errors.Join(problems...)
}

// period returns the days to make, both ends included.
func (s Shape) period() (first, last calendar.Day) {
	last = calendar.DayOf(s.Until, s.Location) - 1
	return last - calendar.Day(s.Days) + 1, last
}

// appIDs returns the apps to make.
func (s Shape) appIDs() []int64 {
	ids := make([]int64, s.Apps)
	for i := range ids {
		ids[i] = FirstApp + int64(i)
	}
	return ids
}

// tasksSentOn returns the tasks that an app sends on a day: as many as make the app follow Tasks of
// them. They depend only on the day, so that a longer fill continues a shorter one.
func (s Shape) tasksSentOn(app int64, day calendar.Day) []load.Task {
	upTo := func(day calendar.Day) int { return int(day) * s.Tasks / s.TaskDays }
	sentAt := day.Window(s.Location).Start.Add(8 * time.Hour)
	tasks := make([]load.Task, upTo(day+1)-upTo(day))
	for i := range tasks {
		label := fmt.Sprintf("Campaign %d of %s", i+1, day)
		tasks[i] = load.Task{
			SDKAppID: app, TaskID: taskID(app, day, i), SentAt: &sentAt, Label: &label,
		}
	}
	return tasks
}

func taskID(app int64, day calendar.Day, i int) string {
	return fmt.Sprintf("%s%d-%s-%03d", taskPrefix, app, day, i+1)
}
