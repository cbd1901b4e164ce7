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
	// Apps are in the order of the apps file. Without Needs.Credentials there
	// may be none, and their SecretKeys are not read.
	Apps []App
	// Streams are those that are pulled, each once.
	Streams []stream.Stream
	// FirstDay is the first day to keep; nil leaves it to the first run.
	FirstDay *calendar.Day
	// LookbackDays is how many days after its end a day is pulled again.
	LookbackDays int
	// TaskDays is how many days a task is followed.
	TaskDays int
	// Spans says that one request may prove several days of tasks where the API's days add
	// up.
	Spans bool
	// Jumps say which losses stand out against their own past.
	Jumps jump.Settings
	// APIMemoryDays is how many days the API is believed to remember.
	APIMemoryDays int
	// RawDays and RunDays are how many days raw answers and run records are kept;
	// 0 keeps all.
	RawDays, RunDays int
	// WindowEnd is how the API takes a request's EndTime.
	WindowEnd extract.WindowEnd
	// NotifyURLs are where events are sent, in the form of the shoutrrr library;
	// each may hold a token.
	NotifyURLs []secret.Text
	// Language is that of notifications, and of the page for readers who ask for none that it has.
	Language language.Language
	// Location is PUSHLOSS_TIMEZONE's, the default of apps and schedules.
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
	// DiscoverScheduled has runs look for scheduled pushes that were dispatched.
	DiscoverScheduled bool
	Log               Log
	// MaxConnections bounds the connections to Postgres; 0 leaves it to the number of
	// apps.
	MaxConnections int
	// PostgresBin is a directory with Postgres's programs for the embedded
	// database; empty leaves the search to it.
	PostgresBin string
	// PostgresPort is the embedded database's port; 0 leaves the choice to it.
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

// today is the date where it is the latest: in the zone of the app that is furthest
// ahead.
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
		if zone == nil { // a problem of its own
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
	// CallbackToken is the one that the console signs this app's callbacks with; without
	// one they are refused. It is read for Needs.Page only.
	CallbackToken secret.Text
}

// BaseURLs are the addresses to call, in the order to try them.
func (a App) BaseURLs() []string {
	if a.BaseURL != "" {
		return []string{a.BaseURL}
	}
	return a.Region.BaseURLs()
}
