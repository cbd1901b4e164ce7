package schedules

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// every ticks at whole multiples of a duration, so that processes started at
// different times tick together. The library counts from the start.
type every time.Duration

func (e every) Next(after time.Time) time.Time {
	return after.Truncate(time.Duration(e)).Add(time.Duration(e))
}

// minEvery is the shortest @every. The cron library makes a second of anything
// shorter, zero and negative durations included.
const minEvery = time.Minute

// field is one of the five: its values are min to max.
type field struct {
	name     string
	min, max int
}

var fields = [...]field{{"minute", 0, 59}, {"hour", 0, 23}, {"day of month", 1, 31}, {"month", 1, 12}, {"day of week", 0, 6}}

const dayOfMonth, dayOfWeek = 2, 4

// parseCron reads five fields or a descriptor, whose clock is location's.
func parseCron(text string, location *time.Location) (cron.Schedule, error) {
	given := strings.Fields(text)
	text = strings.Join(given, " ") // so that no error has a second line
	if strings.HasPrefix(text, "CRON_TZ=") || strings.HasPrefix(text, "TZ=") {
		return nil, errors.New("must not hold a time zone: give it as timezone")
	}
	if duration, ok := strings.CutPrefix(text, "@every "); ok {
		length, err := time.ParseDuration(duration)
		if err != nil || length < minEvery {
			return nil, fmt.Errorf("%q is not a duration of at least %s, like @every 6h", duration, minEvery)
		}
		return every(length), nil
	}
	for _, field := range given {
		// The library takes an empty list for "never".
		if strings.HasPrefix(field, ",") || strings.HasSuffix(field, ",") || strings.Contains(field, ",,") {
			return nil, fmt.Errorf("%q has a comma too many", text)
		}
	}
	if len(given) == len(fields) {
		if err := checkSteps(given); err != nil {
			return nil, err
		}
		given[dayOfWeek] = withoutSeven(given[dayOfWeek])
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
	ticks, err := parser.Parse(strings.Join(given, " "))
	if err != nil {
		return nil, fmt.Errorf("%q is not five cron fields (minute, hour, day of month, month, day of week) "+
			"or one of @hourly, @daily, @weekly, @monthly, @every 6h: %w", text, err)
	}
	spec, ok := ticks.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("%q is not made of times of a clock", text)
	}
	spec.Location = time.UTC
	clock := wallClock{spec: spec, location: location}
	// The library looks five years ahead, and from here that is past a leap day.
	if clock.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("%q names a day that never comes", text)
	}
	return clock, nil
}

// checkSteps refuses steps that do not say what they seem to: one wider than its
// field ticks once a round, and one of days beside weekdays makes cron programs differ on
// whether either or both must match. What is not a number is left to the library.
func checkSteps(given []string) error {
	for i, f := range fields {
		for part := range strings.SplitSeq(given[i], ",") {
			values, text, found := strings.Cut(part, "/")
			step, err := strconv.Atoi(text)
			if !found || err != nil {
				continue
			}
			width := f.max - f.min + 1
			if low, high, isRange := strings.Cut(values, "-"); isRange {
				first, err1 := strconv.Atoi(low)
				last, err2 := strconv.Atoi(high)
				if err1 == nil && err2 == nil && first <= last {
					width = last - first + 1
				}
			}
			if step > width {
				return fmt.Errorf("the %s %s steps over all of its %d values, so that only the first one counts: "+
					"give a step of at most %d, or @every for longer periods", f.name, part, width, width)
			}
		}
	}
	days, weekdays := given[dayOfMonth], given[dayOfWeek]
	if starStep(days) && !star(weekdays) || starStep(weekdays) && !star(days) {
		return fmt.Errorf("the day of month %s beside the day of week %s is ambiguous: some cron programs ask for both, others for either; "+
			"write a range of days, like 1-31/2, for either, or two schedules", days, weekdays)
	}
	return nil
}

func star(text string) bool { return text == "*" || text == "?" || text == "*/1" }

func starStep(text string) bool {
	return !star(text) && (strings.HasPrefix(text, "*/") || strings.Contains(text, ",*/"))
}

// withoutSeven writes Sunday as 0 in the days of the week: as 7, or as the end of a
// range that began before it, the library does not know it.
func withoutSeven(weekdays string) string {
	parts := strings.Split(weekdays, ",")
	for i, part := range parts {
		values, text, stepped := strings.Cut(part, "/")
		low, high, isRange := strings.Cut(values, "-")
		if isRange && strings.EqualFold(high, "sun") && !strings.EqualFold(low, "sun") {
			high = "7"
		}
		if !isRange {
			high = low
		}
		first, known := weekday(low)
		last, err := strconv.Atoi(high)
		step := 1
		if stepped {
			var stepErr error
			step, stepErr = strconv.Atoi(text)
			known = known && stepErr == nil && step > 0
		}
		if err != nil || !known || last != 7 || first > 7 {
			continue
		}
		var days []string
		for day := first; day <= last; day += step {
			days = append(days, strconv.Itoa(day%7))
		}
		parts[i] = strings.Join(days, ",")
	}
	return strings.Join(parts, ",")
}

func weekday(text string) (day int, ok bool) {
	for day := range 7 {
		if strings.EqualFold(text, time.Weekday(day).String()[:3]) {
			return day, true
		}
	}
	day, err := strconv.Atoi(text)
	return day, err == nil && day >= 0
}
