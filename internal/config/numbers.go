package config

import (
	"fmt"
	"regexp"
	"strconv"

	"pushloss/internal/address"
	"pushloss/internal/postgres"
)

// fraction matches numbers in the only accepted notation. Go's parsers also accept signs,
// underscores, hexadecimal digits, exponents and leading zeros, which other programs read
// differently.
var fraction = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?$`)

const (
	maxDays = 3650
	// minRate and maxRate keep the time between two calls far from the limits of a Duration.
	minRate, maxRate = 0.001, 1000
	// A loss of less than minJump times its usual does not stand out.
	minJump, maxJump = 1.5, 1000
	maxPushes        = 1_000_000_000
	plainDigits      = "write plain digits, without a sign or a leading zero"
)

func isWhole(text string, least, most int64) (n int64, ok bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == text && n >= least && n <= most
}

// parseWhole parses a whole number in a range. what names the number in the error.
func parseWhole(what, text string, least, most int64) (int, error) {
	n, ok := isWhole(text, least, most)
	if !ok {
		return 0, fmt.Errorf("%q is not a number of %s from %d to %d: %s", text, what, least, most, plainDigits)
	}
	return int(n), nil
}

func daysFrom(least int64) func(string) (int, error) {
	return func(text string) (int, error) { return parseWhole("days", text, least, maxDays) }
}

func parseConnections(text string) (int, error) {
	return parseWhole("connections", text, postgres.MinConns, postgres.MaxConns)
}

func parsePort(text string) (int, error) {
	port, ok := isWhole(text, 0, address.MaxPort)
	if !ok {
		return 0, fmt.Errorf("%q is not a port number from 0 to %d: %s", text, address.MaxPort, plainDigits)
	}
	return int(port), nil
}

func parseRate(text string) (float64, error) {
	rate, err := strconv.ParseFloat(text, 64)
	if !fraction.MatchString(text) || err != nil || rate != 0 && (rate < minRate || rate > maxRate) {
		return 0, fmt.Errorf("%q is not a number of calls per second from %g to %d, like 1 or 0.5, or 0 for no pacing: %s", text, minRate, maxRate, plainDigits)
	}
	return rate, nil
}

// ParseJumpFactor parses how many times its usual a loss must be to stand out.
func ParseJumpFactor(text string) (float64, error) {
	factor, err := strconv.ParseFloat(text, 64)
	if !fraction.MatchString(text) || err != nil || factor != 0 && (factor < minJump || factor > maxJump) {
		return 0, fmt.Errorf("%q is not a factor from %g to %d, like 3 or 2.5, or 0 to look for nothing: %s", text, minJump, maxJump, plainDigits)
	}
	return factor, nil
}

// ParseJumpMin parses how many pushes more than usual must be lost to stand out.
func ParseJumpMin(text string) (int64, error) {
	n, err := parseWhole("pushes", text, 1, maxPushes)
	return int64(n), err
}

// parseSDKAppID does not repeat the text in an error: it may be a secret key in the wrong place.
func parseSDKAppID(text string) (int64, error) {
	const most = 1<<32 - 1
	id, ok := isWhole(text, 1, most)
	if !ok {
		return 0, fmt.Errorf("is not an SDKAppID: give the app's number in the console, from 1 to %d, like 1400000000", int64(most))
	}
	return id, nil
}
