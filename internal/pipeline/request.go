package pipeline

import (
	"crypto/sha256"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// request is one API request of a plan.
type request struct {
	stream stream.Stream
	day    calendar.Day
	window calendar.Window
	tasks  []load.TaskRef
	// split says that it is a part of a refused request.
	split bool
	// trial says that the caller handles its failure without an answer of the API.
	trial bool
	// once says that a failure is not tried again.
	once bool
	// known reports whether an answer is one that the day's windows already had; nil if there is
	// none.
	known func(digest [sha256.Size]byte) bool
	// counted are the windows that the report already counts: a span proved them, or they were
	// pulled.
	counted map[load.WindowRef]bool
	// loaded, if set, is called with what the load changed.
	loaded func(request, load.Outcome)
}

// streamDay is the day that is requested.
func (r request) streamDay() streamDay { return streamDay{r.stream, r.day} }

// windowOf is the window of a task on that day.
func (r request) windowOf(task load.TaskRef) load.WindowRef { return refOf(r.stream, r.day, task.Key) }

// newWindows returns how many windows of the request the report does not count yet.
func (r request) newWindows() (n int64) {
	for _, task := range r.tasks {
		if !r.counted[r.windowOf(task)] {
			n++
		}
	}
	return n
}

func (r request) ofTasks() bool { return len(r.tasks) > 0 && r.tasks[0].ID != "" }

func (r request) taskIDs() []string { return taskIDs(r.tasks) }

func taskIDs(tasks []load.TaskRef) []string {
	var ids []string
	for _, task := range tasks {
		if task.ID != "" {
			ids = append(ids, task.ID)
		}
	}
	return ids
}

// requests turns the due windows of a day into requests: for each stream one for the whole app,
// then batches of tasks. Tasks whose last pull failed have their own batches.
func (p appPlan) requests(windows []planWindow) []request {
	var requests []request
	for _, stream := range p.streams {
		var tasks, again []load.TaskRef
		for _, w := range windows {
			switch {
			case !w.Due || w.bySpan || w.Stream != stream.Stream:
			case w.task.Key == 0:
				requests = append(requests, p.request(w.Stream, w.Day, []load.TaskRef{w.task.Ref()}))
			case w.again:
				again = append(again, w.task.Ref())
			default:
				tasks = append(tasks, w.task.Ref())
			}
		}
		for _, batch := range append(extract.Batches(tasks), extract.Batches(again)...) {
			requests = append(requests, p.request(stream.Stream, windows[0].Day, batch))
		}
	}
	return requests
}

func (p appPlan) request(stream stream.Stream, day calendar.Day, tasks []load.TaskRef) request {
	return request{stream: stream, day: day, window: day.Window(p.app.Location), tasks: tasks}
}
