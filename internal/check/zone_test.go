package check_test

import (
	"strings"
	"testing"
	"time"

	"pushloss/internal/check"
	"pushloss/internal/lab/world"
	"pushloss/internal/localpg/pgtest"
)

func TestATimeZoneIsComparedWithTheDatabases(t *testing.T) {
	t.Parallel()
	db := world.Open(t, pgtest.URL(t)).DB
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	zone := func(name string) *time.Location {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return zone
	}
	for _, name := range []string{"UTC", "Asia/Shanghai", "Europe/Helsinki", "America/Sao_Paulo", "Pacific/Apia"} {
		if f := check.Zone(t.Context(), db, 1, zone(name), now); !f.OK {
			t.Errorf("%s: %+v", name, f)
		}
	}
	for _, test := range []struct {
		zone *time.Location
		says string
	}{
		{time.FixedZone("Mars/Base", 3600), "does not know the time zone Mars/Base"},
		{time.FixedZone("Asia/Shanghai", 9*3600), "the database is 8h0m0s from UTC, this program 9h0m0s"},
	} {
		f := check.Zone(t.Context(), db, 1, test.zone, now)
		if f.OK || !strings.Contains(f.Detail, test.says) || f.Hint == "" {
			t.Errorf("%s: %+v, want %q and a hint", test.zone, f, test.says)
		}
	}
}
