package schedules

import (
	_ "embed" // default.yaml
	"slices"
	"strings"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/suggest"
	"pushloss/internal/yamlfile"
)

//go:embed default.yaml
var defaultFile string

// Default returns the schedule file that is used if none is given.
func Default() []byte { return []byte(defaultFile) }

// Problems are the mistakes in a schedule file, each with its line.
type Problems = yamlfile.Problems

// Parse reads a schedule file. name is used in messages. jobs are those that a schedule may run.
// location is the zone of schedules that name none. The error is a Problems with all mistakes.
func Parse(name string, data []byte, jobs []string, location *time.Location) ([]Schedule, error) {
	root, file := yamlfile.Parse(name, data)
	fields, ok := root.Fields("timezone", "schedules")
	if !ok {
		return nil, file.Err()
	}
	location = readLocation(fields["timezone"], location)
	if !fields["schedules"].Given() {
		root.Problem("schedules is missing: give the list of what runs when")
	}
	var schedules []Schedule
	lineOf := make(map[string]int)
	for _, entry := range fields["schedules"].List() {
		schedule, ok := parseEntry(entry, jobs, location, lineOf)
		if ok {
			schedules = append(schedules, schedule)
		}
	}
	if err := file.Err(); err != nil {
		return nil, err
	}
	return schedules, nil
}

// parseEntry reads one schedule. lineOf has the line of each name so far.
func parseEntry(entry yamlfile.Value, jobs []string, location *time.Location, lineOf map[string]int) (Schedule, bool) {
	fields, ok := entry.Fields("name", "job", "cron", "timezone")
	if !ok {
		return Schedule{}, false
	}
	for _, key := range []string{"name", "job", "cron"} {
		if !fields[key].Given() {
			entry.Problem("%s is missing", key)
		}
	}
	schedule := Schedule{Location: readLocation(fields["timezone"], location)}
	if name, ok := fields["name"].Text(); ok {
		if first, double := lineOf[name]; double {
			fields["name"].Problem("%q is given twice, first in line %d", name, first)
		} else {
			lineOf[name] = fields["name"].Line()
		}
		schedule.Name = name
	}
	if job, ok := fields["job"].Text(); ok {
		if !slices.Contains(jobs, job) {
			fields["job"].Problem("unknown job %q%s: use one of %s", job, suggest.Near(job, jobs), strings.Join(jobs, ", "))
		}
		schedule.Job = job
	}
	if text, ok := fields["cron"].Text(); ok {
		ticks, err := parseCron(text, schedule.Location)
		if err != nil {
			fields["cron"].Problem("%s", err)
		}
		schedule.Cron, schedule.ticks = text, ticks
	}
	return schedule, true
}

// readLocation returns the zone that value names; if it names none, otherwise.
func readLocation(value yamlfile.Value, otherwise *time.Location) *time.Location {
	if !value.Given() {
		return otherwise
	}
	name, ok := value.Text()
	if !ok {
		return otherwise
	}
	location, err := calendar.ParseZone(name)
	if err != nil {
		value.Problem("%s", err)
		return otherwise
	}
	return location
}
