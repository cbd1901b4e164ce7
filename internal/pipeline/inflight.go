package pipeline

import (
	"slices"

	"pushloss/load"
)

// inFlight are the windows that requests are under way for. A backfill and the run that
// goes first may want the same one: two loads of a window at a time are in each other's
// way, and the one that is under way is as good as the other.
type inFlight map[ledgerKey]bool

// claim leaves the windows out of a request that are under way, and notes the others.
func (w *appWork) claim(r request) request {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inFlight == nil {
		w.inFlight = make(inFlight)
	}
	r.tasks = slices.DeleteFunc(slices.Clone(r.tasks), func(task load.TaskRef) bool {
		return w.inFlight[ledgerKey{r.stream, r.day, task.Key}]
	})
	for _, task := range r.tasks {
		w.inFlight[ledgerKey{r.stream, r.day, task.Key}] = true
	}
	return r
}

func (w *appWork) release(r request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, task := range r.tasks {
		delete(w.inFlight, ledgerKey{r.stream, r.day, task.Key})
	}
}
