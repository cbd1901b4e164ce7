package transform_test

import (
	"strings"
	"testing"

	"pushloss/internal/stream"
	"pushloss/transform"
)

func TestAnAnswerOfMoreRowsThanTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		stream stream.Stream
		answer func(n int) string
	}{
		{"rows of losses", stream.Loss, func(n int) string { return ok(stages("a", list(`{"ErrCode":1,"ErrCount":1}`, n-1))) }},
		{"rows that cannot be understood", stream.Loss, func(n int) string { return ok(stages("a", list(`{}`, n-1))) }},
		{"results of tasks that were not requested", stream.Loss, func(n int) string { return ok(list(`{"TaskID":"x"}`, n)) }},
		{"rows of counters", stream.Statistics, func(n int) string {
			return ok(`{"TaskID":"a","PlatformStatistics":[` + list(`{"EventType":1,"PushPlatform":1,"SentCount":1}`, n-1) + `]}`)
		}},
		{"chat losses in a list", stream.ChatLoss, func(n int) string { return `{"ErrorCode":0,"Data":[` + list(`{"ReadyToSendLoss":[]}`, n) + `]}` }},
		{"chat losses at the top", stream.ChatLoss, func(n int) string {
			return `{"ErrorCode":0,"ReadyToSendLoss":[` + list(`{"ErrCode":1,"ErrCount":1}`, n) + `]}`
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := transform.Normalizer{MaxRows: 100}
			for rows, want := range map[int]bool{100: true, 101: false} {
				_, err := n.Normalize(tt.stream, []byte(tt.answer(rows)), []string{"a"})
				if (err == nil) != want {
					t.Errorf("%d rows: %v", rows, err)
				}
				if err != nil && !strings.Contains(err.Error(), "more than 100 rows") {
					t.Errorf("%v", err)
				}
			}
			var unbounded transform.Normalizer
			if _, err := unbounded.Normalize(tt.stream, []byte(tt.answer(50_000)), []string{"a"}); err != nil {
				t.Errorf("without a limit: %v", err)
			}
		})
	}
}

// list is a JSON text n times, with commas between.
func list(item string, n int) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
