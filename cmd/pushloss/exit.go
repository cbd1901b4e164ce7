package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"pushloss/extract"
	"pushloss/internal/config"
	"pushloss/internal/pipeline"
	"pushloss/internal/postgres"
	"pushloss/internal/problem"
	"pushloss/load"
	"pushloss/migrations"
)

// exitError carries a code for a result that is already printed.
type exitError struct {
	code  problem.Code
	cause error // may be nil
}

func (e *exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }
func (e *exitError) Unwrap() error { return e.cause }

// explain prints what went wrong and what to do about it, and returns the exit code. Reasons, if
// there are any, replace the hint of the error.
func explain(stderr io.Writer, command *cobra.Command, err error, reasons []problem.Hinted) problem.Code {
	if err == nil {
		return problem.Done
	}
	var printed *exitError
	if errors.As(err, &printed) {
		printReasons(stderr, reasons)
		return printed.code
	}
	code := exitCode(err)
	if code == problem.Interrupted {
		fmt.Fprintln(stderr, "pushloss: interrupted")
		return code
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(stderr, "pushloss: %s\n", strings.TrimRight(line, "\n"))
	}
	if len(reasons) > 0 {
		printReasons(stderr, reasons)
	} else if hint := hintOf(err); hint != "" {
		fmt.Fprintf(stderr, "what to do: %s\n", hint)
	} else if usage := new(problem.UsageError); errors.As(err, &usage) {
		fmt.Fprintf(stderr, "what to do: see %s --help\n", command.CommandPath())
	}
	return code
}

func printReasons(stderr io.Writer, reasons []problem.Hinted) {
	for _, reason := range reasons {
		fmt.Fprintf(stderr, "pushloss: %v\nwhat to do: %s\n", reason, reason.Hint())
	}
}

// exitCode returns the exit code for an error. Cancelling comes before an unreachable database,
// because a connect that was cancelled reports both.
func exitCode(err error) problem.Code {
	code, known := problem.CodeOf(err)
	switch {
	case known && code == problem.Usage:
		return code
	case errors.Is(err, context.Canceled):
		return problem.Interrupted
	case load.Unreachable(err), postgres.Unusable(err):
		return problem.Database
	case known:
		return code
	case postgres.Code(err) != "":
		return problem.Database
	}
	return problem.Partly
}

func hintOf(err error) string {
	var apiFailed *extract.Error
	switch hint := problem.HintOf(err); {
	case hint != "":
		return hint
	case errors.As(err, &apiFailed):
		return apiFailed.Hint
	case errors.Is(err, load.ErrLockLost) && postgres.Code(err) == "":
		return "the connection to the database was lost, as when it stops, when this process was paused, or when commits wait for a synchronous standby that is away: run again; nothing is half loaded"
	}
	return postgres.Hint(err)
}

// askDatabase returns reasons for an error that only the database knows: why it refuses writes, and
// which rights the role lacks, including those on pg_catalog.
func askDatabase(ctx context.Context, env Environment, err error) (reasons []problem.Hinted) {
	denied := postgres.Denied(err) && problem.HintOf(err) == ""
	if !denied && !postgres.ReadOnly(err) {
		return nil
	}
	settings, badSettings := config.Load(ctx, env.Lookuper, config.Needs{Database: true}, env.Now())
	if badSettings != nil || settings.Database.Embedded { // the role of an embedded database owns everything
		return nil
	}
	if denied {
		if revoked, ok := errors.AsType[problem.Hinted](postgres.Revoked(ctx, settings.Database.URL, err)); ok {
			return []problem.Hinted{revoked}
		}
		missing, _ := migrations.Rights(ctx, settings.Database.URL)
		for _, m := range missing {
			if m.Needed() {
				reasons = append(reasons, m)
			}
		}
		return reasons
	}
	limits := postgres.Limits{Name: "pushloss", StatementTimeout: versionLimit, IdleInTransaction: versionLimit}
	conn, noConnection := postgres.Connect(ctx, settings.Database.URL, limits, nil)
	if noConnection != nil {
		return nil
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var readOnly *postgres.ReadOnlyError
	if errors.As(postgres.CheckWritable(ctx, conn), &readOnly) {
		reasons = append(reasons, readOnly)
	}
	return reasons
}

// reportCode returns the exit code of a job. A problem that an operator must solve comes before a
// failed window.
func reportCode(report pipeline.Report) problem.Code {
	code := problem.Done
	for _, app := range report.Apps {
		switch app.State {
		case pipeline.AppPartial, pipeline.AppUnreachable:
			code = problem.Worse(code, problem.Partly)
		case pipeline.AppRefused:
			code = problem.Worse(code, problem.Refused)
		case pipeline.AppInterrupted:
			code = problem.Worse(code, problem.Interrupted)
		case pipeline.AppFailed:
			code = problem.Worse(code, exitCode(app.Err()))
		}
	}
	return code
}
