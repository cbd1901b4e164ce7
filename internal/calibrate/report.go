package calibrate

import (
	"time"

	"pushloss/extract"
)

// Question names what is measured.
type Question string

// The questions, in the order of a report.
const (
	DayCutting Question = "day_cutting" // does the service cut days, and where
	WindowEnd  Question = "window_end"  // does the second EndTime belong to a window
	AddingUp   Question = "adding_up"   // do the windows of days add up to one of a week
	APIMemory  Question = "api_memory"  // how far back does the API remember
	Lateness   Question = "lateness"    // how long do figures still change
)

// State says whether a question was answered.
type State string

// The states.
const (
	Measured State = "measured"
	Unknown  State = "unknown"
)

// Finding is what was found out about a question.
type Finding struct {
	Question Question `json:"question"`
	State    State    `json:"state"`
	// Answer is a few words; empty if it is unknown.
	Answer string `json:"answer"`
	Detail string `json:"detail"`
	// ToTell says how to find the answer.
	ToTell   string     `json:"to_tell"`
	Evidence []Evidence `json:"evidence"`
}

// Evidence is one requested window and its answer.
type Evidence struct {
	// StartTime and EndTime are the request's.
	StartTime time.Time `json:"start_time"`
	EndTime   time.Time `json:"end_time"`
	Lost      int64     `json:"lost"` // pushes, all channels together
	Rows      int       `json:"rows"`
	Note      string    `json:"note"`
}

// Recommendation is the value of a setting that fits what was measured.
type Recommendation struct {
	Setting     string `json:"setting"`
	Present     string `json:"present"`
	Recommended string `json:"recommended"` // the configured value if nothing speaks against it
	Differs     bool   `json:"differs"`
	Why         string `json:"why"`
}

// Report is everything that was found.
type Report struct {
	SDKAppID int64  `json:"sdk_app_id"`
	Timezone string `json:"timezone"` // the zone of the days
	// Tasks are those with whose figures it measured; none means the whole app's.
	Tasks []string `json:"tasks"`
	// Requests is how many were made, without retries of failed calls.
	Requests int `json:"requests"`
	// Problem is what ended the measurement early; empty if nothing did.
	Problem         string           `json:"problem"`
	Findings        []Finding        `json:"findings"`
	Recommendations []Recommendation `json:"recommendations"`
}

// Settings are the configured ones.
type Settings struct {
	SDKAppID      int64
	Location      *time.Location
	WindowEnd     extract.WindowEnd
	LookbackDays  int
	APIMemoryDays int
	// StoredTimezone is the zone of the stored days; empty if none are stored.
	StoredTimezone string
}

// measured answers the finding's question.
func (f *Finding) measured(answer, detail string) {
	f.State, f.Answer, f.Detail, f.ToTell = Measured, answer, detail, ""
}

// unknown says why the question stays open, and what would answer it.
func (f *Finding) unknown(detail, toTell string) {
	f.State, f.Answer, f.Detail, f.ToTell = Unknown, "", detail, toTell
}
