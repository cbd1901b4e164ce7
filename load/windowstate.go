package load

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/internal/rounds"
	"pushloss/internal/stream"
)

// WindowState is what a plan needs of the ledger's row for a window. The zero value stands for a
// window that is not in the ledger. A week of 100,000 tasks has 700,000 windows, so a state takes only
// 24 bytes.
type WindowState struct {
	pulled  int64 // in microseconds since 1970, the precision of the database
	taskKey int32
	day     calendar.Day
	stream  stream.Stream
	state   uint8 // an index of knownStates
	settled uint8 // an index of knownReasons

	Figures   bool // the last answer that was loaded had rows
	Rejects   bool // some of its rows could not be understood
	Confirmed bool // a trusted answer ever loaded or proved the window
}

// knownStates and knownReasons begin with those of the zero value.
var (
	knownStates  = [...]State{StateOpen, StateLoaded, StateEmpty, StateAbsent, StateUnproven, StateUnavailable, StateFailed}
	knownReasons = [...]SettledReason{NotSettled, ByLookback, ByAPIMemory, ByRetiring}
)

// NewWindowState returns the state of a window that was last pulled at a time. It fails if the state
// or the reason is unknown.
func NewWindowState(of WindowRef, state State, settled SettledReason, pulledAt time.Time) (w WindowState, err error) {
	w = WindowState{pulled: pulledAt.UnixMicro(), taskKey: of.TaskKey, day: of.Day, stream: of.Stream}
	return w, w.set(string(state), string(settled))
}

// set sets the state and the reason from their texts. It keeps neither text.
func (w *WindowState) set(state, settled string) error {
	at, why := slices.Index(knownStates[:], State(state)), slices.Index(knownReasons[:], SettledReason(settled))
	if at < 0 || why < 0 {
		return fmt.Errorf("the state %q or the reason %q is unknown", strings.Clone(state), strings.Clone(settled))
	}
	w.state, w.settled = uint8(at), uint8(why)
	return nil
}

// Ref returns which window it is.
func (w WindowState) Ref() WindowRef { return WindowRef{w.stream, w.day, w.taskKey} }

// State returns the result of the last pull.
func (w WindowState) State() State { return knownStates[w.state] }

// Settled returns why the window is final.
func (w WindowState) Settled() SettledReason { return knownReasons[w.settled] }

// PulledAt returns when the window was last pulled.
func (w WindowState) PulledAt() time.Time { return time.UnixMicro(w.pulled) }

// Loaded reports whether the stored figures are those of an answer.
func (w WindowState) Loaded() bool { return w.State() == StateLoaded || w.State() == StateEmpty }

// WindowStates are the states of windows of one app, in the order of their WindowRef.
type WindowStates []WindowState

// SortWindowStates sorts a list, so that Of finds windows in it.
func SortWindowStates(list []WindowState) WindowStates {
	slices.SortFunc(list, func(a, b WindowState) int { return compareRefs(a.Ref(), b.Ref()) })
	return list
}

// Of returns the state of a window; nil if it is not in the ledger.
func (w WindowStates) Of(window WindowRef) *WindowState {
	at, found := slices.BinarySearchFunc(w, window, func(one WindowState, ref WindowRef) int { return compareRefs(one.Ref(), ref) })
	if !found {
		return nil
	}
	return &w[at]
}

func compareRefs(a, b WindowRef) int {
	return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.TaskKey, b.TaskKey))
}

const (
	sqlWindowStates = `
		SELECT stream_id, day, task_key, state, coalesce(settled_reason, ''), row_count > 0, reject_count > 0,
			last_trusted_at IS NOT NULL OR proven_at IS NOT NULL, updated_at, sdk_app_id
		FROM pushloss.ledger
		WHERE sdk_app_id = ANY($1::bigint[]) AND day BETWEEN $2 AND $3`
	sqlAppStates  = sqlWindowStates + ` AND task_key = 0`
	sqlTaskStates = sqlWindowStates + ` AND stream_id = $4 AND task_key = $5`
)

// States returns the states of an app's windows of every stream. Both ends are included.
func (l Ledger) States(ctx context.Context, sdkAppID int64, first, last calendar.Day) (WindowStates, error) {
	return askStates(ctx, l.db.reads.states, sdkAppID, first, last)
}

// AppStates is States without the tasks' windows.
func (l Ledger) AppStates(ctx context.Context, sdkAppID int64, first, last calendar.Day) (WindowStates, error) {
	return askStates(ctx, l.db.reads.statesOfApp, sdkAppID, first, last)
}

func askStates(ctx context.Context, from *rounds.Rounds[daysOf, WindowStates], sdkAppID int64, first, last calendar.Day) (WindowStates, error) {
	states, err := from.Ask(ctx, daysOf{sdkAppID, calendar.Span{First: first, Last: last}})
	if err != nil {
		return nil, readLedgerError(sdkAppID, err)
	}
	return states, nil
}

func readLedgerError(sdkAppID int64, err error) error {
	return fmt.Errorf("read the ledger of app %d: %w", sdkAppID, err)
}

// TaskStates returns the states of a task's windows of one stream. Both ends are included.
func (l Ledger) TaskStates(ctx context.Context, sdkAppID int64, of TaskOfStream, days calendar.Span) (WindowStates, error) {
	byApp, err := readStates(ctx, l.db.pool, sqlTaskStates, []int64{sdkAppID}, days.First.UTC(), days.Last.UTC(), of.Stream, of.TaskKey)
	if err != nil {
		return nil, readLedgerError(sdkAppID, err)
	}
	return byApp[sdkAppID], nil
}

// stateQuery returns a function that runs a query for states.
func (l Ledger) stateQuery(sql string) func(context.Context, calendar.Span, []int64) (map[int64]WindowStates, error) {
	return func(ctx context.Context, days calendar.Span, apps []int64) (map[int64]WindowStates, error) {
		return readStates(ctx, l.db.pool, sql, apps, days.First.UTC(), days.Last.UTC())
	}
}

// readStates reads states by app. Unlike postgres.List, it makes no garbage for each row.
func readStates(ctx context.Context, from postgres.Reader, sql string, args ...any) (map[int64]WindowStates, error) {
	rows, err := from.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	byApp := make(map[int64]WindowStates)
	var one WindowState
	var app int64
	var day, pulledAt time.Time
	var state, settled pgtype.DriverBytes
	columns := []any{&one.stream, &day, &one.taskKey, &state, &settled, &one.Figures, &one.Rejects, &one.Confirmed, &pulledAt, &app}
	_, err = pgx.ForEachRow(rows, columns, func() error {
		one.day, one.pulled = calendar.DayOf(day, time.UTC), pulledAt.UnixMicro()
		if err := one.set(string(state), string(settled)); err != nil {
			return err
		}
		byApp[app] = append(byApp[app], one)
		return nil
	})
	for _, list := range byApp {
		SortWindowStates(list)
	}
	return byApp, err
}
