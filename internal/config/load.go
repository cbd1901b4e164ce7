package config

import (
	"context"
	"strings"
	"time"

	"github.com/sethvargo/go-envconfig"

	"pushloss/extract"
	"pushloss/internal/language"
	"pushloss/internal/secret"
)

// Needs names the settings that a command requires.
type Needs struct {
	// Database says to read DATABASE_URL; otherwise it is ignored.
	Database bool
	// Credentials requires at least one app with its secret key. Otherwise, the apps that are given
	// are read without their secret keys.
	Credentials bool
	// Page says to read the tokens that the daemon requires over HTTP.
	Page bool
}

// Load reads the settings. All problems with them are returned together as Problems. Any other
// error is a fault of the program. A first day after now is a problem.
func Load(ctx context.Context, lookuper envconfig.Lookuper, needs Needs, now time.Time) (Settings, error) {
	var problems collected
	variables := lookup{lookuper, &problems, make(map[string]bool)}
	env, err := readEnvironment(ctx, variables)
	if err != nil {
		return Settings{}, err
	}
	var settings Settings
	if needs.Database {
		settings.Database = readDatabase(env, &problems)
	}
	reader := appReader{env: env, lookup: variables, needsKeys: needs.Credentials, needsTokens: needs.Page, problems: &problems}
	settings.Apps = reader.apps()
	settings.Location = reader.defaults.Location

	if needs.Credentials {
		judgeProxies(variables)
	}
	settings.Streams = readValue(&problems, "PUSHLOSS_STREAMS", env.Streams, parseStreams)
	settings.LookbackDays = readValue(&problems, "PUSHLOSS_LOOKBACK_DAYS", env.LookbackDays, daysFrom(0))
	if env.FirstDay != "" {
		day := readValue(&problems, "PUSHLOSS_FIRST_DAY", env.FirstDay, firstDayUntil(settings.today(now)))
		settings.FirstDay = &day
	}
	settings.DiscoverScheduled = readValue(&problems, "PUSHLOSS_DISCOVER", env.Discover, anyCase(parseDiscover))
	settings.TaskDays = readValue(&problems, "PUSHLOSS_TASK_DAYS", env.TaskDays, daysFrom(1))
	settings.APIMemoryDays = readValue(&problems, "PUSHLOSS_API_MEMORY_DAYS", env.APIMemoryDays, daysFrom(0))
	settings.Spans = readValue(&problems, "PUSHLOSS_SPANS", env.Spans, anyCase(parseSpans))
	settings.Jumps.Factor = readValue(&problems, "PUSHLOSS_JUMP_FACTOR", env.JumpFactor, ParseJumpFactor)
	settings.Jumps.Least = readValue(&problems, "PUSHLOSS_JUMP_MIN", env.JumpMin, ParseJumpMin)
	settings.RawDays = readValue(&problems, "PUSHLOSS_RAW_DAYS", env.RawDays, daysFrom(0))
	settings.RunDays = readValue(&problems, "PUSHLOSS_RUN_DAYS", env.RunDays, daysFrom(0))
	settings.WindowEnd = readValue(&problems, "PUSHLOSS_WINDOW_END", env.WindowEnd, anyCase(extract.ParseWindowEnd))
	for _, target := range strings.Fields(env.NotifyURLs) {
		settings.NotifyURLs = append(settings.NotifyURLs, secret.New(target))
	}
	settings.Language = readValue(&problems, "PUSHLOSS_LANG", env.Language, anyCase(language.Parse))
	settings.SchedulesFile = env.SchedulesFile
	settings.HTTPAddr = readValue(&problems, "PUSHLOSS_HTTP_ADDR", env.HTTPAddr, parseAddr)
	if needs.Page {
		settings.HTTPToken = readSecret(&problems, "PUSHLOSS_HTTP_TOKEN", given{env.HTTPToken, env.HTTPTokenFile}, parseToken)
		settings.TasksToken = readSecret(&problems, "PUSHLOSS_TASKS_TOKEN", given{env.TasksToken, env.TasksTokenFile}, parseToken)
	}
	settings.Log.Level = readValue(&problems, "PUSHLOSS_LOG_LEVEL", env.LogLevel, anyCase(parseLevel))
	settings.Log.Format = readValue(&problems, "PUSHLOSS_LOG_FORMAT", env.LogFormat, anyCase(parseFormat))
	if env.MaxConnections != "" {
		settings.MaxConnections = readValue(&problems, "PUSHLOSS_MAX_CONNECTIONS", env.MaxConnections, parseConnections)
	}
	settings.PostgresBin = env.PostgresBin
	settings.PostgresPort = readValue(&problems, "PUSHLOSS_POSTGRES_PORT", env.PostgresPort, parsePort)
	if lister, ok := lookuper.(Lister); ok {
		settings.Unknown = unknownVariables(lister, variables.named, needs.Database && env.DatabaseURL == "")
	}
	if len(problems.Problems) > 0 {
		for _, other := range settings.Unknown { // it may be a misspelt DATABASE_URL, for example
			if other.Meant != "" {
				problems.add(other.Name, "is not a setting%s", other.Meant)
			}
		}
		return Settings{}, problems.Problems
	}
	return settings, nil
}

// readValue parses a variable's value. An error becomes a problem.
func readValue[T any](problems *collected, variable, text string, parse func(string) (T, error)) T {
	value, err := parse(text)
	if err != nil {
		problems.add(variable, "%s", err)
	}
	return value
}
