package main_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/sethvargo/go-envconfig"

	"pushloss/internal/config"
)

// asked records the variables that are looked up.
type asked struct {
	envconfig.Lookuper
	mu    sync.Mutex
	names map[string]bool
}

func (a *asked) Lookup(name string) (string, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.names[name] = true
	return a.Lookuper.Lookup(name)
}

// check finds and names every wrong setting, so that no other command is the first to find one.
func TestCheckNamesEveryWrongSetting(t *testing.T) {
	t.Parallel()
	w := setup(t)
	none := t.TempDir() + "/none"
	libpq := "libpq's PG* variables"
	wrong := map[string]struct {
		value string
		unset string // what would be read in its place
		says  string // the variable's name if empty
		code  int    // 2 if 0
	}{
		"DATABASE_URL":             {value: "mysql://x"},
		"PGHOST":                   {value: "h h", unset: "DATABASE_URL", says: libpq},
		"PGSERVICE":                {value: "nosuch", unset: "DATABASE_URL", says: libpq},
		"PGDATABASE":               {value: "nosuch", unset: "DATABASE_URL", says: "database=nosuch", code: 3},
		"TIM_APPS_FILE":            {value: none, unset: "TIM_SDK_APP_ID", says: "correct the variables and files that the lines name"},
		"TIM_SDK_APP_ID":           {value: "many"},
		"TIM_SECRET_KEY":           {value: "short"},
		"TIM_SECRET_KEY_FILE":      {value: none, unset: "TIM_SECRET_KEY"},
		"TIM_IDENTIFIER":           {value: "two words"},
		"TIM_REGION":               {value: "mars"},
		"TIM_BASE_URL":             {value: "http://h:0"},
		"PUSHLOSS_TIMEZONE":        {value: "Local"},
		"PUSHLOSS_RATE":            {value: "1e308"},
		"PUSHLOSS_STREAMS":         {value: "all"},
		"PUSHLOSS_LOOKBACK_DAYS":   {value: "07"},
		"PUSHLOSS_FIRST_DAY":       {value: w.back(-2)},
		"PUSHLOSS_TASK_DAYS":       {value: "0"},
		"PUSHLOSS_API_MEMORY_DAYS": {value: "1", code: 1}, // no day can be proven
		"PUSHLOSS_MAX_CONNECTIONS": {value: "1"},
		"PUSHLOSS_RAW_DAYS":        {value: "-1"},
		"PUSHLOSS_RUN_DAYS":        {value: "1e2"},
		"PUSHLOSS_WINDOW_END":      {value: "open"},
		"PUSHLOSS_NOTIFY_URLS":     {value: "logger:// generic://"},
		"PUSHLOSS_SCHEDULES_FILE":  {value: none},
		"PUSHLOSS_HTTP_ADDR":       {value: "9460"},
		"PUSHLOSS_HTTP_TOKEN":      {value: "guessable"},
		"PUSHLOSS_HTTP_TOKEN_FILE": {value: none},
		"PUSHLOSS_TASKS_TOKEN":     {value: "guessable"},
		"PUSHLOSS_DISCOVER":        {value: "all"},
		"PUSHLOSS_LOG_LEVEL":       {value: "loud"},

		"PUSHLOSS_TASKS_TOKEN_FILE":    {value: none},
		"PUSHLOSS_CALLBACK_TOKEN":      {value: "short"},
		"PUSHLOSS_CALLBACK_TOKEN_FILE": {value: none},

		"HTTP_PROXY":  {value: "http://proxy:port"},
		"http_proxy":  {value: "http://proxy:port"},
		"HTTPS_PROXY": {value: "http://proxy:port"},
		"https_proxy": {value: "http://proxy:port"},

		"PUSHLOSS_LANG":          {value: "cn"},
		"PUSHLOSS_JUMP_FACTOR":   {value: "1"},
		"PUSHLOSS_JUMP_MIN":      {value: "0"},
		"PUSHLOSS_SPANS":         {value: "on"},
		"PUSHLOSS_LOG_FORMAT":    {value: "xml"},
		"PUSHLOSS_POSTGRES_BIN":  {value: none, code: 3},
		"PUSHLOSS_POSTGRES_PORT": {value: "65536"},
	}

	lookups := &asked{Lookuper: envconfig.MapLookuper(w.env), names: make(map[string]bool)}
	if _, err := config.Load(context.Background(), lookups, config.Needs{Database: true, Credentials: true, Page: true}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(slices.Sorted(maps.Keys(lookups.names)), slices.Sorted(maps.Keys(wrong))); diff != "" {
		t.Fatalf("settings (-there are +tried):\n%s", diff)
	}
	for name, test := range wrong {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := &world{t: t, env: maps.Clone(w.env)}
			delete(other.env, test.unset)
			switch name {
			case "PUSHLOSS_POSTGRES_BIN":
				other.env["DATABASE_URL"] = "embedded:" + t.TempDir()
			case "PGDATABASE":
				other.env["PGHOST"] = none
			}
			other.env[name] = test.value
			code := 2
			if test.code != 0 {
				code = test.code
			}
			r := other.do(code, "check")
			if test.says == "" {
				test.says = name
			}
			r.says(t, test.says)
		})
	}
}

// Also at the level error, because nothing else shows that a setting's default applies.
func TestAMisspeltVariableIsNamedByEachCommandAtEachLogLevel(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.env["PUSHLOSS_NOTIFY_URL"] = "logger://s3cr3t"
	w.env["PUSHLOSS_LOG_LEVEL"] = "error"
	const says = "PUSHLOSS_NOTIFY_URL (did you mean PUSHLOSS_NOTIFY_URLS?)"
	for command, says := range map[string]string{
		"check": "PUSHLOSS_NOTIFY_URL is not a setting and is ignored (did you mean PUSHLOSS_NOTIFY_URLS?)", "run": says, "backfill": says, "jumps": says, "verify": says, "prune": says, "tasks list": says, "migrate status": says,
	} {
		args := strings.Fields(command)
		if command == "backfill" {
			args = append(args, "--from", w.back(2), "--to", w.back(1))
		}
		r := w.do(0, args...)
		r.says(t, says)
		if n := strings.Count(r.stdout+r.stderr, "(did you mean"); n != 1 || strings.Contains(r.stdout+r.stderr, "s3cr3t") {
			t.Errorf("%s names it %d times, or its value:\n%s%s", command, n, r.stdout, r.stderr)
		}
	}
}

func TestCheckPutsABrokenDatabaseBeforeARefusalOfTheAPI(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.env["TIM_SECRET_KEY"] = strings.Repeat("wrong", 10)
	w.do(4, "check").says(t, "the API answered code")
	w.env["DATABASE_URL"] = "postgres://u:p@127.0.0.1:1/none"
	w.do(3, "check").says(t, "start the database", "the API answered code")
}

func TestCheckReadsTheTargetsOfNotificationsAndSendsNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	h := newHook(t)
	w.do(0, "check").says(t, "none: PUSHLOSS_NOTIFY_URLS names no target")
	w.env["PUSHLOSS_NOTIFY_URLS"] = h.target() + " logger://"
	w.do(0, "check").says(t, "notifications", "generic 1, logger 1")
	if got := h.titles(); got != "" {
		t.Errorf("check sent %q", got)
	}
	w.env["PUSHLOSS_NOTIFY_URLS"] = "https://hooks.slack.com/services/" + hookToken + " logger:// generic:///" + hookToken
	r := w.do(2, "check")
	r.says(t, "PUSHLOSS_NOTIFY_URLS: entry 1 is a plain web address: write it as slack://hook:A-B-C@webhook", "PUSHLOSS_NOTIFY_URLS: entry 3 has no host")
	if strings.Contains(r.stdout+r.stderr, hookToken) {
		t.Errorf("the token is printed:\n%s", r.stdout)
	}
}
