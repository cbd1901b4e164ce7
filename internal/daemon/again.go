package daemon

import (
	"errors"

	"pushloss/internal/pipeline"
	"pushloss/load"
	"pushloss/migrations"
	"pushloss/schedules"
)

// again is the error of a scheduled job. It asks for another try if the job, or one of its apps,
// failed as a whole for a reason that is likely to pass. It does not if an operator must act, or if
// the next tick is soon enough.
func again(report pipeline.Report, err error) error {
	if err != nil {
		return againIf(passesByItself(err), err)
	}
	for _, app := range report.Apps {
		if passes(app) {
			return &schedules.AgainError{Err: errors.New(app.NamedProblem())}
		}
	}
	return nil
}

// passesByItself reports whether a job that did not begin is likely to begin in some minutes:
// the database comes back, the migration to or from another version ends, or an operator has its keys
// indexed again.
func passesByItself(err error) bool {
	_, migrated := errors.AsType[*migrations.StateError](err)
	_, disordered := errors.AsType[*migrations.OrderError](err)
	return migrated || disordered || load.Unreachable(err)
}

func againIf(passes bool, err error) error {
	if passes {
		return &schedules.AgainError{Err: err}
	}
	return err
}

// passes reports whether what kept an app from being worked on is likely to be gone in
// some minutes.
func passes(app pipeline.AppReport) bool {
	switch app.State {
	case pipeline.AppBusy, pipeline.AppUnreachable:
		return true
	case pipeline.AppFailed:
		return load.Unreachable(app.Err())
	case pipeline.AppRefused: // NTP may correct the clock, as after the start of the machine
		var apart *pipeline.ClockError
		return errors.As(app.Err(), &apart)
	case pipeline.AppPartial:
		return app.WindowsFailed > 0 && app.Accepted == 0
	}
	return false
}
