package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// AppState is how the work on an app ended.
type AppState string

// The states of an app's work. From AppBusy on, the work was not done, or not completely.
const (
	AppDone        AppState = "done"
	AppPartial     AppState = "partial"     // some windows failed or rows were rejected
	AppBusy        AppState = "busy"        // another process works on it
	AppInterrupted AppState = "interrupted" // by a signal
	AppUnreachable AppState = "unreachable" // too many requests in a row had no answer
	AppRefused     AppState = "refused"     // an operator must act: the API refused the app, or a clock is wrong
	AppFailed      AppState = "failed"      // the database, or the app's settings
)

// Totals counts what a job did.
type Totals struct {
	Requests      int64 `json:"requests"` // API calls, retries included
	Retries       int64 `json:"retries"`
	Windows       int64 `json:"windows"` // loaded, or found empty, absent or out of reach
	WindowsFailed int64 `json:"windows_failed"`
	// WindowsBySpan counts the Windows that answers for several days confirmed, CallsSaved the
	// calls that this saved.
	WindowsBySpan int64 `json:"windows_by_span"`
	CallsSaved    int64 `json:"calls_saved"`
	// WindowsUnproven counts the windows that were pulled when the API may have forgotten a part of
	// their day. Their figures, or the absence of figures, may be incomplete. In a backfill, it
	// includes windows that were pulled earlier and are left alone.
	WindowsUnproven int64 `json:"windows_unproven"`
	// WindowsAbsent counts the Windows whose answers lack their task.
	WindowsAbsent int64 `json:"windows_absent"`
	RowsInserted  int64 `json:"rows_inserted"`
	RowsUpdated   int64 `json:"rows_updated"`
	RowsDeleted   int64 `json:"rows_deleted"`
	RowsUnchanged int64 `json:"rows_unchanged"`
	// RowsKept counts stored rows that stay although an answer has a lower count, or none.
	RowsKept   int64 `json:"rows_kept"`
	RowsMerged int64 `json:"rows_merged"`
	// DaysRemoved counts an app's days on which an answer removed the figures of a window, or
	// lowered them by more than a tenth of their greatest.
	DaysRemoved int64 `json:"days_removed"`
	Rejects     int64 `json:"rejects"`
	// Parts of answers that are not stored: rows of tasks that were not requested, rows
	// of a task that came twice, and counters of a task that were all zero.
	RowsIgnored  int64 `json:"rows_ignored"`
	RowsRepeated int64 `json:"rows_repeated"`
	RowsUnlisted int64 `json:"rows_unlisted"`
	ZeroCounters int64 `json:"zero_counters"`
	// Parts of answers that are stored in another form: texts that Postgres cannot hold,
	// and credentials.
	TextsReplaced  int64 `json:"texts_replaced"`
	SecretsBlanked int64 `json:"secrets_blanked"`
}

func (t *Totals) add(o Totals) {
	t.Requests += o.Requests
	t.Retries += o.Retries
	t.Windows += o.Windows
	t.WindowsFailed += o.WindowsFailed
	t.WindowsUnproven += o.WindowsUnproven
	t.WindowsAbsent += o.WindowsAbsent
	t.WindowsBySpan += o.WindowsBySpan
	t.CallsSaved += o.CallsSaved
	t.RowsInserted += o.RowsInserted
	t.RowsUpdated += o.RowsUpdated
	t.RowsDeleted += o.RowsDeleted
	t.RowsUnchanged += o.RowsUnchanged
	t.RowsKept += o.RowsKept
	t.RowsMerged += o.RowsMerged
	t.DaysRemoved += o.DaysRemoved
	t.Rejects += o.Rejects
	t.RowsIgnored += o.RowsIgnored
	t.RowsRepeated += o.RowsRepeated
	t.RowsUnlisted += o.RowsUnlisted
	t.ZeroCounters += o.ZeroCounters
	t.TextsReplaced += o.TextsReplaced
	t.SecretsBlanked += o.SecretsBlanked
}

func (t Totals) run() load.RunTotals {
	return load.RunTotals{
		Requests: t.Requests, Retries: t.Retries, Windows: t.Windows, Rejects: t.Rejects,
		Rows: load.Changes{
			Inserted: t.RowsInserted, Updated: t.RowsUpdated, Deleted: t.RowsDeleted, Unchanged: t.RowsUnchanged,
		},
	}
}

// AppReport is what a job did to one app.
type AppReport struct {
	SDKAppID int64    `json:"sdk_app_id"`
	State    AppState `json:"state"`
	// Problem and Hint say what went wrong and what to do; both are empty if nothing
	// did.
	Problem string `json:"problem,omitempty"`
	Hint    string `json:"hint,omitempty"`
	Totals
	// Accepted counts the calls that the API answered without an error, Answered all calls that it
	// answered.
	Accepted int64 `json:"-"`
	Answered int64 `json:"-"`
	// PaceUsed is the ratio of calls made to calls allowed, between the first and the
	// last call; 0 without a pace or with fewer than two calls.
	PaceUsed float64 `json:"pace_used"`
	// Reconciliation is the result of comparing; nil if nothing was compared.
	Reconciliation *Reconciliation `json:"reconciliation,omitempty"`

	// judgeSince is the oldest day of the whole app's losses that was loaded; nil if none was.
	judgeSince *calendar.Day
	err        error
}

// partial puts a problem that does not stop the app before the present ones.
func (r *AppReport) partial(problem, hint string) {
	r.State = AppPartial
	r.Problem = strings.TrimSuffix(problem+"; "+r.Problem, "; ")
	r.Hint = strings.TrimSuffix(hint+"; "+r.Hint, "; ")
}

// Unanswered reports whether the app was called and never got an answer.
func (r AppReport) Unanswered() bool { return r.Requests > 0 && r.Answered == 0 }

// Err is the error that stopped the app; nil if none did.
func (r AppReport) Err() error { return r.err }

// Report is the result of a job.
type Report struct {
	RunID      int64         `json:"run_id"`
	Kind       string        `json:"kind"`
	State      load.RunState `json:"state"`
	StartedAt  time.Time     `json:"started_at"`
	FinishedAt time.Time     `json:"finished_at"`
	Totals
	Apps []AppReport `json:"apps"`
}

// conclude derives the job's state and totals from its apps.
func (r *Report) conclude() {
	r.State = load.RunDone
	worst := map[AppState]load.RunState{
		AppPartial: load.RunPartial, AppInterrupted: load.RunInterrupted,
		AppUnreachable: load.RunFailed, AppRefused: load.RunFailed, AppFailed: load.RunFailed,
	}
	rank := map[load.RunState]int{load.RunPartial: 1, load.RunFailed: 2, load.RunInterrupted: 3}
	if len(r.Apps) > 0 && !slices.ContainsFunc(r.Apps, func(app AppReport) bool { return app.State != AppBusy }) {
		r.State = load.RunSkipped // a run that did nothing does not count as an update
	}
	for _, app := range r.Apps {
		r.Totals.add(app.Totals)
		if state := worst[app.State]; rank[state] > rank[r.State] {
			r.State = state
		}
	}
}

// problem returns the job's text for the record of the run.
func (r *Report) problem() string {
	for _, app := range r.Apps {
		if app.Problem != "" && app.State != AppBusy {
			return app.Problem
		}
	}
	return ""
}

// NamedProblem is the app's problem, with the app's name unless the problem already has it.
func (r AppReport) NamedProblem() string {
	name := fmt.Sprintf("app %d", r.SDKAppID)
	if strings.Contains(r.Problem, name) {
		return r.Problem
	}
	return name + ": " + r.Problem
}
