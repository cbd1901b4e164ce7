package load

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/jump"
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
	err = db.Read(ctx, jumpsLimit, func(tx pgx.Tx) error {
		counts := jumpCounts{}
		args := []any{app, first.UTC(), last.UTC()}
		if err := f.readPulls(ctx, tx, args); err != nil {
			return err
		}
		for stream, sql := range []string{sqlJumpLosses, sqlJumpPushes} {
			if err := counts.read(ctx, tx, stream, sql, args); err != nil {
				return err
			}
		}
		if err := counts.readChanges(ctx, tx, args); err != nil {
			return err
		}
		return f.fill(ctx, tx, counts)
	})
	if err != nil {
		return f, fmt.Errorf("read the figures to compare: %w", err)
	}
	return f, nil
}

func (f jumpFigures) readPulls(ctx context.Context, tx pgx.Tx, args []any) error {
	rows, err := tx.Query(ctx, sqlJumpPulls, args...)
	if err != nil {
		return err
	}
	var stream int16
	var day time.Time
	var pulled jump.Pulled
	_, err = pgx.ForEachRow(rows, []any{&stream, &day, &pulled.First, &pulled.Last}, func() error {
		of := f.Lost
		if stream != 0 {
			of = f.Pushed
		}
		of[calendar.DayOf(day, time.UTC)] = pulled
		return nil
	})
	return err
}

// jumpFact is the key of a count of a stream: the losses of a code, or the pushes that can be
// lost at a stage.
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

func (c jumpCounts) read(ctx context.Context, tx pgx.Tx, stream int, sql string, args []any) error {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	fact := jumpFact{stream: stream}
	var day time.Time
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&day, &fact.gate.StageID, &fact.gate.EventType, &fact.gate.PlatformID, &fact.code, &n}, func() error {
		c.add(fact, calendar.DayOf(day, time.UTC), func(count *jump.Count) { count.Now = n })
		return nil
	})
	return err
}

func (c jumpCounts) readChanges(ctx context.Context, tx pgx.Tx, args []any) error {
	rows, err := tx.Query(ctx, sqlJumpChanges, args...)
	if err != nil {
		return err
	}
	var fact jumpFact
	var day time.Time
	var change jump.Change
	_, err = pgx.ForEachRow(rows, []any{
		&fact.stream, &day, &fact.gate.StageID, &fact.gate.EventType, &fact.gate.PlatformID, &fact.code, &change.Before, &change.At,
	}, func() error {
		c.add(fact, calendar.DayOf(day, time.UTC), func(count *jump.Count) { count.Changes = append(count.Changes, change) })
		return nil
	})
	return err
}

// fill gives the counts their codes.
func (f jumpFigures) fill(ctx context.Context, tx pgx.Tx, counts jumpCounts) error {
	var keys []int32
	for fact := range counts {
		if fact.stream == 0 {
			keys = append(keys, fact.code)
		}
	}
	slices.Sort(keys)
	rows, err := tx.Query(ctx, sqlJumpCodes, slices.Compact(keys))
	if err != nil {
		return err
	}
	codes := map[int32]string{}
	var key int32
	var code string
	if _, err := pgx.ForEachRow(rows, []any{&key, &code}, func() error {
		codes[key], f.codeKeys[code] = code, key
		return nil
	}); err != nil {
		return err
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
