package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pushloss/internal/calendar"
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

// Verdict says whether one thing is wrong now. What could not be observed has no verdict.
type Verdict struct {
	AlertKey
	Wrong bool
	// Title names what is wrong; Detail says more, and Hint what to do.
	Title, Detail, Hint string
}

// OfReport judges a job that ended: whether it failed, and which apps the API refused. It says that
// something is over only if the job proves that: an app recovered if the API accepted a call, and a
// job succeeds again if none of its apps has anything left to do.
func (w Words) OfReport(report pipeline.Report) []Verdict {
	var verdicts []Verdict
	var failed []pipeline.AppReport
	sound, unknown := 0, 0 // numbers of apps
	for _, app := range report.Apps {
		stopped := Verdict{
			AlertKey: AlertKey{Kind: KindAppStopped, SDKAppID: app.SDKAppID},
			Title:    w.Text("stopped.title", id(app.SDKAppID)),
		}
		state := app.State
		if state == pipeline.AppPartial && app.Unanswered() {
			state = pipeline.AppUnreachable // it made too few requests to give up earlier
		}
		switch state {
		case pipeline.AppRefused:
			stopped.Wrong = true
			stopped.Detail, stopped.Hint = w.apiError(withoutName(app)), w.Text("stopped.hint", w.advice(app.Hint))
			verdicts = append(verdicts, stopped)
		case pipeline.AppDone, pipeline.AppPartial:
			switch {
			case app.Accepted > 0:
				sound++
				verdicts = append(verdicts, stopped)
			case app.Requests == 0:
				sound++ // nothing is left to do for it
			default:
				unknown++
			}
		case pipeline.AppFailed, pipeline.AppUnreachable: // nobody knows whether the API would accept it
			failed = append(failed, app)
		default:
			unknown++
		}
	}
	if report.State != load.RunInterrupted && (len(failed) > 0 || sound > 0 && unknown == 0) {
		v := w.ofJob(report.Kind)
		if v.Wrong = len(failed) > 0; v.Wrong {
			v.Detail = w.Text("failed.run", id(report.RunID), id(failed[0].SDKAppID), w.apiError(withoutName(failed[0])))
			if more := len(failed) - 1; more > 0 {
				v.Detail += w.Text("failed.more", more)
			}
		}
		verdicts = append(verdicts, v)
	}
	if report.Kind == pipeline.KindRun && (report.State == load.RunDone || report.State == load.RunPartial) {
		verdicts = append(verdicts, Verdict{AlertKey: AlertKey{Kind: KindStale}, Title: w.Text("stale.title")})
	}
	return verdicts
}

func (w Words) ofJob(kind string) Verdict {
	return Verdict{
		AlertKey: AlertKey{Kind: KindRunFailed, Job: kind},
		Title:    w.Text("failed.title", kind),
		Hint:     w.Text("failed.hint"),
	}
}

// OfFailure judges a job that could not begin.
func (w Words) OfFailure(kind, reason string) Verdict {
	v := w.ofJob(kind)
	v.Wrong, v.Detail = true, reason
	return v
}

// withoutName returns an app's problem without the app's name, which the alert already has.
func withoutName(app pipeline.AppReport) string {
	name := fmt.Sprintf("app %d: ", app.SDKAppID)
	return strings.ReplaceAll(strings.ReplaceAll(app.Problem, " of "+name, ": "), name, "")
}

// OfStatus judges how complete and consistent the figures are. It does not judge busy apps, which
// are being pulled.
func (w Words) OfStatus(statuses []load.AppStatus, busy []int64) []Verdict {
	var verdicts []Verdict
	for _, s := range statuses {
		if slices.Contains(busy, s.SDKAppID) {
			continue
		}
		gap := Verdict{
			AlertKey: AlertKey{Kind: KindGap, SDKAppID: s.SDKAppID},
			Wrong:    s.Failed+s.Missing+s.Late > 0 || s.Rejects > 0,
			Title:    w.Text("gap.title", id(s.SDKAppID)),
			Detail:   w.Text("gap.detail", s.Failed, s.Missing, s.Late),
			Hint:     w.Text("gap.hint"),
		}
		if s.OldestProblem != nil {
			gap.Detail += w.Text("gap.oldest", s.OldestProblem.String())
		}
		if s.Rejects > 0 {
			gap.Detail += w.Text("gap.rejects", s.Rejects)
			gap.Hint += w.Text("gap.hint.rejects")
		}
		if s.LastError != nil {
			gap.Detail += w.Text("gap.error", w.apiError(*s.LastError))
		}
		verdicts = append(verdicts, gap, Verdict{
			AlertKey: AlertKey{Kind: KindReconciliation, SDKAppID: s.SDKAppID},
			Wrong:    s.Differences > 0,
			Title:    w.Text("differs.title", id(s.SDKAppID)),
			Detail:   w.Text("differs.detail", s.Differences),
			Hint:     w.Text("differs.hint"),
		}, Verdict{
			AlertKey: AlertKey{Kind: KindUnproven, SDKAppID: s.SDKAppID},
			Wrong:    s.Unproven+s.Absent > 0,
			Title:    w.Text("unproven.title", id(s.SDKAppID)),
			Detail:   w.Text("unproven.detail", s.Unproven, s.Absent),
			Hint:     w.Text("unproven.hint"),
		}, w.ofEmptied(s), w.ofSpans(s))
		for _, j := range s.Jumps {
			verdicts = append(verdicts, w.ofJump(j))
		}
	}
	return verdicts
}

// ofEmptied judges whether answers removed or lowered figures. The event is over when the figures
// are back, or after load.EmptiedTold.
func (w Words) ofEmptied(s load.AppStatus) Verdict {
	v := Verdict{
		AlertKey: AlertKey{Kind: KindEmptied, SDKAppID: s.SDKAppID},
		Wrong:    s.Emptied.Days > 0,
		Title:    w.Text("emptied.title", id(s.SDKAppID)),
	}
	if v.Wrong {
		name := "emptied.many"
		if s.Emptied.Days == 1 {
			name = "emptied.one"
		}
		v.Detail = w.Text(name, s.Emptied.Days, w.span(calendar.Span{First: s.Emptied.First, Last: s.Emptied.Last}))
		v.Hint = w.Text("emptied.hint")
	}
	return v
}

// ofSpans judges whether a span was wrong. The event is over when spans may be used again.
func (w Words) ofSpans(s load.AppStatus) Verdict {
	v := Verdict{
		AlertKey: AlertKey{Kind: KindSpans, SDKAppID: s.SDKAppID},
		Wrong:    s.SpansOff != nil,
		Title:    w.Text("spans.title", id(s.SDKAppID)),
	}
	if v.Wrong {
		name := "spans.detail"
		if s.SpansOff.TaskID == "" {
			name = "spans.detail.app"
		}
		v.Detail = w.Text(name, s.SpansOff.At.UTC().Format(time.DateOnly), w.span(s.SpansOff.Days), s.SpansOff.TaskID, s.SpansOff.Stream.String(),
			s.SpansOff.At.Add(load.DisagreementLasts).UTC().Format(time.DateOnly))
		v.Hint = w.Text("spans.hint")
	}
	return v
}

// OfFreshness judges whether runs are completed. The last one must not be older than maxAge.
func (w Words) OfFreshness(last, now time.Time, maxAge time.Duration) Verdict {
	return Verdict{
		AlertKey: AlertKey{Kind: KindStale},
		Wrong:    now.Sub(last) > maxAge,
		Title:    w.Text("stale.title"),
		Detail:   w.Text("stale.last", w.Time("time.layout", last.UTC())),
		Hint:     w.Text("stale.hint"),
	}
}
