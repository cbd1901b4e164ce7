package sandbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWindowsAddUpWhereverTheyAreCut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s, err := New(Config{
			Apps: []App{{SDKAppID: testApp, SecretKey: testKey}}, Seed: rapid.Uint64().Draw(rt, "seed"),
			Rows: rapid.SampledFrom([]int{0, 1, 24, 150}).Draw(rt, "rows"), QuietDays: 0.2,
			Now: func() time.Time { return march9.AddDate(0, 0, 10) }, TaskStarts: true,
			Faults: []Fault{{Name: "late"}, {Name: "restated", From: "2025-03-09"}, {Name: "unknown-platform"}, {Name: "big-count"}},
		})
		if err != nil {
			rt.Fatal(err)
		}
		task := rapid.SampledFrom([]string{"", "a", "67ccc000_537529d8_2_3_4"}).Draw(rt, "task")
		from := march9.Add(-5 * 24 * time.Hour).Unix()
		at := rapid.Int64Range(from, from+30*day)
		a, b, c := at.Draw(rt, "a"), at.Draw(rt, "b"), at.Draw(rt, "c")
		a, b, c = min(a, b, c), max(min(a, b), min(max(a, b), c)), max(a, b, c)

		whole, parts := map[string]int64{}, map[string]int64{}
		s.Truth(testApp, task, time.Unix(a, 0), time.Unix(c, 0)).addTo(whole)
		s.Truth(testApp, task, time.Unix(a, 0), time.Unix(b, 0)).addTo(parts)
		s.Truth(testApp, task, time.Unix(b, 0), time.Unix(c, 0)).addTo(parts)
		if d := cmp.Diff(whole, parts); d != "" {
			rt.Fatalf("%d … %d … %d: %s", a, b, c, d)
		}
	})
}

func TestTruthIsWhatTheAnswerSays(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, func(c *Config) {
		withFaults(t, "late=0.5", "restated:day=2025-03-09", "unknown-platform", "big-count")(c)
		c.Now = func() time.Time { return march9.AddDate(0, 0, 2) } // late and future figures in the windows
	})
	sig := goodQuery(t)
	rapid.Check(t, func(rt *rapid.T) {
		start := march9.Unix() + rapid.Int64Range(-10*day, 10*day).Draw(rt, "start")
		end := start + rapid.Int64Range(1, 7*day).Draw(rt, "length")
		task := rapid.SampledFrom([]string{"", "a", "b", "ünïcode \"task\""}).Draw(rt, "task")
		asked := []string{task}
		if task == "" {
			asked = nil
		}
		got := parse(t, callLoss(t, s, sig, bodyFor(time.Unix(start, 0), time.Unix(end, 0), asked...)).Body.Bytes())
		if len(got.Results) != 1 || got.Results[0].TaskID != task {
			rt.Fatalf("results: %+v", got)
		}
		if d := cmp.Diff(s.Truth(testApp, task, time.Unix(start, 0), time.Unix(end, 0)), got.Results[0].figures()); d != "" {
			rt.Fatal(d)
		}
	})
}

func TestEveryDayHasExactlyTheRowsThatAreSet(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{1, 2, 5, 24, 150, 1000} {
		for _, zone := range []string{"Asia/Shanghai", "UTC", "Asia/Kolkata", "America/New_York"} {
			t.Run(fmt.Sprint(rows, " rows in ", zone), func(t *testing.T) {
				t.Parallel()
				loc, err := time.LoadLocation(zone)
				if err != nil {
					t.Fatal(err)
				}
				s := newTestSandbox(t, func(c *Config) { c.Rows = rows })
				keys := map[string]int64{}
				for d := range 5 { // the 23-hour day of New York among them
					from := time.Date(2025, 3, 7+d, 0, 0, 0, 0, loc)
					f := s.Truth(testApp, "task", from, from.AddDate(0, 0, 1))
					if f.rows() != rows {
						t.Errorf("%s has %d rows", from, f.rows())
					}
					f.addTo(keys)
				}
				if len(keys) != rows {
					t.Errorf("%d different keys", len(keys))
				}
			})
		}
	}
}

func TestTheDefaultWorldIsLively(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, nil)
	sizes := map[int]bool{}
	for d := range 30 {
		from := march9.AddDate(0, 0, d)
		n := s.Truth(testApp, "task", from, from.AddDate(0, 0, 1)).rows()
		if n < 8 || n > defaultRows {
			t.Errorf("day %d has %d rows", d, n)
		}
		sizes[n] = true
	}
	if len(sizes) < 2 {
		t.Error("every day has as many rows")
	}
	f := s.Truth(testApp, "", march9, march9.AddDate(0, 0, 30))
	online, silent := false, false
	for _, r := range f.Platform {
		online = online || r.EventType == 2 && r.PushPlatform == 0
		silent = silent || r.ErrInfo == ""
	}
	if !online || !silent {
		t.Errorf("online rows: %v, empty ErrInfo: %v", online, silent)
	}
}

func TestEachAppTaskAndSeedHasItsOwnFigures(t *testing.T) {
	t.Parallel()
	other := App{SDKAppID: testApp + 1, SecretKey: testKey}
	s := newTestSandbox(t, func(c *Config) { c.Apps = append(c.Apps, other) })
	reseeded := newTestSandbox(t, func(c *Config) { c.Seed = 8 })
	at := func(s *Sandbox, app int64, task string) Figures {
		return s.Truth(app, task, march9, march9.AddDate(0, 0, 1))
	}
	base := at(s, testApp, "a")
	for name, f := range map[string]Figures{
		"another task": at(s, testApp, "b"), "another app": at(s, other.SDKAppID, "a"),
		"another seed": at(reseeded, testApp, "a"), "overall": at(s, testApp, ""),
	} {
		if cmp.Equal(base, f) {
			t.Errorf("%s has the same figures", name)
		}
	}
	if d := cmp.Diff(base, at(newTestSandbox(t, nil), testApp, "a")); d != "" {
		t.Errorf("not repeatable: %s", d)
	}
	if n := at(s, testApp, "unknown-1").rows() + at(s, 5, "a").rows(); n != 0 {
		t.Errorf("unknown task and app have %d rows", n)
	}
}

func TestNothingIsLostInTheFuture(t *testing.T) {
	t.Parallel()
	now := march9.Add(12 * time.Hour)
	s := newTestSandbox(t, func(c *Config) { c.Rows, c.Now = 24, func() time.Time { return now } })
	half := s.Truth(testApp, "a", march9, march9.AddDate(0, 0, 1))
	if f := s.Truth(testApp, "a", march9, now.Add(time.Second)); !cmp.Equal(half, f) || f.rows() == 0 {
		t.Error("the day so far is not the day until now")
	}
	if f := s.Truth(testApp, "a", now.Add(time.Second), now.AddDate(0, 0, 3)); f.rows() != 0 {
		t.Errorf("the future has %d rows", f.rows())
	}
}

func TestATaskMayHaveNoFiguresBeforeItsStart(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, func(c *Config) { c.TaskStarts = true })
	id := fmt.Sprintf("%08x_537529d8_2000005e80aa873_2780d131_bc614e", march9.Unix())
	for _, id := range []string{id, "batch_" + id} {
		if f := s.Truth(testApp, id, march9.AddDate(0, 0, -3), march9); f.rows() != 0 {
			t.Errorf("%s: %d rows before the start", id, f.rows())
		}
		if f := s.Truth(testApp, id, march9, march9.AddDate(0, 0, 1)); f.rows() == 0 {
			t.Errorf("%s: nothing after the start", id)
		}
	}
	for _, id := range []string{"xxx-yyy-zzz", "zzzzzzzz_1_2_3_4", "67cc_1_2_3_4"} {
		if _, ok := startOfTask(id); ok {
			t.Errorf("%s is said to show its start", id)
		}
	}
}

func TestSomeDaysAreQuietIfWanted(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, func(c *Config) { c.QuietDays = 0.3 })
	quiet := 0
	for d := range 200 {
		from := march9.AddDate(0, 0, -d)
		if s.Truth(testApp, "a", from, from.AddDate(0, 0, 1)).rows() == 0 {
			quiet++
		}
	}
	if quiet < 30 || quiet > 90 {
		t.Errorf("%d of 200 days are quiet", quiet)
	}
}
