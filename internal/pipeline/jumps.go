package pipeline

import (
	"context"

	"pushloss/internal/calendar"
)

// jumps looks for losses of an app that stand out against their own past, after the job's work on
// the app. It judges the newest days, and all days since the oldest one that was loaded, which may
// be far back after an outage. An error does not fail the job, because the next job judges the
// newest days again.
func (j *job) jumps(ctx context.Context, at turn, since *calendar.Day) {
	if ctx.Err() != nil {
		return
	}
	if since == nil || j.judgeSince != nil && *j.judgeSince < *since {
		since = j.judgeSince
	}
	added, err := at.lock.UpdateJumps(ctx, at.Location, since, j.settings.Jumps, j.opts.Now())
	switch {
	case err != nil:
		at.log.WarnContext(ctx, "losses that stand out were not looked for; the next run looks for them", "error", err)
	case added > 0:
		at.log.WarnContext(ctx, "losses stand out against their own past", "events", added, "hint", "analytics.jumps has them")
	}
}
