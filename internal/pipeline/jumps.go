package pipeline

import "context"

// jumps looks for losses of an app that stand out against their own past, once the job's work
// there is done. An error does not fail the job: the next one judges the same days again.
func (j *job) jumps(ctx context.Context, at turn) {
	if ctx.Err() != nil {
		return
	}
	added, err := at.lock.UpdateJumps(ctx, at.Location, j.judgeSince, j.settings.Jumps, j.opts.Now())
	switch {
	case err != nil:
		at.log.WarnContext(ctx, "losses that stand out were not looked for; the next run looks for them", "error", err)
	case added > 0:
		at.log.WarnContext(ctx, "losses stand out against their own past", "events", added, "hint", "analytics.jumps has them")
	}
}
