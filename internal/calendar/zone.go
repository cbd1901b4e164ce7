// Package calendar reads time zones, by whose midnights days are cut.
package calendar

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// zoneName is how names of the IANA database are written.
var zoneName = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$`)

// notZones are files among a machine's zones that are not zones, count leap seconds, or
// are another zone on another machine.
var notZones = []string{"Local", "Factory"}

// ParseZone returns the zone with an IANA name, like Asia/Shanghai or UTC.
// Names that mean another zone on another machine (Local, localtime, posixrules), or
// that databases need not know (posix/…, right/…), are refused.
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
