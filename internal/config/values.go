package config

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/internal/stream"
)

const (
	maxDays = 3650
	// minRate keeps the time between two calls far from what a Duration holds.
	minRate = 0.001
)

func daysFrom(least int) func(string) (int, error) {
	return func(text string) (int, error) {
		days, err := strconv.Atoi(text)
		if err != nil || days < least || days > maxDays {
			return 0, fmt.Errorf("%q is not a number of days from %d to %d", text, least, maxDays)
		}
		return days, nil
	}
}

// parseFirstDay refuses years before 2000: a mistyped one would make some
// hundred thousand days due.
func parseFirstDay(text string) (calendar.Day, error) {
	day, err := calendar.ParseDay(text)
	if err != nil {
		return 0, err
	}
	if day.UTC().Year() < 2000 {
		return 0, fmt.Errorf("%s is long before there was a push service: give the first day to keep", day)
	}
	return day, nil
}

func parseRate(text string) (float64, error) {
	rate, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(rate) || math.IsInf(rate, 0) || rate < 0 || rate > 0 && rate < minRate {
		return 0, fmt.Errorf("%q is not a number of calls per second: give 1, or 0 for no pacing, or at least %g", text, minRate)
	}
	return rate, nil
}

// parseSDKAppID does not repeat the text, which may be a secret key put into the
// wrong place.
func parseSDKAppID(text string) (int64, error) {
	id, err := strconv.ParseUint(text, 10, 32)
	if err != nil || id == 0 {
		return 0, errors.New("is not an SDKAppID: give the app's number in the console, like 1400000000")
	}
	return int64(id), nil
}

func parseIdentifier(text string) (string, error) {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return "", errors.New("holds a blank or a control character: give the name of one app administrator")
	}
	return text, nil
}

// parseBaseURL does not repeat the text, which may hold a password.
func parseBaseURL(text string) (string, error) {
	parsed, err := url.Parse(text)
	switch {
	case err != nil, parsed.Hostname() == "", parsed.Scheme != "http" && parsed.Scheme != "https":
		return "", errors.New("is not an absolute http or https URL, like https://console.tim.qq.com")
	case parsed.Port() != "" && !isPortToCall(parsed.Port()):
		return "", errors.New("has a port that is not a number from 1 to 65535")
	case strings.Contains(parsed.Path, "/v4/"):
		return "", errors.New("must not hold the API's path: give only the address, like https://console.tim.qq.com")
	case parsed.User != nil:
		return "", errors.New("must not hold a user name or password")
	case strings.ContainsAny(text, "?#"):
		return "", errors.New("must not hold a query or a fragment: give only the address, like https://console.tim.qq.com")
	}
	return strings.TrimRight(text, "/"), nil
}

func parseAddr(text string) (string, error) {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = parsePort(port)
	}
	if err != nil {
		return "", fmt.Errorf("%q is not HOST:PORT: give an address like 127.0.0.1:9460, or :9460 for all of this machine's", text)
	}
	return text, nil
}

func isPortToCall(text string) bool {
	port, err := parsePort(text)
	return err == nil && port > 0
}

func parsePort(text string) (int, error) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%q is not a port number from 0 to 65535", text)
	}
	return int(port), nil
}

// parseStreams reads names of streams, separated by commas.
func parseStreams(text string) ([]stream.Stream, error) {
	var streams []stream.Stream
	for name := range strings.SplitSeq(text, ",") {
		stream, err := stream.Parse(strings.TrimSpace(name))
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

func parseConnections(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < postgres.MinConns || n > postgres.MaxConns {
		return 0, fmt.Errorf("%q is not a number of connections from %d to %d", text, postgres.MinConns, postgres.MaxConns)
	}
	return n, nil
}
