package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"pushloss/extract"
	"pushloss/internal/access"
	"pushloss/internal/config"
	"pushloss/internal/localpg"
	"pushloss/internal/notify"
	"pushloss/internal/pipeline"
	"pushloss/internal/postgres"
	"pushloss/internal/taskfile"
	"pushloss/load"
	"pushloss/migrations"
	"pushloss/schedules"
)

// The exit codes are a contract with cron jobs and operators.
const (
	exitDone        = 0
	exitPartly      = 1 // some windows failed, the rest is loaded; or status found something
	exitUsage       = 2 // usage or settings
	exitDatabase    = 3 // unreachable, or its schema is not current
	exitRefused     = 4 // the API refused the credentials or the service, or clocks are apart
	exitInterrupted = 130
)

// usageError is a command line that cannot be carried out.
type usageError struct {
	problem string
	remedy  string
}

func (e *usageError) Error() string { return e.problem }
func (e *usageError) Hint() string  { return e.remedy }

// exitError carries a code for a result that has been told already.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// explain prints what went wrong and what to do about it, and returns the exit
// code.
func explain(stderr io.Writer, command *cobra.Command, err error) int {
	if err == nil {
		return exitDone
	}
	var told *exitError
	if errors.As(err, &told) {
		return told.code
	}
	code := exitCode(err)
	if code == exitInterrupted {
		fmt.Fprintln(stderr, "pushloss: interrupted")
		return code
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(stderr, "pushloss: %s\n", strings.TrimRight(line, "\n"))
	}
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(stderr, "what to do: %s\n", hint)
	} else if usage := new(usageError); errors.As(err, &usage) {
		fmt.Fprintf(stderr, "what to do: see %s --help\n", command.CommandPath())
	}
	return code
}

func exitCode(err error) int {
	var (
		usage     *usageError
		problems  config.Problems
		request   *pipeline.UsageError
		timezone  *load.TimezoneError
		zone      *load.ZoneError
		target    *notify.TargetError
		pooling   *postgres.PoolingError
		access    *access.Error
		schedule  schedules.Problems
		tasks     taskfile.Problems
		schema    migrations.Refusal
		localDB   *localpg.Error
		apiFailed *extract.Error
		clocks    *pipeline.ClockError
	)
	switch {
	case errors.As(err, &usage), errors.As(err, &problems), errors.As(err, &request),
		errors.As(err, &timezone), errors.As(err, &zone), errors.As(err, &target), errors.As(err, &pooling), errors.As(err, &access),
		errors.As(err, &schedule), errors.As(err, &tasks):
		return exitUsage
	case errors.Is(err, context.Canceled): // also what a canceled connect says
		return exitInterrupted
	case errors.As(err, &schema), errors.As(err, &localDB), load.Unreachable(err):
		return exitDatabase
	case errors.As(err, &apiFailed) && apiFailed.StopsApp(), errors.As(err, &clocks):
		return exitRefused
	}
	return exitPartly
}

func hintOf(err error) string {
	var hinted interface{ Hint() string }
	var localDB *localpg.Error
	var apiFailed *extract.Error
	switch {
	case errors.As(err, &hinted):
		return hinted.Hint()
	case errors.As(err, &localDB):
		return localDB.Hint
	case errors.As(err, &apiFailed):
		return apiFailed.Hint
	case errors.Is(err, load.ErrReadOnly):
		return postgres.ReadOnlyHint
	case errors.Is(err, load.ErrLockLost) && postgres.Code(err) == "":
		return "the connection to the database was lost, as when it stops or this process was paused: run again; nothing is half loaded"
	}
	return postgres.Hint(err)
}

// reportCode is the exit code of a job. An operator's duty comes before a failed
// window.
func reportCode(report pipeline.Report) int {
	code := exitDone
	rank := map[int]int{exitDone: 0, exitPartly: 1, exitUsage: 2, exitRefused: 3, exitDatabase: 4, exitInterrupted: 5}
	for _, app := range report.Apps {
		c := exitDone
		switch app.State {
		case pipeline.AppPartial, pipeline.AppUnreachable:
			c = exitPartly
		case pipeline.AppRefused:
			c = exitRefused
		case pipeline.AppInterrupted:
			c = exitInterrupted
		case pipeline.AppFailed:
			c = exitCode(app.Err())
		}
		if rank[c] > rank[code] {
			code = c
		}
	}
	return code
}
