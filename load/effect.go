package load

import (
	"slices"
	"time"
)

// effect is all that a pull does to facts, history and ledger of its windows.
type effect struct {
	entries             []Entry
	byStage, byPlatform difference
	changes             []change
}

// effectOf is what a pull, loaded at the given time, does to what is stored. It
// is a pure function, and the only one that knows the rules: a replay of the
// archive ends where loading did. Windows that keep their facts are left out of
// the comparison on both sides; stored's rows are reordered.
func effectOf(pull Pull, words vocabulary, s stored, now time.Time) effect {
	nStage, nPlatform := 0, 0
	for _, snapshot := range pull.Result.Snapshots {
		nStage += len(snapshot.ByStage)
		nPlatform += len(snapshot.ByPlatform)
	}
	byStage, byPlatform := make([]factRow, 0, nStage), make([]factRow, 0, nPlatform)
	var e effect
	replaced := make(map[int32]bool)
	loadedBefore := make(map[int32]bool)
	for _, d := range decide(pull, s.ledger, now) {
		key := d.entry.TaskKey
		e.entries = append(e.entries, d.entry)
		if !d.replace {
			continue
		}
		replaced[key] = true
		loadedBefore[key] = s.ledger[key].FirstLoadedAt != nil
		byStage = toRows(byStage, key, d.facts.ByStage, words)
		byPlatform = toRows(byPlatform, key, d.facts.ByPlatform, words)
	}
	kept := func(row factRow) bool { return !replaced[row.taskKey] }
	e.byStage = diff(slices.DeleteFunc(s.byStage, kept), byStage)
	e.byPlatform = diff(slices.DeleteFunc(s.byPlatform, kept), byPlatform)
	stamp := stamp{at: now, runID: pull.RunID}
	e.changes = appendChanges(e.changes, e.byStage, false, stamp, loadedBefore)
	e.changes = appendChanges(e.changes, e.byPlatform, true, stamp, loadedBefore)
	return e
}
