package load

import (
	"errors"
	"fmt"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/transform"
)

// replayedRow is a fact and the time of its last write.
type replayedRow struct {
	factRow
	updatedAt time.Time
}

// replayedWindow is the state of one window in a replay.
type replayedWindow struct {
	entry   Entry
	facts   map[factKey]replayedRow
	changes []change
	// broken says why the window cannot be replayed; nil if it can.
	broken error
	pruned bool // because its answers were pruned
}

// replayedDay rebuilds the windows of one day of an app's stream from its pulls, in memory.
type replayedDay struct {
	stream  stream.Stream
	day     calendar.Day
	tasks   map[string]int32 // the registry
	windows map[int32]*replayedWindow
	pulls   int
}

func newReplay(stream stream.Stream, day calendar.Day, tasks map[string]int32) *replayedDay {
	return &replayedDay{stream: stream, day: day, tasks: tasks, windows: make(map[int32]*replayedWindow)}
}

func (r *replayedDay) window(taskKey int32) *replayedWindow {
	w := r.windows[taskKey]
	if w == nil {
		w = &replayedWindow{
			entry: Entry{Stream: r.stream, Day: r.day, TaskKey: taskKey},
			facts: make(map[factKey]replayedRow),
		}
		r.windows[taskKey] = w
	}
	return w
}

// refs returns the windows of a pull's tasks. A task that is not in the registry has no window.
func (r *replayedDay) refs(taskIDs []string) ([]TaskRef, error) {
	if len(taskIDs) == 0 {
		return []TaskRef{{}}, nil
	}
	refs := make([]TaskRef, 0, len(taskIDs))
	for _, id := range taskIDs {
		key, known := r.tasks[id]
		if id == deletedTask {
			continue
		}
		if !known {
			return refs, fmt.Errorf("task %q is not in the registry", id)
		}
		refs = append(refs, TaskRef{Key: key, ID: id})
	}
	return refs, nil
}

// apply changes the windows as the load of the pull did.
func (r *replayedDay) apply(p archivedPull, refs []TaskRef, result transform.Result, words vocabulary) {
	s := stored{ledger: make(map[int32]Entry, len(refs))}
	for _, ref := range refs {
		w := r.window(ref.Key)
		if w.entry.Pulls > 0 {
			s.ledger[ref.Key] = w.entry
		}
		for _, row := range w.facts {
			s.facts = append(s.facts, row.factRow)
		}
	}
	e := effectOf(Pull{RunID: p.runID, Stream: r.stream, Day: r.day, Tasks: refs, Result: result, Trusted: p.trusted}, words, s, p.loadedAt)
	r.pulls++
	for _, entry := range e.entries {
		r.window(entry.TaskKey).entry = entry
	}
	for _, c := range e.changes {
		w := r.window(c.taskKey)
		w.changes = append(w.changes, c)
	}
	r.write(e.facts, p.loadedAt)
}

var errNotEmpty = errors.New("the answer for several days has no figures of the task, and the window has some")

// prove changes the windows as the proof by an answer for several days did. If the answer is still
// stored, it must not contradict the window.
func (r *replayedDay) prove(p archivedPull, read func() (transform.Result, error)) {
	refs, err := r.refs(p.proven)
	var result transform.Result
	if err == nil && !p.pruned {
		if result, err = read(); err != nil {
			err = fmt.Errorf("pull %d: %w", p.id, err)
		}
	}
	if err != nil {
		r.giveUp(refs, err, false)
		return
	}
	empty := make(map[string]bool)
	for _, snapshot := range result.Snapshots {
		empty[snapshot.TaskID] = snapshot.Empty()
	}
	for _, ref := range refs {
		w := r.window(ref.Key)
		if empty[ref.ID] && len(w.facts) > 0 {
			r.giveUp([]TaskRef{ref}, fmt.Errorf("pull %d: %w", p.id, errNotEmpty), false)
			continue
		}
		w.entry.prove(p.trusted, NotSettled, p.loadedAt)
		if p.revoked {
			w.entry.ProvenAt = nil
		}
	}
	r.pulls++
}

func (r *replayedDay) write(d rowDiff, at time.Time) {
	for _, row := range d.deleted {
		delete(r.window(row.taskKey).facts, row.factKey)
	}
	for _, u := range d.updated {
		r.window(u.new.taskKey).facts[u.new.factKey] = replayedRow{u.new, at}
	}
	for _, row := range d.inserted {
		r.window(row.taskKey).facts[row.factKey] = replayedRow{row, at}
	}
}

// giveUp marks windows that cannot be replayed from their start.
func (r *replayedDay) giveUp(refs []TaskRef, reason error, pruned bool) {
	for _, ref := range refs {
		w := r.window(ref.Key)
		if w.broken == nil || w.pruned {
			w.broken, w.pruned = reason, pruned
		}
	}
}
