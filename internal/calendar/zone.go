// Package calendar has days, windows and spans of days, and the time zones whose midnights separate
// days.
package calendar

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// zoneName matches a name of the IANA database.
var zoneName = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$`)

// notZones are files of a machine's zone data that are not zones, that count leap seconds, or that
// differ between machines.
var notZones = []string{"Local", "Factory"}

// ParseZone returns the zone with an IANA name, like Asia/Shanghai or UTC. It refuses names that
// mean different zones on different machines (Local, localtime, posixrules), and names that a
// database may not know (posix/…, right/…).
func ParseZone(name string) (*time.Location, error) {
	refused := fmt.Errorf("%q is not a time zone: give its IANA name, like Asia/Shanghai or UTC", name)
	if !zoneName.MatchString(name) || slices.Contains(notZones, name) {
		return nil, refused
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, refused
	}
	return zone, nil
}
