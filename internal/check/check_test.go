package check_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/check"
	"pushloss/internal/lab/world"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/pipeline"
	"pushloss/internal/secret"
	"pushloss/internal/stream"
	"pushloss/load"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const testApp = world.App

func setup(t testing.TB, faults ...string) (*world.API, pipeline.App, *load.DB) {
	t.Helper()
	api := world.NewAPI(t, world.WithFaults(t, faults...))
	return api, api.App(testApp, time.UTC), world.Open(t, pgtest.URL(t)).DB
}

func ask(t testing.TB, db *load.DB, app pipeline.App, now func() time.Time) []check.Finding {
	t.Helper()
	transport := extract.NewTransport()
	defer transport.CloseIdleConnections()
	return check.API(t.Context(), db, transport, app, stream.All(), "the check", now)
}

func TestClocksAreComparedAsJobsCompareThem(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 3, 20, 12, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }
	for _, test := range []struct {
		name               string
		own, database, api time.Time
		detail, hint       string
	}{
		{"two that agree", now, at(5), time.Time{}, "within 5 minutes", ""},
		{"two that differ", now, at(6), time.Time{}, "this machine's clock says 2025-03-20T12:00:00Z, the database's clock says 2025-03-20T12:06:00Z", "set the clocks right"},
		{"no database", now, time.Time{}, at(-6), "this machine's clock says 2025-03-20T12:00:00Z, the API's clock says 2025-03-20T11:54:00Z", "set the clocks right"},
		{"this machine's is odd", at(-60), now, at(1), "this machine's clock is behind the two others", "set this machine's clock right"},
		{"the database's is odd", now, at(60), at(1), "the database's clock is ahead of the two others", "set the database's clock right"},
		{"the API's is odd", now, at(1), at(60), "the API's clock is ahead of the two others", "TIM_BASE_URL whose Date header is ahead"},
		{"the API's is old", now, at(1), at(-60), "the API's clock is behind the two others", "TIM_BASE_URL whose Date header is behind"},
		{"all differ", now, at(10), at(20), "the API's clock says 2025-03-20T12:20:00Z", "set the clocks right"},
		{"one between two", now, at(4), at(8), "the API's clock says 2025-03-20T12:08:00Z", "set the clocks right"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := check.Clock("clock", test.own, test.database, test.api)
			if f.OK != (test.hint == "") || !strings.Contains(f.Detail, test.detail) || !strings.Contains(f.Hint, test.hint) ||
				strings.Contains(f.Detail, "against") != strings.Contains(test.detail, "against") {
				t.Errorf("the finding is %+v", f)
			}
		})
	}
}

func TestAPIMakesOneCallOfEachStreamForYesterdayAndLoadsNothing(t *testing.T) {
	t.Parallel()
	api, app, db := setup(t)
	for _, with := range []*load.DB{db, nil} {
		findings := ask(t, with, app, time.Now)
		if len(findings) != 2 || !findings[0].OK || !findings[1].OK {
			t.Errorf("the findings are %+v", findings)
		}
	}
	calls := api.Calls()
	yesterday := (calendar.DayOf(time.Now(), time.UTC) - 1).Window(time.UTC)
	var streams []string
	for _, call := range calls {
		streams = append(streams, call.Stream)
	}
	once := []string{"loss", "statistics", "chat_loss", "chat_statistics"}
	if diff := gocmp.Diff(slices.Concat(once, once), streams); diff != "" {
		t.Errorf("streams (-want +got):\n%s", diff)
	}
	if len(calls) == 0 || calls[0].Start != yesterday.Start.Unix() || calls[0].End != yesterday.End.Unix() || len(calls[0].Tasks) != 0 {
		t.Errorf("the calls are %+v", calls)
	}
	if _, found, err := db.Apps.Lookup(t.Context(), testApp); found || err != nil {
		t.Errorf("the check left an app behind, %v", err)
	}
}

func TestAPIReportsWhatIsWrongAndWhatToDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*pipeline.App)
		fault  string
		detail string
		hint   string
	}{
		{"wrong key", func(a *pipeline.App) { a.Account.SecretKey = secret.New("wrong") }, "", "70009", "TIM_SECRET_KEY"},
		{"not an administrator", func(a *pipeline.App) { a.Account.Identifier = "somebody" }, "", "90009", "TIM_IDENTIFIER"},
		{"nobody there", func(a *pipeline.App) { a.Account.BaseURLs = []string{"http://127.0.0.1:1"} }, "", "no answer from the API", "TIM_BASE_URL"},
		{"not enabled", func(*pipeline.App) {}, "code=90045", "loss: ", "switch Push on"},
		{"one stream is refused", func(*pipeline.App) {}, "code=90045:stream=statistics", "statistics: ", "switch Push on"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, app, db := setup(t, strings.Fields(test.fault)...)
			test.change(&app)
			findings := ask(t, db, app, time.Now)
			if len(findings) != 1 || findings[0].OK || !strings.Contains(findings[0].Detail, test.detail) || !strings.Contains(findings[0].Hint, test.hint) {
				t.Errorf("the findings are %+v", findings)
			}
			var failed *extract.Error
			if !errors.As(findings[0].Err(), &failed) {
				t.Errorf("the error is %v", findings[0].Err())
			}
		})
	}
}

func TestAPIReportsAWrongClock(t *testing.T) {
	t.Parallel()
	_, app, db := setup(t)
	findings := ask(t, db, app, func() time.Time { return time.Now().Add(-2 * time.Hour) })
	if len(findings) != 2 || !findings[0].OK || findings[1].OK || !strings.Contains(findings[1].Detail, "this machine's clock is ") {
		t.Errorf("the findings are %+v", findings)
	}
}

func TestAPILeavesAloneAnAppThatAnotherProcessWorksOn(t *testing.T) {
	t.Parallel()
	api, app, db := setup(t)
	session, work, err := db.OpenSession(t.Context(), "the other one")
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if _, err := session.LockApp(work, testApp); err != nil {
		t.Fatal(err)
	}
	want := []check.Finding{check.Good("api of app 1400000001", "not called: app 1400000001 is being worked on by the other one")}
	got := ask(t, db, app, time.Now)
	if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(check.Finding{})); diff != "" || len(api.Calls()) != 0 {
		t.Errorf("%d calls, findings (-want +got):\n%s", len(api.Calls()), diff)
	}
}

// undated takes the Date header out of answers.
type undated struct{ http.RoundTripper }

func (u undated) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := u.RoundTripper.RoundTrip(r)
	if err == nil {
		response.Header.Del("Date")
	}
	return response, err
}

func TestAPIWithoutADateIsAWarning(t *testing.T) {
	t.Parallel()
	_, app, db := setup(t)
	transport := extract.NewTransport()
	defer transport.CloseIdleConnections()
	findings := check.API(t.Context(), db, undated{transport}, app, stream.All(), "the check", time.Now)
	if len(findings) != 2 || !findings[1].OK || !strings.Contains(findings[1].Detail, "no readable Date") || findings[1].Hint == "" {
		t.Errorf("the findings are %+v", findings)
	}
}

func TestManyDifferencesAreShownAsTenAndACountOfTheRest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lost int
		last string
	}{
		{11, "1 more difference from what the migrations make"},
		{12, "2 more differences from what the migrations make"},
	} {
		t.Run(test.last, func(t *testing.T) {
			t.Parallel()
			url := pgtest.URL(t)
			conn, err := pgx.Connect(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.WithoutCancel(t.Context()))
			_, err = conn.Exec(t.Context(), fmt.Sprintf(`DO $$ DECLARE line text; BEGIN
				FOR line IN SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)
					FROM pg_constraint JOIN pg_class AS c ON c.oid = conrelid
					WHERE contype = 'c' AND relkind = 'r' AND NOT relispartition AND connamespace = 'pushloss'::regnamespace
					ORDER BY conname LIMIT %d
				LOOP EXECUTE line; END LOOP; END $$`, test.lost))
			if err != nil {
				t.Fatal(err)
			}
			findings := check.Tables(t.Context(), url)
			if last := findings[len(findings)-1]; len(findings) != 11 || last.OK || last.Detail != test.last {
				t.Errorf("%d findings, the last is %+v", len(findings), last)
			}
		})
	}
}
