package sandbox

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func dayOf(s *Sandbox, task string, d int) Figures {
	return s.Truth(testApp, task, march9.AddDate(0, 0, d), march9.AddDate(0, 0, d+1))
}

func TestLateFiguresGrowWithAge(t *testing.T) {
	t.Parallel()
	now := march9.AddDate(0, 0, 1)
	s := newTestSandbox(t, func(c *Config) {
		withFaults(t, "late=0.3:days=2")(c)
		c.Rows, c.Now = 150, func() time.Time { return now }
	})
	prompt := newTestSandbox(t, func(c *Config) { c.Rows = 150 })
	all := dayOf(prompt, "", 0).total()

	fresh := float64(dayOf(s, "", 0).total()) / float64(all)
	if fresh < 0.68 || fresh > 0.72 {
		t.Errorf("at once %.3f have arrived", fresh)
	}
	now = march9.Add(60 * time.Hour)
	if between := float64(dayOf(s, "", 0).total()) / float64(all); between <= fresh || between >= 1 {
		t.Errorf("later %.3f have arrived", between)
	}
	now = march9.AddDate(0, 0, 3)
	if d := cmp.Diff(dayOf(prompt, "", 0), dayOf(s, "", 0)); d != "" {
		t.Errorf("at last: %s", d)
	}
}

func TestRestatedDaysDiffer(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, func(c *Config) { c.Rows = 24 })
	var before []Figures
	for d := range 4 {
		before = append(before, dayOf(s, "a", d))
	}
	if err := s.SetFaults([]Fault{{Name: "restated", From: "2025-03-10", To: "2025-03-11", Task: "a"}}); err != nil {
		t.Fatal(err)
	}
	for d, old := range before {
		now := dayOf(s, "a", d)
		if d == 0 || d == 3 {
			if diff := cmp.Diff(old, now); diff != "" {
				t.Errorf("day %d: %s", d, diff)
			}
			continue
		}
		was, is := map[string]int64{}, map[string]int64{}
		old.addTo(was)
		now.addTo(is)
		gone, come, changed, kept := 0, 0, 0, 0
		for key, n := range was {
			switch m, ok := is[key]; {
			case !ok:
				gone++
			case m != n:
				changed++
			default:
				kept++
			}
		}
		for key := range is {
			if _, ok := was[key]; !ok {
				come++
			}
		}
		if gone == 0 || come == 0 || changed == 0 || kept == 0 {
			t.Errorf("day %d: %d gone, %d come, %d changed, %d kept", d, gone, come, changed, kept)
		}
	}
	if err := s.SetFaults(nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before[1], dayOf(s, "a", 1)); diff != "" {
		t.Errorf("after the fault: %s", diff)
	}
}

func TestOldWindowsAreForgotten(t *testing.T) {
	t.Parallel()
	now := march9.AddDate(0, 0, 7).Add(time.Hour) // march9's midnight is 7 days and an hour ago
	for _, c := range []struct {
		spec     string
		day0     string // all, some or none of its figures
		day1     string
		day0Code int
	}{
		{"forget-after", "none", "all", 0},
		{"forget-after=8d", "all", "all", 0},
		{"forget-after=7d:by=end", "all", "all", 0},
		{"forget-after=6d:by=end", "none", "all", 0},
		{"forget-after=156h:by=event", "some", "all", 0},
		{"forget-error=7d", "none", "all", 90100},
		{"forget-error=7d:by=end", "all", "all", 0},
		{"forget-after:task=b", "all", "all", 0},
	} {
		s := newTestSandbox(t, func(cfg *Config) {
			withFaults(t, c.spec)(cfg)
			cfg.Rows, cfg.Now = 150, func() time.Time { return now }
		})
		full := newTestSandbox(t, func(cfg *Config) { cfg.Rows = 150 })
		for d, want := range []string{c.day0, c.day1} {
			got, all := dayOf(s, "a", d).total(), dayOf(full, "a", d).total()
			if state := map[bool]string{got == 0: "none", got == all: "all"}[true]; state != want && (want != "some" || got == 0 || got == all) {
				t.Errorf("%s: day %d says %d of %d, want %s", c.spec, d, got, all, want)
			}
		}
		a := ask(t, s, dayBody("a"))
		if a.ErrorCode != c.day0Code {
			t.Errorf("%s answers %d", c.spec, a.ErrorCode)
		}
		if a.ErrorCode == 0 {
			if d := cmp.Diff(dayOf(s, "a", 0), a.Results[0].figures()); d != "" {
				t.Errorf("%s: %s", c.spec, d)
			}
		}
	}
}

func TestBigCountsAndUnknownPlatformsAreTrue(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, func(c *Config) {
		withFaults(t, "big-count", "unknown-platform")(c)
		c.Rows = 24
	})
	f := dayOf(s, "a", 0)
	big, odd := 0, 0
	for _, r := range f.Stage {
		if r.ErrCount > math.MaxInt32 {
			big++
		}
	}
	for _, r := range f.Platform {
		if r.PushPlatform == 42 && r.EventType == 9 {
			odd++
		}
	}
	if big != 1 || odd != 2 || f.rows() != 26 {
		t.Errorf("%d big, %d of the unknown platform, %d rows", big, odd, f.rows())
	}
	if d := cmp.Diff(f, askDay(t, s, "a").Results[0].figures()); d != "" {
		t.Error(d)
	}
}

func TestAWeekMayDifferFromTheSumOfItsDays(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, func(c *Config) { c.Rows = 24 })
	window := func(task string, from, to int) Figures {
		return s.Truth(testApp, task, march9.AddDate(0, 0, from), march9.AddDate(0, 0, to))
	}
	type asked struct {
		task     string
		from, to int
	}
	all := []asked{{"a", 0, 7}, {"a", 0, 1}, {"a", 1, 2}, {"a", 2, 4}, {"b", 0, 7}, {"", 0, 7}}
	before := make(map[asked]Figures)
	for _, q := range all {
		before[q] = window(q.task, q.from, q.to)
	}
	if err := s.SetFaults([]Fault{{Name: "week-differs", Value: "5", From: "2025-03-10", Task: "a"}}); err != nil {
		t.Fatal(err)
	}
	for _, q := range all {
		was, is := map[string]int64{}, map[string]int64{}
		before[q].addTo(was)
		window(q.task, q.from, q.to).addTo(is)
		changed := 0
		for key, n := range is {
			switch n - was[key] {
			case 0:
			case 5:
				changed++
			default:
				t.Errorf("%+v: %s was %d and is %d", q, key, was[key], n)
			}
		}
		struck := q == asked{"a", 0, 7}
		if changed > 0 != struck || changed == len(is) || len(is) != len(was) {
			t.Errorf("%+v: %d of %d rows have changed", q, changed, len(was))
		}
	}
}
