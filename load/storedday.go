package load

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

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
