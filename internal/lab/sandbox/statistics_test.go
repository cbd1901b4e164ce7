package sandbox

import (
	"cmp"
	"encoding/json"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// apiCounts are the four counters by the names of the API.
type apiCounts struct{ TotalCount, SentCount, DeliveredCount, ClickCount int64 }

type statisticsResult struct {
	TaskID string
	apiCounts
	PlatformStatistics []struct {
		EventType, PushPlatform int
		apiCounts
	}
}

type statisticsAnswer struct {
	ErrorCode int
	Results   []statisticsResult
}

func (c apiCounts) counts() Counts {
	return Counts{c.TotalCount, c.SentCount, c.DeliveredCount, c.ClickCount}
}

func (c *Counts) add(more Counts) {
	c.Total += more.Total
	c.Sent += more.Sent
	c.Delivered += more.Delivered
	c.Click += more.Click
}

// statistics sums rows of the same key.
func (r statisticsResult) statistics() Statistics {
	st := Statistics{Counts: r.counts()}
	for _, row := range r.PlatformStatistics {
		i := slices.IndexFunc(st.Platform, func(p PlatformCounts) bool {
			return p.EventType == row.EventType && p.PushPlatform == row.PushPlatform
		})
		if i < 0 {
			i = len(st.Platform)
			st.Platform = append(st.Platform, PlatformCounts{EventType: row.EventType, PushPlatform: row.PushPlatform})
		}
		st.Platform[i].add(row.counts())
	}
	slices.SortFunc(st.Platform, func(a, b PlatformCounts) int {
		return cmp.Or(cmp.Compare(a.EventType, b.EventType), cmp.Compare(a.PushPlatform, b.PushPlatform))
	})
	return st
}

func read[T any](t testing.TB, body []byte) T {
	t.Helper()
	var a T
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatalf("%v in %.300s", err, body)
	}
	return a
}

// restless is a world in which much changes the truth.
func restless(t testing.TB) func(*Config) {
	return func(c *Config) {
		withFaults(t, "late=0.5", "restated:day=2025-03-09", "unknown-platform", "big-count", "week-differs=3")(c)
		c.QuietDays = 0.2
		c.Now = func() time.Time { return march9.AddDate(0, 0, 2) } // late and future figures in the windows
	}
}

func drawWindow(rt *rapid.T, longest int64) (start, end time.Time) {
	from := march9.Unix() + rapid.Int64Range(-10*day, 5*day).Draw(rt, "start")
	return time.Unix(from, 0), time.Unix(from+rapid.Int64Range(1, longest).Draw(rt, "length"), 0)
}

func TestStatisticsAreWhatTheAnswerSays(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, restless(t))
	query := goodQuery(t)
	rapid.Check(t, func(rt *rapid.T) {
		start, end := drawWindow(rt, 30*day)
		asked := rapid.SampledFrom([][]string{nil, {"a"}, {"ünïcode \"task\"", "b"}, {"unknown", "b"}}).Draw(rt, "tasks")
		got := read[statisticsAnswer](t, callPath(t, s, StatisticsPath, query, bodyFor(start, end, asked...)).Body.Bytes())
		want := slices.DeleteFunc(slices.Clone(asked), func(task string) bool { return task == "unknown" })
		if asked == nil {
			want = []string{""}
		}
		if len(got.Results) != len(want) {
			rt.Fatalf("%d results", len(got.Results))
		}
		for i, task := range want {
			if got.Results[i].TaskID != task {
				rt.Fatalf("result %d is for %q", i, got.Results[i].TaskID)
			}
			if d := gocmp.Diff(s.Statistics(testApp, task, start, end), got.Results[i].statistics()); d != "" {
				rt.Fatal(d)
			}
		}
	})
}

// explains finds a gap that is smaller than what codes say of it.
func explains(rt *rapid.T, st Statistics, f Figures, receiptless int) {
	type channel struct{ event, platform int }
	lost := map[string]int64{}
	byChannel := map[channel]map[string]int64{}
	for _, r := range f.Stage {
		lost[r.Stage] += r.ErrCount
	}
	for _, r := range f.Platform {
		key := channel{r.EventType, r.PushPlatform}
		if byChannel[key] == nil {
			byChannel[key] = map[string]int64{}
		}
		byChannel[key][r.Stage] += r.ErrCount
	}
	holds := func(c Counts, lost map[string]int64) bool {
		return c.Total-c.Sent >= lost[StageReadyToSend] && c.Sent-c.Delivered >= lost[StagePostSendDelivered] &&
			c.Total >= c.Sent && c.Sent >= c.Delivered && c.Delivered >= 0 && c.Click >= 0 && c.Click <= c.Sent
	}
	if !holds(st.Counts, lost) || st.Click > st.Delivered {
		rt.Fatalf("%+v, and lost are %v", st.Counts, lost)
	}
	for _, row := range st.Platform {
		key := channel{row.EventType, row.PushPlatform}
		if !holds(row.Counts, byChannel[key]) || row.PushPlatform == receiptless && row.Delivered != 0 {
			rt.Fatalf("%+v, and lost are %v", row, byChannel[key])
		}
		delete(byChannel, key)
	}
	if len(byChannel) > 0 {
		rt.Fatalf("losses of channels without counts: %v", byChannel)
	}
}

func TestCodesNeverExplainMoreThanTheGap(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{0, 1, 24, 150} {
		s := newTestSandbox(t, func(c *Config) { restless(t)(c); c.Rows = rows })
		calm := newTestSandbox(t, func(c *Config) { c.Rows = rows })
		rapid.Check(t, func(rt *rapid.T) {
			start, end := drawWindow(rt, 30*day)
			task := rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, "task")
			explains(rt, s.Statistics(testApp, task, start, end), s.Truth(testApp, task, start, end), 1)
			st, f := calm.Statistics(testApp, task, start, end), calm.Truth(testApp, task, start, end)
			explains(rt, st, f, 1)
			if end.Sub(start) < 24*time.Hour {
				return
			}
			for _, row := range f.Stage {
				st.lose(row.Stage, -row.ErrCount)
			}
			if st.Total <= st.Sent || st.Sent <= st.Delivered {
				rt.Fatal("codes explain all of a gap")
			}
		})
	}
}

func (st Statistics) addTo(sums map[[2]int]Counts) {
	add := func(key [2]int, c Counts) {
		sum := sums[key]
		sum.add(c)
		sums[key] = sum
	}
	add([2]int{-1, -1}, st.Counts)
	for _, row := range st.Platform {
		add([2]int{row.EventType, row.PushPlatform}, row.Counts)
	}
}

func TestStatisticsAddUpWhereverTheyAreCut(t *testing.T) {
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
		cuts := rapid.SliceOfN(rapid.Int64Range(from, from+40*day), 3, 6).Draw(rt, "cuts")
		slices.Sort(cuts)
		whole, parts := map[[2]int]Counts{}, map[[2]int]Counts{}
		s.Statistics(testApp, task, time.Unix(cuts[0], 0), time.Unix(cuts[len(cuts)-1], 0)).addTo(whole)
		for i, cut := range cuts[1:] {
			s.Statistics(testApp, task, time.Unix(cuts[i], 0), time.Unix(cut, 0)).addTo(parts)
		}
		if d := gocmp.Diff(whole, parts); d != "" {
			rt.Fatalf("%d: %s", cuts, d)
		}
	})
}

func TestStatisticsAreLikeThePagesSample(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, nil)
	st := s.Statistics(testApp, "a", march9, march9.AddDate(0, 0, 8))
	var sum Counts
	clickedUndelivered := false
	for _, row := range st.Platform {
		sum.add(row.Counts)
		clickedUndelivered = clickedUndelivered || row.PushPlatform == 1 && row.Delivered == 0 && row.Click > 0
	}
	if sum.Total == st.Total || sum.Sent == st.Sent || sum.Delivered == st.Delivered || sum.Click == st.Click {
		t.Errorf("channels sum up to %+v, the task's is %+v", sum, st.Counts)
	}
	if !clickedUndelivered {
		t.Errorf("no APNs row was clicked without being delivered: %+v", st.Platform)
	}
}

func TestStatisticsOfUnknownOrForgottenPushesAreZero(t *testing.T) {
	t.Parallel()
	now := march9.AddDate(0, 0, 40)
	s := newTestSandbox(t, func(c *Config) {
		withFaults(t, "forget-after=30d:stream=statistics", "forget-after=7d:stream=loss")(c)
		c.Now = func() time.Time { return now }
	})
	end := march9.AddDate(0, 0, 1)
	for name, st := range map[string]Statistics{
		"unknown task": s.Statistics(testApp, "unknown-1", now.AddDate(0, 0, -1), now),
		"unknown app":  s.Statistics(5, "a", now.AddDate(0, 0, -1), now),
		"forgotten":    s.Statistics(testApp, "a", march9, end),
		"future":       s.Statistics(testApp, "a", now.AddDate(0, 0, 1), now.AddDate(0, 0, 2)),
	} {
		if d := gocmp.Diff(Statistics{}, st); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	late := now.AddDate(0, 0, -20)
	if st := s.Statistics(testApp, "a", late, late.AddDate(0, 0, 1)); st.Total == 0 {
		t.Error("statistics are forgotten as early as losses")
	}
	if f := s.Truth(testApp, "a", late, late.AddDate(0, 0, 1)); f.rows() != 0 {
		t.Error("losses are not forgotten")
	}
	query := goodQuery(t)
	got := callPath(t, s, StatisticsPath, query, bodyFor(march9, end, "a")).Body.String()
	want := answerHead + `{"TaskID":"a","TotalCount":0,"SentCount":0,"DeliveredCount":0,"ClickCount":0,"PlatformStatistics":[]}]}`
	if got != want {
		t.Errorf("the answer is %s", got)
	}
}

func TestStatisticsAreLateAndRestatedWithTheLosses(t *testing.T) {
	t.Parallel()
	now := march9.AddDate(0, 0, 5) // the first day's figures are 5 days old
	s := newTestSandbox(t, func(c *Config) { c.Rows, c.Now = 24, func() time.Time { return now } })
	daysOf := func() (days []Counts) {
		for d := range 3 {
			days = append(days, s.Statistics(testApp, "a", march9.AddDate(0, 0, d-1), march9.AddDate(0, 0, d)).Counts)
		}
		return days
	}
	all := daysOf()
	for spec, change := range map[string]func(before, after int64) bool{
		"late=0.5:days=5":         func(before, after int64) bool { return after > before*2/5 && after < before*3/5 },
		"restated:day=2025-03-09": func(before, after int64) bool { return after != before },
	} {
		f, err := ParseFault(spec)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SetFaults([]Fault{f}); err != nil {
			t.Fatal(err)
		}
		for d, after := range daysOf() {
			before, struck := all[d], change
			if d == 0 || d == 2 && f.Name == "restated" {
				struck = func(before, after int64) bool { return before == after }
			}
			if !struck(before.Total, after.Total) || !struck(before.Sent, after.Sent) || !struck(before.Delivered, after.Delivered) {
				t.Errorf("%s: day %d was %+v and is %+v", spec, d, before, after)
			}
		}
	}
}

func TestOnlyAFaultBringsChannelsThatAreNotListed(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]bool{"gzip": false, "unknown-platform": true} {
		s := newTestSandbox(t, withFaults(t, spec))
		for _, st := range []Statistics{
			s.Statistics(testApp, "a", march9, march9.AddDate(0, 0, 30)), s.ChatStatistics(testApp, march9, march9.AddDate(0, 0, 30)),
		} {
			if got := slices.ContainsFunc(st.Platform, func(p PlatformCounts) bool { return p.PushPlatform > 8 }); got != want || len(st.Platform) < 8 {
				t.Errorf("%s: %+v", spec, st.Platform)
			}
		}
	}
}
