package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

const (
	onlyAddress = "give only the address, like https://console.tim.qq.com"
	// longestLabel and longestHost are DNS's own bounds.
	longestLabel, longestHost = 63, 253
)

var (
	hostLabel = regexp.MustCompile(`^[\pL\pN_]([\pL\pN_-]*[\pL\pN_])?$`)
	numbered  = regexp.MustCompile(`^[0-9.]+$`)
	// urlRunes are what may stand in an address and its path.
	urlRunes = regexp.MustCompile(`^[\pL\pN\-._~:/?#\[\]@!$&'()*+,;=%]*$`)
)

// parseBaseURL returns the address without a slash at its end. The error repeats the text
// only if it cannot hold a password.
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
	if problem := authorityProblem(authority); problem != "" {
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

// authorityProblem judges HOST, HOST:PORT, [IPV6] and [IPV6]:PORT.
func authorityProblem(authority string) string {
	host, port, hasPort := strings.Cut(authority, ":")
	if strings.HasPrefix(authority, "[") {
		var closed bool
		var after string
		host, after, closed = strings.Cut(authority[1:], "]")
		address, err := netip.ParseAddr(host)
		port, hasPort = strings.CutPrefix(after, ":")
		if !closed || err != nil || !address.Is6() || address.Zone() != "" || after != "" && !hasPort {
			return "has no IPv6 address in its brackets: write it like http://[::1]:8080"
		}
	} else {
		switch {
		case strings.Contains(port, ":"):
			return "has more than one colon after its host: an IPv6 address stands in brackets, like http://[::1]:8080"
		case host == "":
			return "has no host: give an absolute http or https URL, like https://console.tim.qq.com"
		case !isHost(host):
			return "has a host that cannot be one: give a name or an address, like https://console.tim.qq.com"
		}
	}
	if hasPort && !isPortToCall(port) {
		return "has a port that is not a number from 1 to 65535"
	}
	return ""
}

// isHost reports whether text is a host's name or an IPv4 address.
func isHost(text string) bool {
	if numbered.MatchString(text) {
		_, err := netip.ParseAddr(text)
		return err == nil
	}
	if len(text) > longestHost {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(text, "."), ".") {
		if len(label) > longestLabel || !hostLabel.MatchString(label) {
			return false
		}
	}
	return true
}

// parseAddr reads an address to listen on.
func parseAddr(text string) (string, error) {
	host, port, err := net.SplitHostPort(text)
	_, isPort := isWhole(port, 0, maxPort)
	_, notIP := netip.ParseAddr(host)
	if err != nil || !isPort || host != "" && notIP != nil && !isHost(host) {
		return "", fmt.Errorf("%q is not HOST:PORT with a port from 0 to %d: give an address like 127.0.0.1:9460, or :9460 for all of this machine's", text, maxPort)
	}
	return text, nil
}
