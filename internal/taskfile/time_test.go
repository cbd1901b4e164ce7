package taskfile_test

import (
	"strings"
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

func TestTimesAreReadInEachForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2025-03-31T08:00:00+08:00":       "2025-03-31T00:00:00Z",
		"2025-03-31T08:00:00Z":            "2025-03-31T08:00:00Z",
		"2025-03-31T08:00:00.5Z":          "2025-03-31T08:00:00.5Z",
		"2025-03-31 08:00:00+01:00":       "2025-03-31T07:00:00Z",
		"2025-03-31 08:00:00Z":            "2025-03-31T08:00:00Z",
		"2025-03-31T08:00:00":             "2025-03-31T00:00:00Z",
		"2025-03-31 08:00:00":             "2025-03-31T00:00:00Z",
		"2025-03-31 08:00":                "2025-03-31T00:00:00Z",
		"2025-03-31":                      "2025-03-30T16:00:00Z",
		"1741507200":                      "2025-03-09T08:00:00Z",
		"1741507200000":                   "2025-03-09T08:00:00Z",
		"1741507200000000":                "2025-03-09T08:00:00Z",
		"1741507200000000000":             "2025-03-09T08:00:00Z",
		"20250331":                        "2025-03-30T16:00:00Z",
		"20250331080000":                  "2025-03-31T00:00:00Z",
		"20250331T080000Z":                "2025-03-31T08:00:00Z",
		"20250331T080000+0800":            "2025-03-31T00:00:00Z",
		"2025年3月31日":                      "2025-03-30T16:00:00Z",
		"2025年03月31日 8:00":                "2025-03-31T00:00:00Z",
		"2025年3月31日 星期一 20:30:05":         "2025-03-31T12:30:05Z",
		"2025年3月31日下午8点30分":               "2025-03-31T12:30:00Z",
		"2025 年 3 月 31 日 8 时":             "2025-03-31T00:00:00Z",
		"2025/3/31 上午 8:00":               "2025-03-31T00:00:00Z",
		"2025/3/31 上午12:05":               "2025-03-30T16:05:00Z",
		"2025/3/31 下午12:05":               "2025-03-31T04:05:00Z",
		"2025/3/31 下午 20:00:00":           "2025-03-31T12:00:00Z",
		"2025/3/31 8:00 PM":               "2025-03-31T12:00:00Z",
		"2025/3/31 8:00:05\u202fam":       "2025-03-31T00:00:05Z",
		"2025-03-31 12am":                 "2025-03-30T16:00:00Z",
		"2025-03-31 12:00 p.m.":           "2025-03-31T04:00:00Z",
		"31 Mar 2025 08:00":               "2025-03-31T00:00:00Z",
		"31-Mar-2025":                     "2025-03-30T16:00:00Z",
		"Mar 31, 2025, 8:00 AM":           "2025-03-31T00:00:00Z",
		"March 31, 2025 at 8:00 PM":       "2025-03-31T12:00:00Z",
		"Mon, 31 Mar 2025 08:00:00 +0200": "2025-03-31T06:00:00Z",
		"Mon, 31 Mar 2025 08:00:00 GMT":   "2025-03-31T08:00:00Z",
		"Mon Mar 31 2025 08:00:00 GMT+0800 (China Standard Time)": "2025-03-31T00:00:00Z",
		"2025-03-31T08:00:00+02:00[Europe/Berlin]":                "2025-03-31T06:00:00Z",
		"Monday, March 31, 2025 8:00:00 PM":                       "2025-03-31T12:00:00Z",
	} {
		got, err := taskfile.ParseTime(text, beijing)
		if err != nil || !got.Equal(*at(want)) {
			t.Errorf("%s is read as %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "now", "2025-02-30", "31.3.2025", "03/31/2025", "20251331", "20250230", "20250331080", "20250331256060",
		"3/4/2025 8:00 AM", "45747", "45747.333", "2025年13月1日", "2025/3/31 13:00 AM", "2025/3/31 0:00 PM", "2025-03-31 上午 8:00 AM", "31 Xyz 2025", "31 Ma 2025", "Feb 30, 2025",
		"2025-03-31 08:00 CST", "Mon Mar 31 08:00:00 CST 2025", "25年3月31日", "2025-03-31 08:00 [Asia/Shanghai]", "17415072000000000", "999", "-1741507200"} {
		if got, err := taskfile.ParseTime(text, beijing); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

// K7: a number of a spreadsheet, and a date with two meanings, are named as such.
func TestATimeThatSpreadsheetsWriteIsNamed(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"45747.333": "a spreadsheet's number of a day", "45747": "a spreadsheet's number of a day",
		"3/4/2025 8:00": "in an order that differs by country", "31.03.2025": "in an order that differs by country", "3/4/25": "in an order that differs by country",
	} {
		if _, err := taskfile.ParseTime(text, beijing); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
