package dictionary

import (
	"slices"
	"strings"
)

// Join is another view with at most one row for each row of the view.
type Join struct {
	View string   `json:"view"`
	On   []string `json:"on"` // columns that both views have, the keys of the other
}

// Measure is a number that may be computed over any rows of a view.
type Measure struct {
	Name string `json:"name"`
	// Sum is the column that is added up. For a rate, Over is the column by whose sum the first sum
	// is divided; both are sums over the rows where Known is not NULL.
	Sum   string `json:"sum"`
	Over  string `json:"over,omitempty"`
	Known string `json:"known,omitempty"`
}

// shape is what the database's catalog does not have about a view.
type shape struct {
	keys []string // columns that identify a row
	sums []string // columns that may be added up over all rows of one grain
	// oneOf is a column whose different values never add up.
	oneOf    string
	measures []Measure // besides the sums
}

func words(text string) []string { return strings.Fields(text) }

var (
	ofStage    = words("sdk_app_id day stage err_code")
	ofPlatform = words("sdk_app_id day stage event_type platform_id err_code")
	pushes     = words("total_count sent_count delivered_count click_count")
	ofGrain    = words("sdk_app_id day grain task_id stage event_type platform_id")
)

func ofTask(keys []string) []string {
	return append([]string{keys[0], keys[1], "task_id"}, keys[2:]...)
}

// shapes are those of our views, by name. A view that is not listed has no keys.
var shapes = map[string]shape{
	"app_stage_loss":           {keys: ofStage, sums: words("err_count")},
	"app_platform_loss":        {keys: ofPlatform, sums: words("err_count")},
	"task_stage_loss":          {keys: ofTask(ofStage), sums: words("err_count")},
	"task_platform_loss":       {keys: ofTask(ofPlatform), sums: words("err_count")},
	"chat_stage_loss":          {keys: ofStage, sums: words("err_count")},
	"chat_platform_loss":       {keys: ofPlatform, sums: words("err_count")},
	"app_push_daily":           {keys: words("sdk_app_id day"), sums: pushes},
	"app_push_platform_daily":  {keys: words("sdk_app_id day event_type platform_id"), sums: pushes},
	"task_push_daily":          {keys: words("sdk_app_id day task_id"), sums: pushes},
	"task_push_platform_daily": {keys: words("sdk_app_id day task_id event_type platform_id"), sums: pushes},
	"chat_push_daily":          {keys: words("sdk_app_id day"), sums: pushes},
	"chat_push_platform_daily": {keys: words("sdk_app_id day event_type platform_id"), sums: pushes},
	"loss_rates": {
		keys: ofGrain, sums: words("coded_loss denominator gap"), oneOf: "grain",
		measures: []Measure{
			{Name: "loss_rate_of_sums", Sum: "coded_loss", Over: "denominator", Known: "loss_rate"},
			{Name: "gap_rate_of_sums", Sum: "gap", Over: "denominator", Known: "gap_rate"},
		},
	},
	"calendar":          {keys: words("sdk_app_id day"), sums: words("lost not_sent not_delivered lost_by_channel")},
	"coverage":          {keys: words("sdk_app_id day"), sums: words("pulls row_count")},
	"task_coverage":     {keys: words("sdk_app_id day task_id"), sums: words("pulls row_count")},
	"stream_coverage":   {keys: words("stream sdk_app_id day task_id"), sums: words("pulls row_count")},
	"loss_versions":     {keys: append(slices.Clone(ofGrain), "err_code", "valid_from"), oneOf: "grain"},
	"loss_changes":      {keys: append(slices.Clone(ofGrain), "err_code", "changed_at"), oneOf: "grain"},
	"push_changes":      {keys: words("sdk_app_id day grain task_id counter event_type platform_id changed_at"), oneOf: "grain"},
	"reconciliations":   {keys: words("sdk_app_id first_day last_day task_id checked_at grain stage event_type platform_id err_code"), oneOf: "grain"},
	"runs":              {keys: words("run_id"), sums: words("requests retries windows rows_inserted rows_updated rows_deleted rows_unchanged rejects")},
	"alerts":            {keys: words("alert_id")},
	"jumps":             {keys: words("jump_id")},
	"apps":              {keys: words("sdk_app_id")},
	"tasks":             {keys: words("sdk_app_id task_id")},
	"platforms":         {keys: words("platform_id")},
	"stages":            {keys: words("stage")},
	"error_codes":       {keys: words("err_code stage platform_id")},
	"stage_error_codes": {keys: words("err_code stage")},
}

// joined are the views that others may join. Of several about the same thing, the most specific
// comes first.
var joined = words("apps tasks calendar task_coverage platforms stages error_codes stage_error_codes runs")

// describe adds the shapes to the views.
func describe(views []View) {
	columns := make(map[string][]string)
	for _, view := range views {
		for _, column := range view.Columns {
			columns[view.Name] = append(columns[view.Name], column.Name)
		}
	}
	for i := range views {
		view := &views[i]
		s := shapes[view.Name]
		view.Keys, view.Joins, view.Measures = append([]string{}, s.keys...), []Join{}, []Measure{}
		view.Grain, view.OneOf = grainOf(view.Comment), s.oneOf
		for _, column := range s.sums {
			view.Measures = append(view.Measures, Measure{Name: "sum_" + column, Sum: column})
		}
		view.Measures = append(view.Measures, s.measures...)
		if len(s.keys) == 0 {
			continue
		}
		for _, name := range joined {
			keys := shapes[name].keys
			if name == view.Name || len(columns[name]) == 0 || !subset(keys, columns[view.Name]) || !apart(name, view) {
				continue
			}
			view.Joins = append(view.Joins, Join{View: name, On: append([]string{}, keys...)})
		}
	}
}

// apart refuses joins that would find a row about something else.
func apart(name string, view *View) bool {
	switch name {
	case "tasks":
		return view.Name != "coverage"
	case "calendar": // it has only pushes to all or tagged users
		return !strings.HasPrefix(view.Name, "chat_") && !strings.HasSuffix(view.Name, "coverage")
	case "task_coverage":
		return strings.HasPrefix(view.Name, "task_")
	case "stage_error_codes": // error_codes knows more if the channel is known
		return !slices.ContainsFunc(view.Joins, func(j Join) bool { return j.View == "error_codes" }) && view.Name != "error_codes"
	}
	return true
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(name string) bool { return !slices.Contains(all, name) })
}

// grainOf returns what a row stands for, according to a comment.
func grainOf(comment string) string {
	const row = "ne row per "
	_, grain, _ := strings.Cut(comment, row)
	grain, _, _ = strings.Cut(grain, ".")
	return grain
}
