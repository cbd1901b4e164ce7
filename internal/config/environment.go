package config

import (
	"context"
	"fmt"
	"strings"

	"github.com/sethvargo/go-envconfig"

	"pushloss/internal/unseen"
)

// environment has the variables as written. Decoding to text cannot fail, so Load can check all of
// them and name the variable in each problem.
type environment struct {
	DatabaseURL string `env:"DATABASE_URL"`
	PGHost      string `env:"PGHOST"`
	PGService   string `env:"PGSERVICE"`
	PGDatabase  string `env:"PGDATABASE"`

	AppsFile      string `env:"TIM_APPS_FILE"`
	SDKAppID      string `env:"TIM_SDK_APP_ID"`
	SecretKey     string `env:"TIM_SECRET_KEY"`
	SecretKeyFile string `env:"TIM_SECRET_KEY_FILE"`
	Identifier    string `env:"TIM_IDENTIFIER, default=administrator"`
	Region        string `env:"TIM_REGION, default=china"`
	BaseURL       string `env:"TIM_BASE_URL"`

	Timezone      string `env:"PUSHLOSS_TIMEZONE, default=Asia/Shanghai"`
	Rate          string `env:"PUSHLOSS_RATE, default=1"`
	Streams       string `env:"PUSHLOSS_STREAMS, default=loss,statistics"`
	LookbackDays  string `env:"PUSHLOSS_LOOKBACK_DAYS, default=7"`
	FirstDay      string `env:"PUSHLOSS_FIRST_DAY"`
	TaskDays      string `env:"PUSHLOSS_TASK_DAYS, default=30"`
	APIMemoryDays string `env:"PUSHLOSS_API_MEMORY_DAYS, default=7"`

	Spans string `env:"PUSHLOSS_SPANS, default=auto"`

	JumpFactor string `env:"PUSHLOSS_JUMP_FACTOR, default=3"`
	JumpMin    string `env:"PUSHLOSS_JUMP_MIN, default=100"`

	MaxConnections string `env:"PUSHLOSS_MAX_CONNECTIONS"`

	RawDays   string `env:"PUSHLOSS_RAW_DAYS, default=400"`
	RunDays   string `env:"PUSHLOSS_RUN_DAYS, default=400"`
	WindowEnd string `env:"PUSHLOSS_WINDOW_END, default=exclusive"`

	NotifyURLs    string `env:"PUSHLOSS_NOTIFY_URLS"`
	Language      string `env:"PUSHLOSS_LANG, default=en"`
	SchedulesFile string `env:"PUSHLOSS_SCHEDULES_FILE"`
	HTTPAddr      string `env:"PUSHLOSS_HTTP_ADDR, default=127.0.0.1:9460"`
	HTTPToken     string `env:"PUSHLOSS_HTTP_TOKEN"`
	HTTPTokenFile string `env:"PUSHLOSS_HTTP_TOKEN_FILE"`

	TasksToken        string `env:"PUSHLOSS_TASKS_TOKEN"`
	TasksTokenFile    string `env:"PUSHLOSS_TASKS_TOKEN_FILE"`
	CallbackToken     string `env:"PUSHLOSS_CALLBACK_TOKEN"`
	CallbackTokenFile string `env:"PUSHLOSS_CALLBACK_TOKEN_FILE"`
	Discover          string `env:"PUSHLOSS_DISCOVER"`

	LogLevel     string `env:"PUSHLOSS_LOG_LEVEL, default=info"`
	LogFormat    string `env:"PUSHLOSS_LOG_FORMAT, default=text"`
	PostgresBin  string `env:"PUSHLOSS_POSTGRES_BIN"`
	PostgresPort string `env:"PUSHLOSS_POSTGRES_PORT, default=0"`
}

// isSecret reports whether a variable is read with its blanks, which are then refused: cutting them
// off would hide a key that was copied badly.
func isSecret(variable string) bool {
	switch variable {
	case "TIM_SECRET_KEY", "PUSHLOSS_HTTP_TOKEN", "PUSHLOSS_TASKS_TOKEN", "PUSHLOSS_CALLBACK_TOKEN":
		return true
	}
	return false
}

// lookup is a Lookuper for which a blank value counts as unset. It cuts off blanks around other
// values. A value in quotes is a problem.
type lookup struct {
	envconfig.Lookuper
	problems *collected
	named    map[string]bool // the variables that the apps file names
}

func (l lookup) Lookup(key string) (string, bool) {
	value, ok := l.Lookuper.Lookup(key)
	trimmed := strings.TrimSpace(value)
	switch {
	case !ok || trimmed == "":
		return "", false
	case isSecret(key):
		return value, true
	case key == "DATABASE_URL": // a connection string has its own quotes
		return trimmed, true
	case unseen.In(trimmed):
		l.problems.add(key, copied)
		return "", false
	case hasQuotes(trimmed):
		l.problems.add(key, quoted)
		return "", false
	}
	return trimmed, true
}

const copied = "holds an invisible character, as texts that are copied from a page or a chat do: write the value by hand"

const quoted = "has quotes around it, which docker --env-file and some service managers keep: write the value without them"

// hasQuotes reports whether a value is in quotes. A shell removes them; an env file may not.
func hasQuotes(value string) bool {
	for _, pair := range []string{`""`, "''", "``", "\u201c\u201d", "\u2018\u2019"} {
		marks := []rune(pair)
		first, last := string(marks[0]), string(marks[1])
		if len(value) >= len(pair) && strings.HasPrefix(value, first) && strings.HasSuffix(value, last) {
			return true
		}
	}
	return false
}

func readEnvironment(ctx context.Context, lookuper envconfig.Lookuper) (environment, error) {
	var env environment
	err := envconfig.ProcessWith(ctx, &envconfig.Config{Target: &env, Lookuper: lookuper})
	if err != nil {
		return environment{}, fmt.Errorf("read the environment: %w", err)
	}
	return env, nil
}
