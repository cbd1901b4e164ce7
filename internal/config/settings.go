package config

import (
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/jump"
	"pushloss/internal/language"
	"pushloss/internal/secret"
	"pushloss/internal/stream"
)

// Settings are the validated settings of one process.
type Settings struct {
	Database Database
	// Apps are in the order of the apps file. Without Needs.Credentials, there may be none, and
	// their SecretKeys are empty.
	Apps []App
	// Streams are the streams to pull, without repetitions.
	Streams []stream.Stream
	// FirstDay is the first day to keep; nil lets the first run decide.
	FirstDay *calendar.Day
	// LookbackDays is for how many days after its end a day is pulled again.
	LookbackDays int
	// TaskDays is for how many days a task is followed.
	TaskDays int
	// Spans says that one request may prove several days of tasks, if the API's days add up.
	Spans bool
	// Jumps say which losses stand out against their own past.
	Jumps jump.Settings
	// APIMemoryDays is how many days the API is believed to remember.
	APIMemoryDays int
	// RawDays and RunDays are for how many days raw answers and records of runs are kept; 0 keeps
	// all.
	RawDays, RunDays int
	// WindowEnd is how the API interprets a request's EndTime.
	WindowEnd extract.WindowEnd
	// NotifyURLs are where notifications go, as URLs of the shoutrrr library. Each may hold a
	// token.
	NotifyURLs []secret.Text
	// Language is the language of notifications, and of the page for readers who prefer none of its
	// languages.
	Language language.Language
	// Location is the zone of PUSHLOSS_TIMEZONE, the default for apps and schedules.
	Location *time.Location
	// SchedulesFile is a path; empty means the embedded default.
	SchedulesFile string
	// HTTPAddr is where the daemon listens.
	HTTPAddr string
	// HTTPToken is required to open the daemon's page; zero requires none.
	// It is read for Needs.Page only.
	HTTPToken secret.Text
	// TasksToken is required to post tasks; without one, every post is refused. It is read
	// for Needs.Page only.
	TasksToken secret.Text
	// DiscoverScheduled says that runs look for scheduled pushes that were dispatched.
	DiscoverScheduled bool
	Log               Log
	// MaxConnections bounds the connections to Postgres; 0 means that the number of apps decides.
	MaxConnections int
	// PostgresBin is the folder of Postgres's programs for the embedded database; empty means that
	// it searches for them.
	PostgresBin string
	// PostgresPort is the port of the embedded database; 0 means that it chooses one.
	PostgresPort int
	// Unknown are variables that are probably misspelt.
	Unknown []Unknown
}

// Connections is how many connections to Postgres the process may have at once.
func (s Settings) Connections() int {
	if s.MaxConnections > 0 {
		return s.MaxConnections
	}
	return min(4+2*max(1, len(s.Apps)), 20)
}

// today returns the latest date of all apps' zones.
func (s Settings) today(now time.Time) calendar.Day {
	zones := []*time.Location{s.Location}
	if len(s.Apps) > 0 {
		zones = nil
		for _, app := range s.Apps {
			zones = append(zones, app.Location)
		}
	}
	var today calendar.Day
	for _, zone := range zones {
		if zone == nil { // the zone has a problem of its own
			zone = time.UTC
		}
		today = max(today, calendar.DayOf(now, zone))
	}
	return today
}

// App is one app of the Chat service.
type App struct {
	SDKAppID   int64
	SecretKey  secret.Text
	Identifier string
	Region     extract.Region
	// BaseURL replaces the region's addresses; empty keeps them.
	BaseURL string
	// Location is the zone whose midnights cut the app's days.
	Location *time.Location
	// Rate is in calls per second; 0 sets no pace.
	Rate float64
	// CallbackToken is the token with which the console signs this app's callbacks. Without one
	// they are refused. It is read only for Needs.Page.
	CallbackToken secret.Text
}

// BaseURLs returns the addresses to call, in the order in which to try them.
func (a App) BaseURLs() []string {
	if a.BaseURL != "" {
		return []string{a.BaseURL}
	}
	return a.Region.BaseURLs()
}
