package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/extract"
	"pushloss/internal/config"
	"pushloss/internal/localpg"
	"pushloss/internal/pipeline"
	"pushloss/internal/postgres"
	"pushloss/internal/problem"
	"pushloss/load"
	"pushloss/migrations"
)

func TestEachErrorHasItsExitCode(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, canceledConnect := load.Open(canceled, "postgres://u:p@127.0.0.1:1/none", 1)
	_, refusedConnect := load.Open(t.Context(), "postgres://u:p@127.0.0.1:1/none", 1)
	for _, test := range []struct {
		name string
		err  error
		want problem.Code
	}{
		{"a usage error", &problem.UsageError{Problem: "x"}, 2},
		{"wrong settings", config.Problems{{}}, 2},
		{"a request that makes no sense", &problem.UsageError{}, 2},
		{"another time zone", &load.TimezoneError{}, 2},
		{"a pooler that keeps no locks", fmt.Errorf("open: %w", &postgres.PoolingError{}), 2},
		{"a schema that is not current", &migrations.StateError{}, 3},
		{"a migration that failed", &migrations.FailedError{}, 3},
		{"a key that is lost", migrations.Deviation{}, 3},
		{"an embedded database that does not start", &localpg.Error{}, 3},
		{"a database that refuses the connection", refusedConnect, 3},
		{"a statement that the database refuses", fmt.Errorf("load: %w", &pgconn.PgError{Code: "55000"}), 3},
		{"a lost lock", fmt.Errorf("load: %w", load.ErrLockLost), 3},
		{"a refusal by the API", &extract.Error{Class: extract.Operator}, 4},
		{"a transient failure of the API", &extract.Error{Class: extract.Transient}, 1},
		{"anything else", errors.New("x"), 1},
		{"an interruption", context.Canceled, 130},
		{"an interruption while connecting", canceledConnect, 130},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := exitCode(test.err); got != test.want {
				t.Errorf("exit code %d, want %d: %v", got, test.want, test.err)
			}
		})
	}
}

// An operator's duty comes before a failed window, and an interruption before both.
func TestAJobExitsWithTheCodeOfItsWorstApp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		states []pipeline.AppState
		want   problem.Code
	}{
		{"all done", []pipeline.AppState{pipeline.AppDone, pipeline.AppDone}, 0},
		{"one busy", []pipeline.AppState{pipeline.AppBusy, pipeline.AppDone}, 0},
		{"one partial", []pipeline.AppState{pipeline.AppPartial, pipeline.AppDone}, 1},
		{"one unreachable", []pipeline.AppState{pipeline.AppDone, pipeline.AppUnreachable}, 1},
		{"one refused, one partial", []pipeline.AppState{pipeline.AppRefused, pipeline.AppPartial}, 4},
		{"one refused, one interrupted", []pipeline.AppState{pipeline.AppRefused, pipeline.AppInterrupted}, 130},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var report pipeline.Report
			for _, state := range test.states {
				report.Apps = append(report.Apps, pipeline.AppReport{State: state})
			}
			if got := reportCode(report); got != test.want {
				t.Errorf("exit code %d, want %d", got, test.want)
			}
		})
	}
}
