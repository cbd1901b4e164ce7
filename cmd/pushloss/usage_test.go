package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pushloss/migrations"
)

func file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A mistake in the command line or the settings is reported with what to do about
// it, and nothing is done.
func TestMistakesExitWith2AndSayWhatToDo(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, test := range []struct {
		name string
		args []string
		env  map[string]string
		says []string
	}{
		{"unknown command", []string{"pul"}, nil, []string{`unknown command "pul"`, "pushloss --help"}},
		{"unknown subcommand", []string{"tasks", "ad"}, nil, []string{`unknown command "ad"`, "pushloss tasks --help"}},
		{"nearly a command", []string{"statsu"}, nil, []string{`unknown command "statsu" for "pushloss" (did you mean status?)`}},
		{"nearly a subcommand", []string{"notify", "tets"}, nil, []string{`unknown command "tets" for "pushloss notify" (did you mean test?)`}},
		{"no subcommand", []string{"migrate"}, nil, []string{"needs a subcommand", "pushloss migrate --help"}},
		{"unknown flag", []string{"run", "--fast"}, nil, []string{"unknown flag: --fast", "pushloss run --help"}},
		{"unknown flag of the program", []string{"--fast"}, nil, []string{"unknown flag: --fast", "pushloss --help"}},
		{"unknown format", []string{"run", "--output", "xml"}, nil, []string{`--output: "xml" is not known: use table or json`}},
		{"an extra argument", []string{"run", "now"}, nil, []string{`pushloss run takes no argument, but has "now"`, "pushloss run --help"}},
		{"a missing argument", []string{"tasks", "add"}, nil, []string{"pushloss tasks add needs ID", "pushloss tasks add --help"}},
		{"no file", []string{"tasks", "import"}, nil, []string{"pushloss tasks import needs FILE"}},
		{"two files", []string{"tasks", "import", "a", "b"}, nil, []string{"takes one argument, FILE, but has 2"}},
		{"an app that is not a number", w.backfill(5, 3, "--app", "x"), nil, []string{`--app: "x" is not an SDKAppID: give a number from 1 to 4294967295`}},
		{"an app too large for any number", w.backfill(5, 3, "--app", "99999999999999999999"), nil, []string{`--app: "99999999999999999999" is not an SDKAppID`}},
		{"an app that would stand for all", w.backfill(5, 3, "--app", "0"), nil, []string{`--app: "0" is not an SDKAppID`}},
		{"verifying an app that would stand for all", []string{"verify", "--app", "0"}, nil, []string{`--app: "0" is not an SDKAppID`}},
		{"an app in hexadecimal digits", w.backfill(5, 3, "--app", "0x5372C281"), nil, []string{`--app: "0x5372C281" is not an SDKAppID`}},
		{"as of an unset variable", []string{"run", "--as-of", ""}, nil, []string{"--as-of is empty", "leave the option out"}},
		{"a range of unset variables", []string{"reconcile", "--from", "", "--to", " "}, nil, []string{"is empty", "leave the option out"}},
		{"jumps since an unset variable", []string{"jumps", "--from="}, nil, []string{"--from is empty"}},
		{"a switch that is neither on nor off", w.backfill(5, 3, "--plan=x"), nil, []string{`--plan: "x" is not true or false`}},
		{"jumps of a year that was mistyped", []string{"jumps", "--from", "0206-03-01"}, nil, []string{"1,100 days at most"}},
		{"jumps in the future", []string{"jumps", "--to", w.back(0)}, nil, []string{"is not over yet", "the newest day is " + w.back(1)}},
		{"jumps since a day in the future", []string{"jumps", "--from", w.back(-3)}, nil, []string{"--from: " + w.back(-3) + " is not over yet", "the newest day is " + w.back(1)}},
		{"jumps that are reversed", []string{"jumps", "--from", w.back(3), "--to", w.back(5)}, nil, []string{"before it begins"}},
		{"jumps without a factor", []string{"jumps", "--factor", "1"}, nil, []string{`--factor: "1" is not a factor from 1.5 to 1000`}},
		{"jumps of less than a push", []string{"jumps", "--min", "0"}, nil, []string{`--min: "0" is not a number of pushes`}},
		{"jumps of an unknown app", []string{"jumps", "--app", "7"}, nil, []string{"nothing is stored of app 7"}},
		{"jumps that are turned off", []string{"jumps"}, map[string]string{"PUSHLOSS_JUMP_FACTOR": "0"}, []string{"looks for nothing", "--factor 3"}},
		{"an impossible incident", []string{"sandbox", "--incident", "flood:from=2025-03-05"}, nil, []string{"--incident: ", "one of expired-certificate"}},
		{"a rate that is not a number", []string{"sandbox", "--rate", "x"}, nil, []string{`--rate: "x" is not a number`}},
		{"a seed below zero", []string{"sandbox", "--seed", "-1"}, nil, []string{`--seed: "-1" is not a whole number from 0`}},
		{"a backfill of a year that was mistyped", []string{"backfill", "--from", "0206-03-01", "--to", w.back(3)}, nil, []string{"0206-03-01 is long before", "--from"}},
		{"a task without a name", w.backfill(5, 3, "--task", ""), nil, []string{"task_id is empty"}},
		{"reversed backfill", w.backfill(3, 5), nil, []string{"before it begins", "give the earlier day to --from"}},
		{"future backfill", w.backfill(3, -2), nil, []string{"not over yet", "the newest day that can be pulled is " + w.back(1)}},
		{"backfill of today", w.backfill(3, 0), nil, []string{"not over yet"}},
		{"plan of a future backfill", w.backfill(3, -2, "--plan"), nil, []string{"not over yet"}},
		{"backfill without a range", []string{"backfill"}, nil, []string{"needs --from and --to"}},
		{"backfill with a day that is not valid", []string{"backfill", "--from", "2025-02-30", "--to", "2025-03-01"}, nil, []string{"--from", "2025-02-30"}},
		{"backfill of an unknown kind", w.backfill(5, 3, "--reprocess", "some"), nil, []string{"missing, failed, all"}},
		{"backfill of an unknown app", w.backfill(5, 3, "--app", "7"), nil, []string{"app 7 is not configured"}},
		{"backfill of an unknown task", w.backfill(5, 3, "--task", "nope"), nil, []string{"nope", "pushloss tasks add"}},
		{"reversed reconcile", []string{"reconcile", "--from", w.back(3), "--to", w.back(5)}, nil, []string{"before it begins", "give the earlier day to --from"}},
		{"reconcile of today", []string{"reconcile", "--from", w.back(3), "--to", w.back(0)}, nil, []string{"not over yet"}},
		{"reconcile of half a range", []string{"reconcile", "--from", w.back(3)}, nil, []string{"--from and --to go together", "give both, or neither"}},
		{"reconcile with a day that is not valid", []string{"reconcile", "--from", w.back(3), "--to", "soon"}, nil, []string{"--to", "soon"}},
		{"reconcile of an unknown app", []string{"reconcile", "--app", "7"}, nil, []string{"app 7 is not configured"}},
		{"calibrating with an unknown app", []string{"calibrate", "--app", "7"}, nil, []string{"app 7 is not configured", "--app: 1400000001"}},
		{"calibrating with a day that is not valid", []string{"calibrate", "--day", "2025-02-30"}, nil, []string{"--day", "2025-02-30"}},
		{"calibrating with today", []string{"calibrate", "--day", w.back(0)}, nil, []string{"not over yet", "the newest day that can be looked into is " + w.back(1)}},
		{"as of no time", []string{"run", "--as-of", "yesterday"}, nil, []string{"--as-of"}},
		{"as of a time before there was anything", []string{"run", "--as-of", "1990-01-01"}, nil, []string{"--as-of", "long before"}},
		{"not a number of migrations", []string{"migrate", "down", "x"}, nil, []string{"pushloss migrate down 1"}},
		{"more migrations than there are", []string{"migrate", "down", "99"}, nil, []string{"cannot revert 99"}},
		{"retiring an unknown task", []string{"tasks", "retire", "nope"}, nil, []string{"nope", "nothing was changed"}},
		{"importing a missing file", []string{"tasks", "import", "nowhere.csv"}, nil, []string{"cannot read the list nowhere.csv: no such file", "nothing was imported"}},
		{"importing a directory", []string{"tasks", "import", "."}, nil, []string{"cannot read the list .: is a directory", "or - for stdin"}},
		{"a sandbox in the zone of the machine", []string{"sandbox", "--timezone", "Local"}, nil, []string{"--timezone", `"Local" is not a time zone`}},
		{"an unknown fault", []string{"sandbox", "--fault", "nope"}, nil, []string{"--fault", "nope"}},
		{"an address that cannot be listened on", []string{"serve"}, map[string]string{"PUSHLOSS_HTTP_ADDR": strings.TrimPrefix(w.api.URL, "http://")},
			[]string{"PUSHLOSS_HTTP_ADDR", "free address"}},
		{"a missing schedule file", []string{"serve"}, map[string]string{"PUSHLOSS_SCHEDULES_FILE": "/nowhere.yaml"},
			[]string{"PUSHLOSS_SCHEDULES_FILE", "/nowhere.yaml"}},
		{"no database named", []string{"run"}, map[string]string{"DATABASE_URL": ""}, []string{"DATABASE_URL", "embedded:"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			other := &world{t: t, env: map[string]string{}}
			for key, value := range w.env {
				other.env[key] = value
			}
			for key, value := range test.env {
				other.env[key] = value
			}
			other.do(2, test.args...).says(t, append(test.says, "what to do: ")...)
		})
	}
	t.Cleanup(func() {
		if n := w.calls.Load(); n != 0 {
			t.Errorf("the API was called %d times", n)
		}
	})
}

func TestBadSettingsAreReportedAllAtOnce(t *testing.T) {
	t.Parallel()
	w := &world{t: t, env: map[string]string{
		"DATABASE_URL": "mysql://x", "TIM_SDK_APP_ID": "many", "TIM_REGION": "mars", "TIM_BASE_URL": "nowhere",
		"PUSHLOSS_TIMEZONE": "Mars/Base", "PUSHLOSS_RATE": "-1", "PUSHLOSS_STREAMS": "all", "PUSHLOSS_LOOKBACK_DAYS": "week", "PUSHLOSS_FIRST_DAY": "2025-02-30",
		"PUSHLOSS_TASK_DAYS": "0", "PUSHLOSS_API_MEMORY_DAYS": "-7", "PUSHLOSS_HTTP_ADDR": "here",
		"PUSHLOSS_LOG_LEVEL": "loud", "PUSHLOSS_LOG_FORMAT": "xml",
	}}
	r := w.do(2, "run")
	for name := range w.env {
		if n := strings.Count(r.stderr, "pushloss: "+name); n != 1 {
			t.Errorf("%s is named %d times", name, n)
		}
	}
	r.says(t, "pushloss: TIM_SECRET_KEY", "what to do: correct the variables and files that the lines name")
	if strings.Contains(r.stderr, testKey) {
		t.Error("the secret key is printed")
	}
}

func TestAMalformedScheduleFileIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	w := setup(t)
	path := file(t, "schedules.yaml", "schedules:\n  - name: daily\n    job: run\n    cron: every day\n  - name: daily\n    job: walk\n    cron: '@daily'\n")
	w.env["PUSHLOSS_SCHEDULES_FILE"] = path
	w.do(2, "serve").says(t, path+":4: ", path+":5: ", path+":6: ", `"walk"`, "what to do: correct these lines of the file")
}

func TestVersionNeedsNoEnvironment(t *testing.T) { // O5
	t.Parallel()
	w := &world{t: t, env: map[string]string{}}
	w.do(0, "version").says(t, "pushloss ", fmt.Sprint("schema ", migrations.Newest()))
	shapeIs(t, "version", w.do(0, "version", "--output", "json").stdout)
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	t.Parallel()
	w := &world{t: t, env: map[string]string{}}
	for _, command := range []string{
		"", "demo", "migrate up", "migrate down", "migrate status", "tasks add", "tasks import", "tasks list", "tasks retire", "tasks delete",
		"run", "backfill", "reconcile", "serve", "check", "calibrate", "status", "verify", "replay", "prune", "grant", "revoke", "dictionary", "notify test", "sandbox", "version",
	} {
		r := w.do(0, append(strings.Fields(command), "--help")...)
		if !strings.Contains(r.stdout, "Examples:") || r.stderr != "" {
			t.Errorf("%q has no example in its help:\n%s", command, r.stdout)
		}
	}
	w.do(0).says(t, "Usage:")
	w.do(0, "check", "--help").says(t, "for each stream of each app")
	w.do(0, "serve", "--help").says(t, "run daily at 03:00, reconcile on\nSundays at 04:30 and prune daily at 05:00")
}
