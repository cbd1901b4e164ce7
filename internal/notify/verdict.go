package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pushloss/internal/pipeline"
	"pushloss/load"
)

// The kinds of event.
const (
	KindRunFailed      = "run_failed"
	KindAppStopped     = "app_stopped"
	KindGap            = "gap"
	KindStale          = "stale"
	KindReconciliation = "reconciliation"
	KindUnproven       = "unproven"
	KindEmptied        = "emptied"
	KindSpans          = "spans"
	KindJump           = "jump"
)

// Verdict says whether one thing is wrong now. There is no verdict on what could not be
// seen.
type Verdict struct {
	AlertKey
	Wrong bool
	// Title names what is wrong; Detail says more, and Hint what to do.
	Title, Detail, Hint string
}

// OfReport judges an ended job: whether it failed, and which apps the API
// refused. It does not judge what it did not see to be over: an app has recovered once the
// API accepted a call, and a failed job once each of its apps has nothing left to do.
func OfReport(report pipeline.Report) []Verdict {
	var verdicts []Verdict
	var failed []string
	sound, unknown := 0, 0 // apps
	for _, app := range report.Apps {
		stopped := Verdict{
			AlertKey: AlertKey{Kind: KindAppStopped, SDKAppID: app.SDKAppID},
			Title:    fmt.Sprintf("app %d was stopped", app.SDKAppID),
		}
		state := app.State
		if state == pipeline.AppPartial && app.Unanswered() {
			state = pipeline.AppUnreachable // by too few requests to give up earlier
		}
		switch state {
		case pipeline.AppRefused:
			stopped.Wrong = true
			stopped.Detail, stopped.Hint = withoutName(app), app.Hint
			verdicts = append(verdicts, stopped)
		case pipeline.AppDone, pipeline.AppPartial:
			switch {
			case app.Accepted > 0:
				sound++
				verdicts = append(verdicts, stopped)
			case app.Requests == 0:
				sound++ // nothing is left to do
			default:
				unknown++
			}
		case pipeline.AppFailed, pipeline.AppUnreachable: // whether the API would accept it is unknown
			failed = append(failed, fmt.Sprintf("app %d: %s", app.SDKAppID, withoutName(app)))
		default:
			unknown++
		}
	}
	if report.State != load.RunInterrupted && (len(failed) > 0 || sound > 0 && unknown == 0) {
		v := ofJob(report.Kind)
		if v.Wrong = len(failed) > 0; v.Wrong {
			v.Detail = fmt.Sprintf("run %d, %s", report.RunID, failed[0])
			if more := len(failed) - 1; more > 0 {
				v.Detail += fmt.Sprintf(" (and %d more)", more)
			}
		}
		verdicts = append(verdicts, v)
	}
	if report.Kind == pipeline.KindRun && (report.State == load.RunDone || report.State == load.RunPartial) {
		verdicts = append(verdicts, Verdict{AlertKey: AlertKey{Kind: KindStale}, Title: staleTitle})
	}
	return verdicts
}

func ofJob(kind string) Verdict {
	return Verdict{
		AlertKey: AlertKey{Kind: KindRunFailed, Job: kind},
		Title:    kind + " failed",
		Hint:     "what was loaded stays, and the rest is due at the next run; pushloss check shows what prevents it",
	}
}

// OfFailure judges a job that could not begin.
func OfFailure(kind, reason string) Verdict {
	v := ofJob(kind)
	v.Wrong, v.Detail = true, reason
	return v
}

// withoutName is an app's problem without its name, which the alert says already.
func withoutName(app pipeline.AppReport) string {
	name := fmt.Sprintf("app %d: ", app.SDKAppID)
	return strings.ReplaceAll(strings.ReplaceAll(app.Problem, " of "+name, ": "), name, "")
}

const staleTitle = "no run is being completed"

// OfStatus judges how complete and how consistent the figures are, except those
// of busy apps: they are being pulled.
func OfStatus(statuses []load.AppStatus, busy []int64) []Verdict {
	var verdicts []Verdict
	for _, s := range statuses {
		if slices.Contains(busy, s.SDKAppID) {
			continue
		}
		gap := Verdict{
			AlertKey: AlertKey{Kind: KindGap, SDKAppID: s.SDKAppID},
			Wrong:    s.Failed+s.Missing+s.Late > 0 || s.Rejects > 0,
			Title:    fmt.Sprintf("app %d has gaps", s.SDKAppID),
			Detail:   fmt.Sprintf("windows: %d failed, %d missing, %d late", s.Failed, s.Missing, s.Late),
			Hint:     "the next run pulls them; analytics.stream_coverage names them with the reason",
		}
		if s.OldestProblem != nil {
			gap.Detail += fmt.Sprintf("; the oldest of %s", *s.OldestProblem)
		}
		if s.Rejects > 0 {
			gap.Detail += fmt.Sprintf("; rows of answers that could not be understood: %d", s.Rejects)
			gap.Hint += "; pushloss.reject has the rows that could not be understood"
		}
		if s.LastError != nil {
			gap.Detail += "; " + *s.LastError
		}
		verdicts = append(verdicts, gap, Verdict{
			AlertKey: AlertKey{Kind: KindReconciliation, SDKAppID: s.SDKAppID},
			Wrong:    s.Differences > 0,
			Title:    fmt.Sprintf("days of app %d do not add up", s.SDKAppID),
			Detail:   fmt.Sprintf("reconciliations that still differ after their days were pulled again: %d", s.Differences),
			Hint:     "analytics.reconciliations shows what is stored and what is reported",
		}, Verdict{
			AlertKey: AlertKey{Kind: KindUnproven, SDKAppID: s.SDKAppID},
			Wrong:    s.Unproven+s.Absent > 0,
			Title:    fmt.Sprintf("app %d has figures that nothing proves", s.SDKAppID),
			Detail:   fmt.Sprintf("windows that were pulled too late: %d; windows whose answers lack their task: %d", s.Unproven, s.Absent),
			Hint:     "analytics.stream_coverage names them by their state; run at least daily, and see PUSHLOSS_API_MEMORY_DAYS",
		}, ofEmptied(s), ofSpans(s))
		for _, j := range s.Jumps {
			verdicts = append(verdicts, ofJump(j))
		}
	}
	return verdicts
}

// ofEmptied judges whether answers removed or lowered figures. The event is over once the figures are
// back, or load.EmptiedTold later.
func ofEmptied(s load.AppStatus) Verdict {
	v := Verdict{
		AlertKey: AlertKey{Kind: KindEmptied, SDKAppID: s.SDKAppID},
		Wrong:    s.Emptied.Days > 0,
		Title:    fmt.Sprintf("figures of app %d were removed or lowered by the API's answers", s.SDKAppID),
	}
	if v.Wrong {
		v.Detail, v.Hint = s.Emptied.String(), pipeline.HintOfEmptied
	}
	return v
}

// ofSpans judges whether a span was wrong. The event is over once spans may be used again.
func ofSpans(s load.AppStatus) Verdict {
	v := Verdict{
		AlertKey: AlertKey{Kind: KindSpans, SDKAppID: s.SDKAppID},
		Wrong:    s.SpansOff != nil,
		Title:    fmt.Sprintf("answers for several days of app %d are not the sums of the days", s.SDKAppID),
	}
	if v.Wrong {
		v.Detail, v.Hint = s.SpansOff.String(), pipeline.HintOfDisagreement
	}
	return v
}

// ofJump judges whether a loss stands out.
func ofJump(j load.Jump) Verdict {
	return Verdict{
		AlertKey: AlertKey{Kind: KindJump, SDKAppID: j.SDKAppID, Cause: j.Cause},
		Wrong:    j.Open,
		Title:    fmt.Sprintf("app %d: %s", j.SDKAppID, j.Headline()),
		Detail:   j.String(),
		Hint:     j.Hint(),
	}
}

// OfFreshness judges whether runs are completed: the last one must not be older than
// maxAge.
func OfFreshness(last, now time.Time, maxAge time.Duration) Verdict {
	return Verdict{
		AlertKey: AlertKey{Kind: KindStale},
		Wrong:    now.Sub(last) > maxAge,
		Title:    staleTitle,
		Detail:   "the last one ended at " + last.UTC().Format(time.RFC3339),
		Hint:     "see the log of serve, and pushloss check",
	}
}
