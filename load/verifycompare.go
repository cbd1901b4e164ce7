package load

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dustin/go-humanize/english"

	"pushloss/internal/stream"
)

// The kinds of a mismatch, of a window or of one of its rows.
const (
	missing      = "missing"        // the archive has it, the tables do not
	extra        = "extra"          // the tables have it, the archive does not
	different    = "different"      // both have it
	notProvable  = "not provable"   // an answer is lost, damaged or unreadable
	noAnswerKept = "no answer kept" // figures without a pull
	repeated     = "repeated"       // stored more than once under one key
)

// mismatch is one difference between the tables and the replay of the archive.
type mismatch struct {
	stream  stream.Stream
	taskKey int32
	what    string
	of      string // fact, change, ledger, archive
	reason  error  // why it is not provable

	storedRow, replayedRow       *replayedRow
	storedChange, replayedChange *change
	storedEntry, replayedEntry   *Entry
}

var errNoPull = errors.New("no stored pull brought these figures")

// finding is the result of comparing one window.
type finding struct {
	stream     stream.Stream
	taskKey    int32
	beyond     bool // its answers were pruned: only its number of rows is compared
	broken     bool // an answer is missing or unreadable
	mismatches []mismatch
}

// compare compares a window of the tables with its replay.
func (s storedDay) compare(r *replayedDay, taskKey int32) finding {
	v := finding{stream: s.stream, taskKey: taskKey, mismatches: s.repeated[taskKey]}
	w, pulled := r.windows[taskKey]
	entry, inLedger := s.ledger[taskKey]
	switch {
	case !pulled && len(s.facts[taskKey]) == 0 && len(s.changes[taskKey]) == 0 && entry.FirstLoadedAt == nil:
		return v // all its pulls failed
	case !pulled:
		v.broken = true
		v.add(mismatch{what: noAnswerKept, of: "archive", reason: errNoPull})
		return v
	case w.pruned:
		v.beyond = true
		if rows := len(s.facts[taskKey]); rows != entry.RowCount {
			v.add(mismatch{what: different, of: "archive", reason: fmt.Errorf(
				"the ledger counts %s, the tables have %d, and the answers were pruned", english.Plural(entry.RowCount, "row", ""), rows)})
		}
		return v
	case w.broken != nil:
		v.broken = true
		v.add(mismatch{what: notProvable, of: "archive", reason: w.broken})
		return v
	}
	v.compareFacts(s.facts[taskKey], w.facts)
	v.compareChanges(s.changes[taskKey], w.changes)
	switch {
	case !inLedger:
		v.add(mismatch{what: missing, of: "ledger", replayedEntry: &w.entry})
	case !entry.sameFigures(w.entry):
		v.add(mismatch{what: different, of: "ledger", storedEntry: &entry, replayedEntry: &w.entry})
	}
	return v
}

func (v *finding) add(m mismatch) {
	m.stream, m.taskKey = v.stream, v.taskKey
	v.mismatches = append(v.mismatches, m)
}

// sameFigures reports whether two entries agree in the figures that the archive has.
func (e Entry) sameFigures(o Entry) bool {
	return e.RowCount == o.RowCount && sameTime(e.FirstLoadedAt, o.FirstLoadedAt) && sameTime(e.LastLoadedAt, o.LastLoadedAt) &&
		sameTime(e.LastTrustedAt, o.LastTrustedAt) && sameTime(e.ProvenAt, o.ProvenAt)
}

func sameTime(a, b *time.Time) bool {
	return a == b || a != nil && b != nil && a.Equal(*b)
}

func (v *finding) compareFacts(stored, replayed map[factKey]replayedRow) {
	keys := maps.Clone(stored)
	if keys == nil {
		keys = make(map[factKey]replayedRow)
	}
	maps.Copy(keys, replayed)
	for _, key := range slices.SortedFunc(maps.Keys(keys), factKey.compare) {
		m := mismatch{of: "fact"}
		if row, ok := stored[key]; ok {
			m.storedRow = &row
		}
		if row, ok := replayed[key]; ok {
			m.replayedRow = &row
		}
		switch {
		case m.storedRow == nil:
			m.what = missing
		case m.replayedRow == nil:
			m.what = extra
		case *m.storedRow != *m.replayedRow:
			m.what = different
		default:
			continue
		}
		v.add(m)
	}
}

// compareChanges compares both histories in the order of their loads. Two changes match if the same
// load made them to the same fact.
func (v *finding) compareChanges(stored, replayed []change) {
	slices.SortStableFunc(stored, compareChange)
	slices.SortStableFunc(replayed, compareChange)
	for len(stored) > 0 || len(replayed) > 0 {
		m := mismatch{of: "change"}
		order := 0
		switch {
		case len(stored) == 0:
			order = 1
		case len(replayed) == 0:
			order = -1
		default:
			order = compareChange(stored[0], replayed[0])
		}
		if order <= 0 {
			m.storedChange, stored = &stored[0], stored[1:]
		}
		if order >= 0 {
			m.replayedChange, replayed = &replayed[0], replayed[1:]
		}
		switch {
		case order < 0:
			m.what = extra
		case order > 0:
			m.what = missing
		case !m.storedChange.equal(*m.replayedChange):
			m.what = different
		default:
			continue
		}
		v.add(m)
	}
}

func compareChange(a, b change) int {
	return cmp.Or(a.stamp.at.Compare(b.stamp.at), a.compare(b.factKey))
}

func (c change) equal(o change) bool {
	return c.factKey == o.factKey && c.stamp == o.stamp &&
		samePointed(c.oldCount, o.oldCount) && samePointed(c.newCount, o.newCount) &&
		samePointed(c.oldInfo, o.oldInfo) && samePointed(c.newInfo, o.newInfo)
}

func samePointed[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }
