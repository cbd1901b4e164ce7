package schedules

import (
	"fmt"
	"strings"
	"time"
)

// PanicError reports a job's panic.
type PanicError struct {
	Job   string
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("job %s panicked: %v", e.Job, e.Value) }

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// StillRunningError says which jobs did not return in time after a stop.
type StillRunningError struct {
	Jobs  []string
	Grace time.Duration
}

func (e *StillRunningError) Error() string {
	return fmt.Sprintf("still running %s after the stop: %s", e.Grace, strings.Join(e.Jobs, ", "))
}

// AgainError asks for another try of a job that failed as a whole for a probably
// temporary reason.
type AgainError struct{ Err error }

func (e *AgainError) Error() string { return e.Err.Error() }

func (e *AgainError) Unwrap() error { return e.Err }
