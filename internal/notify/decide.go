package notify

import (
	"slices"
	"time"

	"pushloss/load"
)

// Decide turns verdicts into events to open and to close. It is a pure function:
// what is open and wrong stays as it is, and so does what no verdict is about. A
// gap is not opened while its likely cause is: that is told already.
func Decide(open []load.Alert, verdicts []Verdict, now time.Time) []load.AlertChange {
	var changes []load.AlertChange
	for _, v := range verdicts {
		if v.Kind == KindGap && caused(v, open, verdicts) {
			v.Wrong = v.Wrong && slices.ContainsFunc(open, func(a load.Alert) bool { return a.AlertKey == v.AlertKey })
		}
		at := slices.IndexFunc(open, func(a load.Alert) bool { return a.AlertKey == v.AlertKey })
		switch {
		case v.Wrong && at < 0:
			changes = append(changes, load.AlertChange{
				Key: v.AlertKey, Detail: v.Detail,
				Notice: load.Notice{Title: "pushloss: " + v.Title, Body: v.Detail + "\nwhat to do: " + v.Hint},
			})
		case !v.Wrong && at >= 0:
			alert := open[at]
			changes = append(changes, load.AlertChange{
				Key: v.AlertKey, Closes: &alert,
				Notice: load.Notice{
					Title: "pushloss: recovered: " + v.Title,
					Body: "since " + alert.OpenedAt.UTC().Format(time.RFC3339) + ", over after " +
						now.Sub(alert.OpenedAt).Round(time.Second).String() + "\nit was: " + alert.Detail,
				},
			})
		}
	}
	return changes
}

// caused reports whether a gap comes with what explains it: its app is refused, or
// runs fail or are not made.
func caused(gap Verdict, open []load.Alert, verdicts []Verdict) bool {
	explains := func(key load.AlertKey) bool {
		return key.Kind == KindAppStopped && key.SDKAppID == gap.SDKAppID || key.Kind == KindRunFailed || key.Kind == KindStale
	}
	over := func(key load.AlertKey) bool {
		return slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.AlertKey == key && !v.Wrong })
	}
	return slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.Wrong && explains(v.AlertKey) }) ||
		slices.ContainsFunc(open, func(a load.Alert) bool { return explains(a.AlertKey) && !over(a.AlertKey) })
}
