package grafana_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/program"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/localpg/pgtest"
)

const (
	app      = world.App
	otherApp = world.OtherApp

	// oddTask is a name that a slip in quoting does not survive.
	task, oddTask = "spring-sale", "50%off--$1"

	// How many days ago the figures begin, a pull failed, and none was made.
	firstDay, failedDay, missingDay = 20, 2, 15

	readerPassword = "it's a reader's"
)

// binary is the program that fills the database.
var binary string

func TestMain(m *testing.M) {
	os.Exit(program.Main(func(path string) int {
		binary = path
		return pgtest.Main(m)
	}))
}

// fixture is a separate server, since roles belong to servers, with a database that
// Grafana's role reads.
type fixture struct {
	t      *testing.T
	api    *world.API
	env    map[string]string
	zone   *time.Location
	today  calendar.Day
	during timeRange
	owner  *pgx.Conn
	reader *pgxpool.Pool

	grown sums // what the API added to the task's losses after they were first pulled, by stage
}

// setup makes a world whose database has the schema, and no app yet. It is about noon
// in its time zone, so that no test sees a day turn.
func setup(t *testing.T) *fixture {
	t.Helper()
	now, zone := time.Now(), world.Noon(t)
	w := &fixture{t: t, zone: zone, today: calendar.DayOf(now, zone)}
	w.during = timeRange{now.Add(-30 * 24 * time.Hour), now.Add(time.Hour)}
	w.api = world.NewAPI(t, func(cfg *sandbox.Config) { cfg.Seed, cfg.Rows, cfg.Location = 7, 170, zone })

	database := pgtest.NewServer(t).URL()
	var apps strings.Builder
	for _, id := range []int{app, otherApp} {
		fmt.Fprintf(&apps, "- sdk_app_id: %d\n  secret_key: %s\n  base_url: %s\n", id, world.Key, w.api.URL)
	}
	appsFile := filepath.Join(t.TempDir(), "apps.yaml")
	if err := os.WriteFile(appsFile, []byte(apps.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	w.env = map[string]string{
		"DATABASE_URL": database, "TIM_APPS_FILE": appsFile, "PUSHLOSS_TIMEZONE": zone.String(), "PUSHLOSS_RATE": "0",
		"PUSHLOSS_API_MEMORY_DAYS": "365", "PUSHLOSS_FIRST_DAY": w.back(firstDay), "PUSHLOSS_LOG_LEVEL": "error",
	}
	w.do(0, "migrate", "up")
	var err error
	if w.owner, err = pgx.Connect(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.owner.Close(context.Background()) })
	w.makeRole()
	w.do(0, "grant", "grafana")

	// Another zone than the days', as Grafana's server may well have.
	if w.reader, err = pgxpool.New(t.Context(), w.urlOf("grafana", readerPassword, "timezone", "America/Los_Angeles")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.reader.Close)
	return w
}

// urlOf is the URL of the database for a role, with further parameters.
func (w *fixture) urlOf(role, password string, parameters ...string) string {
	w.t.Helper()
	address, err := url.Parse(w.env["DATABASE_URL"])
	if err != nil {
		w.t.Fatal(err)
	}
	address.User = url.UserPassword(role, password)
	query := address.Query()
	query.Del("passfile")
	for pair := range slices.Chunk(parameters, 2) {
		query.Set(pair[0], pair[1])
	}
	address.RawQuery = query.Encode()
	return address.String()
}

// makeRole does what the service bi-role of docker-compose.yml does, as a role that may
// do no more than create roles: a provider of databases gives no superuser.
func (w *fixture) makeRole() {
	w.t.Helper()
	psql, err := exec.LookPath("psql")
	if err != nil {
		w.t.Skipf("the role is made by PostgreSQL's own client: %v", err)
	}
	password := filepath.Join(w.t.TempDir(), "bi_password")
	if err := os.WriteFile(password, []byte(readerPassword+"\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.owner.Exec(w.t.Context(), `CREATE ROLE administrator LOGIN CREATEROLE PASSWORD 'administrator'`); err != nil {
		w.t.Fatal(err)
	}
	address := w.urlOf("administrator", "administrator")
	for range 2 { // it is made at the first start, and there at the next
		command := exec.CommandContext(w.t.Context(), psql, "--no-psqlrc", "--quiet", "--file=role.sql", address)
		command.Env = append(os.Environ(), "BI_PASSWORD_FILE="+password)
		if out, err := command.CombinedOutput(); err != nil || len(out) > 0 {
			w.t.Fatalf("role.sql: %v\n%s", err, out)
		}
	}
}

// load pulls 20 days of two apps and of two tasks.
func (w *fixture) load() {
	w.t.Helper()
	w.do(0, "tasks", "add", "--app", fmt.Sprint(app), "--sent-at", w.back(12), "--label", "Spring sale", task)
	w.do(0, "tasks", "add", "--app", fmt.Sprint(app), "--sent-at", w.back(9), oddTask)
	w.do(0, "run")
}

// trouble adds all that can be seen of a pipeline: figures that changed, a check that stays
// unequal, a failed and a missing day, and the alerts.
func (w *fixture) trouble() {
	w.t.Helper()
	w.grown = sums{}
	growth := func(sign int64) {
		w.truth(app, task, func(_ string, figures sandbox.Figures) {
			for _, row := range figures.Stage {
				w.grown.add(sign*row.ErrCount, row.Stage)
			}
		})
	}
	growth(-1)
	restated := fmt.Sprintf("restated:from=%s,to=%s", w.back(4), w.back(1))
	w.api.Faults(restated, "week-differs:task="+task)
	growth(1)
	w.do(1, "run") // the restated days are lower by more than a tenth
	w.do(1, "reconcile")
	w.do(0, "run")
	w.api.Faults(restated, fmt.Sprintf("code=90102:app=%d,day=%s", otherApp, w.back(failedDay)))
	w.do(1, "run")
	if _, err := w.owner.Exec(w.t.Context(), fmt.Sprintf(
		`DELETE FROM pushloss.ledger WHERE sdk_app_id = %d AND day = '%s'; UPDATE pushloss.task SET covered_to = '-infinity'`, otherApp, w.back(missingDay))); err != nil {
		w.t.Fatal(err)
	}
	// Whether a loss stands out in these days is left to chance: one does.
	if _, err := w.owner.Exec(w.t.Context(), `
		INSERT INTO pushloss.jump (sdk_app_id, stage_id, event_type, platform_id, err_code_key, first_day, last_day, worst_day, losses, pushes, usual, state, opened_at)
		SELECT f.sdk_app_id, f.stage_id, f.event_type, f.platform_id, f.err_code_key, f.day, f.day, f.day, f.err_count, NULL, 1, 'open', now()
		FROM pushloss.platform_loss AS f
		WHERE f.sdk_app_id = $1 AND f.task_key = 0 AND f.platform_id = 2 AND f.stage_id = 2
		ORDER BY f.day DESC, f.err_count DESC
		LIMIT 1
		ON CONFLICT DO NOTHING`, app); err != nil {
		w.t.Fatal(err)
	}
}

// back is the day a number of days ago, as flags take it.
func (w *fixture) back(days int) string { return (w.today - calendar.Day(days)).String() }

// do runs the binary with nothing in its environment but w's, and expects the exit code.
func (w *fixture) do(code int, args ...string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, binary, args...)
	for key, value := range w.env {
		command.Env = append(command.Env, key+"="+value)
	}
	command.Dir = w.t.TempDir()
	if out, _ := command.CombinedOutput(); command.ProcessState.ExitCode() != code {
		w.t.Fatalf("%v: %s, want exit code %d\n%s", args, command.ProcessState, code, out)
	}
}
