package load

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/internal/stream"
	"pushloss/transform"
)

// Checked counts what Verify or Replay read and found.
type Checked struct {
	Days          int   `json:"days"` // with anything in them
	Windows       int   `json:"windows"`
	Pulls         int   `json:"pulls"`
	Facts         int64 `json:"facts"`
	Changes       int64 `json:"changes"`
	BeyondArchive int   `json:"beyond_archive"` // windows whose answers were pruned
	NotProvable   int   `json:"not_provable"`   // windows with a lost or damaged answer
	Differences   int   `json:"differences"`
}

// Observer gets the progress of a verification or a replay. Each field may be nil.
type Observer struct {
	// Day is called before each day; total is the number of days of all apps.
	Day func(sdkAppID int64, day calendar.Day, done, total int)
	// Difference is called with each difference; its error ends the work.
	Difference func(Difference) error
	// Waiting is called once for an app that another process works on.
	Waiting func(*BusyError)
}

// resolver returns the keys of the texts in an answer.
type resolver func(context.Context, []transform.Snapshot) (vocabulary, error)

// Verify replays the archive in memory and compares facts, changes and the ledger's
// figures with the tables. It changes nothing and may run during loads.
func (a Archive) Verify(ctx context.Context, selection Selection, observer Observer) (Checked, error) {
	var checked Checked
	err := a.eachDay(ctx, selection, observer, nil, func(ctx context.Context, reader *archiveReader, app *archivedApp, day calendar.Day) error {
		known := &lookedUp{}
		snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
		var of Checked
		var mismatches []mismatch
		err := pgx.BeginTxFunc(ctx, a.db.pool, snapshot, func(tx pgx.Tx) error {
			keys := func(ctx context.Context, snapshots []transform.Snapshot) (vocabulary, error) {
				return known.keys(ctx, tx, snapshots)
			}
			for _, stream := range stream.All() {
				s, r, err := reader.readDay(ctx, tx, &pgx.Batch{}, app.id, stream, day, app.tasks, keys)
				if err != nil {
					return err
				}
				mismatches = append(mismatches, of.count(s, r)...)
			}
			return nil
		})
		if err != nil {
			return err
		}
		checked.add(of)
		return a.report(ctx, observer, app, day, mismatches, known)
	})
	return checked, err
}

func (c *Checked) add(o Checked) {
	c.Days += o.Days
	c.Windows += o.Windows
	c.Pulls += o.Pulls
	c.Facts += o.Facts
	c.Changes += o.Changes
	c.BeyondArchive += o.BeyondArchive
	c.NotProvable += o.NotProvable
	c.Differences += o.Differences
}

// count adds one day of a stream and returns its mismatches. It counts the streams of one
// day as one day, so c must hold one day only.
func (c *Checked) count(s storedDay, r *replayedDay) []mismatch {
	var mismatches []mismatch
	windows := s.windows(r)
	if len(windows)+len(s.pulls) > 0 {
		c.Days = 1
	}
	c.Pulls += len(s.pulls)
	for _, key := range windows {
		v := s.compare(r, key)
		c.Windows++
		c.Facts += int64(len(s.facts[key]))
		c.Changes += int64(len(s.changes[key]))
		if v.beyond {
			c.BeyondArchive++
		}
		if v.broken {
			c.NotProvable++
		}
		mismatches = append(mismatches, v.mismatches...)
	}
	c.Differences += len(mismatches)
	return mismatches
}

// archivedApp is an app with its tasks, as its archive is read.
type archivedApp struct {
	id      int64
	tasks   map[string]int32
	taskIDs map[int32]string
}

// eachDay calls day for each day of a selection, app by app. It calls enter, if set, before an
// app's first day, and the function that enter returns after its last.
func (a Archive) eachDay(ctx context.Context, selection Selection, observer Observer,
	enter func(context.Context, int64) (leave func(), err error),
	day func(context.Context, *archiveReader, *archivedApp, calendar.Day) error,
) error {
	spans, err := a.days(ctx, selection)
	if err != nil {
		return err
	}
	reader, err := newArchiveReader()
	if err != nil {
		return err
	}
	defer reader.close()
	done, total := 0, 0
	for _, s := range spans {
		total += int(s.last-s.first) + 1
	}
	for _, s := range spans {
		err := func() error {
			if enter != nil {
				leave, err := enter(ctx, s.sdkAppID)
				if err != nil {
					return err
				}
				defer leave()
			}
			app, err := a.app(ctx, s.sdkAppID)
			if err != nil {
				return err
			}
			for d := s.first; d <= s.last; d++ {
				if err := context.Cause(ctx); err != nil {
					return err
				}
				if observer.Day != nil {
					observer.Day(s.sdkAppID, d, done, total)
				}
				done++
				if err := day(ctx, reader, app, d); err != nil {
					return fmt.Errorf("%s of app %d: %w", d, s.sdkAppID, err)
				}
			}
			return nil
		}()
		if err != nil {
			return err
		}
	}
	return nil
}

func (a Archive) app(ctx context.Context, sdkAppID int64) (*archivedApp, error) {
	tasks, err := a.db.Tasks.Of(ctx, sdkAppID)
	if err != nil {
		return nil, err
	}
	app := &archivedApp{id: sdkAppID, tasks: make(map[string]int32), taskIDs: make(map[int32]string)}
	for _, task := range tasks {
		app.tasks[task.TaskID], app.taskIDs[task.Key] = task.Key, task.TaskID
	}
	return app, nil
}

// lookedUp resolves texts without adding any. A text that the database lacks gets a key that the
// database never uses.
type lookedUp struct{ vocabulary vocabulary }

func (l *lookedUp) keys(ctx context.Context, from postgres.Reader, snapshots []transform.Snapshot) (vocabulary, error) {
	codes, infos := l.vocabulary.unknown(snapshots, true)
	if len(codes)+len(infos) == 0 {
		return l.vocabulary, nil
	}
	found, err := lookUp(ctx, from, codes, infos)
	if err != nil {
		return vocabulary{}, err
	}
	l.vocabulary = l.vocabulary.with(found)
	for _, code := range codes {
		if _, ok := found.codes[code]; !ok {
			l.vocabulary.codes[code] = -1 - int32(len(l.vocabulary.codes))
		}
	}
	for _, info := range infos {
		if _, ok := found.infos[info]; !ok {
			l.vocabulary.infos[info] = -1 - int32(len(l.vocabulary.infos))
		}
	}
	return l.vocabulary, nil
}
