package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/transform"
)

const sqlChangesOfDay = `
		SELECT task_key, stage_id, event_type, platform_id, err_code_key, by_platform, changed_at, run_id,
			old_count, new_count, old_err_info_key, new_err_info_key
		FROM pushloss.loss_change WHERE sdk_app_id = $1 AND day = $2 AND stream_id = $3 ORDER BY change_id`

// storedDay is the content of the tables for one day of an app's stream.
type storedDay struct {
	stream  stream.Stream
	pulls   []archivedPull
	ledger  map[int32]Entry
	facts   map[int32]map[factKey]replayedRow
	changes map[int32][]change
	// repeated are the rows that the tables have more than once under one key, because a unique key
	// was lost.
	repeated map[int32][]mismatch
}

func queueDay(batch *pgx.Batch, sdkAppID int64, stream stream.Stream, day calendar.Day, s *storedDay) {
	*s = storedDay{
		stream:  stream,
		ledger:  make(map[int32]Entry),
		facts:   make(map[int32]map[factKey]replayedRow),
		changes: make(map[int32][]change), repeated: make(map[int32][]mismatch),
	}
	batch.Queue(sqlArchivedPulls, sdkAppID, day.UTC(), int16(stream)).Query(func(rows pgx.Rows) (err error) {
		s.pulls, err = pgx.CollectRows(rows, scanArchivedPull)
		return err
	})
	batch.Queue(sqlLedgerOfStream, sdkAppID, day.UTC(), day.UTC(), int16(stream)).Query(func(rows pgx.Rows) error {
		entries, err := pgx.CollectRows(rows, scanEntry)
		for _, entry := range entries {
			if _, again := s.ledger[entry.TaskKey]; again {
				s.repeat(mismatch{of: "ledger", taskKey: entry.TaskKey, storedEntry: &entry})
			}
			s.ledger[entry.TaskKey] = entry
		}
		return err
	})
	for _, table := range tables[stream] {
		batch.Queue(table.selectDay, sdkAppID, day.UTC()).Query(func(rows pgx.Rows) error {
			var f replayedRow
			f.grain = table.grain
			_, err := pgx.ForEachRow(rows, append(f.columns(), &f.updatedAt), func() error {
				facts := s.facts[f.taskKey]
				if facts == nil {
					facts = make(map[factKey]replayedRow)
					s.facts[f.taskKey] = facts
				}
				f.updatedAt = f.updatedAt.UTC()
				if _, again := facts[f.factKey]; again {
					row := f
					s.repeat(mismatch{of: "fact", taskKey: f.taskKey, storedRow: &row})
				}
				facts[f.factKey] = f
				return nil
			})
			return err
		})
	}
	batch.Queue(sqlChangesOfDay, sdkAppID, day.UTC(), int16(stream)).Query(func(rows pgx.Rows) error {
		changes, err := pgx.CollectRows(rows, scanChange)
		for _, c := range changes {
			s.changes[c.taskKey] = append(s.changes[c.taskKey], c)
		}
		return err
	})
}

func (s *storedDay) repeat(m mismatch) {
	m.stream, m.what = s.stream, repeated
	s.repeated[m.taskKey] = append(s.repeated[m.taskKey], m)
}

func scanChange(row pgx.CollectableRow) (c change, err error) {
	var byPlatform bool
	err = row.Scan(&c.taskKey, &c.stage, &c.eventType, &c.platform, &c.errCodeKey, &byPlatform, &c.stamp.at, &c.stamp.runID,
		&c.oldCount, &c.newCount, &c.oldInfo, &c.newInfo)
	if byPlatform {
		c.grain = stream.ByPlatform
	}
	c.stamp.at = c.stamp.at.UTC()
	return c, err
}

// windows returns every window that the tables or the replay have.
func (s storedDay) windows(r *replayedDay) []int32 {
	keys := make(map[int32]bool)
	for _, known := range []func(func(int32) bool){
		maps.Keys(r.windows), maps.Keys(s.ledger), maps.Keys(s.facts), maps.Keys(s.changes),
	} {
		for key := range known {
			keys[key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

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
	beyond     bool // its answers were pruned: it cannot be compared
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

// readDay reads what the tables have for a stream's day and replays its pulls. words returns the
// keys of an answer's texts.
func (r *archiveReader) readDay(ctx context.Context, tx pgx.Tx, first *pgx.Batch, sdkAppID int64, stream stream.Stream, day calendar.Day, tasks map[string]int32, words resolver) (storedDay, *replayedDay, error) {
	var s storedDay
	queueDay(first, sdkAppID, stream, day, &s)
	if err := tx.SendBatch(ctx, first).Close(); err != nil {
		return s, nil, fmt.Errorf("read what is stored: %w", err)
	}
	replayed := newReplay(stream, day, tasks)
	for _, p := range s.pulls {
		if p.proven != nil {
			replayed.prove(p, func() (transform.Result, error) { return r.result(stream, p) })
			continue
		}
		refs, err := replayed.refs(p.taskIDs)
		if err != nil {
			replayed.giveUp(refs, err, false)
			continue
		}
		if len(refs) == 0 { // its task was deleted
			continue
		}
		if p.pruned {
			replayed.giveUp(refs, errPruned, true)
			continue
		}
		result, err := r.result(stream, p)
		if err != nil {
			replayed.giveUp(refs, fmt.Errorf("pull %d: %w", p.id, err), false)
			continue
		}
		vocabulary, err := words(ctx, result.Snapshots)
		if err != nil {
			return s, nil, err
		}
		replayed.apply(p, refs, result, vocabulary)
	}
	return s, replayed, nil
}

var errPruned = errors.New("its answers were pruned")
