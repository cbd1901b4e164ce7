package calibrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pushloss/internal/calendar"
	"pushloss/transform"
)

// History is what the database has about an app; Stored implements it. The empty task is the whole
// app.
type History interface {
	DayHistories(ctx context.Context, sdkAppID int64, tasks []string) ([]DayHistory, error)
	CountChanges(ctx context.Context, sdkAppID int64) ([]CountChange, error)
	KeptFacts(ctx context.Context, sdkAppID int64, tasks []string, first, last calendar.Day) (map[calendar.Day][]transform.Snapshot, error)
}

// Options are the optional parts of a measurement.
type Options struct {
	// Day is the day to measure on; nil lets Measure choose one.
	Day *calendar.Day
	// Tasks are used if the whole app lost nothing, the first ones first.
	Tasks []string
	// OnRequest is called for every request made, with the start of its window.
	OnRequest func(made int, at time.Time)
}

// measurement is one measurement of one app.
type measurement struct {
	prober
	settings Settings
	history  History
	now      time.Time
	opts     Options
	findings []*Finding

	// days are the answers for days, requested as the jobs do.
	days map[calendar.Day]figures
	// pulls are the stored days. There are none if they were cut at otherMidnights.
	pulls          map[calendar.Day]DayHistory
	otherMidnights bool

	cut    cutting
	memory memory
	late   measuredLateness
}

// Measure finds out what it can. The report is useful even with an error, which says what ended the
// measurement: a refusal by the API, the database, or the end of ctx.
func Measure(ctx context.Context, api Asker, history History, settings Settings, now time.Time, opts Options) (Report, error) {
	m := &measurement{
		prober:   prober{api: api, location: settings.Location, onRequest: opts.OnRequest},
		settings: settings, history: history, now: now, opts: opts,
	}
	for _, question := range []Question{DayCutting, WindowEnd, AddingUp, APIMemory, Lateness} {
		f := &Finding{Question: question, Evidence: []Evidence{}}
		f.unknown("the measurement ended before this question", "calibrate again")
		m.findings = append(m.findings, f)
	}
	err := m.run(ctx)
	report := Report{
		SDKAppID: settings.SDKAppID, Timezone: settings.Location.String(), Tasks: append([]string{}, m.tasks...),
		Requests: m.made, Recommendations: m.recommend(),
	}
	for _, f := range m.findings {
		report.Findings = append(report.Findings, *f)
	}
	switch {
	case errors.Is(err, context.Canceled):
		report.Problem = "interrupted"
	case err != nil:
		report.Problem = err.Error()
	}
	return report, err
}

func (m *measurement) run(ctx context.Context) error {
	if err := m.lookAround(ctx); err != nil {
		return err
	}
	if err := m.readHistory(ctx); err != nil {
		return err
	}
	steps := []func(context.Context) error{m.dayCutting, m.windowEnd, m.addingUp, m.apiMemory, m.lateFigures}
	if len(m.lossy()) == 0 {
		m.nothingLost()
		steps = []func(context.Context) error{m.lateFigures}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (m *measurement) finding(question Question) *Finding {
	i := slices.IndexFunc(m.findings, func(f *Finding) bool { return f.Question == question })
	return m.findings[i]
}

func (m *measurement) nothingLost() {
	for _, question := range []Question{DayCutting, WindowEnd, AddingUp, APIMemory} {
		m.finding(question).unknown(
			fmt.Sprintf("the API reports no losses of the last %d days, neither of the whole app nor of the newest tasks", daysLookedAt),
			"calibrate once pushes were lost, or name a day with losses by --day")
	}
}

// asked returns the tasks that are measured, as the database names them.
func (m *measurement) asked() []string {
	if len(m.tasks) == 0 {
		return []string{""}
	}
	return m.tasks
}

// readHistory reads when days were pulled. It ignores days that were cut at other midnights, which
// cannot be compared.
func (m *measurement) readHistory(ctx context.Context) error {
	histories, err := m.history.DayHistories(ctx, m.settings.SDKAppID, m.asked())
	if err != nil {
		return err
	}
	m.pulls = make(map[calendar.Day]DayHistory, len(histories))
	stored := m.settings.StoredTimezone
	if m.otherMidnights = len(histories) > 0 && stored != "" && stored != m.settings.Location.String(); m.otherMidnights {
		return nil
	}
	for _, h := range histories {
		m.pulls[h.Day] = h
	}
	return nil
}
