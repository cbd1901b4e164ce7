package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pushloss/load"
)

// AppState is how the work on an app ended.
type AppState string

// The states. From Busy on, nothing was done or not all.
const (
	AppDone        AppState = "done"
	AppPartial     AppState = "partial"     // some windows failed or rows were rejected
	AppBusy        AppState = "busy"        // another process works on it
	AppInterrupted AppState = "interrupted" // by a signal
	AppUnreachable AppState = "unreachable" // too many requests in a row got no answer
	AppRefused     AppState = "refused"     // the API, or a clock, wants an operator to act
	AppFailed      AppState = "failed"      // the database, or the app's settings
)

// Totals counts what a job did.
type Totals struct {
	Requests      int64 `json:"requests"` // API calls, retries included
	Retries       int64 `json:"retries"`
	Windows       int64 `json:"windows"` // loaded, or found empty, absent or out of reach
	WindowsFailed int64 `json:"windows_failed"`
	RowsInserted  int64 `json:"rows_inserted"`
	RowsUpdated   int64 `json:"rows_updated"`
	RowsDeleted   int64 `json:"rows_deleted"`
	RowsUnchanged int64 `json:"rows_unchanged"`
	// RowsKept are stored rows of which an untrusted answer says less.
	RowsKept   int64 `json:"rows_kept"`
	RowsMerged int64 `json:"rows_merged"`
	Rejects    int64 `json:"rejects"`
	// What the answers had that is not stored: rows of tasks that were not asked for,
	// rows of a task that came twice, and counters of a task that were all zero.
	RowsIgnored  int64 `json:"rows_ignored"`
	RowsRepeated int64 `json:"rows_repeated"`
	ZeroCounters int64 `json:"zero_counters"`
	// What the answers had that is stored otherwise: texts that Postgres cannot hold,
	// and credentials.
	TextsReplaced  int64 `json:"texts_replaced"`
	SecretsBlanked int64 `json:"secrets_blanked"`
}

func (t *Totals) add(o Totals) {
	t.Requests += o.Requests
	t.Retries += o.Retries
	t.Windows += o.Windows
	t.WindowsFailed += o.WindowsFailed
	t.RowsInserted += o.RowsInserted
	t.RowsUpdated += o.RowsUpdated
	t.RowsDeleted += o.RowsDeleted
	t.RowsUnchanged += o.RowsUnchanged
	t.RowsKept += o.RowsKept
	t.RowsMerged += o.RowsMerged
	t.Rejects += o.Rejects
	t.RowsIgnored += o.RowsIgnored
	t.RowsRepeated += o.RowsRepeated
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
	// Problem and Hint say what went wrong and what to do; empty if nothing did.
	Problem string `json:"problem,omitempty"`
	Hint    string `json:"hint,omitempty"`
	Totals
	// Accepted is how many calls the API answered without an error, Answered with or
	// without one.
	Accepted int64 `json:"-"`
	Answered int64 `json:"-"`
	// PaceUsed is the calls made per call allowed between the first and the
	// last; 0 where no pace is set or there were fewer than two calls.
	PaceUsed float64 `json:"pace_used"`
	// Reconciliation is what was compared; nil if nothing was.
	Reconciliation *Reconciliation `json:"reconciliation,omitempty"`

	err error
}

// Unanswered reports whether the app was called and never got an answer.
func (r AppReport) Unanswered() bool { return r.Requests > 0 && r.Answered == 0 }

// Err is what stopped the app; nil if nothing did.
func (r AppReport) Err() error { return r.err }

// Report is what a job did.
type Report struct {
	RunID      int64         `json:"run_id"`
	Kind       string        `json:"kind"`
	State      load.RunState `json:"state"`
	StartedAt  time.Time     `json:"started_at"`
	FinishedAt time.Time     `json:"finished_at"`
	Totals
	Apps []AppReport `json:"apps"`
}

// conclude derives the job's state and totals from its apps'.
func (r *Report) conclude() {
	r.State = load.RunDone
	worst := map[AppState]load.RunState{
		AppPartial: load.RunPartial, AppInterrupted: load.RunInterrupted,
		AppUnreachable: load.RunFailed, AppRefused: load.RunFailed, AppFailed: load.RunFailed,
	}
	rank := map[load.RunState]int{load.RunPartial: 1, load.RunFailed: 2, load.RunInterrupted: 3}
	if len(r.Apps) > 0 && !slices.ContainsFunc(r.Apps, func(app AppReport) bool { return app.State != AppBusy }) {
		r.State = load.RunSkipped // nothing was done, so nothing is up to date by it
	}
	for _, app := range r.Apps {
		r.Totals.add(app.Totals)
		if state := worst[app.State]; rank[state] > rank[r.State] {
			r.State = state
		}
	}
}

// problem is the job's text for the run's record.
func (r *Report) problem() string {
	for _, app := range r.Apps {
		if app.Problem != "" && app.State != AppBusy {
			return app.Problem
		}
	}
	return ""
}

// NamedProblem is the app's problem with the app's name, which many have already.
func (r AppReport) NamedProblem() string {
	name := fmt.Sprintf("app %d", r.SDKAppID)
	if strings.Contains(r.Problem, name) {
		return r.Problem
	}
	return name + ": " + r.Problem
}
