// Package address checks addresses of servers that people write: hosts, ports, and both in a URL.
package address

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// MaxPort is the largest port.
const MaxPort = 65535

// longestLabel and longestHost are DNS's own bounds.
const longestLabel, longestHost = 63, 253

var (
	hostLabel = regexp.MustCompile(`^[\pL\pN_]([\pL\pN_-]*[\pL\pN_])?$`)
	numbered  = regexp.MustCompile(`^[0-9.]+$`)
)

// Problem says what is wrong with HOST, HOST:PORT, [IPV6] or [IPV6]:PORT; it is empty if nothing
// is. It never repeats the text.
func Problem(authority string) string {
	host, port, hasPort := strings.Cut(authority, ":")
	if strings.HasPrefix(authority, "[") {
		var closed bool
		var after string
		host, after, closed = strings.Cut(authority[1:], "]")
		address, err := netip.ParseAddr(host)
		port, hasPort = strings.CutPrefix(after, ":")
		if !closed || err != nil || !address.Is6() || address.Zone() != "" || after != "" && !hasPort {
			return "has no IPv6 address in its brackets: write it like [::1]:8080"
		}
	} else {
		switch {
		case strings.Contains(port, ":"):
			return "has more than one colon after its host: write an IPv6 address in brackets, like [::1]:8080"
		case host == "":
			return "has no host"
		case !IsHost(host):
			return "has an invalid host: give a name or an IP address"
		}
	}
	if hasPort && !isPort(port) {
		return "has a port that is not a number from 1 to " + strconv.Itoa(MaxPort)
	}
	return ""
}

// IsHost reports whether text is a host's name or an IPv4 address.
func IsHost(text string) bool {
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

// isPort reports whether text is a port number that can be called.
func isPort(text string) bool {
	port, err := strconv.Atoi(text)
	return err == nil && strconv.Itoa(port) == text && port > 0 && port <= MaxPort
}
