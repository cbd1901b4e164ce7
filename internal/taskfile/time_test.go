package taskfile_test

import (
	"testing"
	"time"

	"pushloss/internal/taskfile"
)

func TestATimeOutsideTheYearsOfPushesIsRefused(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"0000-01-01": false, "1999-12-31": false, "2000-01-01": true, "2199-12-31": true, "9999-12-31T23:59:59-23:59": false,
	} {
		if _, err := taskfile.ParseSentAt(text, time.UTC); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2025-03-31T08:00:00+08:00": "2025-03-31T00:00:00Z",
		"2025-03-31T08:00:00Z":      "2025-03-31T08:00:00Z",
		"2025-03-31T08:00:00.5Z":    "2025-03-31T08:00:00.5Z",
		"2025-03-31 08:00:00+01:00": "2025-03-31T07:00:00Z",
		"2025-03-31 08:00:00Z":      "2025-03-31T08:00:00Z",
		"2025-03-31T08:00:00":       "2025-03-31T00:00:00Z",
		"2025-03-31 08:00:00":       "2025-03-31T00:00:00Z",
		"2025-03-31 08:00":          "2025-03-31T00:00:00Z",
		"2025-03-31":                "2025-03-30T16:00:00Z",
		"1741507200":                "2025-03-09T08:00:00Z",
	} {
		got, err := taskfile.ParseTime(text, beijing)
		if err != nil || !got.Equal(*at(want)) {
			t.Errorf("%s is read as %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "now", "2025-02-30", "31.3.2025", "03/31/2025", "20250331", "17415072000000000", "999", "-1741507200", "1741507200.5"} {
		if got, err := taskfile.ParseTime(text, beijing); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}
