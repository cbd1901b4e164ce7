package notify

import (
	"slices"
	"time"
)

const (
	// flapping is within how long after its end an event must return to count as one that comes and
	// goes.
	flapping = 7 * 24 * time.Hour
	// goodJobs is how many jobs in a row must find such an event over, for each of its ends within
	// that time. mostGoodJobs bounds the product.
	goodJobs, mostGoodJobs = 3, 12
	// remembered is for how long ended events are read. An open event may have begun long ago.
	remembered = 5 * flapping
)

// Decide turns verdicts into events to open and to close. It is a pure function. An event stays
// open while its verdict is wrong. Without a verdict, it stays as it is. A gap is not opened while
// its likely cause is open, which is already notified.
//
// known are the open events and the recently ended ones. An event ends when a verdict first finds
// it over. An event that came back within a week ends only after several good jobs in a row. ofJob
// says that the verdicts come from the end of a job.
func (w Words) Decide(known []Alert, verdicts []Verdict, ofJob bool, now time.Time) []AlertChange {
	open := slices.Clone(known)
	open = slices.DeleteFunc(open, func(a Alert) bool { return a.ClosedAt != nil })
	var changes []AlertChange
	for _, v := range verdicts {
		if v.Kind == KindGap && caused(v, open, verdicts) {
			v.Wrong = v.Wrong && slices.ContainsFunc(open, func(a Alert) bool { return a.AlertKey == v.AlertKey })
		}
		at := slices.IndexFunc(open, func(a Alert) bool { return a.AlertKey == v.AlertKey })
		if at < 0 {
			if v.Wrong {
				changes = append(changes, w.opens(v, needsGoodJobs(known, v.AlertKey, now)))
			}
			continue
		}
		needs := needsGoodJobs(known, v.AlertKey, open[at].OpenedAt)
		if v.Wrong {
			repeated := w.opens(v, needs)
			repeated.Repeats = &open[at]
			changes = append(changes, repeated)
		}
		switch {
		case v.Wrong && open[at].GoodJobs > 0:
			changes = append(changes, counts(open[at], 0))
		case v.Wrong:
		case needs > 0 && !ofJob:
		case open[at].GoodJobs+1 < needs:
			changes = append(changes, counts(open[at], open[at].GoodJobs+1))
		default:
			changes = append(changes, w.closes(v, open[at], now))
		}
	}
	return changes
}

// needsGoodJobs returns how many jobs in a row must find an event over that opened at the given
// time. It is 0 for an event that does not come and go.
func needsGoodJobs(known []Alert, key AlertKey, opened time.Time) int {
	ended := 0
	for _, a := range known {
		if a.AlertKey == key && a.ClosedAt != nil && opened.Sub(*a.ClosedAt) < flapping {
			ended++
		}
	}
	return min(goodJobs*ended, mostGoodJobs)
}

func (w Words) opens(v Verdict, needs int) AlertChange {
	body := v.Detail + "\n" + w.Text("notice.hint", v.Hint)
	if needs > 0 {
		body += "\n" + w.Text("notice.flapping", needs)
	}
	return AlertChange{Key: v.AlertKey, Detail: v.Detail, Notice: Notice{Title: w.Text("notice.open", v.Title), Body: body}}
}

func counts(alert Alert, good int) AlertChange {
	alert.GoodJobs = good
	return AlertChange{Key: alert.AlertKey, Counts: &alert}
}

func (w Words) closes(v Verdict, alert Alert, now time.Time) AlertChange {
	return AlertChange{
		Key: v.AlertKey, Closes: &alert,
		Notice: Notice{
			Title: w.Text("notice.over", v.Title),
			Body: w.Text("notice.lasted", w.Time("time.layout", alert.OpenedAt.UTC()), w.Duration(now.Sub(alert.OpenedAt))) +
				"\n" + w.Text("notice.was", alert.Detail),
		},
	}
}

// caused reports whether another event explains a gap: the API refuses its app, or runs fail or are
// missing.
func caused(gap Verdict, open []Alert, verdicts []Verdict) bool {
	explains := func(key AlertKey) bool {
		return key.Kind == KindAppStopped && key.SDKAppID == gap.SDKAppID || key.Kind == KindRunFailed || key.Kind == KindStale
	}
	over := func(key AlertKey) bool {
		return slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.AlertKey == key && !v.Wrong })
	}
	return slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.Wrong && explains(v.AlertKey) }) ||
		slices.ContainsFunc(open, func(a Alert) bool { return explains(a.AlertKey) && !over(a.AlertKey) })
}
