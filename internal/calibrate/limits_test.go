package calibrate_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/calibrate"
	"pushloss/internal/stream"
	"pushloss/transform"
)

// askFunc is a service made of another one.
type askFunc func(ctx context.Context, window calendar.Window, tasks []string) ([]transform.Snapshot, error)

func (f askFunc) Ask(ctx context.Context, window calendar.Window, tasks []string) ([]transform.Snapshot, error) {
	return f(ctx, window, tasks)
}

// rounded makes the service one that keeps its figures by a grain.
func (w *world) rounded(grain time.Duration, start, end func(t time.Time, grain time.Duration) time.Time) {
	plain := w.asker
	w.asker = askFunc(func(ctx context.Context, window calendar.Window, tasks []string) ([]transform.Snapshot, error) {
		window = calendar.Window{Start: start(window.Start, grain), End: end(window.End, grain)}
		if !window.Start.Before(window.End) {
			return nil, nil
		}
		return plain.Ask(ctx, window, tasks)
	})
}

func up(t time.Time, grain time.Duration) time.Time {
	if down := t.Truncate(grain); down.Before(t) {
		return down.Add(grain)
	}
	return t
}

func down(t time.Time, grain time.Duration) time.Time { return t.Truncate(grain) }

// Behaviour that no question expects stays unknown, with the evidence.
func TestUnforeseenServicesStayUnknown(t *testing.T) {
	t.Parallel()
	type expectation struct {
		state  calibrate.State
		answer string
		says   string
	}
	unknown := func(says string) expectation { return expectation{calibrate.Unknown, "", says} }
	for _, test := range []struct {
		name    string
		change  func(w *world)
		days    expectation
		end     expectation
		adds    expectation
		minimum int // requests: it went on
	}{
		{"figures by the hour", func(w *world) { w.rounded(time.Hour, up, up) },
			expectation{calibrate.Measured, "the service cuts no days", "full hours"}, expectation{calibrate.Measured, "exclusive", ""}, expectation{calibrate.Measured, "yes", ""}, 20},
		{"figures by the minute", func(w *world) { w.rounded(time.Minute, up, up) },
			expectation{calibrate.Measured, "the service cuts no days", "full minutes"}, expectation{calibrate.Measured, "exclusive", ""}, expectation{calibrate.Measured, "yes", ""}, 20},
		{"hours that are touched", func(w *world) { w.rounded(time.Hour, down, up) },
			expectation{calibrate.Measured, "the service cuts no days", ""}, unknown("contradict"), expectation{calibrate.Measured, "yes", ""}, 20},
		{"only days that are wholly in the window", func(w *world) {
			w.settings.Location = time.UTC
			w.rounded(24*time.Hour, up, down)
		},
			unknown("windows that begin there do not have them"), unknown("how figures grow"), expectation{calibrate.Measured, "yes", ""}, 20},
		{"windows shorter than a day are refused", func(w *world) {
			plain := w.asker
			w.asker = askFunc(func(ctx context.Context, window calendar.Window, tasks []string) ([]transform.Snapshot, error) {
				if window.End.Sub(window.Start) < 23*time.Hour {
					return nil, &extract.Error{Class: extract.BadRequest, Code: 90100, Info: "whole days only"}
				}
				return plain.Ask(ctx, window, tasks)
			})
		}, unknown("whole days only"), unknown("how figures grow"), expectation{calibrate.Measured, "yes", ""}, 15},
		{"figures change meanwhile", func(w *world) {
			plain := w.asker
			w.asker = askFunc(func(ctx context.Context, window calendar.Window, tasks []string) ([]transform.Snapshot, error) {
				snapshots, err := plain.Ask(ctx, window, tasks)
				if w.asked >= 20 && len(snapshots) > 0 && len(snapshots[0].Facts) > 0 {
					snapshots[0].Facts[0].Count++
				}
				return snapshots, err
			})
		}, unknown("figures changed while they were asked for"), unknown("figures changed while they were asked for"), unknown("figures changed while they were asked for"), 25},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, rows(150))
			test.change(w)
			report := w.measure()
			for question, want := range map[calibrate.Question]expectation{
				calibrate.DayCutting: test.days, calibrate.WindowEnd: test.end, calibrate.AddingUp: test.adds,
			} {
				f := finding(t, report, question)
				if f.State != want.state || f.Answer != want.answer || !strings.Contains(f.Detail, want.says) {
					t.Errorf("%+v, want %+v", f, want)
				}
				if f.State == calibrate.Unknown && f.ToTell == "" {
					t.Errorf("%s: nothing says how to find out", question)
				}
			}
			if report.Requests < test.minimum {
				t.Errorf("it gave up after %d requests", report.Requests)
			}
		})
	}
}

func TestWithoutLossesEverythingIsUnknownAndNothingIsRecommended(t *testing.T) {
	t.Parallel()
	w := setup(t, withFaults(t, "empty"))
	w.opts.Tasks = []string{"t1", "t2", "t3", "t4", "t5", "t6"}
	report := w.measure()
	for _, f := range report.Findings {
		if f.State != calibrate.Unknown || f.ToTell == "" {
			t.Errorf("%+v", f)
		}
	}
	for _, r := range report.Recommendations {
		if r.Differs {
			t.Errorf("%+v", r)
		}
	}
	if report.Requests != 18 || len(report.Tasks) != 0 { // six days of the app and of two batches
		t.Errorf("%d requests, of %v", report.Requests, report.Tasks)
	}
}

func TestTasksAreMeasuredByWhereTheWholeAppLostNothing(t *testing.T) {
	t.Parallel()
	for _, faults := range []string{"forget-after=1s:task=overall", "forget-after=1s:task=overall end-inclusive day-figures=UTC"} {
		w := setup(t, rows(1), withFaults(t, strings.Fields(faults)...))
		w.opts.Tasks = []string{"unknown-1", "t1"}
		report := w.measure()
		if strings.Join(report.Tasks, " ") != "unknown-1 t1" {
			t.Errorf("measured by %q", report.Tasks)
		}
		for _, question := range []calibrate.Question{calibrate.DayCutting, calibrate.WindowEnd, calibrate.AddingUp, calibrate.APIMemory} {
			if f := finding(t, report, question); f.State != calibrate.Measured {
				t.Errorf("%+v", f)
			}
		}
	}
}

func TestADayMayBeNamed(t *testing.T) {
	t.Parallel()
	w := setup(t, rows(24), withFaults(t, "day-figures=Asia/Shanghai"))
	named := day(t, "2025-02-10")
	w.opts.Day = &named
	f := finding(t, w.measure(), calibrate.DayCutting)
	if f.State != calibrate.Measured || !strings.Contains(f.Detail, "2025-02-09 16:00 UTC") {
		t.Errorf("%+v", f)
	}
	w = setup(t, rows(24), withFaults(t, "forget-after=7d"))
	w.opts.Day = &named
	f = finding(t, w.measure(), calibrate.DayCutting)
	if f.State != calibrate.Unknown || !strings.Contains(f.Detail, "no losses of 2025-02-10") {
		t.Errorf("%+v", f)
	}
}

// A failure that ends the measurement keeps what was found before.
func TestAFailureInTheMiddleLeavesWhatWasFound(t *testing.T) {
	t.Parallel()
	refused := &extract.Error{Class: extract.Operator, Code: 60021}
	down := &extract.Error{Class: extract.Transient, HTTPStatus: 502}
	database := errors.New("the database is gone")
	for _, test := range []struct {
		name  string
		after int // requests
		err   error
		found []calibrate.Question
		says  string
	}{
		{"the first call is refused", 0, refused, nil, "60021"},
		{"a refusal when single seconds are requested", 12, refused, []calibrate.Question{calibrate.DayCutting}, "60021"},
		{"the API fails when older days are requested", 42, down, []calibrate.Question{calibrate.DayCutting, calibrate.WindowEnd, calibrate.AddingUp}, "HTTP 502"},
		{"interrupted", 20, context.Canceled, []calibrate.Question{calibrate.DayCutting}, "interrupted"},
		{"interrupted later", 42, context.Canceled, []calibrate.Question{calibrate.DayCutting, calibrate.WindowEnd, calibrate.AddingUp}, "interrupted"},
		{"the database", 0, database, nil, "the database is gone"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, rows(600))
			plain := w.asker
			if test.err == database {
				w.history.err = database
			} else {
				w.asker = askFunc(func(ctx context.Context, window calendar.Window, tasks []string) ([]transform.Snapshot, error) {
					if w.asked >= test.after {
						return nil, test.err
					}
					return plain.Ask(ctx, window, tasks)
				})
			}
			report, err := w.try(t.Context())
			if !errors.Is(err, test.err) || !strings.Contains(report.Problem, test.says) {
				t.Errorf("%v, reported as %q", err, report.Problem)
			}
			var found []calibrate.Question
			for _, f := range report.Findings {
				if f.State == calibrate.Measured {
					found = append(found, f.Question)
				}
			}
			if len(report.Findings) != 5 || len(found) != len(test.found) {
				t.Errorf("found %v, want %v", found, test.found)
			}
			if len(report.Recommendations) != 4 {
				t.Errorf("%+v", report.Recommendations)
			}
		})
	}
}

func TestTheRequestsAreBounded(t *testing.T) {
	t.Parallel()
	// Noise: every answer is another.
	w := setup(t)
	made := int64(0)
	w.asker = askFunc(func(context.Context, calendar.Window, []string) ([]transform.Snapshot, error) {
		made++
		return []transform.Snapshot{{Facts: []transform.Fact{{Key: transform.Key{Stage: stream.ReadyToSend, Code: "1"}, Count: made}}}}, nil
	})
	report := w.measure()
	if report.Requests != int(made) || made > calibrate.MostRequests {
		t.Errorf("%d requests were made, %d are reported", made, report.Requests)
	}
	for _, question := range []calibrate.Question{calibrate.DayCutting, calibrate.WindowEnd, calibrate.AddingUp} {
		if f := finding(t, report, question); f.State != calibrate.Unknown {
			t.Errorf("%+v", f)
		}
	}
}
