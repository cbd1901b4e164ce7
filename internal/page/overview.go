package page

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// form has the possible choices, and those that the reader made.
type form struct {
	Apps   []app
	Tasks  []task
	Stages []stage
	Given  map[string]string
}

// Chosen reports whether the reader asks for the app.
func (f form) Chosen(sdkAppID int64) bool { return f.Given["app"] == strconv.FormatInt(sdkAppID, 10) }

// overview is everything that the page shows.
type overview struct {
	Form      form
	Selection selection
	Steps     steps
	Freshness freshness
	Begun     bool // a run or a backfill has loaded something of the app
	Behind    int  // days without figures after the newest day with some
	Loss      lossTable
	// Jumps are the losses of the whole app that stand out.
	Jumps     []load.Jump
	Before    period // as many days before the first day
	Chart     chart
	Channels  []channelLoss
	Codes     []codeLoss
	Worst     []taskLoss
	TasksLate bool // reading Worst takes too long
	Months    []month
	Legend    []state
	Troubles  []trouble
	More      int // troubles that are not listed
	// Unanswered are the app's tasks that never were in an answer.
	Unanswered load.Unanswered
	Tasks      []registered
	Runs       []run
	words      words
	most       rows
}

// rows is how many rows a table has at most: those with the most losses.
type rows struct{ Codes, Tasks int }

// The page shows the first rows. A sheet has all, up to a number that bounds the memory.
const (
	shownCodes = 10
	shownTasks = 20
	sheetRows  = 50_000
)

var shownRows = rows{shownCodes, shownTasks}

// Change is how much more or less was lost than on as many days before, in percent. It is empty if
// there is nothing to compare, or if a day is not known.
func (o overview) Change() string {
	if o.Before.Total.Lost == 0 || o.Before.Gaps() || o.Loss.All.Gaps() {
		return ""
	}
	return o.words.percents(fmt.Sprintf("%+.1f %%", 100*(o.Loss.All.Total.Lost/o.Before.Total.Lost-1)))
}

// read calls f with one state of the database. It waits for the request's turn.
func (s *site) read(r *http.Request, f func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return s.db.Read(ctx, statementTimeout, func(tx pgx.Tx) error { return f(ctx, tx) })
}

// overview answers with the page.
func (s *site) overview(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, shownRows, func(view overview) { show(w, r, http.StatusOK, "overview", view) })
}

// answer reads what the address asks for and passes it to present, or says what is wrong.
func (s *site) answer(w http.ResponseWriter, r *http.Request, most rows, present func(overview)) {
	asked, err := parseRequest(r.URL.RawQuery)
	view := overview{words: wordsOf(r), most: most, Form: form{Given: asked.given}}
	readErr := s.read(r, func(ctx context.Context, tx pgx.Tx) error {
		var readErr error
		if view.Form.Apps, readErr = readApps(ctx, tx); readErr != nil || len(view.Form.Apps) == 0 {
			return readErr
		}
		if view.Form.Stages, readErr = readStages(ctx, tx); readErr != nil || err != nil {
			return readErr
		}
		return s.fill(ctx, tx, asked, &view)
	})
	if readErr != nil {
		err = readErr
	}
	switch {
	case err != nil:
		s.refuse(w, r, err, view.Form)
	case len(view.Form.Apps) == 0:
		sayMessage(w, r, http.StatusOK, "say.empty", "say.empty.text")
	default:
		present(view)
	}
}

func (s *site) fill(ctx context.Context, tx pgx.Tx, asked request, view *overview) (err error) {
	if view.Selection, err = asked.choose(ctx, tx, view.Form.Apps); err != nil {
		return err
	}
	chosen := &view.Selection
	if view.Form.Tasks, err = readTasks(ctx, tx, chosen.App.ID); err != nil {
		return err
	}
	now := s.opts.Now()
	windows, err := readWindows(ctx, tx, *chosen, now, s.opts.Grace)
	if err != nil {
		return err
	}
	view.Freshness = freshnessOf(windows)
	view.Begun = chosen.App.HasRun || len(windows) > 0 // by a backfill
	yesterday := calendar.DayOf(now, chosen.App.location()) - 1
	newest := yesterday
	if n := len(windows); n > 0 { // a task's days end
		newest = min(windows[n-1].Day, yesterday)
	}
	if view.Freshness.Newest != nil {
		view.Behind = int(newest - *view.Freshness.Newest)
	}
	if chosen.From, chosen.To, err = asked.days(newest); err != nil {
		return err
	}
	view.Steps = chosen.steps(newest)
	view.Form.Given = map[string]string{"app": strconv.FormatInt(chosen.App.ID, 10)}
	for name, values := range chosen.Query() {
		view.Form.Given[name] = values[0]
	}
	if err = view.readLosses(ctx, tx, s.opts.TasksTimeout, windows); err != nil {
		return err
	}
	if chosen.Task == "" {
		if view.Jumps, err = readJumps(ctx, tx, *chosen); err != nil {
			return err
		}
	}
	view.Months = calendarOf(view.words, *chosen, windows)
	view.Legend = legendOf(view.Months)
	if view.Troubles, view.More, err = readTroubles(ctx, tx, *chosen, now, s.opts.Grace); err != nil {
		return err
	}
	unanswered, err := load.ReadUnanswered(ctx, tx, now)
	if err != nil {
		return err
	}
	view.Unanswered = unanswered[chosen.App.ID]
	if view.Tasks, err = readRegistered(ctx, tx, *chosen); err != nil {
		return err
	}
	view.Runs, err = readRuns(ctx, tx)
	return err
}

// readLosses reads all figures of the selection.
func (o *overview) readLosses(ctx context.Context, tx pgx.Tx, limit time.Duration, windows []window) error {
	chosen, before := o.Selection, o.Selection.before()
	channels, err := readChannels(ctx, tx, chosen)
	if err != nil {
		return err
	}
	figures, err := readFigures(ctx, tx, chosen)
	if err != nil {
		return err
	}
	o.Loss = tableOf(chosen, o.Form.Stages, figures, channels, windows)
	o.Chart = chartOf(o.words, o.Loss)
	o.Channels = channelsOf(channels)
	if figures, err = readFigures(ctx, tx, before); err != nil {
		return err
	}
	o.Before = tableOf(before, o.Form.Stages, figures, nil, windows).All
	if o.Codes, err = readTopCodes(ctx, tx, o.words, chosen, o.Channels, o.most.Codes); err != nil {
		return err
	}
	if o.Worst, o.TasksLate, err = readWorstWithin(ctx, tx, limit, chosen, o.Loss.Stages, o.most.Tasks); err != nil {
		return err
	}
	o.Channels = slices.DeleteFunc(o.Channels, func(c channelLoss) bool { return c.Lost == 0 })
	return nil
}

// refusal is a page about wrong parameters.
type refusal struct {
	Form     form
	Problems problems
}

// refuse answers a request that asks for something that cannot be shown.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, err error, form form) {
	var wrong problems
	if !errors.As(err, &wrong) {
		s.fail(w, r, err)
		return
	}
	show(w, r, http.StatusBadRequest, "refusal", refusal{form, wrong})
}
