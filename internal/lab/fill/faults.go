package fill

import (
	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
)

const (
	// One task in lateEvery has late figures. One day in restatedEvery is restated.
	lateEvery     = 33
	restatedEvery = 20
	// lastDays is how many of the newest days have codes that no earlier day has.
	lastDays = 5
)

// faultsAt returns the faults for the time when the newest day is pulled first, and the days before
// it again. An app's own figures are always a little late, and those of a few tasks are much later.
// From time to time, the API restates a day after its first load.
func (s Shape) faultsAt(newest calendar.Day) []sandbox.Fault {
	_, last := s.period()
	faults := []sandbox.Fault{{Name: "late", Value: "0.05", Task: "overall"}}
	if before := newest - 1; before%restatedEvery == 0 {
		faults = append(faults, sandbox.Fault{Name: "restated", Task: "overall", From: before.String(), To: before.String()})
	}
	if newest > last-lastDays {
		faults = append(faults, sandbox.Fault{Name: "unknown-platform"})
	}
	for _, app := range s.appIDs() {
		for sent := newest - calendar.Day(s.TaskDays); sent <= newest; sent++ {
			for _, task := range s.tasksSentOn(app, sent) {
				if late(app, sent, task.TaskID) {
					faults = append(faults, sandbox.Fault{Name: "late", Value: "0.3", App: app, Task: task.TaskID})
				}
			}
		}
	}
	return faults
}

func late(app int64, sent calendar.Day, id string) bool {
	n := uint64(app)*31 + uint64(sent)
	for _, c := range []byte(id) {
		n = n*1099511628211 + uint64(c)
	}
	return n>>32%lateEvery == 0
}
