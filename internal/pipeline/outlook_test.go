package pipeline

import (
	"strings"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// K6: what runs do not pull of a task.
func TestTheOutlookOfATask(t *testing.T) {
	t.Parallel()
	now := timeOf(t, "2025-03-20T12:00:00Z")
	kept, early := dayOf(t, "2025-03-01"), dayOf(t, "2024-01-01")
	s := Settings{LookbackDays: 7, TaskDays: 30, APIMemoryDays: 7}
	for _, test := range []struct {
		name, sent string
		kept       *calendar.Day
		says       []string // nothing is all right
	}{
		{"it is unknown when it was sent", "", &kept, nil},
		{"sent yesterday", "2025-03-19", &kept, nil},
		{"sent on the oldest day that is remembered", "2025-03-14", &kept, nil},
		{"a year off", "2024-03-19", &kept, []string{"pull none of its days", "task x of app 1400000002", "--app 1400000002 --task x --from 2024-03-19 --to 2024-04-17", "sent_at"}},
		{"before the first day kept", "2025-02-20", &kept, []string{"do not pull its days before 2025-03-01", "--app 1400000002 --task x --from 2025-02-20 --to 2025-02-28"}},
		{"before the lookback of the first run to come", "2025-03-05", nil, []string{"--from 2025-03-05 --to 2025-03-13"}},
		{"beyond the memory", "2025-03-05", &early, []string{"of app 1400000002", "up to 2025-03-13", "unproven"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			task := load.Task{SDKAppID: 1400000002, TaskID: "x", RegisteredAt: now}
			if test.sent != "" {
				at := timeOf(t, test.sent+"T08:00:00Z")
				task.SentAt = &at
			}
			got := s.Outlook(task, time.UTC, test.kept, now)
			for _, text := range test.says {
				if !strings.Contains(got, text) {
					t.Errorf("%q does not say %q", got, text)
				}
			}
			if (got == "") != (test.says == nil) {
				t.Errorf("it says %q", got)
			}
		})
	}
}
