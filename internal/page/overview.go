package page

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/load"
)

// form has the reader's choices, and what was chosen.
type form struct {
	Apps  []app
	Tasks []task
	Given map[string]string
}

// Chosen reports whether an app is the one that is asked for.
func (f form) Chosen(sdkAppID int64) bool { return f.Given["app"] == strconv.FormatInt(sdkAppID, 10) }

// overview is all that the page shows.
type overview struct {
	Form      form
	Selection selection
	Freshness freshness
	Behind    int     // days without figures after the newest that has some
	Total     float64 // of the stages, which is the total everywhere
	Loss      lossTable
	Codes     []codeLoss
	Weeks     []week
	Legend    []state
	Troubles  []trouble
	More      int // troubles that are not listed
	// Unanswered are the app's tasks that were never in an answer.
	Unanswered load.Unanswered
	Tasks      []registered
	Runs       []run
}

// NothingKnown reports whether neither count has anything of the days.
func (o overview) NothingKnown() bool { return o.Loss.AllUnknown() && o.Total == 0 }

// read calls f with the database as it is, in this request's turn.
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
	asked, err := parseRequest(r.URL.RawQuery)
	view := overview{Form: form{Given: asked.given}}
	readErr := s.read(r, func(ctx context.Context, tx pgx.Tx) error {
		var readErr error
		if view.Form.Apps, readErr = readApps(ctx, tx); readErr != nil || err != nil || len(view.Form.Apps) == 0 {
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
		sayMessage(w, http.StatusOK, "There are no figures yet", "They come with the first run. “pushloss status” shows the state.")
	default:
		show(w, http.StatusOK, "overview", view)
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
	yesterday := calendar.DayOf(now, chosen.App.location()) - 1
	newest := yesterday
	if n := len(windows); n > 0 { // a task's days end some time
		newest = min(windows[n-1].Day, yesterday)
	}
	if view.Freshness.Newest != nil {
		view.Behind = int(newest - *view.Freshness.Newest)
	}
	if chosen.From, chosen.To, err = asked.days(newest); err != nil {
		return err
	}
	view.Form.Given = map[string]string{
		"app": strconv.FormatInt(chosen.App.ID, 10), "task": chosen.Task, "from": chosen.From.String(), "to": chosen.To.String(),
	}
	losses, err := readLossByPlatform(ctx, tx, *chosen)
	if err != nil {
		return err
	}
	view.Loss = tableOf(*chosen, losses, windows)
	if view.Total, err = readTotal(ctx, tx, *chosen); err != nil {
		return err
	}
	if view.Codes, err = readTopCodes(ctx, tx, *chosen); err != nil {
		return err
	}
	view.Weeks = calendarOf(chosen.From, chosen.To, windows)
	view.Legend = legendOf(view.Weeks)
	if view.Troubles, view.More, err = readTroubles(ctx, tx, *chosen, now, s.opts.Grace); err != nil {
		return err
	}
	unanswered, err := load.ReadUnanswered(ctx, tx, now)
	if err != nil {
		return err
	}
	for _, u := range unanswered {
		if u.SDKAppID == chosen.App.ID {
			view.Unanswered = u
		}
	}
	if view.Tasks, err = readRegistered(ctx, tx, *chosen); err != nil {
		return err
	}
	view.Runs, err = readRuns(ctx, tx)
	return err
}

// refusal is a page that says which parameters are wrong.
type refusal struct {
	Form     form
	Problems problems
}

// refuse answers a request for something that cannot be shown.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, err error, form form) {
	var wrong problems
	if !errors.As(err, &wrong) {
		s.fail(w, r, err)
		return
	}
	show(w, http.StatusBadRequest, "refusal", refusal{form, wrong})
}
