package extract

import (
	"testing"
	"testing/synctest"
	"time"
)

// If this process wakes late, a request may arrive as late, so a slow answer delays the next call
// for longer. Delays of all apps count, and are forgotten after some time.
func TestDelaysOfTheProcessWidenTheMargin(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                string
		delay, ago, latency time.Duration
		want                time.Duration
	}{
		{"a quiet machine", 0, 0, time.Minute, 1040 * time.Millisecond},
		{"a busy one", 50 * time.Millisecond, time.Second, time.Minute, 1200 * time.Millisecond},
		{"the answer proves the arrival", 50 * time.Millisecond, time.Second, 100 * time.Millisecond, 1100 * time.Millisecond},
		{"at most another interval", time.Hour, time.Second, time.Minute, 2 * time.Second},
		{"the period before", 50 * time.Millisecond, delayPeriod + time.Second, time.Minute, 1200 * time.Millisecond},
		{"forgotten", 50 * time.Millisecond, 2*delayPeriod + time.Second, time.Minute, 1040 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				delays := &Delays{}
				other := NewPacer(1, PacerOptions{Delays: delays})
				other.delays.note(time.Now().Add(-tt.delay))
				time.Sleep(tt.ago)
				pacer := NewPacer(1, PacerOptions{Delays: delays})
				first, err := pacer.Begin(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				first.Sent()
				time.AfterFunc(tt.latency, first.Done)
				if _, err := pacer.Begin(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := time.Since(first.SentAt()); got != tt.want {
					t.Errorf("the next call left after %s, want %s", got, tt.want)
				}
				time.Sleep(tt.latency) // for AfterFunc to be over
			})
		})
	}
}
