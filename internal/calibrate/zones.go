package calibrate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"pushloss/internal/calendar"
)

// Zones to try if the configured one does not fit: the vendor's own, then one for each offset
// without clock changes, then zones with clock changes.
var (
	steadyZones = [...]string{
		"Asia/Shanghai", "UTC", "Asia/Tokyo", "Asia/Jakarta", "Asia/Riyadh", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Dubai",
		"Asia/Karachi", "Asia/Dhaka", "Asia/Yangon", "Asia/Kabul", "Asia/Tehran", "Australia/Darwin", "Australia/Brisbane",
		"Australia/Eucla", "America/Sao_Paulo", "America/Bogota", "America/Phoenix", "Pacific/Honolulu", "Pacific/Marquesas",
		"Africa/Lagos", "Africa/Johannesburg",
	}
	changingZones = [...]string{
		"Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "America/Chicago", "America/Denver",
		"America/St_Johns", "America/Santiago", "Australia/Sydney", "Australia/Adelaide", "Australia/Lord_Howe",
		"Pacific/Auckland", "Pacific/Chatham", "Africa/Cairo",
	}
)

// fittingZones returns the zones that have midnights at all the boundaries, the configured zone
// first.
func fittingZones(boundaries []boundary, configured *time.Location) (zones []string) {
	names := slices.Concat([]string{configured.String()}, steadyZones[:])
	for hours := -14; hours <= 12; hours++ { // in these names, ahead of UTC is negative
		names = append(names, fmt.Sprintf("Etc/GMT%+d", hours))
	}
	for _, name := range append(names, changingZones[:]...) {
		zone, err := time.LoadLocation(name)
		if err == nil && !slices.Contains(zones, name) && fits(zone, boundaries) {
			zones = append(zones, name)
		}
	}
	return zones
}

func fits(zone *time.Location, boundaries []boundary) bool {
	for _, b := range boundaries {
		at := time.Unix(b.at, 0)
		if calendar.DayOf(at, zone).Window(zone).Start.Unix() != b.at {
			return false
		}
	}
	return true
}

// ambiguity is a sentence about zones that have had the same midnights as the first one, but will
// not always have them.
func ambiguity(zones []string) string {
	others := slices.Clone(zones[1:])
	if !slices.Contains(changingZones[:], zones[0]) {
		others = slices.DeleteFunc(others, func(name string) bool { return !slices.Contains(changingZones[:], name) })
	}
	if len(others) == 0 {
		return ""
	}
	return fmt.Sprintf("; only a clock change can distinguish it from other zones with the same midnights these days (%s): calibrate again after one",
		strings.Join(others, ", "))
}

// midnights returns the midnights of a zone between two times.
func midnights(name string, from, to int64) (moments []int64) {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	for day := calendar.DayOf(time.Unix(from, 0), zone); ; day++ {
		switch at := day.Window(zone).Start.Unix(); {
		case at >= to:
			return moments
		case at > from:
			moments = append(moments, at)
		}
	}
}

// tellZonesApart adds a boundary on a day whose midnights differ among the zones that fit so far,
// if there is such a day.
func (m *measurement) tellZonesApart(ctx context.Context, boundaries []boundary) ([]boundary, error) {
	zones := fittingZones(boundaries, m.settings.Location)
	for _, day := range m.toLookInto() {
		base := day.Window(m.settings.Location).Start.Unix() - ahead
		var all []int64
		differ := false
		for i, name := range zones {
			moments := midnights(name, base, base+reach)
			differ = differ || i > 0 && !slices.Equal(moments, midnights(zones[0], base, base+reach))
			all = append(all, moments...)
		}
		if !differ || !m.remembers(base) {
			continue
		}
		c, ok, err := m.curveOf(ctx, day)
		if err != nil {
			return nil, err
		}
		slices.Sort(all)
		for _, at := range slices.Compact(all) {
			b := boundary{at, boundaries[0].end}
			grows, err := c.growsAt(ctx, b)
			if err != nil {
				return nil, err
			}
			if grows && ok && !slices.Contains(boundaries, b) {
				return append(boundaries, b), nil
			}
		}
	}
	return boundaries, nil
}
