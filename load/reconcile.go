package load

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/transform"
)

// CheckState is what a check says of its span.
type CheckState string

// The states of a check; verdict says how one comes about.
const (
	CheckAgreed     CheckState = "agreed"
	CheckDiffers    CheckState = "differs"    // its days were opened, and it was not made again since
	CheckStays      CheckState = "stays"      // it differed again after that: a warning
	CheckUnproven   CheckState = "unproven"   // beyond the API's memory
	CheckSuperseded CheckState = "superseded" // a later check takes its place
)

// Check is the API's answer for a span of days, to be compared with the sum of
// what is stored of them.
type Check struct {
	RunID       int64
	First, Last calendar.Day // both included
	// Tasks are those that were asked for; just the zero TaskRef for the whole app.
	Tasks []TaskRef
	// Snapshots are the answer's. A task without one is not compared.
	Snapshots []transform.Snapshot
	// Trusted says that the whole span lay within what the API remembers, so that
	// what the answer lacks was not lost.
	Trusted bool
}

// CheckOutcome is what comparing the span of one task brought.
type CheckOutcome struct {
	Task              TaskRef
	Keys, Differences int
	DaysOpened        int
	State             CheckState
}

// taskCheck is a check of one task on its way into the database.
type taskCheck struct {
	CheckOutcome
	attempt  int
	open     bool // its days
	compared []comparison
}

// prior is a check of the same span and task that differed.
type prior struct {
	state   CheckState
	attempt int
	// opened says that some of its days wait to be pulled anew.
	opened bool
}

// verdict is the state of a check, whether the span's days are to be opened, and
// the how-manieth of its span it is. It is a pure function.
//
// What differs in a trusted answer opens the days, once: the next run pulls them,
// and the check is made again. If it differs again the days are left alone, since
// pulling them a third time would bring the same; the warning stands until a later
// check of the span agrees. A check that comes before all the days were pulled proves
// nothing new: they are all to be pulled after it.
//
// An answer beyond the API's memory may lack what was forgotten. Only that it
// agrees means anything, if there is anything in it.
func verdict(trusted bool, keys, differences int, before *prior) (state CheckState, open bool, attempt int) {
	attempt = 1
	if before != nil {
		attempt = before.attempt + 1
	}
	switch {
	case differences == 0 && (trusted || keys > 0):
		return CheckAgreed, false, attempt
	case !trusted:
		return CheckUnproven, false, attempt
	case before == nil:
		return CheckDiffers, true, attempt
	case before.state == CheckDiffers && before.opened:
		return CheckDiffers, true, attempt
	}
	return CheckStays, false, attempt
}

// Reconcile compares a span's answer with the sum of the stored days and records
// what came of it, in one transaction, under the lock: no load comes between. ctx
// cuts it off, which leaves everything as it was.
func (l *AppLock) Reconcile(ctx context.Context, check Check, now time.Time) ([]CheckOutcome, error) {
	now = now.UTC().Truncate(time.Microsecond)
	codes, err := l.session.db.dimensions.resolveCodes(ctx, l.session.db, check.Snapshots)
	if err != nil {
		return nil, fmt.Errorf("reconcile %s to %s of app %d: %w", check.First, check.Last, l.sdkAppID, err)
	}
	var outcomes []CheckOutcome
	err = l.transact(ctx, func(ctx context.Context, tx pgx.Tx, first *pgx.Batch) (err error) {
		outcomes, err = l.compareSpan(ctx, tx, first, check, codes, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reconcile %s to %s of app %d: %w", check.First, check.Last, l.sdkAppID, err)
	}
	return outcomes, nil
}

func (l *AppLock) compareSpan(ctx context.Context, tx pgx.Tx, first *pgx.Batch, check Check, codes vocabulary, now time.Time) ([]CheckOutcome, error) {
	tasks := check.answered()
	if len(tasks) == 0 {
		return nil, nil
	}
	stored, priors, err := l.readSpan(ctx, tx, first, check, tasks)
	if err != nil {
		return nil, fmt.Errorf("read what is stored: %w", err)
	}
	compared := make(map[int32][]comparison)
	for _, c := range compare(stored, check.reported(codes)) {
		compared[c.taskKey] = append(compared[c.taskKey], c)
	}
	list := make([]taskCheck, len(tasks))
	for i, task := range tasks {
		c := &list[i]
		c.Task, c.compared, c.Keys = task, compared[task.Key], len(compared[task.Key])
		for _, comparison := range c.compared {
			if comparison.differs() {
				c.Differences++
			}
		}
		c.State, c.open, c.attempt = verdict(check.Trusted, c.Keys, c.Differences, priors[task.Key])
	}
	if err := l.writeSpan(ctx, tx, check, list, now); err != nil {
		return nil, fmt.Errorf("write: %w", err)
	}
	outcomes := make([]CheckOutcome, len(list))
	for i, c := range list {
		outcomes[i] = c.CheckOutcome
	}
	return outcomes, nil
}

// answered are the tasks that the answer speaks of.
func (c Check) answered() []TaskRef {
	return slices.DeleteFunc(slices.Clone(c.Tasks), func(task TaskRef) bool {
		return !slices.ContainsFunc(c.Snapshots, func(s transform.Snapshot) bool { return s.TaskID == task.ID })
	})
}

// reported is the answer as it is compared: texts play no part.
func (c Check) reported(codes vocabulary) []tally {
	keyOf := make(map[string]int32, len(c.Tasks))
	for _, task := range c.Tasks {
		keyOf[task.ID] = task.Key
	}
	var list []tally
	for _, s := range c.Snapshots {
		key, asked := keyOf[s.TaskID]
		if !asked {
			continue
		}
		list = append(list, tallies(toRows(nil, key, s.Facts, codes))...)
	}
	return list
}

func tallies(rows []factRow) []tally {
	list := make([]tally, len(rows))
	for i, row := range rows {
		list[i] = tally{row.factKey, row.count}
	}
	return list
}

// tally is a count under a key.
type tally struct {
	factKey
	count int64
}

// comparison is what the two sides say under one key; a side that lacks it says 0.
type comparison struct {
	factKey
	stored, reported int64
}

func (c comparison) differs() bool { return c.stored != c.reported }

// compare sets what is stored beside what the API reported, key by key. Counts of
// one key on one side are summed: those of the stored days, for instance. It is a
// pure function; the result is sorted by task, then key.
func compare(stored, reported []tally) []comparison {
	sides := make(map[factKey]comparison, len(reported))
	for _, t := range stored {
		c := sides[t.factKey]
		c.stored = sum(c.stored, t.count)
		sides[t.factKey] = c
	}
	for _, t := range reported {
		c := sides[t.factKey]
		c.reported = sum(c.reported, t.count)
		sides[t.factKey] = c
	}
	list := make([]comparison, 0, len(sides))
	for key, c := range sides {
		c.factKey = key
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b comparison) int {
		return a.compare(b.factKey)
	})
	return list
}

// sum adds two counts, neither of them negative; what a bigint cannot hold stays
// the greatest that it can.
func sum(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
