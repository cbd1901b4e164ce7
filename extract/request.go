package extract

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
)

// MaxTasksPerRequest is how many task IDs one request may name (All/Tagged Users
// Push Loss Analysis: "up to 5").
const MaxTasksPerRequest = 5

// Request is a request for a stream's figures of a window: of up to MaxTasksPerRequest
// tasks or, without tasks, of the whole app.
type Request struct {
	Stream stream.Stream
	Window calendar.Window
	Tasks  []string
	// Tries, if it is less than the client's limit, limits the calls.
	Tries int
	// Known, if set, reports by its SHA-256 whether an answer was accepted before. The client
	// does not read such an answer.
	Known func(digest [sha256.Size]byte) bool
	// Left, if set, is called when a call of the request leaves, after its wait for the pace.
	Left func()
}

// body is the request in the API's form. An error means that the caller exceeded a documented
// limit. The limits apply to the window itself: with an inclusive EndTime, it may not be a second
// longer.
func (r Request) body(endTime time.Time) ([]byte, error) {
	span := r.Window.End.Sub(r.Window.Start)
	switch {
	case span <= 0:
		return nil, fmt.Errorf("window ends at %s, not after its start %s", r.Window.End, r.Window.Start)
	case span > r.Stream.MaxWindow():
		return nil, fmt.Errorf("window of %s is longer than %s", span, r.Stream.MaxWindow())
	case len(r.Tasks) > 0 && !r.Stream.ByTask():
		return nil, fmt.Errorf("the stream %s has no figures of tasks", r.Stream)
	case len(r.Tasks) > MaxTasksPerRequest:
		return nil, fmt.Errorf("%d tasks in one request, at most %d are allowed", len(r.Tasks), MaxTasksPerRequest)
	}
	type times struct{ StartTime, EndTime int64 }
	window := times{r.Window.Start.Unix(), endTime.Unix()}
	if !r.Stream.ByTask() {
		return json.Marshal(window)
	}
	tasks := r.Tasks
	if tasks == nil {
		tasks = []string{} // the page does not document null for "overall"
	}
	return json.Marshal(struct {
		times
		TaskID []string
	}{window, tasks})
}

// Batches divides tasks into batches of at most MaxTasksPerRequest, in their order.
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

// WindowEnd is how the API interprets a request's EndTime; no page says how (All/Tagged
// Users Push Loss Analysis).
type WindowEnd string

// The two interpretations.
const (
	EndExclusive WindowEnd = "exclusive" // the window ends before EndTime
	EndInclusive WindowEnd = "inclusive" // the second EndTime belongs to the window
)

// endTime is the EndTime that requests exactly the window. The zero WindowEnd means
// EndExclusive.
func (e WindowEnd) endTime(w calendar.Window) time.Time {
	if e == EndInclusive {
		return w.End.Add(-time.Second)
	}
	return w.End
}

// ParseWindowEnd reads a WindowEnd.
func ParseWindowEnd(text string) (WindowEnd, error) {
	switch end := WindowEnd(text); end {
	case EndExclusive, EndInclusive:
		return end, nil
	}
	return "", fmt.Errorf("%q is not known: use exclusive or inclusive", text)
}
