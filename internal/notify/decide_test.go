package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pushloss/internal/language"
	"pushloss/internal/notify"
)

// book keeps events as the database does.
type book struct {
	app      int64
	alerts   []notify.Alert
	messages []string
}

// sees is a round: a job's, or one between jobs.
func (b *book) sees(wrong, ofJob bool, now time.Time) {
	var known []notify.Alert
	for _, a := range b.alerts {
		if a.ClosedAt == nil || a.ClosedAt.After(now.AddDate(0, 0, -35)) {
			known = append(known, a)
		}
	}
	for _, c := range notify.In(language.English).Decide(known, gapOf(b.app, wrong), ofJob, now) {
		switch {
		case c.Repeats != nil: // for targets that have no message of it
		case c.Counts != nil:
			b.alerts[c.Counts.ID] = *c.Counts
		case c.Closes != nil:
			b.alerts[c.Closes.ID].ClosedAt = &now
			b.messages = append(b.messages, c.Notice.Title)
		default:
			b.alerts = append(b.alerts, notify.Alert{ID: int64(len(b.alerts)), AlertKey: c.Key, OpenedAt: now})
			b.messages = append(b.messages, c.Notice.Title)
		}
	}
}

func (b *book) open() bool { return len(b.alerts) > 0 && b.alerts[len(b.alerts)-1].ClosedAt == nil }

func TestAnEventThatComesAndGoesIsSentRarely(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		rounds string // of jobs: x wrong, . fine; between jobs: w wrong, f fine
		every  time.Duration
		want   []string
	}{
		{"once", "x.", 24 * time.Hour, []string{opened(1), recovered(1)}},
		{"at every second run of a day", "x.x.x.x.x.", 24 * time.Hour, []string{opened(1), recovered(1), opened(1)}},
		{"at every second run of five minutes", "x.x.x.x.x.", 5 * time.Minute, []string{opened(1), recovered(1), opened(1)}},
		{"and then no more", "x.x.x...", 24 * time.Hour, []string{opened(1), recovered(1), opened(1), recovered(1)}},
		{"looks between jobs do not count as good jobs", "x.x.ffffffff", time.Hour, []string{opened(1), recovered(1), opened(1)}},
		{"but end an event that comes for the first time", "xwf", time.Hour, []string{opened(1), recovered(1)}},
		{"a look that finds it wrong restarts the count", "x.x..w..f.", time.Hour, []string{opened(1), recovered(1), opened(1), recovered(1)}},
		{"each time it takes more", "x.x...x...x......x", time.Hour, []string{
			opened(1), recovered(1), opened(1), recovered(1), opened(1), recovered(1), opened(1)}},
		{"after a week it is a new event", "x........x.", 24 * time.Hour, []string{opened(1), recovered(1), opened(1), recovered(1)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := book{app: 1}
			now := noon
			for _, round := range test.rounds {
				b.sees(round == 'x' || round == 'w', round == 'x' || round == '.', now)
				now = now.Add(test.every)
			}
			if diff := cmp.Diff(test.want, b.messages); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever comes and goes, an event is open while something is wrong, an end is sent only at a
// moment that found it over, and a week has few messages.
func TestAnEventStaysOpenWhileItLastsAndAWeekHasFewMessages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := book{app: 1}
		now, begin := noon, noon
		for range rapid.IntRange(1, 400).Draw(rt, "rounds") {
			wrong := rapid.Bool().Draw(rt, "wrong")
			before := len(b.messages)
			b.sees(wrong, rapid.Bool().Draw(rt, "of a job"), now)
			if wrong && !b.open() {
				rt.Fatal("it is wrong, and nothing is open")
			}
			if said := b.messages[before:]; len(said) > 0 && strings.Contains(said[0], "recovered") == wrong {
				rt.Fatalf("wrong is %t, and reported is %s", wrong, said)
			}
			now = now.Add(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour}).Draw(rt, "later"))
		}
		if now.Sub(begin) < 7*24*time.Hour && len(b.messages) > 20 {
			rt.Fatal(fmt.Sprint(len(b.messages), " messages in ", now.Sub(begin)))
		}
	})
}

func TestAReturnedEventSaysWhenItsEndIsSent(t *testing.T) {
	t.Parallel()
	ended := noon.Add(-time.Hour)
	known := []notify.Alert{{AlertKey: notify.AlertKey{Kind: notify.KindGap, SDKAppID: 1}, ClosedAt: &ended}}
	changes := notify.In(language.English).Decide(known, gapOf(1, true), true, noon)
	if len(changes) != 1 || !strings.Contains(changes[0].Notice.Body, "its recovery is sent after 3 good jobs in a row") {
		t.Errorf("changes are %+v", changes)
	}
}
