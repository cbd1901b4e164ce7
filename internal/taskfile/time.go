package taskfile

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// timeForm matches a date, with or without a time of day and an offset, as RFC 3339, psql,
// spreadsheets and people write it.
var timeForm = regexp.MustCompile(`^(\d{4})([-/])(\d{1,2})[-/](\d{1,2})` +
	`(?:[Tt ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2}){0,2})?)?$`)

// ParseTime reads a date with or without a time of day, with an offset from UTC or in loc, or Unix
// time in seconds or smaller units. It refuses texts with two meanings.
func ParseTime(text string, loc *time.Location) (time.Time, error) {
	if at, ok := unixTime(text); ok {
		return at, nil
	}
	part := timeForm.FindStringSubmatch(plainForm(text))
	if part == nil {
		return time.Time{}, notATime(text)
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(part[i]) // "" is 0; the form allows only digits
		return n
	}
	nanoseconds, _ := strconv.Atoi((part[8] + "000000000")[:9])
	zone, ok := zoneOf(part[9], loc)
	year, month, day, hour, minute, second := number(1), time.Month(number(3)), number(4), number(5), number(6), number(7)
	date := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if !ok || date.Month() != month || date.Day() != day || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, notATime(text)
	}
	return time.Date(year, month, day, hour, minute, second, nanoseconds, zone), nil
}

// unixTime reads seconds, possibly with a fraction, or the smaller units of Java, Postgres and
// pandas, from 2001 on. A number that may be a date in digits, such as 20250331, is not a Unix
// time.
func unixTime(text string) (time.Time, bool) {
	if part := unixFraction.FindStringSubmatch(text); part != nil {
		seconds, _ := strconv.ParseInt(part[1], 10, 64)
		nanoseconds, _ := strconv.ParseInt((part[2] + "000000000")[:9], 10, 64)
		return time.Unix(seconds, nanoseconds), true
	}
	number, err := strconv.ParseInt(withoutZeros(text), 10, 64)
	switch {
	case err != nil:
	case number > 1e9 && number < 1e10:
		return time.Unix(number, 0), true
	case number > 1e12 && number < 1e13:
		return time.UnixMilli(number), true
	case number > 1e15 && number < 1e16:
		return time.UnixMicro(number), true
	case number > 1e18:
		return time.Unix(0, number), true
	}
	return time.Time{}, false
}

// unixFraction matches the output of Postgres' extract(epoch) and Python's time().
var unixFraction = regexp.MustCompile(`^([1-9]\d{9})\.(\d{1,9})\d*$`)

var (
	spreadsheetDay = regexp.MustCompile(`^\d{5}([.,]\d+)?$`)
	dayOrMonth     = regexp.MustCompile(`^\d{1,2}[./-]\d{1,2}[./-](\d{2}|\d{4})\b`)
)

// notATime says what is wrong with a text.
func notATime(text string) error {
	switch {
	case spreadsheetDay.MatchString(text):
		return fmt.Errorf("%q is a spreadsheet's number of a day: give the column the format yyyy-mm-dd hh:mm, and export again", text)
	case scientific.MatchString(text):
		return fmt.Errorf("%q: a spreadsheet has rounded this number: give the column the format 0, and export again", text)
	case dayOrMonth.MatchString(text):
		return fmt.Errorf("%q has the day and the month in an order that differs by country: write it as 2025-03-31 08:00", text)
	}
	return fmt.Errorf("%q is not a time: write 2025-03-31T08:00:00+08:00, 2025-03-31 or Unix seconds", text)
}

// zoneOf reads an offset such as +08, +0800, +08:00 or psql's +08:05:43.
func zoneOf(offset string, loc *time.Location) (*time.Location, bool) {
	switch offset {
	case "":
		return loc, true
	case "Z", "z", "UTC", "GMT":
		return time.UTC, true
	}
	figures := strings.ReplaceAll(offset[1:], ":", "") + "0000"
	hours, _ := strconv.Atoi(figures[:2])
	minutes, _ := strconv.Atoi(figures[2:4])
	seconds, _ := strconv.Atoi(figures[4:6])
	if hours > 23 || minutes > 59 || seconds > 59 {
		return nil, false
	}
	east := hours*3600 + minutes*60 + seconds
	if offset[0] == '-' {
		east = -east
	}
	return time.FixedZone("", east), true
}

// ParseSentAt is ParseTime for the time of a push. It refuses years in which no push can have been
// sent.
func ParseSentAt(text string, loc *time.Location) (time.Time, error) {
	t, err := ParseTime(text, loc)
	if err == nil && (t.Year() < 2000 || t.Year() >= 2200) {
		err = fmt.Errorf("%q is not when a push was sent", text)
	}
	return t, err
}
