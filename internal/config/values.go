package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
)

// anyCase makes parse accept its words in upper case too.
func anyCase[T any](parse func(string) (T, error)) func(string) (T, error) {
	return func(text string) (T, error) {
		if value, err := parse(strings.ToLower(text)); err == nil {
			return value, nil
		}
		return parse(text) // its error repeats the text as written
	}
}

// firstDayUntil refuses days after today, which would make no day due, and years before 2000: a
// mistyped year would make some hundred thousand days due.
func firstDayUntil(today calendar.Day) func(string) (calendar.Day, error) {
	return func(text string) (calendar.Day, error) {
		day, err := calendar.ParseDay(text)
		switch {
		case err != nil:
			return 0, err
		case day.UTC().Year() < 2000:
			return 0, fmt.Errorf("%s is long before there was a push service: give a day from 2000-01-01 to today", day)
		case day > today:
			return 0, fmt.Errorf("%s is in the future: give a day from 2000-01-01 to today, %s", day, today)
		}
		return day, nil
	}
}

func parseIdentifier(text string) (string, error) {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return "", errors.New("holds a blank or a control character: give the name of one app administrator")
	}
	return text, nil
}

// parseStreams reads names of streams, separated by commas. Each may be in upper case.
func parseStreams(text string) ([]stream.Stream, error) {
	var streams []stream.Stream
	for name := range strings.SplitSeq(text, ",") {
		stream, err := anyCase(stream.Parse)(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		if slices.Contains(streams, stream) {
			return nil, fmt.Errorf("names %s twice", stream)
		}
		streams = append(streams, stream)
	}
	slices.Sort(streams)
	return streams, nil
}

// parseDiscover reports whether runs look for scheduled pushes.
func parseDiscover(text string) (bool, error) {
	switch text {
	case "":
		return false, nil
	case "scheduled":
		return true, nil
	}
	return false, fmt.Errorf("%q is not known: use scheduled, or leave it out", text)
}

func parseSpans(text string) (bool, error) {
	switch text {
	case "auto":
		return true, nil
	case "off":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither auto nor off", text)
}
