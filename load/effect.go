package load

import (
	"slices"
	"time"

	"pushloss/internal/stream"
)

// effect is everything that a pull does to the facts, history and ledger of its windows.
type effect struct {
	entries []Entry
	facts   rowDiff
	changes []change
	// kept counts the stored rows that stay although the answer has a lower count, or none.
	kept int
	// failed counts the windows for which nothing could be loaded. problem is one of the reasons.
	failed  int
	problem string
	// lowered counts the windows whose figures fell far below their greatest.
	lowered int
}

// effectOf returns what a pull does to the stored windows if it is loaded at the given time. It is
// a pure function and the only one that knows the rules, so a replay of the archive ends with the
// loaded state. Windows that keep their facts are compared on neither side. It reorders the rows of
// s.
func effectOf(pull Pull, words vocabulary, s stored, now time.Time) effect {
	wanted := make([]factRow, 0, pull.rows())
	var e effect
	compared := make(map[int32]bool)
	loadedBefore := make(map[int32]bool)
	for _, d := range decide(pull, s.ledger, now) {
		key := d.entry.TaskKey
		if d.use != keepStored {
			compared[key] = true
			loadedBefore[key] = s.ledger[key].FirstLoadedAt != nil
			first := len(wanted)
			wanted = toRows(wanted, key, d.facts.Facts, words)
			kept := 0
			switch {
			case d.use == addToStored:
				wanted, kept = raise(wanted, first, key, s.facts)
			case pull.Stream.Format().Counters:
				wanted, kept = keepUnsaid(wanted, first, key, s.facts, d.facts.Partial)
			}
			e.kept += kept
			d.count(len(wanted) - first)
			if d.entry.lower(sums(s.facts, key), sums(wanted[first:], key), now) {
				e.lowered++
			}
		}
		if d.failed { // a final window counts as failed too, but stays as it is
			e.failed, e.problem = e.failed+1, *d.entry.LastError
		}
		e.entries = append(e.entries, d.entry)
	}
	uncompared := func(row factRow) bool { return !compared[row.taskKey] }
	e.facts = diff(slices.DeleteFunc(s.facts, uncompared), wanted)
	e.changes = changesOf(e.facts, stamp{at: now, runID: pull.RunID}, loadedBefore)
	return e
}

// rows counts what happens to the fact rows.
func (e effect) rows() Changes {
	changes := e.facts.changes()
	changes.Kept = int64(e.kept)
	changes.Unchanged -= changes.Kept
	return changes
}

// raise turns the rows from index first on, of an answer that only adds, into the rows to store. A
// stored row of the task stays if the answer lacks it or does not raise it. kept counts the stored
// rows for which the answer has a lower count or no row.
func raise(rows []factRow, first int, taskKey int32, stored []factRow) (raised []factRow, kept int) {
	at := make(map[factKey]int, len(rows)-first)
	for i, row := range rows[first:] {
		at[row.factKey] = first + i
	}
	for _, old := range stored {
		if old.taskKey != taskKey {
			continue
		}
		i, answered := at[old.factKey]
		switch {
		case !answered:
			rows = append(rows, old)
			kept++
		case rows[i].count <= old.count:
			if rows[i].count < old.count {
				kept++
			}
			rows[i] = old
		}
	}
	return rows, kept
}

// keepUnsaid adds the stored counters that a trusted answer leaves out to its rows, which begin at
// index first: a missing counter is not zero. If the whole channel is missing, it is gone, unless
// the answer's list of channels is incomplete. An answer without any figure leaves out nothing: it
// says that there are none.
func keepUnsaid(rows []factRow, first int, taskKey int32, stored []factRow, partial bool) (all []factRow, kept int) {
	if len(rows) == first {
		return rows, 0
	}
	said := make(map[factKey]bool)
	for _, row := range rows[first:] {
		said[row.factKey], said[row.channel()] = true, true
	}
	for _, old := range stored {
		if old.taskKey != taskKey || said[old.factKey] {
			continue
		}
		if old.grain == stream.ByStage || partial || said[old.channel()] {
			rows = append(rows, old)
			kept++
		}
	}
	return rows, kept
}
