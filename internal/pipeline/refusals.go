package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// refusals records which windows of an app the API refused, that is, answered with an error. If a
// request is refused because of one of its tasks, the job repeats it in halves, down to that task.
// Then the task is set apart, so that this happens only once. Its other days are requested at the
// end, one by one and newest first. If the newest is refused too, the job skips the others.
type refusals struct {
	days  map[streamDay]bool // the whole app's window was refused
	tasks map[int32]*apart
}

type streamDay struct {
	stream stream.Stream
	day    calendar.Day
}

// apart is a refused task, with the windows still to request.
type apart struct {
	task   load.TaskRef
	last   *extract.Error
	queued []streamDay
}

// note records a refused window of the whole app. Refusals of tasks on that day are then not about
// the tasks.
func (f *refusals) note(r request, failed *extract.Error) {
	if r.ofTasks() || failed.Code == 0 {
		return
	}
	if f.days == nil {
		f.days = make(map[streamDay]bool)
	}
	f.days[r.streamDay()] = true
}

// setApart sets a task apart if the refusal is about this one task, and reports whether it is.
func (f *refusals) setApart(r request, failed *extract.Error) bool {
	passing := failed.Class == extract.Transient && failed.Code != 0 && !r.split || failed.Class == extract.Unreadable
	if len(r.tasks) != 1 || passing || f.days[r.streamDay()] {
		return false
	}
	f.of(r.tasks[0]).last = failed
	return true
}

// dayFails reports whether the whole app's window of the request's day was refused.
func (w *appWork) dayFails(r request) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refusals.days[r.streamDay()]
}

// of returns the entry of a task that is set apart, and adds it if needed.
func (f *refusals) of(task load.TaskRef) *apart {
	if f.tasks == nil {
		f.tasks = make(map[int32]*apart)
	}
	if f.tasks[task.Key] == nil {
		f.tasks[task.Key] = &apart{task: task}
	}
	return f.tasks[task.Key]
}

// withoutRefused removes the tasks that are set apart from a request, and queues them.
func (w *appWork) withoutRefused(r request) request {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.refusals.tasks) == 0 {
		return r
	}
	r.tasks = slices.DeleteFunc(slices.Clone(r.tasks), func(task load.TaskRef) bool {
		apart := w.refusals.tasks[task.Key]
		if apart != nil {
			apart.queued = append(apart.queued, r.streamDay())
		}
		return apart != nil
	})
	return r
}

// splits reports whether a refused request is repeated in halves.
func (w *appWork) splits(r request, failed *extract.Error) bool {
	if len(r.tasks) < 2 || !failed.MayBeAboutTasks() {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if failed.Class == extract.Unreadable {
		return true
	}
	dayFails := w.refusals.days[r.streamDay()]
	if failed.Class == extract.Transient {
		dayFails = dayFails || w.plan.failed[refOf(r.stream, r.day, 0)] || w.errorsInRow >= fullTriesInRow
	}
	return !dayFails
}

// split repeats a request in two halves or, if some of its tasks were set apart meanwhile, without
// these tasks. It splits one request at a time, because its result saves other requests the same
// calls.
func (w *appWork) split(ctx context.Context, r request, failed *extract.Error, by *worker) (answered bool, err error) {
	var pieces []request
	if !r.split {
		w.splitting.Lock()
		defer w.splitting.Unlock()
		if rest := w.withoutRefused(r); len(rest.tasks) == 0 {
			w.progress(r.day)
			return false, nil
		} else if len(rest.tasks) < len(r.tasks) {
			pieces = []request{rest}
		}
	}
	if pieces == nil {
		w.log.WarnContext(ctx, "the api refuses a request for some of its tasks: repeating it with fewer tasks",
			"stream", r.stream, "day", r.day, "tasks", r.taskIDs(), "error", failed)
		w.more(1)
		middle := (len(r.tasks) + 1) / 2
		pieces = []request{r, r}
		pieces[0].tasks, pieces[1].tasks = r.tasks[:middle:middle], r.tasks[middle:]
	}
	for _, piece := range pieces {
		piece.split = true
		took, err := w.ask(ctx, piece, by)
		answered = answered || took
		if err != nil {
			return answered, err
		}
	}
	return answered, nil
}

// askAlone requests the days of the tasks that were set apart. After some tasks in a row without an
// answer, it tries each further task once, since there may be any number of them.
func (w *appWork) askAlone(ctx context.Context) error {
	by := newWorker()
	silent := 0
	for _, key := range slices.Sorted(maps.Keys(w.refusals.tasks)) {
		task := w.refusals.tasks[key]
		slices.SortFunc(task.queued, func(a, b streamDay) int {
			return cmp.Or(cmp.Compare(b.day, a.day), cmp.Compare(a.stream, b.stream))
		})
		for i, window := range task.queued {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			w.more(1)
			r := w.plan.request(window.stream, window.day, []load.TaskRef{task.task})
			r.split, r.once = true, silent >= maxFailuresInRow
			answered, err := w.ask(ctx, r, by)
			if err != nil {
				return err
			}
			if silent++; answered {
				silent = 0
			}
			if left := len(task.queued) - 1; i == 0 && left > 0 && !answered {
				w.log.ErrorContext(ctx, "the api refuses the task's oldest and newest day: the next run tries the others",
					"task", task.task.ID, "windows", left, "error", task.last)
				w.lastProblem = fmt.Sprintf("%s; %d further windows of the task were not requested", reasonOf(r, task.last), left)
				break
			}
		}
	}
	return nil
}

// mostNamed is how many refused tasks a hint names.
const mostNamed = 5

// hint says what to do about the tasks that were refused; empty if none was.
func (f *refusals) hint() string {
	var ids []string
	likeTheApp := ""
	for _, key := range slices.Sorted(maps.Keys(f.tasks)) {
		task := f.tasks[key]
		ids = append(ids, task.task.ID)
		if task.last.StopsApp() && blamesNoTask(task.last) {
			likeTheApp = "; if not, ask Tencent Cloud's support about the code: the API answers the app's other requests, so its settings are right"
		}
	}
	check := "check the TaskIDs; if they are wrong: pushloss tasks retire "
	switch n := len(ids); {
	case n == 0:
		return ""
	case n == 1:
		check = "check the TaskID; if it is wrong: pushloss tasks retire "
	case n > mostNamed:
		check = fmt.Sprintf("check these TaskIDs and %d more; if they are wrong: pushloss tasks retire ", n-mostNamed)
	}
	return check + strings.Join(ids[:min(len(ids), mostNamed)], " ") + likeTheApp
}

// reasonOf returns the ledger's text for a refused request. It names the task if it is about one.
func reasonOf(r request, failed *extract.Error) string {
	if len(r.tasks) == 1 && r.ofTasks() && (failed.MayBeAboutTasks() || blamesNoTask(failed)) {
		return fmt.Sprintf("task %s: %v", r.tasks[0].ID, failed)
	}
	return failed.Error()
}
