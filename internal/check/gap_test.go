package check_test

import (
	"strings"
	"testing"
	"time"

	"pushloss/internal/check"
)

func TestATimeWithoutRunsCostsTheDaysThatTheAPIForgetsMeanwhile(t *testing.T) {
	t.Parallel()
	beijing := time.FixedZone("", 8*3600)
	at := func(day, hour int) time.Time { return time.Date(2025, 6, day, hour, 0, 0, 0, beijing) }
	for _, test := range []struct {
		name     string
		from, to time.Time
		memory   int
		zone     *time.Location
		ok       bool
		says     string
	}{
		{"two days", at(2, 3), at(4, 3), 7, beijing, true, "status calls days missing"},
		{"six days", at(2, 3), at(8, 3), 7, beijing, true, "status calls days missing"},
		{"a week: no answer has the whole day of the run", at(2, 3), at(9, 3), 7, beijing, false, "the figures of 1 day are lost"},
		{"a week from midnight to midnight: calls come later", at(2, 0), at(9, 0), 7, beijing, false, "the figures of 1 day are lost"},
		{"six days and a half", at(2, 4), at(8, 16), 7, beijing, true, "status calls days missing"},
		{"the same for an app in another zone too", at(2, 4), at(8, 16), 7, time.UTC, false, "the figures of 1 day are lost"},
		{"a day less than the API remembers, from midnight to midnight", at(2, 0), at(8, 0), 7, beijing, true, "status calls days missing"},
		{"thirty days", at(1, 3), at(31, 3), 7, beijing, false, "the figures of 24 days are lost"},
		{"thirty days of an API that remembers more", at(1, 3), at(31, 3), 35, beijing, true, "status calls days missing"},
		{"no schedule helps an API without memory", at(1, 3), at(31, 3), 1, beijing, true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := check.Gap(test.from, test.to, test.memory, []*time.Location{beijing, test.zone})
			if f.OK != test.ok || !strings.Contains(f.Detail, test.says) || (f.Hint == "") != (test.says == "") {
				t.Errorf("%+v, want ok %t and %q", f, test.ok, test.says)
			}
		})
	}
}
