package extract_test

import (
	"testing"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
)

func TestEachStreamIsRequestedAsItsPageSays(t *testing.T) {
	t.Parallel()
	start := time.Date(2025, 3, 11, 16, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name, path string
		days       int
		byTask     bool
	}{
		{"loss", "/v4/timpush/all_member_push_loss", 7, true},
		{"statistics", "/v4/timpush/all_member_push_statistics", 30, true},
		{"chat_loss", "/v4/timpush/normal_push_loss", 7, false},
		{"chat_statistics", "/v4/timpush/normal_push_statistics", 30, false},
	} {
		inBubble(t, tt.name, func(t *testing.T) {
			asked, err := stream.Parse(tt.name)
			if err != nil {
				t.Fatal(err)
			}
			s := always(reply{body: okay})
			client := extract.NewClient(account(), s, extract.NewPacer(0, extract.PacerOptions{}), extract.Options{})
			ask := func(span time.Duration, tasks ...string) error {
				_, err := client.Pull(t.Context(), extract.Request{Stream: asked, Window: calendar.Window{Start: start, End: start.Add(span)}, Tasks: tasks})
				return err
			}
			if err := ask(24 * time.Hour); err != nil {
				t.Fatal(err)
			}
			want := `{"StartTime":1741708800,"EndTime":1741795200}`
			if tt.byTask {
				want = `{"StartTime":1741708800,"EndTime":1741795200,"TaskID":[]}`
			}
			if got := s.requests[0].URL.Path; got != tt.path || s.bodies[0] != want {
				t.Errorf("%s was asked %s, want %s, %s", got, s.bodies[0], tt.path, want)
			}
			if err := ask(time.Duration(tt.days) * 24 * time.Hour); err != nil {
				t.Errorf("%d days: %v", tt.days, err)
			}
			sent := len(s.requests)
			if err := ask(time.Duration(tt.days)*24*time.Hour + time.Second); err == nil {
				t.Errorf("more than %d days are asked for", tt.days)
			}
			if err := ask(24*time.Hour, "a"); (err == nil) != tt.byTask {
				t.Errorf("asked for a task: %v", err)
			} else if err == nil {
				sent++
			}
			if len(s.requests) != sent {
				t.Errorf("%d requests were sent, want %d", len(s.requests), sent)
			}
		})
	}
}
