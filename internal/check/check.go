// Package check finds out whether a run will work: the database, its
// schema, the clocks, and one real API call for each app and stream.
package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/pipeline"
	"pushloss/internal/postgres"
	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/migrations"
)

// Finding is the result of one check.
type Finding struct {
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"` // what to do if it is not OK, or about a warning

	err error
}

// Err is the cause of a finding that is not OK; nil if there is none.
func (f Finding) Err() error { return f.err }

// Good returns a finding that is OK.
func Good(check, detail string) Finding { return Finding{Check: check, OK: true, Detail: detail} }

// Warning returns a finding that is OK, with advice.
func Warning(check, detail, hint string) Finding {
	return Finding{Check: check, OK: true, Detail: detail, Hint: hint}
}

// Bad returns a finding that is not OK.
func Bad(check string, err error, hint string) Finding {
	return Finding{Check: check, Detail: err.Error(), Hint: hint, err: err}
}

// Clock compares clocks in the way that jobs do. A zero time means that the clock was not read.
func Clock(check string, own, database, api time.Time) Finding {
	err := pipeline.CompareClocks(own, database, api)
	var apart *pipeline.ClockError
	if errors.As(err, &apart) {
		return Bad(check, apart, apart.Hint())
	}
	return Good(check, fmt.Sprintf("within %.0f minutes", pipeline.ClockTolerance.Minutes()))
}

// Rights returns the rights that the role lacks on what the migrations make; nothing if it has all.
func Rights(ctx context.Context, databaseURL string) []Finding {
	const check = "rights"
	missing, err := migrations.Rights(ctx, databaseURL)
	if err != nil {
		return []Finding{Bad(check, err, postgres.Hint(err))}
	}
	var findings []Finding
	for _, m := range missing {
		finding := Bad(check, m, m.Hint())
		if !m.Needed() {
			finding = Good(check, m.Error()+": only check reads them")
			finding.Hint = m.Hint()
		}
		findings = append(findings, finding)
	}
	return findings
}

// maxDeviations is how many findings about the tables are printed one by one.
const maxDeviations = 10

// Tables compares keys, constraints, columns and views with what the migrations make, and looks for
// sequences that are behind their tables.
func Tables(ctx context.Context, databaseURL string) []Finding {
	const check = "tables"
	deviations, err := migrations.Deviations(ctx, databaseURL)
	if err != nil {
		return []Finding{Bad(check, err, postgres.Hint(err))}
	}
	if len(deviations) == 0 {
		return []Finding{Good(check, "as the migrations make them")}
	}
	var findings []Finding
	for i, d := range deviations {
		if i == maxDeviations {
			more := errors.New(english.Plural(len(deviations)-i, "more difference", "") + " from what the migrations make")
			return append(findings, Bad(check, more, "pushloss verify lists them all"))
		}
		findings = append(findings, Bad(check, d, d.Hint()))
	}
	return findings
}

// API makes one real call for each stream of the app: the whole app's figures of the newest ended
// day. With a database, it takes the app's lock, keeps its pace, and skips an app on which another
// process works. Without a database, no other process can be at work, and it first waits an
// interval. It loads nothing.
func API(ctx context.Context, db *load.DB, transport http.RoundTripper, app pipeline.App, streams []stream.Stream, holder string, now func() time.Time) []Finding {
	name := fmt.Sprintf("api of app %d", app.Account.SDKAppID)
	var lock *load.AppLock
	if db != nil {
		session, work, err := db.OpenSession(ctx, holder)
		if err != nil {
			return []Finding{Bad(name, err, "check the database")}
		}
		defer session.Close()
		lock, err = session.LockApp(work, app.Account.SDKAppID)
		var busy *load.BusyError
		if errors.As(err, &busy) {
			return []Finding{Good(name, "not called: "+busy.Error())}
		}
		if err != nil {
			return []Finding{Bad(name, err, "check the database")}
		}
		ctx = work
	}
	client := app.Client(transport, lock, extract.Options{})
	yesterday := calendar.DayOf(now(), app.Location) - 1
	var answer extract.Answer
	var names []string
	for _, stream := range streams {
		var err error
		answer, err = client.Pull(ctx, extract.Request{Stream: stream, Window: yesterday.Window(app.Location)})
		if err != nil {
			hint := ""
			var failed *extract.Error
			if errors.As(err, &failed) {
				hint = failed.Hint
			}
			return []Finding{Bad(name, fmt.Errorf("%s: %w", stream, err), hint)}
		}
		names = append(names, stream.String())
	}
	findings := []Finding{Good(name, fmt.Sprintf("answered for %s: %s", yesterday, strings.Join(names, ", ")))}
	clock := fmt.Sprintf("clock against app %d's api", app.Account.SDKAppID)
	if answer.Date.IsZero() {
		return append(findings, Warning(clock, "not compared: the API's answers have no readable Date header",
			"jobs compare only this machine's clock with the database's: keep both right (NTP)"))
	}
	own, database := now(), time.Time{}
	if db != nil {
		var err error
		if database, err = db.Now(ctx); err != nil {
			return append(findings, Bad(clock, err, "check the database"))
		}
	}
	return append(findings, Clock(clock, own, database, answer.Date))
}
