package check

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pushloss/load"
)

// zoneYears is how many years before and after now are compared: the days that runs pull, and the
// years in which old zone data differs most often.
const zoneYears = 1

// Zone compares an app's time zone in the database and in this program. Both cut days at its
// midnights.
func Zone(ctx context.Context, db *load.DB, sdkAppID int64, zone *time.Location, now time.Time) Finding {
	name := fmt.Sprintf("time zone of app %d", sdkAppID)
	var times []time.Time
	for at := now.UTC().Truncate(time.Hour).AddDate(-zoneYears, 0, 0); at.Before(now.AddDate(zoneYears, 0, 0)); at = at.Add(12 * time.Hour) {
		times = append(times, at)
	}
	offsets, err := db.Offsets(ctx, zone.String(), times)
	if err == nil {
		err = db.Apps.CheckTimezone(ctx, sdkAppID, zone)
	}
	var unknown *load.UnknownZoneError
	var other *load.TimezoneError
	switch {
	case errors.As(err, &other):
		return Bad(name, err, other.Hint())
	case errors.As(err, &unknown):
		return Bad(name, err, unknown.Hint())
	case err != nil:
		return Bad(name, err, "check the database")
	}
	for i, at := range times {
		if _, offset := at.In(zone).Zone(); offset != offsets[i] {
			return Finding{
				Check: name,
				Detail: fmt.Sprintf("%s: on %s the database is %s from UTC, this program %s", zone, at.Format(time.DateOnly),
					time.Duration(offsets[i])*time.Second, time.Duration(offset)*time.Second),
				Hint: "days begin at other times from then on: update the older time zone data (the tzdata of the database server or, for this program, a newer build or the tzdata of the machine)",
			}
		}
	}
	return Good(name, "as the database has it")
}
