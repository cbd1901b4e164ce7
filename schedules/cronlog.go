package schedules

import "log/slog"

// cronLog is a logger for the cron library.
type cronLog struct{ log *slog.Logger }

// Info gets every step of the library.
func (l cronLog) Info(message string, keysAndValues ...any) {
	l.log.Debug("cron", append([]any{"step", message}, keysAndValues...)...)
}

// Error gets a panic outside a job, such as in OnEnd.
func (l cronLog) Error(err error, message string, keysAndValues ...any) {
	l.log.Error("cron", append([]any{"step", message, "error", err}, keysAndValues...)...)
}
