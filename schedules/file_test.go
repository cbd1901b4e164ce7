package schedules_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/schedules"
)

func TestTheDefaultFileRunsDailyReconcilesOnSundaysAndPrunes(t *testing.T) {
	t.Parallel()
	shanghai := zone(t, "Asia/Shanghai")
	parsed, err := schedules.Parse("default.yaml", schedules.Default(), []string{"run", "reconcile", "prune"}, shanghai)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range parsed {
		next := s.Next(time.Date(2025, 3, 31, 12, 0, 0, 0, shanghai))
		got = append(got, s.Name+" "+s.Job+" "+next.Format(time.RFC3339))
	}
	want := []string{"daily run 2025-04-01T03:00:00+08:00", "weekly reconcile 2025-04-06T04:30:00+08:00",
		"retention prune 2025-04-01T05:00:00+08:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("next ticks (-want +got):\n%s", diff)
	}
}

func TestATimeZoneIsTheEntrysOrTheFilesOrTheDefault(t *testing.T) {
	t.Parallel()
	const entry = "schedules: [{name: a, job: run, cron: '@daily'}, {name: b, job: run, cron: '@every 6h', timezone: Europe/Berlin}]\n"
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"default", entry, []string{"Asia/Tokyo", "Europe/Berlin"}},
		{"the file's", "timezone: UTC\n" + entry, []string{"UTC", "Europe/Berlin"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			parsed, err := schedules.Parse("f", []byte(test.text), knownJobs, zone(t, "Asia/Tokyo"))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range parsed {
				got = append(got, s.Location.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("zones (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryProblemIsReportedAtOnceWithItsLine(t *testing.T) {
	t.Parallel()
	const text = `timezone: Local
schedules:
  - name: a
    job: ran
    cron: "0 3 * * *"
  - name: a
    job: run
    cron: "0 3 * *"
    args: {x: 1}
  - job: run
    cron: 61 * * * *
  - name: c
    name: d
    job: run
    cron: CRON_TZ=UTC 0 3 * * *
  - name: e
    job: run
    cron: TZ=UTC
  - name: f
    job: run
    cron: 0 0 30 2 *
    timezone: Asia/Nowhere
  - name: g
    job: run
    cron: "@every 10s"
  - name: h
    job: run
    cron: "@never"
  - name: i
    job: run
    cron: 1,,2 * * * *
  - name: j
    job:
  - text
Schedules: []
`
	_, err := schedules.Parse("s.yaml", []byte(text), knownJobs, time.UTC)
	var problems schedules.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("error is %v, want Problems", err)
	}
	want := []string{
		`s.yaml:1: timezone: "Local" is not a time zone: give its IANA name, like Asia/Shanghai or UTC`,
		`s.yaml:4: job: unknown job "ran" (did you mean run?): use one of run, report`,
		`s.yaml:6: name: "a" is given twice, first in line 3`,
		`s.yaml:8: cron: "0 3 * *" has 4 fields: give five fields (minute, hour, day of month, month, day of week) or one of @hourly, @daily, @weekly, @monthly, @yearly, @every 6h`,
		`s.yaml:9: unknown key args: the keys here are name, job, cron, timezone`,
		`s.yaml:10: name is missing`,
		`s.yaml:11: cron: the minute 61 is not a number from 0 to 59`,
		`s.yaml:13: name: is given twice, first in line 12`,
		`s.yaml:15: cron: must not hold a time zone: give it as timezone`,
		`s.yaml:18: cron: must not hold a time zone: give it as timezone`,
		`s.yaml:21: cron: "0 0 30 2 *" names a day that does not exist`,
		`s.yaml:22: timezone: "Asia/Nowhere" is not a time zone: give its IANA name, like Asia/Shanghai or UTC`,
		`s.yaml:25: cron: "10s" after @every is not a duration from 1m to 8784h: write hours and minutes, like @every 6h or @every 1h30m`,
		`s.yaml:28: cron: "@never" is not known (did you mean @every?): give five fields (minute, hour, day of month, month, day of week) or one of @hourly, @daily, @weekly, @monthly, @yearly, @every 6h`,
		`s.yaml:31: cron: the minute 1,,2 has a comma too many`,
		`s.yaml:32: cron is missing`,
		`s.yaml:33: job: is empty`,
		`s.yaml:34: must be made of lines of KEY: VALUE, with the keys name, job, cron, timezone`,
		`s.yaml:35: unknown key Schedules: the keys here are timezone, schedules`,
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestAFileThatHoldsNoSchedulesIsRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "f:1: is empty"},
		{"only a zone", "timezone: UTC\n", "f:1: schedules is missing"},
		{"no list", "schedules:\n", "f:1: schedules: is an empty list"},
		{"an empty list", "timezone: UTC\nschedules: []\n", "f:2: schedules: is an empty list"},
		{"a mapping for a list", "schedules:\n  name: a\n", "f:2: schedules: must be a list"},
		{"a list for the file", "- name: a\n", "f:1: must be made of lines of KEY: VALUE"},
		{"a tab", "schedules:\n\t- name: a\n", "f:2: the line is indented with a tab"},
		{"two documents", string(schedules.Default()) + "---\n" + string(schedules.Default()), "a second document begins here"},
		{"no YAML", "schedules: [\n", "f:"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			parsed, err := schedules.Parse("f", []byte(test.text), knownJobs, time.UTC)
			if err == nil || !strings.Contains(err.Error(), test.want) || parsed != nil {
				t.Errorf("schedules %v, error %v, want %s", parsed, err, test.want)
			}
		})
	}
}

var problemLine = regexp.MustCompile(`^f:[1-9][0-9]*: .`)

func FuzzScheduleFile(f *testing.F) {
	f.Add(string(schedules.Default()))
	f.Add("schedules: [{name: a, job: run, cron: '*/7,1-5 3 1 jan-mar mon', timezone: Europe/Berlin}]")
	f.Add("timezone: UTC\nschedules:\n\t- x\n---\n")
	now := time.Date(2025, 3, 30, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := schedules.Parse("f", []byte(text), knownJobs, time.UTC)
		if err != nil {
			for _, line := range strings.Split(err.Error(), "\n") {
				if !problemLine.MatchString(line) {
					t.Errorf("a problem without its line: %q of %q", line, err)
				}
			}
			return
		}
		for _, s := range parsed {
			if next := s.Next(now); !next.After(now) {
				t.Errorf("%q ticks at %s, not after %s", s.Cron, next, now)
			}
		}
	})
}
