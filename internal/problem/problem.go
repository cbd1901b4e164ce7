// Package problem says what an operator should do about an error, and with which code
// the program ends.
package problem

import "errors"

// Code is an exit code of the program. The codes are a contract with cron jobs and
// operators.
type Code int

// The exit codes.
const (
	Done        Code = 0
	Partly      Code = 1 // some windows failed, the rest is loaded; or status found something
	Usage       Code = 2 // the command line or the settings
	Database    Code = 3 // unreachable, or its schema is not current
	Refused     Code = 4 // the API refused the credentials or the service, or clocks differ
	Interrupted Code = 130
)

// rank orders the codes by what an operator should look at first.
var rank = map[Code]int{Done: 0, Partly: 1, Usage: 2, Refused: 3, Database: 4, Interrupted: 5}

// Worse returns the one of two codes that an operator should look at first.
func Worse(a, b Code) Code {
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// Coded is an error that knows the exit code of the program.
type Coded interface {
	error
	ExitCode() Code
}

// CodeOf returns the code of the first error in the tree of err that knows it.
func CodeOf(err error) (code Code, known bool) {
	var coded Coded
	if !errors.As(err, &coded) {
		return 0, false
	}
	return coded.ExitCode(), true
}

// Hinted is an error that knows what an operator should do.
type Hinted interface {
	error
	Hint() string
}

// HintOf returns what the first error in the tree of err that knows it says to do.
func HintOf(err error) string {
	var hinted Hinted
	if !errors.As(err, &hinted) {
		return ""
	}
	return hinted.Hint()
}

// UsageError is a command, a setting or a request that cannot be carried out as it
// stands.
type UsageError struct {
	Problem string
	Remedy  string // may be empty
}

func (e *UsageError) Error() string { return e.Problem }

// Hint says what to do instead.
func (e *UsageError) Hint() string { return e.Remedy }

// ExitCode is Usage.
func (e *UsageError) ExitCode() Code { return Usage }
