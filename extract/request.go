package extract

import (
	"encoding/json"
	"fmt"
	"time"
)

const (
	// MaxTasksPerRequest is how many task IDs one request may name (All/Tagged
	// Users Push Loss Analysis: "up to 5").
	MaxTasksPerRequest = 5
	// MaxWindow is the longest span one request may cover. The page says 7 days
	// and samples 8; 7 is what is safe.
	MaxWindow = 7 * 24 * time.Hour
)

// Request asks for the losses of a window: of up to MaxTasksPerRequest tasks,
// or, without tasks, of the whole app.
type Request struct {
	Window Window
	Tasks  []string
}

// body is the request as the API takes it; an error means that the caller broke
// a documented limit. The limits are the window's own, whichever way its end is
// written: an inclusive EndTime makes no room for a second more.
func (r Request) body(endTime time.Time) ([]byte, error) {
	span := r.Window.End.Sub(r.Window.Start)
	switch {
	case span <= 0:
		return nil, fmt.Errorf("window ends at %s, not after its start %s", r.Window.End, r.Window.Start)
	case span > MaxWindow:
		return nil, fmt.Errorf("window of %s is longer than %s", span, MaxWindow)
	case len(r.Tasks) > MaxTasksPerRequest:
		return nil, fmt.Errorf("%d tasks in one request, at most %d are allowed", len(r.Tasks), MaxTasksPerRequest)
	}
	tasks := r.Tasks
	if tasks == nil {
		tasks = []string{} // null is not what the page documents for "overall"
	}
	return json.Marshal(struct {
		StartTime int64
		EndTime   int64
		TaskID    []string
	}{r.Window.Start.Unix(), endTime.Unix(), tasks})
}

// Batches cuts tasks into runs of at most MaxTasksPerRequest, in their order.
func Batches[T any](tasks []T) [][]T {
	var batches [][]T
	for len(tasks) > MaxTasksPerRequest {
		batches = append(batches, tasks[:MaxTasksPerRequest:MaxTasksPerRequest])
		tasks = tasks[MaxTasksPerRequest:]
	}
	if len(tasks) > 0 {
		batches = append(batches, tasks)
	}
	return batches
}
