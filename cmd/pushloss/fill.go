package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pushloss/internal/config"
	"pushloss/internal/lab/fill"
	"pushloss/internal/pipeline"
	"pushloss/internal/problem"
	"pushloss/load"
)

// fillApps is how many apps the pool has connections for at once. Further apps take turns.
const fillApps = 6

func newFillCommand(env Environment) *cobra.Command {
	command := &cobra.Command{
		Use:   "fill",
		Short: "Fill a database with any number of made-up figures",
		Long: `Makes a database for measurements: apps with the SDKAppIDs 1, 2, 3 … and their days up
to yesterday. The jobs of production pull them from a stand-in of the API inside this
process, without pacing. They load each day soon after its end and again while it is
open. Some figures come late, and some are restated.

The database must have the schema and must not have any other figures. If you stop it,
the same command continues. The default makes 50 million facts, in 10 GB.`,
		Example: `  export DATABASE_URL=embedded:big
  pushloss migrate up && pushloss sandbox fill
  pushloss sandbox fill --apps 1 --tasks 20 --days 60 --rows 24`,
		Args: exactly(cobra.NoArgs),
	}
	flags := command.Flags()
	var shape fill.Shape
	flags.IntVar(&shape.Apps, "apps", 5, "number of apps")
	flags.IntVar(&shape.Tasks, "tasks", 200, "tasks that each app follows on one day")
	flags.IntVar(&shape.TaskDays, "task-days", 30, "how many days a task is followed")
	flags.IntVar(&shape.Days, "days", 330, "days, up to yesterday")
	flags.IntVar(&shape.Rows, "rows", 150, "rows of each task, and of the whole app, on each day")
	flags.IntVar(&shape.LookbackDays, "lookback", 1, "how many days after its end a day is still pulled again")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		a, err := configure(cmd, env, config.Needs{Database: true})
		if err != nil {
			return err
		}
		defer a.close()
		shape.Location, shape.Until = a.settings.Location, env.Now()
		if err := shape.Check(); err != nil {
			return &problem.UsageError{Problem: err.Error()}
		}
		a.settings.Apps = make([]config.App, min(shape.Apps, fillApps)) // as many connections
		db, err := a.open(cmd.Context())
		if err != nil {
			return err
		}
		return a.fill(cmd, db, shape)
	}
	return command
}

func (a *app) fill(cmd *cobra.Command, db *load.DB, shape fill.Shape) error {
	bar := newProgress(a.env)
	bar.unit = "days"
	report, err := fill.Fill(cmd.Context(), db, a.database, shape, func(at fill.Progress) {
		bar.step(pipeline.Progress{SDKAppID: fill.FirstApp + int64(shape.Apps) - 1, Day: at.Day, Done: at.Done, Total: at.Total})
	})
	bar.finish()
	if errors.Is(err, fill.ErrForeign) {
		return &problem.UsageError{Problem: err.Error(), Remedy: fill.Hint(err)}
	}
	if err != nil {
		return err
	}
	moved := report.RowsInserted + report.RowsUpdated + report.RowsDeleted + report.RowsUnchanged
	fmt.Fprintf(a.env.Stdout, "%s made, %s changed later, by %s in %s: %s a second\n",
		many(report.RowsInserted, "fact"), count(report.RowsUpdated+report.RowsDeleted), many(report.Requests, "request"),
		report.Took.Round(time.Second), many(int64(float64(moved)/report.Took.Seconds()), "row"))
	return nil
}
