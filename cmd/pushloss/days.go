package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pushloss/internal/calendar"
	"pushloss/internal/problem"
)

// dayFlags choose a range of days.
type dayFlags struct{ from, to *string }

// newDayFlags adds --from and --to. without follows the help of --from and says what no --from
// means; it may be empty.
func newDayFlags(command *cobra.Command, without string) dayFlags {
	return dayFlags{
		from: command.Flags().String("from", "", "first `day`"+without),
		to:   command.Flags().String("to", "", "last `day`, included"),
	}
}

// days returns the ends of the range. An end is nil if it was not given.
func (f dayFlags) days() (from, to *calendar.Day, err error) {
	if from, err = parseDay("--from", *f.from); err == nil {
		to, err = parseDay("--to", *f.to)
	}
	return from, to, err
}

// parseDay returns the day of a flag, or nil if it was not given.
func parseDay(flag, text string) (*calendar.Day, error) {
	if text == "" {
		return nil, nil
	}
	day, err := calendar.ParseDay(text)
	if err != nil {
		return nil, &problem.UsageError{Problem: flag + ": " + err.Error()}
	}
	return &day, nil
}

// exampleDays returns flags for the newest days that have ended in every zone. The API may have
// forgotten older days.
func exampleDays(now time.Time, days int) string {
	last := calendar.DayOf(now, time.UTC) - 2
	return fmt.Sprintf("--from %s --to %s", last-calendar.Day(days-1), last)
}
