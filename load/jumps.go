package load

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/jump"
)

// The states of an event.
const (
	jumpOpen      = "open"
	jumpOver      = "over"
	jumpWithdrawn = "withdrawn"
)

const (
	sqlNewestDay  = `SELECT max(day) FROM pushloss.ledger WHERE sdk_app_id = $1 AND task_key = 0 AND stream_id = 0 AND first_loaded_at IS NOT NULL`
	sqlJumpsKnown = `
		SELECT j.jump_id, c.err_code, j.err_code_key, j.stage_id, j.event_type, j.platform_id, j.first_day, j.last_day, j.worst_day,
			j.losses, coalesce(j.pushes, 0), j.usual, j.state
		FROM pushloss.jump AS j JOIN pushloss.err_code AS c USING (err_code_key)
		WHERE j.sdk_app_id = $1 AND (j.last_day >= least($2::date, (` + sqlNewestDay + `) - $3::int) OR j.state = 'open')
		ORDER BY j.first_day, j.jump_id`
	sqlInsertJump = `
		INSERT INTO pushloss.jump (sdk_app_id, stage_id, event_type, platform_id, err_code_key, first_day, last_day, worst_day, losses, pushes, usual, state, opened_at, closed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10::bigint, 0), $11, $12, $13, CASE WHEN $12 <> 'open' THEN $13::timestamptz END)`
	sqlEndJumps = `UPDATE pushloss.jump SET state = 'over', closed_at = $2 WHERE sdk_app_id = $1 AND state = 'open'`
	// An unchanged event is not written.
	sqlUpdateJump = `
		UPDATE pushloss.jump SET first_day = $3, last_day = $4, worst_day = $5, losses = $6, pushes = nullif($7::bigint, 0), usual = $8, state = $9,
			closed_at = CASE WHEN $9 = 'open' THEN NULL WHEN state = $9 THEN closed_at ELSE $10::timestamptz END
		WHERE sdk_app_id = $1 AND jump_id = $2`
)

// storedJump is an event as the table has it.
type storedJump struct {
	jump.Event
	id      int64
	codeKey int32
	state   string
}

// jumpFigures are the figures of an app that are judged, and the keys of the codes.
type jumpFigures struct {
	jump.Figures
	codeKeys map[string]int32
}

// UpdateJumps judges the app's newest days, or all days since a day, and stores the result: new
// events, events that go on or are over, and events that later changes of figures withdraw. It
// returns how many events it added. If settings have no factor, it ends the open events.
func (l *AppLock) UpdateJumps(ctx context.Context, zone *time.Location, since *calendar.Day, settings jump.Settings, now time.Time) (added int, err error) {
	db, app := l.session.db, l.sdkAppID
	if settings.Factor == 0 {
		if _, err := db.pool.Exec(ctx, sqlEndJumps, app, now); err != nil {
			return 0, fmt.Errorf("end the losses that stand out: %w", err)
		}
		return 0, nil
	}
	newest, known, err := db.knownJumps(ctx, app, since)
	if err != nil || newest == nil {
		return 0, err
	}
	last := *newest
	first := last - jump.Judged + 1
	if since != nil {
		first = min(first, *since)
	}
	var valid []jump.Event
	for _, k := range known {
		if k.state != jumpWithdrawn {
			valid = append(valid, k.Event)
		}
	}
	found, codeKeys, err := db.detectJumps(ctx, app, zone, valid, first, last, settings)
	if err != nil {
		return 0, err
	}
	changes, added := jumpChanges(app, known, found, codeKeys, now)
	if len(changes) == 0 {
		return 0, nil
	}
	err = l.transact(ctx, func(ctx context.Context, tx pgx.Tx, batch *pgx.Batch) error {
		for _, change := range changes {
			batch.Queue(change.sql, change.args...)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return 0, fmt.Errorf("store losses that stand out: %w", err)
	}
	return added, nil
}

// judgedAtOnce is how many days are judged at once: their figures must fit into memory.
const judgedAtOnce = 90

// detectJumps judges any number of days. It returns their events, including the known ones, and the
// keys of the codes. An event that goes on is judged further with the days that follow.
func (db *DB) detectJumps(
	ctx context.Context, app int64, zone *time.Location, known []jump.Event, first, last calendar.Day, settings jump.Settings,
) (events []jump.Event, codeKeys map[string]int32, err error) {
	events, codeKeys = known, map[string]int32{}
	for ; first <= last; first += judgedAtOnce {
		until := min(first+judgedAtOnce-1, last)
		figures, err := db.readJumpFigures(ctx, app, zone, first-jump.Reach, until)
		if err != nil {
			return nil, nil, err
		}
		maps.Copy(codeKeys, figures.codeKeys)
		var before, later []jump.Event
		for _, e := range events {
			if e.First <= until {
				before = append(before, e)
			} else {
				later = append(later, e)
			}
		}
		events = append(jump.Detect(figures.Figures, before, first, until, settings), later...)
	}
	return events, codeKeys, nil
}

type jumpChange struct {
	sql  string
	args []any
}

// jumpChanges turns the stored events into those that were found. A found event is the stored one
// of the same cause that has days in common with it.
func jumpChanges(app int64, known []storedJump, found []jump.Event, codeKeys map[string]int32, now time.Time) (changes []jumpChange, added int) {
	known = slices.Clone(known)
	update := func(id int64, e jump.Event, state string) {
		changes = append(changes, jumpChange{sqlUpdateJump, []any{
			app, id, e.First.UTC(), e.Last.UTC(), e.Worst.UTC(), e.Losses, e.Pushes, e.Usual, state, now,
		}})
	}
	for _, e := range found {
		state := jumpOpen
		if e.Over {
			state = jumpOver
		}
		at := slices.IndexFunc(known, func(k storedJump) bool {
			return k.Cause == e.Cause && k.First <= e.Last && e.First <= k.Last
		})
		if at < 0 {
			added++
			changes = append(changes, jumpChange{sqlInsertJump, []any{
				app, e.StageID, e.EventType, e.PlatformID, codeKeys[e.Code],
				e.First.UTC(), e.Last.UTC(), e.Worst.UTC(), e.Losses, e.Pushes, e.Usual, state, now,
			}})
			continue
		}
		k := known[at]
		known = slices.Delete(known, at, at+1)
		if k.state != state || k.Event != e {
			update(k.id, e, state)
		}
	}
	for _, k := range known {
		if k.state != jumpWithdrawn {
			update(k.id, k.Event, jumpWithdrawn)
		}
	}
	return changes, added
}

// knownJumps returns the newest day with figures, and the events that may change if that day, or
// the days since an earlier one, are judged. newest is nil if there is nothing to judge.
func (db *DB) knownJumps(ctx context.Context, app int64, since *calendar.Day) (newest *calendar.Day, known []storedJump, err error) {
	batch := &pgx.Batch{}
	batch.Queue(sqlNewestDay, app).QueryRow(func(row pgx.Row) error {
		return row.Scan(&newest)
	})
	if since != nil {
		reached := *since - jump.Reach
		since = &reached
	}
	batch.Queue(sqlJumpsKnown, app, dateOf(since), jump.Judged-1+jump.Reach).Query(func(rows pgx.Rows) error {
		known, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (k storedJump, err error) {
			err = row.Scan(&k.id, &k.Code, &k.codeKey, &k.StageID, &k.EventType, &k.PlatformID, &k.First, &k.Last, &k.Worst, &k.Losses, &k.Pushes, &k.Usual, &k.state)
			k.Over = k.state == jumpOver
			return k, err
		})
		return err
	})
	if err := db.pool.SendBatch(ctx, batch); err != nil {
		return nil, nil, fmt.Errorf("read the losses that stood out: %w", err)
	}
	return newest, known, nil
}
