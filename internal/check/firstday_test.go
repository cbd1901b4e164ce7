package check_test

import (
	"strings"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/check"
)

func TestAFirstDayThatTheAPIMayHaveForgottenGetsAWarning(t *testing.T) {
	t.Parallel()
	beijing := time.FixedZone("", 8*60*60)
	now := time.Date(2025, 3, 20, 12, 0, 0, 0, beijing)
	today := calendar.DayOf(now, beijing)
	day := func(ago calendar.Day) *calendar.Day { d := today - ago; return &d }
	for _, test := range []struct {
		name  string
		first calendar.Day // days ago
		kept  *calendar.Day
		says  string // nothing: no warning
	}{
		{"long ago", 30, nil, "the figures of 24 days (2025-02-18 to 2025-03-13) will be unproven"},
		{"one day too early", 7, nil, "the figures of 1 day "},
		{"within the memory", 6, nil, ""},
		{"long ago, and runs have kept it since", 30, day(30), ""},
		{"earlier than before", 30, day(20), "the figures of 10 days (2025-02-18 to 2025-02-27)"},
		{"later than before", 20, day(30), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f, found := check.FirstDay(7, today-test.first, test.kept, 7, beijing, now)
			if found != (test.says != "") || !strings.Contains(f.Detail, test.says) || found && (!f.OK || f.Hint == "") {
				t.Errorf("%+v, want %q", f, test.says)
			}
		})
	}
}
