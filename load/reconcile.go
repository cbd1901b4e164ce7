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

// CheckState is the state of a check of a span.
type CheckState string

// The states of a check, between which verdict decides. The database has one more: superseded, once
// a later check replaces it.
const (
	CheckAgreed   CheckState = "agreed"
	CheckDiffers  CheckState = "differs"  // its days were opened, and the check was not repeated yet
	CheckStays    CheckState = "stays"    // it differed again after its days were pulled again: a warning
	CheckUnproven CheckState = "unproven" // outside the API's memory
)

// Check is the API's answer for a span of days, which Reconcile compares with the sum of the stored
// days.
type Check struct {
	RunID       int64
	First, Last calendar.Day // both included
	// Tasks are the requested tasks; only the zero TaskRef for the whole app.
	Tasks []TaskRef
	// Snapshots are those of the answer. A task without a snapshot is not compared.
	Snapshots []transform.Snapshot
	// Trusted says that the API remembered the whole span, so that what the answer lacks
	// is zero.
	Trusted bool
}

// CheckOutcome is the result of the comparison for one task.
type CheckOutcome struct {
	Task              TaskRef
	Keys, Differences int
	DaysOpened        int
	State             CheckState
}

// taskCheck is a check of one task before it is written to the database.
type taskCheck struct {
	CheckOutcome
	attempt  int
	open     bool // whether to open its days
	compared []comparison
}

// prior is an earlier check of the same span and task that differed.
type prior struct {
	state   CheckState
	attempt int
	// opened says that some of its days wait to be pulled again.
	opened bool
}

// verdict returns the state of a check, whether to open the days of the span, and the
// number of the attempt. It is a pure function.
//
// If a trusted answer differs, the days are opened once: the next run pulls them and
// repeats the check. If it differs again, the days stay as they are, since a third pull
// would bring the same; the warning stays until a later check of the span agrees. A check
// made before all days were pulled again proves nothing new: the days stay open.
//
// An answer outside the API's memory may lack forgotten figures. It counts only if it agrees and
// has figures.
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

// Reconcile compares a span's answer with the sum of the stored days and records the
// result, in one transaction under the lock: no load runs in between. If ctx ends,
// everything stays as it was.
func (l *AppLock) Reconcile(ctx context.Context, check Check, now time.Time) ([]CheckOutcome, error) {
	now = now.UTC().Truncate(time.Microsecond)
	var outcomes []CheckOutcome
	err := l.transactWithCodes(ctx, check.Snapshots, func(ctx context.Context, tx pgx.Tx, first *pgx.Batch, codes vocabulary) (err error) {
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

// answered are the tasks that the answer contains.
func (c Check) answered() []TaskRef {
	return slices.DeleteFunc(slices.Clone(c.Tasks), func(task TaskRef) bool {
		return !slices.ContainsFunc(c.Snapshots, func(s transform.Snapshot) bool { return s.TaskID == task.ID })
	})
}

// reported returns the answer's counts by key, without texts.
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

// comparison holds the counts of both sides under one key; a side without the key has 0.
type comparison struct {
	factKey
	stored, reported int64
}

func (c comparison) differs() bool { return c.stored != c.reported }

// compare puts the stored counts beside the reported ones, key by key. It adds up the counts that
// one side has under one key, such as those of several stored days. It is a pure function. The
// result is sorted by task, then key.
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

// sum adds two counts that are not negative. A sum that does not fit into a bigint
// becomes the largest bigint.
func sum(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
