package load

import (
	"time"

	"pushloss/extract"
	"pushloss/transform"
)

// TaskRef names a task in the API and in the facts. The zero value is the whole
// app.
type TaskRef struct {
	Key int32
	ID  string
}

// Pull is the answer to one request, to be loaded.
type Pull struct {
	RunID  int64
	Stream extract.Stream
	Day    extract.Day
	// Window is as the request gave it: its End is the EndTime that was sent.
	Window extract.Window
	// Tasks are those that were asked for; just the zero TaskRef for the whole app.
	Tasks  []TaskRef
	Result transform.Result
	// Body is the answer as received.
	Body   []byte
	SentAt time.Time
	// Trusted says that the day lay within what the API remembers, so that an
	// empty answer means zero.
	Trusted bool
	// Settled is what a window becomes by being loaded now.
	Settled SettledReason
}

// Outcome is what loading a pull did.
type Outcome struct {
	Rows Changes
	// Failed counts the windows of which nothing could be loaded.
	Failed int
}

// decision is what becomes of one window: its ledger entry, and whether its
// stored facts are replaced by the answer's.
type decision struct {
	entry   Entry
	replace bool
	facts   transform.Snapshot
}

// decide applies an answer to what the ledger knows of its windows. It is a pure
// function.
func decide(pull Pull, ledger map[int32]Entry, now time.Time) []decision {
	snapshots := make(map[string]transform.Snapshot, len(pull.Result.Snapshots))
	for _, snapshot := range pull.Result.Snapshots {
		snapshots[snapshot.TaskID] = snapshot
	}
	unreadable := make(map[string]string)
	for _, u := range pull.Result.Unreadable {
		unreadable[u.TaskID] = u.Reason
	}
	rejects := make(map[int32]int)
	refusedOf := make(map[string]bool) // tasks some of whose own rows were rejected
	for _, reject := range pull.Result.Rejects {
		rejects[pull.taskKeyOf(reject)] += reject.Rows
		refusedOf[reject.TaskID] = true
	}

	decisions := make([]decision, 0, len(pull.Tasks))
	for _, task := range pull.Tasks {
		entry, known := ledger[task.Key]
		if !known {
			entry = Entry{Stream: pull.Stream, Day: pull.Day, TaskKey: task.Key}
		}
		entry.Pulls++
		entry.LastError = nil
		entry.RejectCount = rejects[task.Key]
		d := decision{entry: entry}
		snapshot, answered := snapshots[task.ID]
		switch reason, refused := unreadable[task.ID]; {
		case refused:
			d.fail(reason)
		case !answered:
			d.entry.State, d.entry.Settled = StateAbsent, pull.Settled
			if !pull.Trusted && pull.Settled == NotSettled {
				d.entry.Settled = ByAPIMemory
			}
		case snapshot.Empty() && refusedOf[task.ID]:
			d.fail("no row of the answer could be understood: see pushloss.reject")
		case snapshot.Empty() && !pull.Trusted:
			d.entry.State, d.entry.Settled = StateUnproven, ByAPIMemory
			if entry.LastLoadedAt != nil && entry.RowCount == 0 { // a zero that was proven in time stays one
				d.entry.State = StateEmpty
			}
		default:
			d.load(snapshot, pull.Settled, now)
		}
		decisions = append(decisions, d)
	}
	return decisions
}

func (d *decision) fail(reason string) {
	d.entry.State, d.entry.Settled, d.entry.LastError = StateFailed, NotSettled, &reason
}

func (d *decision) load(snapshot transform.Snapshot, settled SettledReason, now time.Time) {
	d.replace, d.facts = true, snapshot
	d.entry.RowCount = len(snapshot.ByStage) + len(snapshot.ByPlatform)
	d.entry.State, d.entry.Settled = StateLoaded, settled
	if snapshot.Empty() {
		d.entry.State = StateEmpty
	}
	d.entry.LastLoadedAt = &now
	if d.entry.FirstLoadedAt == nil {
		d.entry.FirstLoadedAt = &now
	}
}

// taskKeyOf is the window that a reject is filed under: its task's or, where it
// bears no task that was asked for, the first one of the request.
func (p Pull) taskKeyOf(reject transform.Reject) int32 {
	for _, task := range p.Tasks {
		if task.ID == reject.TaskID {
			return task.Key
		}
	}
	return p.Tasks[0].Key
}

func (p Pull) taskKeys() []int32 {
	keys := make([]int32, len(p.Tasks))
	for i, task := range p.Tasks {
		keys[i] = task.Key
	}
	return keys
}

func (p Pull) taskIDs() []string {
	ids := []string{}
	for _, task := range p.Tasks {
		if task.ID != "" {
			ids = append(ids, task.ID)
		}
	}
	return ids
}
