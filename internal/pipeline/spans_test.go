package pipeline_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/pipeline"
	"pushloss/internal/secret"
	"pushloss/internal/stream"
	"pushloss/load"
)

// sending is a world where many pushes are sent every day, each with figures for a few
// days.
type sending struct {
	*fixture
	perDay int
	first  calendar.Day // of the pushes
	ids    []string
}

func newSending(t testing.TB, perDay int, faults ...string) *sending {
	t.Helper()
	return newSendingOn(t, pgtest.URL(t), perDay, faults...)
}

func newSendingOn(t testing.TB, url string, perDay int, faults ...string) *sending {
	t.Helper()
	w := setupOn(t, url, func(cfg *sandbox.Config) {
		cfg.TaskStarts, cfg.ActiveDays, cfg.Rows = true, 4, 6
	}, world.WithFaults(t, append([]string{"late:days=1", "restates=0.01:days=3"}, faults...)...))
	w.Settings = w.withSpans()
	return &sending{fixture: w, perDay: perDay}
}

// spanning is a world of two pushes a day whose last run used spans. It begins with a copy of one
// database: what leads to it takes longer than most of what is tried on it.
func spanning(t testing.TB) *sending {
	t.Helper()
	begin := func(url string) *sending {
		p := newSendingOn(t, url, 2)
		p.send(today-35, today)
		return p
	}
	p := begin(spannedDays.URL(t, func(url string) {
		p := begin(url)
		p.Run(load.RunDone)
		p.agree()
		p.next()
		if report := p.Run(load.RunDone); report.WindowsBySpan == 0 {
			t.Fatalf("no window was proven by a span: %+v", report.Totals)
		}
		p.DB.Close()
		p.Pool.Close()
	}))
	p.next()
	return p
}

// spannedDays is the database of spanning. It has to be a global: tests have nothing in common but
// the process.
var spannedDays = pgtest.NewFilled()

func (w *fixture) withSpans() (settings pipeline.Settings) {
	settings = w.Settings
	settings.LookbackDays, settings.TaskDays, settings.APIMemoryDays, settings.Spans = 7, 30, 100, true
	return settings
}

// send registers the pushes of every day from first to last.
func (p *sending) send(first, last calendar.Day) {
	p.t.Helper()
	if len(p.ids) == 0 {
		p.first = first
	}
	var tasks []load.Task
	for day := first; day <= last; day++ {
		for i := range p.perDay {
			sent := day.UTC().Add(8*time.Hour + time.Duration(i)*time.Minute)
			id := fmt.Sprintf("%08x_537529d8_2000005e80aa873_2780d131_bc614e", sent.Unix())
			tasks = append(tasks, load.Task{SDKAppID: testApp, TaskID: id, SentAt: &sent})
			p.ids = append(p.ids, id)
		}
	}
	if _, err := p.DB.Tasks.Save(p.t.Context(), tasks, p.Now); err != nil {
		p.t.Fatal(err)
	}
}

// agree makes the evidence that the days add up.
func (w *fixture) agree() {
	w.t.Helper()
	report, err := w.Jobs(pipeline.Options{}).Reconcile(w.t.Context(), pipeline.ReconcileRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	if report.State != load.RunDone {
		w.t.Fatalf("the evidence: %+v", report.Apps)
	}
}

// next moves to the next day, with its pushes.
func (p *sending) next() {
	p.Now = p.Now.AddDate(0, 0, 1)
	p.send(calendar.DayOf(p.Now, time.UTC), calendar.DayOf(p.Now, time.UTC))
}

// equalsNow compares the days from the first on with the truth of now.
func (p *sending) equalsNow(first calendar.Day) {
	p.t.Helper()
	sent := make(map[string]string)
	for i, id := range p.ids {
		sent[id] = (p.first + calendar.Day(i/p.perDay)).String()
	}
	other := func(f world.Fact) bool { return f.Day < first.String() || f.Day < sent[f.Task] }
	stored := slices.DeleteFunc(p.Facts(testApp), other)
	truth := slices.DeleteFunc(p.API.Facts(testApp, time.UTC, first, calendar.DayOf(p.Now, time.UTC)-1, p.ids...), other)
	world.EqualFacts(p.t, truth, stored)
}

func TestSpansSaveCallsAndMissNoFigure(t *testing.T) {
	t.Parallel()
	p := newSending(t, 4)
	p.send(today-40, today)
	p.Settings.Spans = false
	p.Run(load.RunDone)
	p.next()
	byDays := p.Run(load.RunDone)
	p.Settings.Spans = true
	p.agree()
	for range 2 {
		p.next()
		plan, err := p.Jobs(pipeline.Options{}).PlanRun(t.Context(), time.Time{}, listing(nil))
		report := p.Run(load.RunDone)
		p.equalsNow(today - 7)
		if err != nil || report.Requests < int64(plan.Requests) || report.Requests > int64(plan.AtMost) {
			t.Errorf("%d requests, planned were %d to %d: %v", report.Requests, plan.Requests, plan.AtMost, err)
		}
		if report.Requests > byDays.Requests*4/10 || report.CallsSaved < report.Requests {
			t.Errorf("%d calls with spans (%d saved), %d by days", report.Requests, report.CallsSaved, byDays.Requests)
		}
	}
	p.verifies()
}

// BenchmarkSpans makes scheduled runs over 50 pushes a day, each followed for 30 days, by
// days and with spans, and prints their calls.
func BenchmarkSpans(b *testing.B) {
	for range b.N {
		p := newSending(b, 50)
		p.send(today-40, today)
		p.Settings.Spans = false
		p.runLowered()
		p.next()
		byDays := p.runLowered()
		p.Settings.Spans = true
		p.agree()
		var calls int64
		for i := range 6 {
			p.next()
			report := p.runLowered()
			p.equalsNow(today - 7)
			b.Logf("%d calls by days, %d with spans: %.3f", byDays.Requests, report.Requests, float64(report.Requests)/float64(byDays.Requests))
			if i > 0 {
				calls += report.Requests
			}
		}
		b.ReportMetric(float64(byDays.Requests), "calls-by-days")
		b.ReportMetric(float64(calls)/5, "calls-with-spans")
	}
}

// runLowered makes a run in which restatements lower the figures of some days by much, so that it
// warns.
func (w *fixture) runLowered() pipeline.Report {
	w.t.Helper()
	report, err := w.Jobs(pipeline.Options{}).Run(w.t.Context(), time.Time{})
	if err == nil && report.State == load.RunPartial && report.DaysRemoved > 0 {
		return report
	}
	return w.Ended(report, err, load.RunDone)
}

// sparse registers tasks of the last days, with figures for one to three days each.
func sparse(t testing.TB, n, days int, withSentAt bool, faults ...string) (*fixture, []string) {
	w := newSparse(t, 0, faults...)
	return w, w.addSparse(n, days, withSentAt)
}

// newSparse is a world where the tasks of addSparse have few figures, and any others have
// figures on every day but the quiet ones.
func newSparse(t testing.TB, quietDays float64, faults ...string) *fixture {
	w := setup(t, func(cfg *sandbox.Config) {
		cfg.TaskStarts, cfg.ActiveDays, cfg.QuietDays, cfg.Rows = true, 3, quietDays, 4
	}, world.WithFaults(t, faults...))
	w.Settings = w.withSpans()
	w.Settings.APIMemoryDays = 10_000
	return w
}

func (w *fixture) addSparse(n, days int, withSentAt bool) (ids []string) {
	w.t.Helper()
	var tasks []load.Task
	for i := range n {
		sent := (today - calendar.Day(days)).UTC().Add(time.Duration(i) * (time.Duration(days) * 24 * time.Hour / time.Duration(n)))
		id := fmt.Sprintf("%08x_537529d8_2000005e80aa873_2780d131_bc614e", sent.Unix())
		task := load.Task{SDKAppID: testApp, TaskID: id}
		if withSentAt {
			task.SentAt = &sent
		}
		tasks, ids = append(tasks, task), append(ids, id)
	}
	if _, err := w.DB.Tasks.Save(w.t.Context(), tasks, w.Now); err != nil {
		w.t.Fatal(err)
	}
	return ids
}

// addDense registers tasks that have figures on every day.
func (w *fixture) addDense(n int) (ids []string) {
	w.t.Helper()
	var tasks []load.Task
	for i := range n {
		ids = append(ids, fmt.Sprintf("dense-%04d", i))
		tasks = append(tasks, load.Task{SDKAppID: testApp, TaskID: ids[i]})
	}
	if _, err := w.DB.Tasks.Save(w.t.Context(), tasks, w.Now); err != nil {
		w.t.Fatal(err)
	}
	return ids
}

// If spans save nothing, a backfill costs as much as by days. For tasks for which spans save
// requests, it costs about the same whatever other tasks there are.
func TestABackfillUsesSpansOnlyOfTasksWhereTheySaveRequests(t *testing.T) {
	t.Parallel()
	const days = 28
	byDays := func(tasks int) int64 { return int64(days * ((tasks + 4) / 5)) }
	for _, test := range []struct {
		name          string
		dense, sparse int
		denseFirst    bool    // in the order of registration
		quietDays     float64 // of dense tasks
		most          int64   // requests for tasks
	}{
		{"dense", 80, 0, false, 0, byDays(80) * 103 / 100},
		{"dense with quiet days", 40, 0, false, 0.25, byDays(40)*103/100 + days}, // a day may have two requests of fewer tasks,
		{"figures on every other day", 40, 0, false, 0.5, byDays(40)*103/100 + days},
		{"dense, then sparse", 20, 20, true, 0, byDays(20) + byDays(20)*8/10},
		{"sparse, then dense", 20, 20, false, 0, byDays(20) + byDays(20)*8/10},
		{"sparse", 0, 40, false, 0, byDays(40) * 6 / 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newSparse(t, test.quietDays)
			var ids []string
			if test.denseFirst {
				ids = w.addDense(test.dense)
			}
			if test.sparse > 0 {
				ids = append(ids, w.addSparse(test.sparse, days, false)...)
			}
			if !test.denseFirst {
				ids = append(ids, w.addDense(test.dense)...)
			}
			report := w.backfillAsPlanned(today-days, today-1)
			w.EqualsTruth(today-days, today-1, ids...)
			if requests := report.Requests - days; requests > test.most {
				t.Errorf("%d requests for tasks, want %d at most; by days %d", requests, test.most, byDays(test.dense+test.sparse))
			}
			if (report.WindowsBySpan > 0) != (test.sparse > 0) && test.quietDays == 0 {
				t.Errorf("%d windows by spans", report.WindowsBySpan)
			}
			w.verifies()
		})
	}
}

// backfillAsPlanned is backfill with as many requests as its plan says. Its progress never shows
// more requests than it expects, and ends with all of them done.
func (w *fixture) backfillAsPlanned(from, to calendar.Day) pipeline.Report {
	w.t.Helper()
	request := pipeline.BackfillRequest{From: from, To: to, Reprocess: pipeline.Missing}
	plan, err := w.Jobs(pipeline.Options{}).PlanBackfill(w.t.Context(), request, listing(nil))
	var progress pipeline.Progress
	report, ended := w.Jobs(pipeline.Options{OnProgress: func(p pipeline.Progress) {
		if progress = p; p.Done > p.Total {
			w.t.Errorf("%d of %d requests are done", p.Done, p.Total)
		}
	}}).Backfill(w.t.Context(), request, nil)
	w.Ended(report, ended, load.RunDone)
	if progress.Done != progress.Total {
		w.t.Errorf("the progress ends with %d of %d requests", progress.Done, progress.Total)
	}
	w.t.Logf("planned %d to %d requests, made %d", plan.Requests, plan.AtMost, report.Requests)
	if err != nil || report.Requests < int64(plan.Requests) || report.Requests > int64(plan.AtMost) {
		w.t.Errorf("%d requests, planned were %d to %d: %v", report.Requests, plan.Requests, plan.AtMost, err)
	}
	return report
}

// BenchmarkSparseBackfill backfills a year of 500 tasks.
func BenchmarkSparseBackfill(b *testing.B) {
	for _, withSentAt := range []bool{true, false} {
		b.Run(fmt.Sprintf("sent_at=%t", withSentAt), func(b *testing.B) {
			for range b.N {
				w, ids := sparse(b, 500, 365, withSentAt)
				report := w.backfill(today-365, today-1, load.RunDone)
				w.EqualsTruth(today-365, today-1, ids...)
				b.ReportMetric(float64(report.Requests), "calls")
			}
		})
	}
	b.Run("statistics", func(b *testing.B) {
		for range b.N {
			w, ids := sparse(b, 500, 365, false)
			withStreams(w, stream.Statistics)
			report := w.backfill(today-365, today-1, load.RunDone)
			w.equalsPushes(today-365, today-1, false, ids...)
			b.ReportMetric(float64(report.Requests), "calls")
		}
	})
}

// The sample finds out an API whose answers for several days are wrong, with so many tasks within
// one run. After that, no stored figure is wrong.
func TestAWrongSpanTurnsSpansOff(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"span-drops", "span-stale", "day-figures=Asia/Kathmandu:by=touch", "week-differs"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			p := spanning(t)
			p.API.Faults("late:days=1", "restates=0.01:days=3", fault)
			p.next()
			wrong := p.Run(load.RunDone)
			p.equalsNow(calendar.DayOf(p.Now, time.UTC) - 8) // later days are not final
			if n := p.Number(`SELECT count(*) FROM pushloss.span_disagreement WHERE sdk_app_id = $1 AND stream_id = 0 AND detail <> ''`, testApp); n != 1 {
				t.Errorf("%d disagreements: %+v", n, wrong.Apps)
			}
			if n := p.Number(`SELECT count(*) FROM pushloss.ledger WHERE proven_at IS NOT NULL OR state = 'open' OR opened_at IS NOT NULL`); n > 0 {
				t.Errorf("%d windows are still proven by a span or open", n)
			}
			p.verifies()
			p.next()
			if after := p.Run(load.RunDone); after.WindowsBySpan > 0 {
				t.Errorf("spans are used again: %+v", after.Totals)
			}
			p.equalsNow(calendar.DayOf(p.Now, time.UTC) - 8) // later days are not final
			p.verifies()
		})
	}
}

// A run that stops, or meets an outage, in the middle of its spans or of narrowing them loses
// nothing: the next run ends where one run would have ended.
func TestARunThatStopsAmongItsSpansLosesNothing(t *testing.T) {
	t.Parallel()
	p := spanning(t)
	for i, calls := range []int{9, 0, 30} {
		p.next()
		ctx, cancel := context.WithCancel(t.Context())
		if i%2 == 0 {
			report, err := p.Jobs(pipeline.Options{OnProgress: func(progress pipeline.Progress) {
				if progress.Done == calls {
					cancel()
				}
			}}).Run(ctx, time.Time{})
			p.Ended(report, err, load.RunInterrupted)
		} else {
			p.API.Faults("late:days=1", "restates=0.01:days=3", "http-502-html:every=3")
			if _, err := p.Jobs(pipeline.Options{}).Run(ctx, time.Time{}); err != nil {
				t.Fatal(err)
			}
			p.API.Faults("late:days=1", "restates=0.01:days=3")
		}
		cancel()
		p.Run(load.RunDone)
		p.equalsNow(today - 7)
	}
	if n := p.Number(`SELECT count(*) FROM pushloss.span_disagreement`); n > 0 {
		t.Errorf("%d disagreements", n)
	}
	p.verifies()
}

// With the default settings and an API that forgets after a week, every day that was pulled in time
// ends final, with its highest figures.
func TestSpansLeaveNoDayUnaskedUntilItIsForgotten(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"forget-after=7d", "forget-after=7d:by=event"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			p := newSending(t, 1, fault)
			p.Settings.APIMemoryDays = 7
			p.send(today-35, today)
			p.Run(load.RunDone)
			p.agree()
			for range 9 {
				p.next()
				p.Run(load.RunDone)
			}
			p.API.Faults("late:days=1", "restates=0.01:days=3")
			p.equalsNow(today - 5)
			if n := p.Number(`SELECT count(*) FROM analytics.stream_coverage WHERE day BETWEEN $1 AND $2 AND (NOT settled OR state NOT IN ('loaded', 'empty'))`,
				(today - 5).UTC(), (today + 1).UTC()); n > 0 {
				t.Errorf("%d windows are not final", n)
			}
			if n := p.Number(`SELECT count(*) FROM pushloss.ledger WHERE proven_at IS NOT NULL`); n == 0 {
				t.Error("no window was proven by a span")
			}
			p.verifies()
		})
	}
}

// A run that makes many requests compares a span with its days by itself, for each stream.
func TestARunGathersTheEvidenceForSpans(t *testing.T) {
	t.Parallel()
	p := newSending(t, 2)
	p.Settings.Streams = []stream.Stream{stream.Loss, stream.Statistics}
	p.send(today-35, today)
	first := p.Run(load.RunDone)
	if first.WindowsBySpan != 0 {
		t.Errorf("spans were used without evidence: %+v", first.Totals)
	}
	p.next()
	second := p.Run(load.RunDone)
	p.equalsNow(today - 7)
	if second.Requests*2 > first.Requests {
		t.Errorf("%d requests with spans of both streams, %d by days", second.Requests, first.Requests)
	}
	if n := p.Number(`SELECT count(*) FROM pushloss.span_evidence WHERE keys > 0`); n != 2 {
		t.Errorf("evidence of %d streams", n)
	}
	p.verifies()
}

// A long backfill of tasks begins with the evidence for spans. An API whose days do not
// add up gives none.
func TestALongBackfillBeginsWithTheEvidenceForSpans(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		faults     string
		withSentAt bool
		tasks      int
		most       int64 // requests
		bySpans    bool
	}{
		{"late:days=1", false, 40, 28 * (1 + 40/5) * 3 / 4, true},
		{"late:days=1", true, 100, 300, true}, // 588 by days
		// What conformance asks of answers and errors holds for spans too.
		{"err-code-number count-string null-arrays unknown-fields shuffled trailing-comma comments duplicate-rows task-id-case unknown-platform gzip", false, 40, 28 * (1 + 40/5) * 3 / 4, true},
		{"http-502-html:every=31 code=90102:every=41 truncated:every=53 not-json:every=61", false, 40, 28 * (1 + 40/5), true},
		{"week-differs", false, 40, 28*(1+40/5) + 30, false},
		{"span-refused", false, 40, 28*(1+40/5) + 30, false},
	} {
		t.Run(fmt.Sprintf("%s sent_at=%t", test.faults, test.withSentAt), func(t *testing.T) {
			t.Parallel()
			w, ids := sparse(t, test.tasks, 28, test.withSentAt, strings.Fields(test.faults)...)
			report := w.backfillAsPlanned(today-28, today-1)
			w.EqualsTruth(today-28, today-1, ids...)
			if (report.WindowsBySpan > 0) != test.bySpans {
				t.Errorf("%d windows by spans", report.WindowsBySpan)
			}
			if report.Requests > test.most {
				t.Errorf("%d requests, want %d at most", report.Requests, test.most)
			}
			w.verifies()
		})
	}
}

// K6: a task whose every request is refused like the whole app costs the other tasks of its spans
// nothing.
func TestATaskThatIsRefusedInSpansFailsAlone(t *testing.T) {
	t.Parallel()
	w, ids := sparse(t, 40, 28, false)
	const bad = 7
	w.API.Faults("code=90009:task=" + ids[bad])
	report := w.backfill(today-28, today-1, load.RunPartial)
	w.EqualsTruth(today-28, today-1, slices.Delete(slices.Clone(ids), bad, bad+1)...)
	if app := report.Apps[0]; app.WindowsBySpan == 0 || app.State != pipeline.AppPartial || !strings.Contains(app.Hint, "tasks retire "+ids[bad]) {
		t.Errorf("the app's report is %+v", app)
	}
}

// Of the spans that proved something, every day of the sample's is requested by itself.
func TestEachSampledSpanIsCheckedByAllItsDays(t *testing.T) {
	t.Parallel()
	w, _ := sparse(t, 100, 28, false)
	report := w.backfill(today-28, today-1, load.RunDone)
	if windows := w.Number(`SELECT count(*) FROM pushloss.ledger`); report.Windows != int64(windows) {
		t.Errorf("the report counts %d windows of %d", report.Windows, windows)
	}
	// A task that was proven for all days of a span, and days of it requested afterwards.
	const proofs = `
		WITH proof AS (
			SELECT p.pull_id, p.day - p.first_day + 1 AS days, count(d.pull_id) AS asked
			FROM pushloss.pull AS p
			CROSS JOIN unnest(p.proven_task_ids, p.proven_first_days, p.proven_last_days) AS g (task_id, first_day, last_day)
			LEFT JOIN pushloss.pull AS d ON d.first_day IS NULL AND d.pull_id > p.pull_id
				AND g.task_id = ANY(d.task_ids) AND d.day BETWEEN p.first_day AND p.day
			WHERE p.first_day IS NOT NULL AND g.first_day = p.first_day AND g.last_day = p.day
			GROUP BY p.pull_id, p.first_day, p.day, g.task_id
		) SELECT count(DISTINCT pull_id) FROM proof WHERE `
	spans, checked, partly := w.Number(proofs+`true`), w.Number(proofs+`asked >= days`), w.Number(proofs+`asked BETWEEN 1 AND days - 1`)
	if spans < 50 || checked < spans*2/100 || partly > 0 {
		t.Errorf("of %d spans %d are checked by all their days, and %d by some", spans, checked, partly)
	}
}

func TestAnAPIWhoseDaysDoNotAddUpGivesNoEvidence(t *testing.T) {
	t.Parallel()
	p := newSending(t, 2, "week-differs")
	p.send(today-35, today)
	p.Run(load.RunDone)
	p.next()
	if report := p.Run(load.RunDone); report.WindowsBySpan > 0 {
		t.Errorf("spans were used: %+v", report.Totals)
	}
	p.equalsNow(today - 7)
}

// An API that no longer accepts windows of several days costs a few calls, and not one for each
// span.
func TestAnAPIThatRefusesSpansIsAskedByDays(t *testing.T) {
	t.Parallel()
	p := newSending(t, 3)
	p.send(today-35, today)
	p.Run(load.RunDone)
	p.agree()
	p.next()
	p.Settings.Spans = false
	byDays := p.Run(load.RunDone)
	p.Settings.Spans = true
	p.API.Faults("late:days=1", "restates=0.01:days=3", "span-refused")
	p.next()
	report := p.Run(load.RunDone)
	p.equalsNow(today - 7)
	if report.Requests > byDays.Requests+10 || report.WindowsBySpan > 0 {
		t.Errorf("%d requests, %d by days; %d windows by spans", report.Requests, byDays.Requests, report.WindowsBySpan)
	}
	p.verifies()
}

// Windows that a wrong span opened are pulled again, of every stream and however old.
func TestWindowsThatAWrongSpanOpenedAreAllPulledAgain(t *testing.T) {
	t.Parallel()
	p := newSending(t, 2)
	p.Settings.Streams = []stream.Stream{stream.Loss, stream.Statistics}
	p.spansAlways = true
	p.send(today-24, today)
	p.Run(load.RunDone)
	p.next()
	p.Run(load.RunDone)
	p.backfill(today-20, today-10, load.RunDone)
	if n := p.Number(`SELECT count(DISTINCT stream_id) FROM pushloss.ledger WHERE day < $1 AND proven_at IS NOT NULL`, (today - 10).UTC()); n != 2 {
		t.Fatalf("spans proved old windows of %d streams", n)
	}
	p.API.Faults("late:days=1", "restates=0.01:days=3", "span-drops")
	for range 3 {
		p.next()
		p.Run(load.RunDone)
	}
	if n := p.Number(`SELECT count(*) FROM pushloss.span_disagreement`); n != 2 {
		t.Errorf("%d disagreements, want one of each stream", n)
	}
	if n := p.Number(`SELECT count(*) FROM pushloss.ledger WHERE opened_at IS NOT NULL OR state = 'open'`); n > 0 {
		t.Errorf("%d windows stay open", n)
	}
	p.equalsNow(calendar.DayOf(p.Now, time.UTC) - 8)
	p.verifies()
}

// A long backfill that is stopped while it gathers the evidence for spans gives the same reason as
// any other. An API that refuses everything, or is away, costs a few calls.
func TestABackfillThatIsStoppedAmongItsEvidenceSaysWhy(t *testing.T) {
	t.Parallel()
	// While a change among the days is made, eleven other workers may wait with an answer.
	// Then four make a request.
	const beforeAndMeanwhile, asking = 3 + 11, 4
	for _, test := range []struct {
		name  string
		after int // requests before the change
		// change ends the API's answers, or the job.
		change func(w *fixture, cancel func())
		state  pipeline.AppState
		says   string
		most   int64 // calls
	}{
		{"wrong key", 0, func(w *fixture, _ func()) { w.Apps[0].Account.SecretKey = secret.New("wrong") }, pipeline.AppRefused, "70009", 2},
		{"refused key after the look", 1, func(w *fixture, _ func()) { w.API.Faults("code=70009") }, pipeline.AppRefused, "70009", 2},
		{"refused key among the days", 3, func(w *fixture, _ func()) { w.API.Faults("code=70009") }, pipeline.AppRefused, "70009", beforeAndMeanwhile + asking},
		{"outage", 0, func(w *fixture, _ func()) { w.API.Faults("http-500") }, pipeline.AppUnreachable, "3 requests in a row", 5 + 3*5},
		{"outage after the look", 1, func(w *fixture, _ func()) { w.API.Faults("http-500") }, pipeline.AppUnreachable, "3 requests in a row", 1 + 3*(5+1)},                         // and, for each, whether others are answered
		{"outage among the days", 3, func(w *fixture, _ func()) { w.API.Faults("http-500") }, pipeline.AppUnreachable, "requests in a row", beforeAndMeanwhile + asking*(5+1+5+5)}, // each of their requests and, once each, its tasks,
		{"cancelled after the look", 1, func(_ *fixture, cancel func()) { cancel() }, pipeline.AppInterrupted, "interrupted", 1},
		{"cancelled among the days", 3, func(_ *fixture, cancel func()) { cancel() }, pipeline.AppInterrupted, "interrupted", beforeAndMeanwhile},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, ids := sparse(t, 10, 14, false)
			w.Settings.Streams = []stream.Stream{stream.Loss, stream.Statistics}
			w.spansAlways = true
			key := w.Apps[0].Account.SecretKey
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			change := func() { test.change(w, cancel) }
			if test.after == 0 {
				change()
			}
			request := pipeline.BackfillRequest{From: today - 14, To: today - 1, Reprocess: pipeline.Missing}
			report, err := w.Jobs(at(test.after, change)).Backfill(ctx, request, nil)
			if err != nil {
				t.Fatal(err)
			}
			app := report.Apps[0]
			if app.State != test.state || app.Hint == "" || !strings.Contains(app.Problem, test.says) || app.Err() == nil {
				t.Errorf("%+v", app)
			}
			if report.Requests > test.most {
				t.Errorf("%d calls, want %d at most", report.Requests, test.most)
			}
			w.Apps[0].Account.SecretKey = key
			w.API.Faults()
			w.Now = w.Now.Add(time.Minute)
			w.Backfill(request, load.RunDone)
			w.EqualsTruth(today-14, today-1, ids...)
		})
	}
}

// Calls that fail from time to time do not prevent a long backfill from using spans.
func TestFailingCallsDoNotKeepALongBackfillFromItsSpans(t *testing.T) {
	t.Parallel()
	for _, every := range []int{9, 17} {
		t.Run(fmt.Sprint(every), func(t *testing.T) {
			t.Parallel()
			w, ids := sparse(t, 20, 14, false, fmt.Sprintf("http-502-html:every=%d", every))
			w.spansAlways = true
			report := w.backfill(today-14, today-1, load.RunDone)
			if report.WindowsBySpan == 0 {
				t.Errorf("no spans were used: %+v", report.Totals)
			}
			w.EqualsTruth(today-14, today-1, ids...)
		})
	}
}
