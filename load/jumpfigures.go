package load

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/jump"
	"pushloss/internal/postgres"
)

// jumpsLimit bounds the reading of an app's figures.
const jumpsLimit = time.Minute

// readJumpFigures reads an app's figures by channel, with their changes, as of one moment.
func (db *DB) readJumpFigures(ctx context.Context, app int64, zone *time.Location, first, last calendar.Day) (f jumpFigures, err error) {
	f = jumpFigures{
		Figures: jump.Figures{
			Ended: func(day calendar.Day) time.Time { return day.Window(zone).End },
			Lost:  map[calendar.Day]jump.Pulled{}, Pushed: map[calendar.Day]jump.Pulled{},
			Losses: map[jump.Cause]map[calendar.Day]jump.Count{}, Pushes: map[jump.Gate]map[calendar.Day]jump.Count{},
		},
		codeKeys: map[string]int32{},
	}
	ctx, cancel := context.WithTimeout(ctx, jumpsLimit)
	defer cancel()
	counts := jumpCounts{}
	if err = f.read(ctx, db.pool, counts, app, first, last); err == nil {
		err = f.fill(ctx, db.pool, counts)
	}
	if err != nil {
		return f, fmt.Errorf("read the figures to compare: %w", err)
	}
	return f, nil
}

// Each is one statement, which sees one state of the database. Losses before sending are a share of
// counter 3 (total), losses after sending of counter 4 (sent).
const (
	sqlJumpFigures = `
		SELECT 'pull', stream_id, day, 0::smallint, 0::smallint, 0::smallint, 0, 0::bigint, first_loaded_at, greatest(last_loaded_at, proven_at), 0::bigint
		FROM pushloss.ledger
		WHERE sdk_app_id = $1 AND task_key = 0 AND day BETWEEN $2 AND $3 AND stream_id IN (0, 1)
			AND state IN ('loaded', 'empty', 'failed') AND first_loaded_at IS NOT NULL
		UNION ALL
		SELECT 'now', 0::smallint, day, stage_id, event_type, platform_id, err_code_key, err_count, NULL, NULL, 0
		FROM pushloss.platform_loss
		WHERE sdk_app_id = $1 AND task_key = 0 AND day BETWEEN $2 AND $3
		UNION ALL
		SELECT 'now', 1::smallint, day, (counter_id - 2)::smallint, event_type, platform_id, 0, push_count, NULL, NULL, 0
		FROM pushloss.platform_push_count
		WHERE sdk_app_id = $1 AND task_key = 0 AND day BETWEEN $2 AND $3 AND counter_id IN (3, 4)
		UNION ALL
		SELECT 'before', stream_id, day, (CASE stream_id WHEN 0 THEN stage_id ELSE stage_id - 2 END)::smallint, event_type, platform_id,
			CASE stream_id WHEN 0 THEN err_code_key ELSE 0 END, coalesce(old_count, 0), changed_at, NULL, change_id
		FROM pushloss.loss_change
		WHERE sdk_app_id = $1 AND task_key = 0 AND day BETWEEN $2 AND $3 AND by_platform
			AND (stream_id = 0 OR stream_id = 1 AND stage_id IN (3, 4)) AND old_count IS DISTINCT FROM new_count`
)

// pastChange is a change of a count in the past.
type pastChange struct {
	jumpFact
	day calendar.Day
	id  int64
	jump.Change
}

func (f jumpFigures) read(ctx context.Context, from postgres.Reader, counts jumpCounts, app int64, first, last calendar.Day) error {
	rows, err := from.Query(ctx, sqlJumpFigures, app, first.UTC(), last.UTC())
	if err != nil {
		return err
	}
	var (
		kind      string
		fact      jumpFact
		day       calendar.Day
		n, id     int64
		at, until *time.Time
		changes   []pastChange
	)
	_, err = pgx.ForEachRow(rows, []any{
		&kind, &fact.stream, &day, &fact.gate.StageID, &fact.gate.EventType, &fact.gate.PlatformID, &fact.code, &n, &at, &until, &id,
	}, func() error {
		switch kind {
		case "pull":
			of := f.Lost
			if fact.stream != 0 {
				of = f.Pushed
			}
			of[day] = jump.Pulled{First: *at, Last: *until}
		case "now":
			counts.add(fact, day, func(count *jump.Count) { count.Now = n })
		case "before":
			changes = append(changes, pastChange{fact, day, id, jump.Change{Before: n, At: *at}})
		}
		return nil
	})
	slices.SortFunc(changes, func(a, b pastChange) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.id, b.id)) })
	for _, c := range changes {
		counts.add(c.jumpFact, c.day, func(count *jump.Count) { count.Changes = append(count.Changes, c.Change) })
	}
	return err
}

// jumpFact is the key of a count: the losses of a code, or the pushes that can be lost at a stage.
type jumpFact struct {
	stream int
	gate   jump.Gate
	code   int32
}

type jumpCounts map[jumpFact]map[calendar.Day]jump.Count

func (c jumpCounts) add(fact jumpFact, day calendar.Day, change func(*jump.Count)) {
	if c[fact] == nil {
		c[fact] = map[calendar.Day]jump.Count{}
	}
	count := c[fact][day]
	change(&count)
	c[fact][day] = count
}

// fill resolves the codes of the counts.
func (f jumpFigures) fill(ctx context.Context, from postgres.Reader, counts jumpCounts) error {
	var keys []int32
	for fact := range counts {
		if fact.stream == 0 {
			keys = append(keys, fact.code)
		}
	}
	slices.Sort(keys)
	codes, err := postgres.Map[int32, string](ctx, from, sqlCodesOfKeys, slices.Compact(keys))
	if err != nil {
		return err
	}
	for key, code := range codes {
		f.codeKeys[code] = key
	}
	for fact, days := range counts {
		if fact.stream == 0 {
			f.Losses[jump.Cause{StageID: fact.gate.StageID, Channel: fact.gate.Channel, Code: codes[fact.code]}] = days
		} else {
			f.Pushes[fact.gate] = days
		}
	}
	return nil
}
