package config_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/config"
	"pushloss/internal/jump"
	"pushloss/internal/language"
	"pushloss/internal/secret"
	"pushloss/internal/stream"
)

var compared = cmp.Options{
	cmp.Comparer(func(a, b secret.Text) bool { return a == b }),
	cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
}

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestDefaultsAreThoseOfTheDocumentation(t *testing.T) {
	t.Parallel()
	shanghai := location(t, "Asia/Shanghai")
	want := config.Settings{
		Database: config.Database{URL: "postgres://pushloss:p@localhost:5432/pushloss"},
		Apps: []config.App{{
			SDKAppID:   1400000001,
			SecretKey:  secret.New("0123456789abcdef"),
			Identifier: "administrator",
			Region:     extract.China,
			Location:   shanghai,
			Rate:       1,
		}},
		Streams:       []stream.Stream{stream.Loss, stream.Statistics},
		LookbackDays:  7,
		TaskDays:      30,
		APIMemoryDays: 7, Spans: true,
		Jumps:     jump.Settings{Factor: 3, Least: 100},
		RawDays:   400,
		RunDays:   400,
		WindowEnd: extract.EndExclusive,
		Language:  language.English,
		Location:  shanghai,
		HTTPAddr:  "127.0.0.1:9460",
		Log:       config.Log{Level: slog.LevelInfo, Format: config.Text},
	}
	got := mustLoad(t, everything, oneApp())
	if diff := cmp.Diff(want, got, compared); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestBlankCountsAsUnset(t *testing.T) {
	t.Parallel()
	env := oneApp()
	for _, name := range []string{
		"TIM_SECRET_KEY_FILE", "TIM_IDENTIFIER", "TIM_REGION", "TIM_BASE_URL", "TIM_APPS_FILE",
		"PUSHLOSS_TIMEZONE", "PUSHLOSS_RATE", "PUSHLOSS_STREAMS", "PUSHLOSS_LOOKBACK_DAYS", "PUSHLOSS_FIRST_DAY", "PUSHLOSS_TASK_DAYS",
		"PUSHLOSS_API_MEMORY_DAYS", "PUSHLOSS_SPANS", "PUSHLOSS_JUMP_FACTOR", "PUSHLOSS_JUMP_MIN", "PUSHLOSS_RAW_DAYS", "PUSHLOSS_RUN_DAYS", "PUSHLOSS_WINDOW_END",
		"PUSHLOSS_NOTIFY_URLS", "PUSHLOSS_SCHEDULES_FILE", "PUSHLOSS_HTTP_ADDR", "PUSHLOSS_HTTP_TOKEN", "PUSHLOSS_HTTP_TOKEN_FILE", "PUSHLOSS_LOG_LEVEL",
		"PUSHLOSS_TASKS_TOKEN", "PUSHLOSS_TASKS_TOKEN_FILE", "PUSHLOSS_CALLBACK_TOKEN", "PUSHLOSS_CALLBACK_TOKEN_FILE", "PUSHLOSS_DISCOVER",
		"PUSHLOSS_LOG_FORMAT", "PUSHLOSS_LANG", "PUSHLOSS_POSTGRES_BIN", "PUSHLOSS_POSTGRES_PORT",
	} {
		env[name] = " \t\n"
	}
	want, got := mustLoad(t, everything, oneApp()), mustLoad(t, everything, env)
	if diff := cmp.Diff(want, got, compared); diff != "" {
		t.Errorf("settings (-unset +blank):\n%s", diff)
	}
}

func TestEveryVariableIsRead(t *testing.T) {
	t.Parallel()
	day, err := calendar.ParseDay("2025-03-31")
	if err != nil {
		t.Fatal(err)
	}
	berlin := location(t, "Europe/Berlin")
	want := config.Settings{
		Database: config.Database{Embedded: true, EmbeddedDir: "/var/lib/pushloss"},
		Apps: []config.App{{
			SDKAppID:   4294967295,
			SecretKey:  secret.New("the-key-1"),
			Identifier: "admin",
			Region:     extract.Frankfurt,
			BaseURL:    "http://127.0.0.1:8080/proxy",
			Location:   berlin,
			Rate:       0,

			CallbackToken: secret.New("xxxxyyyy"),
		}},
		Streams:       []stream.Stream{stream.Loss, stream.ChatStatistics},
		FirstDay:      &day,
		LookbackDays:  0,
		TaskDays:      3650,
		APIMemoryDays: 0, Spans: false,
		Jumps:         jump.Settings{Factor: 2.5, Least: 50},
		RawDays:       0,
		RunDays:       3650,
		WindowEnd:     extract.EndInclusive,
		Language:      language.Chinese,
		NotifyURLs:    []secret.Text{secret.New("logger://"), secret.New("ntfy://host/topic,a")},
		Location:      berlin,
		SchedulesFile: "schedules.yaml",
		HTTPAddr:      ":9000",
		HTTPToken:     secret.New("0123456789abcdef"),
		TasksToken:    secret.New("fedcba9876543210"),

		DiscoverScheduled: true,

		Log:          config.Log{Level: slog.LevelDebug, Format: config.JSON},
		PostgresBin:  "/usr/lib/postgresql/16/bin",
		PostgresPort: 5433,
	}
	got := mustLoad(t, everything, variables{
		"DATABASE_URL":             "embedded:/var/lib/pushloss",
		"TIM_SDK_APP_ID":           " 4294967295 ",
		"TIM_SECRET_KEY_FILE":      write(t, "key", "the-key-1\n"),
		"TIM_IDENTIFIER":           "admin",
		"TIM_REGION":               "frankfurt",
		"TIM_BASE_URL":             "http://127.0.0.1:8080/proxy/",
		"PUSHLOSS_TIMEZONE":        "Europe/Berlin",
		"PUSHLOSS_RATE":            "0",
		"PUSHLOSS_STREAMS":         "chat_statistics, loss",
		"PUSHLOSS_LOOKBACK_DAYS":   "0",
		"PUSHLOSS_FIRST_DAY":       "2025-03-31",
		"PUSHLOSS_TASK_DAYS":       "3650",
		"PUSHLOSS_API_MEMORY_DAYS": "0", "PUSHLOSS_JUMP_FACTOR": "2.5", "PUSHLOSS_JUMP_MIN": "50", "PUSHLOSS_SPANS": "off",
		"PUSHLOSS_RAW_DAYS":        "0",
		"PUSHLOSS_RUN_DAYS":        "3650",
		"PUSHLOSS_WINDOW_END":      "inclusive",
		"PUSHLOSS_NOTIFY_URLS":     " logger://\n ntfy://host/topic,a ",
		"PUSHLOSS_SCHEDULES_FILE":  "schedules.yaml",
		"PUSHLOSS_HTTP_ADDR":       ":9000",
		"PUSHLOSS_HTTP_TOKEN_FILE": write(t, "token", "0123456789abcdef\n"),
		"PUSHLOSS_TASKS_TOKEN":     "fedcba9876543210",
		"PUSHLOSS_DISCOVER":        "scheduled",
		"PUSHLOSS_LOG_LEVEL":       "debug",

		"PUSHLOSS_CALLBACK_TOKEN_FILE": write(t, "callback", "xxxxyyyy\n"),
		"PUSHLOSS_LOG_FORMAT":          "json",
		"PUSHLOSS_LANG":                "zh",
		"PUSHLOSS_POSTGRES_BIN":        "/usr/lib/postgresql/16/bin",
		"PUSHLOSS_POSTGRES_PORT":       "5433",
	})
	if diff := cmp.Diff(want, got, compared); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestAWordOfASettingMayBeInUpperCase(t *testing.T) {
	t.Parallel()
	words := variables{
		"TIM_REGION": "silicon-valley", "PUSHLOSS_STREAMS": "loss,chat_loss", "PUSHLOSS_DISCOVER": "scheduled", "PUSHLOSS_JUMP_FACTOR": "2.5", "PUSHLOSS_JUMP_MIN": "50", "PUSHLOSS_SPANS": "off",
		"PUSHLOSS_WINDOW_END": "inclusive", "PUSHLOSS_LOG_LEVEL": "warn", "PUSHLOSS_LOG_FORMAT": "json", "PUSHLOSS_LANG": "zh",
	}
	lower, upper, title := oneApp(), oneApp(), oneApp()
	for name, word := range words {
		lower[name], upper[name] = word, strings.ToUpper(word)
		title[name] = strings.ToUpper(word[:1]) + word[1:]
	}
	want := mustLoad(t, everything, lower)
	for _, env := range []variables{upper, title} {
		if diff := cmp.Diff(want, mustLoad(t, everything, env), compared); diff != "" {
			t.Errorf("settings (-lower case +%s):\n%s", env["TIM_REGION"], diff)
		}
	}
	path := write(t, "apps.yaml", "- {sdk_app_id: 1, secret_key: 01234567, region: Silicon-Valley}\n")
	if apps := mustLoad(t, onlyCredentials, variables{"TIM_APPS_FILE": path}).Apps; apps[0].Region != extract.SiliconValley {
		t.Errorf("the app's region is %q", apps[0].Region)
	}
}

func TestAWrongValueIsOneProblemThatNamesItsVariable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		variable string
		values   []string
		says     string
	}{
		{"SDKAppID", "TIM_SDK_APP_ID", []string{"0", "-1", "+1", "1.5", "x", "4294967296", "1e9", "01400000001", "1_400_000_001", "0x5372", "99999999999999999999"}, "is not an SDKAppID"},
		{"identifier", "TIM_IDENTIFIER", []string{"two words", "a\x00b"}, "blank or a control character"},
		{"region", "TIM_REGION", []string{"Mars"}, "use one of china, singapore"},
		{"base URL that is not a URL", "TIM_BASE_URL", []string{"x", "console.tim.qq.com", "ftp://h", "http:h", "/v4"}, "absolute http or https URL"},
		{"base URL with a host that is not valid", "TIM_BASE_URL", []string{"http://h_-", "http://-h", "http://a..b", "http://999.1.1.1", "http://1.2.3", "http://h,i", "http://h!", "http://%68"}, "an invalid host"},
		{"base URL without a host", "TIM_BASE_URL", []string{"https://", "https://:80", "http:///p"}, "has no host"},
		{"base URL with an odd character", "TIM_BASE_URL", []string{"http://h h", "http://h\\p", "http://h/<p>", "http://h/a\x00b", "http://h/{id}"}, "character that no URL has"},
		{"base URL with a bad escape", "TIM_BASE_URL", []string{"http://h/%zz", "http://h/100%"}, "% that is not %25"},
		{"base URL with brackets", "TIM_BASE_URL", []string{"http://[::1", "http://[h]", "http://[127.0.0.1]", "http://[::1]x", "http://[]", "http://[::1%25lo]"}, "IPv6 address in its brackets"},
		{"base URL without brackets", "TIM_BASE_URL", []string{"http://::1", "http://::1/p", "http://fe80::1:80", "http://h:1:2"}, "write an IPv6 address in brackets"},
		{"base URL with a user", "TIM_BASE_URL", []string{"https://u:p@h", "https://u@h", "https://@h"}, "user name or password"},
		{"base URL with more than an address", "TIM_BASE_URL", []string{"https://h?x=1", "https://h?", "https://h#f", "https://h/#"}, "query or a fragment"},
		{"base URL with a port that is not valid", "TIM_BASE_URL", []string{"http://h:0", "http://h:99999", "https://[::1]:65536/p", "http://h:", "http://h:/p", "http://[::1]:", "http://h:080", "http://h:+1", "http://h:x", "http://h:-1"}, "from 1 to 65535"},
		{"base URL with the API's path", "TIM_BASE_URL", []string{"https://h/v4/timpush/all_member_push_loss", "http://h/V4/timpush", "https://h/v4", "https://h/v4/", "http://h//v4", "http://h/p/TimPush/x", "http://h/%76%34"}, "must not hold the API's path"},
		{"proxy", "HTTPS_PROXY", []string{"http://u:a b@h:1", "http://u:p%S@h:1", "http://u:a#b@h:1", "http://u:a/b@h:1", "ftp://h:1", "http://", "http://h:x", "h:1?x"}, "is not the address of a proxy"},
		{"time zone", "PUSHLOSS_TIMEZONE", []string{"Local", "Asia/Nowhere", "+08:00", "../etc/passwd"}, "is not a time zone"},
		{"rate", "PUSHLOSS_RATE", []string{"-1", "NaN", "Inf", "-Inf", "1e999", "x", "1/s", "0.0000001", "1e308", "1e0", "0x1", "1_0", "+1", "01", ".5", "5.", "1000.5", "1,5"}, "calls per second from 0.001 to 1000"},
		{"streams", "PUSHLOSS_STREAMS", []string{"all", "loss,clicks", "loss,"}, "give a comma-separated list of loss, statistics, chat_loss, chat_statistics"},
		{"streams twice", "PUSHLOSS_STREAMS", []string{"loss,loss"}, "names loss twice"},
		{"lookback", "PUSHLOSS_LOOKBACK_DAYS", []string{"-1", "3651", "7.5", "7d", "x", "+7", "07", "0x7", "7_0", "1e2", "99999999999999999999"}, "from 0 to 3650"},
		{"task days", "PUSHLOSS_TASK_DAYS", []string{"0", "-1", "3651", "x"}, "from 1 to 3650"},
		{"spans", "PUSHLOSS_SPANS", []string{"on", "1"}, "neither auto nor off"},
		{"API memory", "PUSHLOSS_API_MEMORY_DAYS", []string{"-1", "3651", "x"}, "from 0 to 3650"},
		{"raw days", "PUSHLOSS_RAW_DAYS", []string{"-1", "3651", "x"}, "from 0 to 3650"},
		{"run days", "PUSHLOSS_RUN_DAYS", []string{"-1", "3651", "x"}, "from 0 to 3650"},
		{"window end", "PUSHLOSS_WINDOW_END", []string{"open", "1"}, "use exclusive or inclusive"},
		{"first day", "PUSHLOSS_FIRST_DAY", []string{"31.3.2025", "2025-02-30", "2025-3-1", "yesterday"}, "is not a day"},
		{"first day long ago", "PUSHLOSS_FIRST_DAY", []string{"0205-03-31", "1999-12-31"}, "long before"},
		{"first day in the future", "PUSHLOSS_FIRST_DAY", []string{"2026-11-30", "2027-01-01", "9999-12-31"}, "is in the future: give a day from 2000-01-01 to today, 2026-11-29"},
		{"address", "PUSHLOSS_HTTP_ADDR", []string{"9460", "localhost", "localhost:", "localhost:http", "localhost:65536", "::1:80", "http://h:80", "h h:80", "h:080", "h:+80", "[h]:x", "1.2.3:80"}, "is not HOST:PORT"},
		{"token that can be guessed", "PUSHLOSS_HTTP_TOKEN", []string{"a", "0123456789abcde"}, "fewer than 16 characters"},
		{"token with a blank", "PUSHLOSS_HTTP_TOKEN", []string{" 0123456789abcdef", "0123456789 abcdef"}, "holds a blank"},
		{"file of a token that can be guessed", "PUSHLOSS_HTTP_TOKEN_FILE", []string{write(t, "token", "secret\n")}, "fewer than 16 characters"},
		{"missing file of a token", "PUSHLOSS_HTTP_TOKEN_FILE", []string{"/nowhere/token"}, "no such file"},
		{"log level", "PUSHLOSS_LOG_LEVEL", []string{"verbose", "0", "info+1"}, "use one of debug, info, warn, error"},
		{"language", "PUSHLOSS_LANG", []string{"cn", "zh-CN", "de"}, "use en or zh"},
		{"log format", "PUSHLOSS_LOG_FORMAT", []string{"xml"}, "use text or json"},
		{"Postgres port", "PUSHLOSS_POSTGRES_PORT", []string{"-1", "65536", "x", "+1", "05432", "5e3"}, "is not a port number from 0 to 65535"},
		{"connections", "PUSHLOSS_MAX_CONNECTIONS", []string{"0", "1", "101", "+5", "05", "1e1", "x"}, "connections from 2 to 100"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, value := range test.values {
				_, err := load(everything, oneApp().with(test.variable, value))
				requireProblem(t, err, test.variable, test.says)
			}
		})
	}
}

func TestProxiesAreAccepted(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://h:3128", "http://u:p%40@h:3128/", "h:3128", "u:p@h:3128", "socks5://h", "https://[::1]:1", ""} {
		mustLoad(t, everything, oneApp().with("HTTPS_PROXY", address, "http_proxy", address))
	}
}

// docker --env-file passes quotes on. For all settings they are refused by name, without the value.
func TestQuotesAroundAnySettingAreRefused(t *testing.T) {
	t.Parallel()
	whole := oneApp().with(
		"TIM_IDENTIFIER", "admin", "TIM_REGION", "china", "TIM_BASE_URL", "https://h", "PUSHLOSS_TIMEZONE", "UTC", "PUSHLOSS_RATE", "1",
		"PUSHLOSS_STREAMS", "loss", "PUSHLOSS_LOOKBACK_DAYS", "7", "PUSHLOSS_FIRST_DAY", "2025-03-31", "PUSHLOSS_TASK_DAYS", "30",
		"PUSHLOSS_API_MEMORY_DAYS", "7", "PUSHLOSS_SPANS", "auto", "PUSHLOSS_RAW_DAYS", "1", "PUSHLOSS_RUN_DAYS", "1", "PUSHLOSS_WINDOW_END", "inclusive",
		"PUSHLOSS_NOTIFY_URLS", "logger:// ntfy://host/topic", "PUSHLOSS_SCHEDULES_FILE", "file.yaml", "PUSHLOSS_HTTP_ADDR", ":9460",
		"PUSHLOSS_HTTP_TOKEN", "0123456789abcdef", "PUSHLOSS_LOG_LEVEL", "info", "PUSHLOSS_LOG_FORMAT", "json",
		"PUSHLOSS_POSTGRES_BIN", "/bin", "PUSHLOSS_POSTGRES_PORT", "5432",
		"PUSHLOSS_TASKS_TOKEN", "0123456789abcdef", "PUSHLOSS_CALLBACK_TOKEN", "xxxxyyyy", "PUSHLOSS_DISCOVER", "scheduled",
	)
	mustLoad(t, everything, whole)
	for name, value := range whole {
		if name == "DATABASE_URL" {
			continue // has quotes of its own
		}
		for _, pair := range []string{`""`, "''", "“”"} {
			marks := []rune(pair)
			_, err := load(everything, whole.with(name, string(marks[0])+value+string(marks[1])))
			requireProblem(t, err, name, "has quotes around it")
			if len(value) > 2 && strings.Contains(err.Error(), value) {
				t.Errorf("the value of %s is repeated: %v", name, err)
			}
		}
		_, err := load(everything, whole.with(name, value+"\u200b"))
		requireProblem(t, err, name, "invisible character")
	}
	for _, name := range []string{"TIM_SECRET_KEY_FILE", "PUSHLOSS_HTTP_TOKEN_FILE", "TIM_APPS_FILE"} {
		env := oneApp()
		delete(env, "TIM_SECRET_KEY")
		if name == "TIM_APPS_FILE" {
			delete(env, "TIM_SDK_APP_ID")
		}
		if name == "PUSHLOSS_HTTP_TOKEN_FILE" {
			env = oneApp()
		}
		_, err := load(everything, env.with(name, `"/run/secrets/file"`))
		var problems config.Problems
		if !errors.As(err, &problems) || problems[0].Variable != name || !strings.Contains(problems[0].Text, "has quotes around it") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func requireProblem(t *testing.T, err error, variable, says string) {
	t.Helper()
	var problems config.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("error is %v, want Problems", err)
	}
	if len(problems) != 1 || problems[0].Variable != variable || !strings.Contains(problems[0].Text, says) {
		t.Errorf("problems are\n%v\nwant one of %s that says %q", err, variable, says)
	}
	if strings.ContainsAny(problems[0].Text, "\n") {
		t.Errorf("problem has more than one line: %q", problems[0].Text)
	}
}

func TestAllProblemsAreReportedAtOnceOneLineEach(t *testing.T) {
	t.Parallel()
	_, err := load(everything, variables{
		"TIM_SDK_APP_ID":           "x",
		"TIM_IDENTIFIER":           "a b",
		"TIM_REGION":               "x",
		"TIM_BASE_URL":             "x",
		"PUSHLOSS_TIMEZONE":        "x",
		"PUSHLOSS_RATE":            "x",
		"PUSHLOSS_LOOKBACK_DAYS":   "x",
		"PUSHLOSS_FIRST_DAY":       "x",
		"PUSHLOSS_TASK_DAYS":       "x",
		"PUSHLOSS_API_MEMORY_DAYS": "x", "PUSHLOSS_JUMP_FACTOR": "1", "PUSHLOSS_JUMP_MIN": "0", "PUSHLOSS_SPANS": "x",
		"PUSHLOSS_RAW_DAYS":        "x",
		"PUSHLOSS_RUN_DAYS":        "x",
		"PUSHLOSS_WINDOW_END":      "x",
		"PUSHLOSS_HTTP_ADDR":       "x",
		"PUSHLOSS_HTTP_TOKEN":      "x",
		"PUSHLOSS_HTTP_TOKEN_FILE": "x",
		"PUSHLOSS_LOG_LEVEL":       "x",
		"PUSHLOSS_LOG_FORMAT":      "x",
		"PUSHLOSS_POSTGRES_PORT":   "x",
	})
	if err == nil {
		t.Fatal("no error")
	}
	var named []string
	for _, line := range strings.Split(err.Error(), "\n") {
		variable, _, _ := strings.Cut(line, ": ")
		named = append(named, variable)
	}
	want := []string{
		"DATABASE_URL", "TIM_IDENTIFIER", "TIM_REGION", "PUSHLOSS_TIMEZONE", "PUSHLOSS_RATE", "TIM_BASE_URL",
		"TIM_SDK_APP_ID", "TIM_SECRET_KEY", "PUSHLOSS_LOOKBACK_DAYS", "PUSHLOSS_FIRST_DAY", "PUSHLOSS_TASK_DAYS",
		"PUSHLOSS_API_MEMORY_DAYS", "PUSHLOSS_SPANS", "PUSHLOSS_JUMP_FACTOR", "PUSHLOSS_JUMP_MIN", "PUSHLOSS_RAW_DAYS", "PUSHLOSS_RUN_DAYS", "PUSHLOSS_WINDOW_END", "PUSHLOSS_HTTP_ADDR", "PUSHLOSS_HTTP_TOKEN", "PUSHLOSS_LOG_LEVEL", "PUSHLOSS_LOG_FORMAT",
		"PUSHLOSS_POSTGRES_PORT",
	}
	if diff := cmp.Diff(want, named); diff != "" {
		t.Errorf("variables named (-want +got):\n%s\n%v", diff, err)
	}
}

func TestACommandWithoutNeedsRequiresNoSetting(t *testing.T) {
	t.Parallel()
	settings := mustLoad(t, config.Needs{}, variables{"DATABASE_URL": "mysql://x"})
	if len(settings.Apps) != 0 || settings.Database != (config.Database{}) {
		t.Errorf("settings have apps or a database: %+v", settings)
	}
}

// If it is already tomorrow in an app's zone, tomorrow is not in the future.
func TestTheFirstDayIsComparedWithTheAppThatIsFurthestAhead(t *testing.T) {
	t.Parallel()
	apps := func(zones ...string) string {
		text := ""
		for i, zone := range zones {
			text += fmt.Sprintf("- {sdk_app_id: %d, secret_key: abcdefgh, timezone: %s}\n", i+1, zone)
		}
		return write(t, "apps.yaml", text)
	}
	for _, test := range []struct {
		name   string
		env    variables
		latest string
	}{
		{"one app in the east", oneApp(), "2026-11-29"},
		{"one app in the west", oneApp().with("PUSHLOSS_TIMEZONE", "America/New_York"), "2026-11-28"},
		{"apps, one in the east", variables{"TIM_APPS_FILE": apps("America/New_York", "Asia/Tokyo", "UTC")}, "2026-11-29"},
		{"apps in the west", variables{"TIM_APPS_FILE": apps("America/New_York", "UTC")}, "2026-11-28"},
		{"no app", variables{}, "2026-11-29"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			day, err := calendar.ParseDay(test.latest)
			if err != nil {
				t.Fatal(err)
			}
			needs := config.Needs{Credentials: test.name != "no app"}
			mustLoad(t, needs, test.env.with("PUSHLOSS_FIRST_DAY", day.String()))
			_, err = load(needs, test.env.with("PUSHLOSS_FIRST_DAY", (day+1).String()))
			requireProblem(t, err, "PUSHLOSS_FIRST_DAY", "is in the future: give a day from 2000-01-01 to today, "+test.latest)
		})
	}
}

func TestABaseURLIsShownOnlyWhereItHoldsNoPassword(t *testing.T) {
	t.Parallel()
	for value, shown := range map[string]bool{
		"http://h:0": true, "ftp://h": true, "http://h/v4": true, "https://u:sesame@h": false, "https://h?k=sesame": false, "https://h#sesame": false,
		"u:sesame@h": false, "ftp://u:sesame@h": false,
	} {
		_, err := load(everything, oneApp().with("TIM_BASE_URL", value))
		if err == nil || strings.Contains(err.Error(), fmt.Sprintf("%q", value)) != shown || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", value, err)
		}
	}
	for value, want := range map[string]string{
		"HTTP://h/": "http://h", "https://[::1]:8080/p/": "https://[::1]:8080/p", "http://xn--mller-kva.example": "http://xn--mller-kva.example",
		"http://h.:1": "http://h.:1", "http://my_proxy:8080/a%20b": "http://my_proxy:8080/a%20b", "http://h/v4x/timpush2": "http://h/v4x/timpush2",
	} {
		if got := mustLoad(t, everything, oneApp().with("TIM_BASE_URL", value)).Apps[0].BaseURL; got != want {
			t.Errorf("%s is read as %s", value, got)
		}
	}
}
