package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pushloss/extract"
	"pushloss/load"
)

// A run looks for scheduled pushes before it plans, so that it pulls their figures at once.
const (
	// maxListCalls bounds the calls for lists that one run makes for one app.
	maxListCalls = 30
	// listWant is how many pushes a page has, as in the API's sample.
	listWant = 20
	// listOverlap is how long before the newest known push a run looks again: a push may have been
	// dispatched late.
	listOverlap = 24 * time.Hour
	// listDays is the range in the API's sample. If a range means the time of creation, it must be
	// that long.
	listDays = 31
)

// hintOfDiscovery says what an operator should do if scheduled pushes cannot be listed.
const hintOfDiscovery = "the figures that were asked for are loaded, but scheduled pushes may be missing; if the app has none, unset PUSHLOSS_DISCOVER"

// listForm is a form of the request for a list. The API's pages leave open how OrderBy is spelt and
// how long a range may be.
type listForm struct {
	days    int
	orderBy string
}

func (p *Pipeline) listForms() []listForm {
	var forms []listForm
	for _, days := range []int{listDays, p.settings.EffectiveLookback() + 1, 1} {
		for _, orderBy := range []string{"schedat", "schedAt"} {
			forms = append(forms, listForm{days, orderBy})
		}
	}
	return forms
}

// discover registers the scheduled pushes that were dispatched since the newest known one. problem
// says why some may be missing. An error stops the app.
func (p *Pipeline) discover(ctx context.Context, at turn, now time.Time) (problem string, err error) {
	newest, err := p.db.Tasks.NewestScheduled(ctx, at.Account.SDKAppID)
	if err != nil {
		return "", err
	}
	since := now.AddDate(0, 0, -p.settings.EffectiveLookback()-1)
	if newest != nil && newest.Add(-listOverlap).After(since) {
		since = newest.Add(-listOverlap)
	}
	listed, listErr := p.listScheduled(ctx, at, since, now)
	tasks := tasksOf(listed, at.Account.SDKAppID, since, now)
	if len(tasks) > 0 { // also those that were listed before a failure
		added, err := p.db.Tasks.Register(ctx, tasks, now)
		if err != nil {
			return "", err
		}
		at.log.InfoContext(ctx, "scheduled pushes listed", "dispatched", len(tasks), "new", added)
	}
	var failed *extract.Error
	var incomplete errListing
	switch {
	case listErr == nil:
		return "", nil
	case errors.As(listErr, &failed) && failed.AboutAccount():
		return "", listErr
	case failed == nil && !errors.As(listErr, &incomplete):
		return "", listErr
	}
	at.log.WarnContext(ctx, "scheduled pushes cannot be listed", "error", listErr, "hint", hintOfDiscovery)
	return "scheduled pushes cannot be listed: " + listErr.Error(), nil
}

// errListing is a list that does not come whole.
type errListing string

func (e errListing) Error() string { return string(e) }

var errManyScheduled = errListing(fmt.Sprintf("there are more than %d pages of them: some are left out", maxListCalls))

const errSamePage = errListing("a page has the same pushes as those before it")

// listScheduled lists the pushes since a time, latest first. With an error, it also returns what it
// listed before.
func (p *Pipeline) listScheduled(ctx context.Context, at turn, since, now time.Time) (pushes []extract.ScheduledPush, err error) {
	forms := p.listForms()
	offset, again := 0, false
	seen := make(map[string]bool)
	for range maxListCalls {
		form := forms[0]
		page, err := at.client.Scheduled(ctx, extract.ScheduledRequest{
			From: now.AddDate(0, 0, -form.days), To: now, OrderBy: form.orderBy, Offset: offset, Want: listWant,
		})
		var failed *extract.Error
		switch {
		case errors.As(err, &failed) && offset == 0 && len(forms) > 1 && failed.AboutWindow():
			forms = forms[1:]
			continue
		case errors.As(err, &failed) && (failed.Class == extract.Transient || failed.Class == extract.Throttled) && !again:
			again = true
			continue
		case err != nil:
			return pushes, err
		}
		again = false
		if repeats(page.Pushes, seen) {
			return pushes, errSamePage
		}
		pushes = append(pushes, page.Pushes...)
		offset += page.Listed
		missing := page.Total - int64(offset)
		last := page.Listed == 0 || page.Total > 0 && missing <= 0 || page.Total <= 0 && page.Listed < listWant
		switch {
		case page.Listed == 0 && missing > 0:
			return pushes, errListing(fmt.Sprintf("the list ends after %d of %d", offset, page.Total))
		case last, areBefore(page.Pushes, since):
			return pushes, nil
		}
	}
	return pushes, errManyScheduled
}

// repeats adds the tasks of a page to those seen, and reports whether it has no other.
func repeats(pushes []extract.ScheduledPush, seen map[string]bool) bool {
	tasks, known := 0, 0
	for _, push := range pushes {
		if push.TaskID == "" {
			continue
		}
		tasks++
		if seen[push.TaskID] {
			known++
		}
		seen[push.TaskID] = true
	}
	return tasks > 0 && known == tasks
}

// areBefore reports whether all pushes of a page are older than since: it is the end, unless
// the list begins with the oldest.
func areBefore(pushes []extract.ScheduledPush, since time.Time) bool {
	for _, push := range pushes {
		if push.SentAt == nil || !push.SentAt.Before(since) {
			return false
		}
	}
	return len(pushes) > 0 && !pushes[0].SentAt.Before(*pushes[len(pushes)-1].SentAt)
}

// tasksOf returns the pushes that were dispatched since a time.
func tasksOf(pushes []extract.ScheduledPush, sdkAppID int64, since, now time.Time) (tasks []load.Task) {
	seen := make(map[string]bool)
	for _, push := range pushes {
		id := push.TaskID
		sentAt := push.SentAt
		if seen[id] || !load.CanBeTaskID(id) || sentAt != nil && sentAt.Before(since) {
			continue
		}
		if sentAt != nil && sentAt.After(now.Add(ClockTolerance)) { // it was dispatched before its time
			sentAt = nil
		}
		seen[id] = true
		tasks = append(tasks, load.Task{SDKAppID: sdkAppID, TaskID: id, SentAt: sentAt, RegisteredAt: now, Source: load.SourceSchedule})
	}
	return tasks
}
