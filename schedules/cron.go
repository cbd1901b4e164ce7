package schedules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"pushloss/internal/suggest"
)

// every ticks at whole multiples of a duration (see time.Time.Truncate), so that processes that started at
// different times tick together. The library counts from the start of the process.
type every time.Duration

func (e every) Next(after time.Time) time.Time {
	return after.Truncate(time.Duration(e)).Add(time.Duration(e))
}

const (
	// minEvery is the shortest @every. The cron library turns anything shorter than a second,
	// including zero and negative durations, into a second.
	minEvery = time.Minute
	maxEvery = 366 * 24 * time.Hour

	shape = "five fields (minute, hour, day of month, month, day of week) or one of @hourly, @daily, @weekly, @monthly, @yearly, @every 6h"
)

// descriptors are the library's names for sets of fields.
var descriptors = []string{"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"}

// parseCron reads five fields or a descriptor, for the clock of location.
func parseCron(text string, location *time.Location) (cron.Schedule, error) {
	given := strings.Fields(text)
	text = strings.Join(given, " ") // so that an error has one line
	if strings.HasPrefix(text, "CRON_TZ=") || strings.HasPrefix(text, "TZ=") {
		return nil, errors.New("must not hold a time zone: give it as timezone")
	}
	if strings.HasPrefix(text, "@") {
		if given[0] == "@every" {
			return parseEvery(given[1:])
		}
		if err := checkDescriptor(text); err != nil {
			return nil, err
		}
	} else {
		known, err := readFields(given)
		if err != nil {
			return nil, err
		}
		given = []string{known}
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
	ticks, err := parser.Parse(strings.Join(given, " "))
	if err != nil { // no text is known that the checks above accept and the parser does not
		return nil, fmt.Errorf("%q cannot be read: give %s", text, shape)
	}
	spec, ok := ticks.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("%q does not name times of the day", text)
	}
	spec.Location = time.UTC
	clock := wallClock{spec: spec, location: location}
	// The library looks five years ahead. From this date, that includes a leap day.
	if clock.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("%q names a day that does not exist", text)
	}
	return clock, nil
}

func parseEvery(given []string) (cron.Schedule, error) {
	text := strings.Join(given, " ")
	length, err := time.ParseDuration(text)
	if err != nil || length < minEvery || length > maxEvery {
		return nil, fmt.Errorf("%q after @every is not a duration from 1m to %.0fh: write hours and minutes, like @every 6h or @every 1h30m", text, maxEvery.Hours())
	}
	return every(length), nil
}

func checkDescriptor(text string) error {
	switch {
	case slices.Contains(descriptors, text):
		return nil
	case strings.EqualFold(text, "@reboot"):
		return fmt.Errorf("%q is not needed, because serve catches up on missed jobs when it starts: give %s", text, shape)
	}
	return fmt.Errorf("%q is not known%s: give %s", text, suggest.Near(text, append(slices.Clone(descriptors), "@every")), shape)
}
