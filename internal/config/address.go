package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"pushloss/internal/address"
)

const onlyAddress = "give only the address, like https://console.tim.qq.com"

// urlRunes matches what an address and its path may consist of.
var urlRunes = regexp.MustCompile(`^[\pL\pN\-._~:/?#\[\]@!$&'()*+,;=%]*$`)

// parseBaseURL returns the address without a slash at its end. An error repeats the text only if
// the text cannot hold a password.
func parseBaseURL(text string) (string, error) {
	problem := baseURLProblem(text)
	switch {
	case problem == "":
		scheme, rest, _ := strings.Cut(text, "://")
		return strings.ToLower(scheme) + "://" + strings.TrimRight(rest, "/"), nil
	case strings.ContainsAny(text, "@?#"):
		return "", fmt.Errorf("%s", problem)
	}
	return "", fmt.Errorf("%q %s", text, problem)
}

func baseURLProblem(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	if !found || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "is not an absolute http or https URL, like https://console.tim.qq.com"
	}
	authority, path, _ := strings.Cut(rest, "/")
	switch {
	case strings.Contains(authority, "@"):
		return "must not hold a user name or password"
	case strings.ContainsAny(text, "?#"):
		return "must not hold a query or a fragment: " + onlyAddress
	case strings.Contains(text, "@"):
		return "must not hold an @: " + onlyAddress
	case !urlRunes.MatchString(text):
		return "holds a character that no URL has: " + onlyAddress
	}
	if problem := address.Problem(authority); problem != "" {
		return problem
	}
	unescaped, err := url.PathUnescape(path)
	if err != nil {
		return "has a path with a % that is not %25: " + onlyAddress
	}
	isAPIs := func(segment string) bool {
		return strings.EqualFold(segment, "v4") || strings.EqualFold(segment, "timpush")
	}
	if slices.ContainsFunc(strings.Split(unescaped, "/"), isAPIs) {
		return "must not hold the API's path (v4/timpush): " + onlyAddress
	}
	return ""
}

// parseAddr reads an address to listen on.
func parseAddr(text string) (string, error) {
	host, port, err := net.SplitHostPort(text)
	_, isPort := isWhole(port, 0, address.MaxPort)
	_, notIP := netip.ParseAddr(host)
	if err != nil || !isPort || host != "" && notIP != nil && !address.IsHost(host) {
		return "", fmt.Errorf("%q is not HOST:PORT with a port from 0 to %d: give an address like 127.0.0.1:9460, or :9460 for all of this machine's", text, address.MaxPort)
	}
	return text, nil
}
