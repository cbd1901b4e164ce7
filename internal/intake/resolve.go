package intake

import (
	"fmt"
	"time"

	"pushloss/internal/taskfile"
	"pushloss/load"
)

const (
	// clockTolerance is how far a sent_at may lie in the future of a clock that lags.
	clockTolerance = 5 * time.Minute
	// hintTolerance is how far a sent_at may differ from the time in the TaskID.
	hintTolerance = 7 * 24 * time.Hour
)

// Refusal says why an entry of a list is not a task that can be registered.
type Refusal struct {
	Entry taskfile.Entry
	Err   error
}

// FutureError says that a push was not sent yet. Runs would wait for its day.
type FutureError struct {
	TaskID string
	SentAt time.Time
}

func (e *FutureError) Error() string {
	return fmt.Sprintf("sent_at %s of task %s is in the future", e.SentAt.Format(time.RFC3339), e.TaskID)
}

// AgainError says that a task is in a list twice, with different values.
type AgainError struct{ First, Second taskfile.Entry }

func (e *AgainError) Error() string {
	where := fmt.Sprintf("on lines %d and %d", e.First.Line, e.Second.Line)
	if e.First.Element > 0 && e.Second.Element > 0 {
		where = fmt.Sprintf("in elements %d and %d", e.First.Element, e.Second.Element)
	}
	return fmt.Sprintf("task %s of app %d is %s with different values", e.Second.TaskID, e.Second.SDKAppID, where)
}

// Resolved are the tasks of a list.
type Resolved struct {
	Tasks    []load.Task
	Warnings []string
	Refusals []Refusal
}

// Resolve turns entries into tasks. appOf returns the app of an entry that names one or, for 0, of
// an entry that does not. origin is the source of tasks that people wrote.
func Resolve(entries []taskfile.Entry, appOf func(named int64) (int64, error), origin load.TaskSource, now time.Time) Resolved {
	var r Resolved
	for _, entry := range r.ofApps(entries, appOf, now) {
		task := load.Task{SDKAppID: entry.SDKAppID, TaskID: entry.TaskID, SentAt: entry.SentAt, RegisteredAt: now, Source: sourceOf(entry.From, origin)}
		if entry.Label != "" {
			task.Label = &entry.Label
		}
		if hint, ok := taskfile.HintFrom(entry.TaskID, now); ok {
			switch {
			case hint.SDKAppID != task.SDKAppID:
				r.warn("by its ID, task %s seems to belong to app %d, not to %d", task.TaskID, hint.SDKAppID, task.SDKAppID)
			case task.SentAt == nil:
				task.SentAt, task.SentAtFromID = &hint.SentAt, true
			case task.SentAt.Sub(hint.SentAt).Abs() > hintTolerance:
				r.warn("by its ID, task %s seems to have been sent on %s, not on %s: is its sent_at right?",
					task.TaskID, hint.SentAt.UTC().Format(time.DateOnly), task.SentAt.UTC().Format(time.DateOnly))
			}
		}
		r.Tasks = append(r.Tasks, task)
	}
	return r
}

// ofApps sets each entry's app and merges entries for the same task: a list may name the only app
// in one line and leave it out in another.
func (r *Resolved) ofApps(given []taskfile.Entry, appOf func(int64) (int64, error), now time.Time) (entries []taskfile.Entry) {
	latest := now.Add(clockTolerance)
	indexOf := make(map[taskKey]int)
	for _, entry := range given {
		if entry.SentAt != nil && entry.SentAt.After(latest) {
			r.refuse(entry, &FutureError{entry.TaskID, *entry.SentAt})
			continue
		}
		app, err := appOf(entry.SDKAppID)
		if err != nil {
			r.refuse(entry, err)
			continue
		}
		entry.SDKAppID = app
		key := taskKey{app, entry.TaskID}
		index, again := indexOf[key]
		if !again {
			indexOf[key] = len(entries)
			entries = append(entries, entry)
			continue
		}
		if earlier := &entries[index]; !earlier.Merge(entry) {
			r.refuse(entry, &AgainError{*earlier, entry})
		}
	}
	return entries
}

func (r *Resolved) refuse(entry taskfile.Entry, err error) {
	r.Refusals = append(r.Refusals, Refusal{entry, err})
}

func (r *Resolved) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

// sourceOf returns the source of a task: what the vendor wrote, whichever way it came, or else what
// people did.
func sourceOf(from taskfile.Origin, people load.TaskSource) load.TaskSource {
	switch from {
	case taskfile.FromPush:
		return load.SourcePushAnswer
	case taskfile.FromCallback:
		return load.SourceCallback
	case taskfile.FromScheduled:
		return load.SourceSchedule
	}
	return people
}
