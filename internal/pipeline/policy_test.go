package pipeline

import (
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/load"
)

func shanghai(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func dayOf(t *testing.T, text string) calendar.Day {
	t.Helper()
	day, err := calendar.ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return day
}

func timeOf(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestPolicySettlesADayOnceItsLookbackIsOver(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		lookback int
		at       string
		want     load.SettledReason
	}{
		{"a lookback beyond the memory ends with it, and the day is open before", 100, "2025-04-08T23:59:59+08:00", load.NotSettled},
		{"a lookback beyond the memory ends with it", 100, "2025-04-09T00:00:00+08:00", load.ByLookback},
		{"a day just over is open", 7, "2025-03-11T00:00:00+08:00", load.NotSettled},
		{"a second before the lookback's end it is open", 7, "2025-03-17T23:59:59+08:00", load.NotSettled},
		{"at the lookback's end it is final", 7, "2025-03-18T00:00:00+08:00", load.ByLookback},
		{"long after it is final", 7, "2026-01-01T00:00:00+08:00", load.ByLookback},
		{"without lookback it is final at its end", 0, "2025-03-11T00:00:00+08:00", load.ByLookback},
		{"without lookback it is open until its end", 0, "2025-03-10T23:59:59+08:00", load.NotSettled},
		{"before it began it is open", 1, "2025-03-09T00:00:00+08:00", load.NotSettled},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := policy{Settings: Settings{LookbackDays: test.lookback, APIMemoryDays: 30}, location: shanghai(t)}
			if got := p.settles(dayOf(t, "2025-03-10"), timeOf(t, test.at)); got != test.want {
				t.Errorf("it is %q, want %q", got, test.want)
			}
		})
	}
}

func TestPolicyTrustsEmptinessOnlyWithinTheAPIsMemory(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		memory int
		at     string
		want   bool
	}{
		{"yesterday is remembered", 7, "2025-03-11T03:00:00+08:00", true},
		{"a day with its start just within the memory is remembered", 7, "2025-03-17T00:00:00+08:00", true},
		{"a day that is partly forgotten is not", 7, "2025-03-17T00:00:01+08:00", false},
		{"a day long ago is not remembered", 7, "2026-01-01T00:00:00+08:00", false},
		{"an API without memory remembers no ended day", 0, "2025-03-11T00:00:00+08:00", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := policy{Settings: Settings{APIMemoryDays: test.memory}, location: shanghai(t)}
			if got := p.remembered(dayOf(t, "2025-03-10"), timeOf(t, test.at)); got != test.want {
				t.Errorf("remembered is %t", got)
			}
		})
	}
}

func TestPolicyFollowsATask(t *testing.T) {
	t.Parallel()
	registered := timeOf(t, "2025-03-10T15:59:00Z") // still the 10th in Shanghai
	sent := timeOf(t, "2025-03-01T16:00:00Z")       // already the 2nd in Shanghai
	for _, test := range []struct {
		name        string
		task        load.Task
		first, last string
	}{
		{"from the day it was sent", load.Task{SentAt: &sent, RegisteredAt: registered}, "2025-03-02", "2025-03-31"},
		{"from a lookback before its registration if its sending is not known", load.Task{RegisteredAt: registered}, "2025-03-05", "2025-04-08"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := policy{Settings: Settings{TaskDays: 30, LookbackDays: 5, APIMemoryDays: 7}, location: shanghai(t)}
			if got, want := p.followed(test.task), (calendar.Span{First: dayOf(t, test.first), Last: dayOf(t, test.last)}); got != want {
				t.Errorf("followed from %s to %s, want %s to %s", got.First, got.Last, want.First, want.Last)
			}
		})
	}
}

func TestPolicyKnowsTheNewestEndedDay(t *testing.T) {
	t.Parallel()
	p := policy{location: shanghai(t)}
	for at, want := range map[string]string{
		"2025-03-10T15:59:59Z": "2025-03-09",
		"2025-03-10T16:00:00Z": "2025-03-10", // midnight in Shanghai
	} {
		if got := p.lastEndedDay(timeOf(t, at)); got != dayOf(t, want) {
			t.Errorf("at %s it is %s, want %s", at, got, want)
		}
	}
}
