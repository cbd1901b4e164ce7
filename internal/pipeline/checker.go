package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/transform"
)

// checker compares spans of stored days with the API's answers, for one app under its
// lock. There are few spans, so it makes one request at a time.
type checker struct {
	turn
	policy policy
	now    func() time.Time

	normalizer    transform.Normalizer
	failuresInRow int
	answered      *checkRequest // the newest; nil before the first
	vouch         *vouch
	refusedTasks  map[int32]bool
	rejects       int64
	result        Reconciliation
	lastFailure   string // why a request could not be compared
}

func newChecker(at turn, rules policy, now func() time.Time, spans ...calendar.Span) *checker {
	return &checker{turn: at, normalizer: transform.Normalizer{MaxRows: maxRows}, policy: rules, now: now, result: newReconciliation(spans...)}
}

// one makes one request, and compares and records its answer: all of it or nothing. The
// error that it returns stops the app.
//
// If the API refuses a request because of one of its tasks, checker repeats it in halves,
// down to that task. It then leaves this task out.
func (c *checker) one(ctx context.Context, r checkRequest) error {
	r = c.withoutRefused(r)
	if len(r.tasks) == 0 {
		return nil
	}
	ids := taskIDs(r.tasks)
	answer, err := c.client.Pull(ctx, extract.Request{Window: c.policy.spanWindow(r.days), Tasks: ids})
	var failed *extract.Error
	aboutTasks := errors.As(err, &failed) && c.aboutTasks(ctx, r, failed)
	if aboutTasks && len(ids) > 1 {
		middle := (len(r.tasks) + 1) / 2
		for _, tasks := range [][]load.TaskRef{r.tasks[:middle], r.tasks[middle:]} {
			if err := c.one(ctx, checkRequest{r.days, tasks}); err != nil {
				return err
			}
		}
		return nil
	}
	// Once a request is made, its answer is recorded even if ctx ends.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	switch {
	case failed != nil:
		return c.refused(ctx, r, failed, aboutTasks)
	case err != nil:
		return err
	}
	defer answer.Release()
	c.failuresInRow, c.answered = 0, &r
	result, err := c.normalizer.Normalize(stream.Loss, answer.JSON, ids)
	if err != nil {
		c.failed(ctx, r, err.Error())
		return nil
	}
	trusted := c.policy.remembered(r.days.First, c.now())
	outcomes, err := c.lock.Reconcile(ctx, load.Check{
		RunID: c.runID, First: r.days.First, Last: r.days.Last, Tasks: r.tasks,
		Snapshots: c.usable(r, result), Trusted: trusted,
	}, c.now())
	if err != nil {
		return err
	}
	for _, outcome := range outcomes {
		c.result.note(r.days, outcome)
	}
	return nil
}

// withoutRefused removes the tasks from a request that were refused before.
func (c *checker) withoutRefused(r checkRequest) checkRequest {
	rest := checkRequest{days: r.days}
	for _, task := range r.tasks {
		if c.refusedTasks[task.Key] {
			c.result.LeftOut = append(c.result.LeftOut, LeftOut{r.days, task.ID, "the API refused the task before"})
			continue
		}
		rest.tasks = append(rest.tasks, task)
	}
	return rest
}

// usable returns the snapshots that can be compared. It leaves out the other tasks, with
// the reason.
func (c *checker) usable(r checkRequest, result transform.Result) []transform.Snapshot {
	c.rejects += int64(result.Counts.Rejected)
	leave := func(task, why string) {
		c.result.LeftOut = append(c.result.LeftOut, LeftOut{r.days, task, why})
	}
	for _, task := range result.Absent {
		if task == "" {
			c.lastFailure = noResultOfApp
			leave(task, noResultOfApp)
			continue
		}
		leave(task, answerLacksTask)
	}
	for _, u := range result.Unreadable {
		leave(u.TaskID, u.Reason)
		c.lastFailure = u.Reason
	}
	return slices.DeleteFunc(result.Snapshots, func(s transform.Snapshot) bool {
		rejected := slices.IndexFunc(result.Rejects, func(reject transform.Reject) bool { return reject.TaskID == s.TaskID })
		if rejected < 0 {
			return false
		}
		reason := "a row of the answer could not be understood: " + result.Rejects[rejected].Reason
		leave(s.TaskID, reason)
		c.lastFailure = reason
		return true
	})
}

// aboutTasks reports whether a request failed because of its tasks. Either the error says so, or
// the API answers the last answered request again (before the first answer: a request for the whole
// app).
func (c *checker) aboutTasks(ctx context.Context, r checkRequest, failed *extract.Error) bool {
	switch ids := taskIDs(r.tasks); {
	case len(ids) == 0, failed.AboutAccount(), ctx.Err() != nil:
		return false
	case failed.MayBeAboutTasks() && failed.Class != extract.Transient:
		return true
	case c.vouch.covers(failed):
		return true
	}
	witness := checkRequest{days: r.days}
	if c.answered != nil {
		witness = *c.answered
	}
	answers := c.answers(ctx, stream.Loss, c.policy.spanWindow(witness.days), taskIDs(witness.tasks)) == nil
	c.vouch = c.vouch.after(answers)
	return answers
}

// refused handles a request without an answer.
func (c *checker) refused(ctx context.Context, r checkRequest, failed *extract.Error, aboutTasks bool) error {
	if !c.policy.remembered(r.days.First, c.now()) && failed.AboutWindow() {
		c.log.WarnContext(ctx, "the api no longer has figures for these days", "first_day", r.days.First, "last_day", r.days.Last, "error", failed)
		c.leave(r, "beyond the API's memory: "+failed.Error())
		return nil
	}
	if aboutTasks {
		if c.refusedTasks == nil {
			c.refusedTasks = make(map[int32]bool)
		}
		c.refusedTasks[r.tasks[0].Key] = true
		c.failed(ctx, r, fmt.Sprintf("task %s: %v", r.tasks[0].ID, failed))
		return nil
	}
	if failed.StopsApp() {
		return failed
	}
	c.failed(ctx, r, failed.Error())
	c.failuresInRow++
	if c.failuresInRow >= maxFailuresInRow {
		return &unreachableError{requests: c.failuresInRow, last: failed}
	}
	return nil
}

func (c *checker) failed(ctx context.Context, r checkRequest, reason string) {
	c.log.ErrorContext(ctx, "span not compared", "first_day", r.days.First, "last_day", r.days.Last, "tasks", taskIDs(r.tasks), "error", reason)
	c.leave(r, reason)
	c.lastFailure = reason
}

func (c *checker) leave(r checkRequest, why string) {
	for _, task := range r.tasks {
		c.result.LeftOut = append(c.result.LeftOut, LeftOut{r.days, task.ID, why})
	}
}
