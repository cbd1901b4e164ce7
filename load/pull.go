package load

import (
	"crypto/sha256"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/transform"
)

// TaskRef names a task in the API and in the facts. The zero value means the whole app.
type TaskRef struct {
	Key int32
	ID  string
}

func (t TaskRef) String() string {
	if t.ID == "" {
		return "the whole app"
	}
	return "task " + t.ID
}

// Pull is the answer to one request, ready to be loaded.
type Pull struct {
	RunID  int64
	Stream stream.Stream
	Day    calendar.Day
	// Window is the window of the request: its End is the EndTime that was sent.
	Window calendar.Window
	// Tasks are the requested tasks; only the zero TaskRef for the whole app.
	Tasks  []TaskRef
	Result transform.Result
	// Body is the answer as received, and Digest its SHA-256 if the caller knows it.
	Body   []byte
	Digest [sha256.Size]byte
	SentAt time.Time
	// Trusted says that the API remembered the whole day, so that what the answer lacks
	// is zero. An answer that is not trusted only adds rows and raises counts.
	Trusted bool
	// Settled is why the window becomes final with this load, if it does.
	Settled SettledReason
}

// Outcome is the result of loading a pull.
type Outcome struct {
	Rows Changes
	// Lowered counts the windows whose figures the answer removed, or lowered by much.
	Lowered int
	// Unproven counts the windows that no answer loaded while the API remembered them.
	Unproven int
	// Absent counts the windows of tasks that the answer lacks although the API remembers the day.
	Absent int
	// Failed counts the windows for which nothing could be loaded.
	Failed int
	// Problem is the reason for one of them.
	Problem string
}

// use says how a window combines the facts of an answer with the stored ones.
type use int

const (
	keepStored    use = iota // the answer is unreadable or missing
	replaceStored            // the facts become equal to the answer
	addToStored              // the answer adds rows and raises counts
)

// decision is what happens to one window: its ledger entry, and how it uses the answer's facts.
type decision struct {
	entry Entry
	use   use
	facts transform.Snapshot
	// failed says that the answer has nothing to load for the window.
	failed bool
}

func (d *decision) fail(reason string) {
	d.failed = true
	d.entry.fail(reason)
}

// lacking is the note of a window if nothing shows whether its task exists.
const lacking = "the answer lacks the task, and the API may have forgotten it"

// decide applies an answer to the ledger's entries of its windows. It is a pure function.
// The RowCount of a loaded entry, and whether it is empty, are known only after the facts
// are combined (decision.count).
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
	refusedOf := make(map[string]bool) // tasks with rejected rows of their own
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
		case answered && snapshot.Empty() && refusedOf[task.ID]:
			d.fail("no row of the answer could be understood: see pushloss.reject")
		case answered && pull.Trusted:
			d.use, d.facts = replaceStored, snapshot
			d.entry.Settled, d.entry.LastTrustedAt = pull.Settled, &now
			d.entry.loadedAt(now)
		case answered:
			d.use, d.facts = addToStored, snapshot
			d.entry.settleForgotten()
			if !snapshot.Empty() {
				d.entry.loadedAt(now)
			}
		case task.ID == "" && pull.Trusted: // for a task it would mean that the API does not know the task
			d.fail("the answer has no result of the whole app, not even an empty one")
		case task.ID == "":
			d.use = addToStored
			d.entry.settleForgotten()
		case pull.Trusted:
			d.entry.State, d.entry.Settled = StateAbsent, pull.Settled
		default: // like an empty answer, apart from the note
			d.use = addToStored
			if entry.FirstLoadedAt == nil {
				reason := lacking
				d.entry.LastError = &reason
			}
			d.entry.settleForgotten()
		}
		decisions = append(decisions, d)
	}
	return decisions
}

// fail records why a pull brought nothing. Final figures stay final.
func (e *Entry) fail(reason string) {
	e.LastError = &reason
	if e.Settled == NotSettled {
		e.State = StateFailed
	}
}

// settleForgotten makes a window final if the API can add nothing to it.
func (e *Entry) settleForgotten() {
	if e.Settled == NotSettled {
		e.Settled = ByAPIMemory
	}
}

// loadedAt records that figures were loaded or confirmed.
func (e *Entry) loadedAt(now time.Time) {
	e.LastLoadedAt = &now
	if e.FirstLoadedAt == nil {
		e.FirstLoadedAt = &now
	}
}

// stateOfFacts is the state of a window that was answered. It is unproven, with or without figures,
// if no trusted answer loaded or proved it.
func (e *Entry) stateOfFacts() State {
	switch {
	case !e.Confirmed():
		return StateUnproven
	case e.RowCount == 0:
		return StateEmpty
	}
	return StateLoaded
}

// Unproven reports whether no answer loaded the window while the API remembered its whole day, so
// that none can any more.
func (s State) Unproven() bool { return s == StateUnproven || s == StateUnavailable }

// count completes the entry of a window when the number of its rows after the load is known.
func (d *decision) count(rows int) {
	d.entry.RowCount = rows
	d.entry.State = d.entry.stateOfFacts()
}

// taskKeyOf returns the window of a reject: that of its task or, if the task was not requested, the
// first one of the request.
func (p Pull) taskKeyOf(reject transform.Reject) int32 {
	for _, task := range p.Tasks {
		if task.ID == reject.TaskID {
			return task.Key
		}
	}
	return p.Tasks[0].Key
}

func (p Pull) bodySHA256() [sha256.Size]byte {
	if p.Digest != ([sha256.Size]byte{}) {
		return p.Digest
	}
	return sha256.Sum256(p.Body)
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

// rows is the number of the answer's facts.
func (p Pull) rows() (n int) {
	for _, snapshot := range p.Result.Snapshots {
		n += len(snapshot.Facts)
	}
	return n
}
