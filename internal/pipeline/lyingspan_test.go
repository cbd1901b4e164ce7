package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/internal/stream"
	"pushloss/load"
)

// liar is a small random world whose API begins to answer spans wrongly.
type liar struct {
	*fixture
	loc    *time.Location
	perDay int
	faults []string
	first  calendar.Day
	sent   map[string]calendar.Day
	draw   *rand.Rand
	ended  bool // no pushes any more
}

func newLiar(t testing.TB, seed uint64) *liar {
	draw := rand.New(rand.NewPCG(seed, 0))
	zone := []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai"}[draw.IntN(4)]
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	l := &liar{loc: loc, perDay: 1 + draw.IntN(5), sent: make(map[string]calendar.Day), draw: draw}
	if draw.IntN(4) > 0 {
		l.faults = append(l.faults, "late:days=1")
	}
	if draw.IntN(4) > 0 {
		l.faults = append(l.faults, fmt.Sprintf("restates=%g:days=%d", []float64{0.01, 0.1}[draw.IntN(2)], 1+draw.IntN(4)))
	}
	days := 10 + draw.IntN(26)
	l.fixture = setup(t, func(cfg *sandbox.Config) {
		cfg.TaskStarts, cfg.ActiveDays, cfg.QuietDays, cfg.Location = true, 1+draw.IntN(4), []float64{0, 0.25}[draw.IntN(2)], loc
		cfg.Seed = draw.Uint64()
	}, world.WithFaults(t, l.faults...))
	l.Apps[0].Location = loc
	l.Settings = l.withSpans()
	l.spansAlways = draw.IntN(2) == 0
	l.Now = l.Now.Add(time.Duration(draw.IntN(600)) * time.Minute)
	l.first = l.today() - calendar.Day(days)
	for day := l.first; day <= l.today(); day++ {
		l.send(day)
	}
	t.Logf("%s, %d pushes a day for %d days, %v, spans always: %t", zone, l.perDay, days, l.faults, l.spansAlways)
	return l
}

func (l *liar) today() calendar.Day { return calendar.DayOf(l.Now, l.loc) }

func (l *liar) send(day calendar.Day) {
	l.t.Helper()
	var tasks []load.Task
	midnight := day.Window(l.loc).Start
	for i := range l.perDay {
		sent := midnight.Add(time.Duration(l.draw.IntN(20*60))*time.Minute + time.Duration(i)*time.Second)
		task := load.Task{SDKAppID: testApp, TaskID: fmt.Sprintf("%08x_537529d8_2000005e80aa873_2780d131_bc614e", sent.Unix())}
		if l.draw.IntN(5) > 0 {
			task.SentAt = &sent
		}
		tasks = append(tasks, task)
		l.sent[task.TaskID] = day
	}
	if _, err := l.DB.Tasks.Save(l.t.Context(), tasks, midnight.Add(20*time.Hour)); err != nil {
		l.t.Fatal(err)
	}
}

// runs makes the run of the next day, and reports whether it made requests for spans.
func (l *liar) runs() (bySpan bool) {
	l.t.Helper()
	l.Now = l.Now.AddDate(0, 0, 1)
	if !l.ended {
		l.send(l.today())
	}
	before := len(l.API.Calls())
	report, err := l.Jobs(pipeline.Options{}).Run(l.t.Context(), time.Time{})
	if err != nil || report.State != load.RunDone && report.DaysRemoved == 0 {
		l.t.Fatal(report, err)
	}
	l.equalsNow()
	return slices.ContainsFunc(l.API.Calls()[before:], func(c sandbox.Call) bool { return len(c.Tasks) > 0 && c.End-c.Start > 25*60*60 })
}

// equalsNow compares the days of the lookback with the truth of now.
func (l *liar) equalsNow() {
	l.t.Helper()
	first := l.today() - 7
	ids := make([]string, 0, len(l.sent))
	for id := range l.sent {
		ids = append(ids, id)
	}
	other := func(f world.Fact) bool {
		return f.Day < first.String() || f.Task != "" && f.Day < l.sent[f.Task].String()
	}
	world.EqualFacts(l.t, slices.DeleteFunc(l.API.Facts(testApp, l.loc, first, l.today()-1, ids...), other), slices.DeleteFunc(l.Facts(testApp), other))
}

func (l *liar) disagreements() int64 {
	return l.Number(`SELECT count(*) FROM pushloss.span_disagreement`)
}

// The first run that uses spans finds out an API that begins to answer them wrongly, also with few
// tasks. After that, no stored figure is wrong, and no later run uses spans. Nothing is found if
// the API answers rightly.
func TestTheFirstRunFindsOutALyingAPI(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault string // none: the API answers rightly
		seeds []uint64
	}{
		{"", []uint64{1}},
		{"span-stale", []uint64{1, 6}},
		{"span-drops", []uint64{6}},
		{"day-figures=Asia/Kathmandu:by=touch", []uint64{1003}},
	} {
		for _, seed := range test.seeds {
			t.Run(fmt.Sprintf("%s seed %d", test.fault, seed), func(t *testing.T) {
				t.Parallel()
				tryLyingAPI(t, seed, test.fault)
			})
		}
	}
}

func tryLyingAPI(t *testing.T, seed uint64, fault string) {
	l := newLiar(t, seed)
	if _, err := l.Jobs(pipeline.Options{}).Run(t.Context(), time.Time{}); err != nil {
		t.Fatal(err)
	}
	for range 2 + l.draw.IntN(3) {
		l.runs()
	}
	if l.draw.IntN(4) == 0 {
		l.ended = true
		for range 1 + l.draw.IntN(5) {
			l.runs()
		}
	}
	if n := l.disagreements(); n > 0 {
		t.Fatalf("%d disagreements with an API whose days add up", n)
	}
	if fault == "" {
		return
	}
	l.API.Faults(append(slices.Clone(l.faults), fault)...)
	if !l.runs() {
		t.Fatal("the run made no requests for spans: this proves nothing")
	}
	if evidence, err := l.DB.Ledger.Evidence(t.Context(), testApp, stream.Loss, l.Now); err != nil || evidence.AddUp(l.Now) {
		t.Errorf("the run did not find that the spans are wrong: %+v, %v", evidence, err)
	}
	l.runs()
	l.verifies()
}

// Figures that change with every request are not a wrong span.
func TestMovingFiguresAreNoWrongSpan(t *testing.T) {
	t.Parallel()
	p := spanning(t)
	for range 2 {
		p.next()
		report, err := p.Jobs(pipeline.Options{OnProgress: func(progress pipeline.Progress) {
			share := []float64{0.1, 0.8, 0.3, 0.9, 0.2, 0.7, 0.4}[progress.Done%7]
			p.API.Faults(fmt.Sprintf("late=%g:days=1", share), "restates=0.01:days=3")
		}}).Run(t.Context(), time.Time{})
		if err != nil || report.WindowsBySpan == 0 {
			t.Fatal(report, err)
		}
	}
	if n := p.Number(`SELECT count(*) FROM pushloss.span_disagreement`); n > 0 {
		t.Errorf("%d disagreements", n)
	}
	p.API.Faults("late:days=1", "restates=0.01:days=3")
	p.runLowered()
	p.equalsNow(today - 7)
	p.verifies()
}
