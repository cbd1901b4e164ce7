// Package problem says what an operator should do about an error, and with which exit code the
// program ends.
package problem

import "errors"

// Code is an exit code of the program. The codes are a contract with cron jobs and
// operators.
type Code int

// The exit codes.
const (
	Done        Code = 0
	Partly      Code = 1 // some windows failed, and the rest is loaded; or status found something
	Usage       Code = 2 // the command line or the settings
	Database    Code = 3 // unreachable, or its schema is not current
	Refused     Code = 4 // the API refused the credentials or the service, or clocks differ
	Interrupted Code = 130
)

// rank orders the codes by what an operator should look at first.
var rank = map[Code]int{Done: 0, Partly: 1, Usage: 2, Refused: 3, Database: 4, Interrupted: 5}

// Worse returns that of two codes at which an operator should look first.
func Worse(a, b Code) Code {
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// Coded is an error with an exit code of the program.
type Coded interface {
	error
	ExitCode() Code
}

// CodeOf returns the code of the first error in err's tree that has one.
func CodeOf(err error) (code Code, known bool) {
	var coded Coded
	if !errors.As(err, &coded) {
		return 0, false
	}
	return coded.ExitCode(), true
}

// Hinted is an error that says what an operator should do.
type Hinted interface {
	error
	Hint() string
}

// HintOf returns the hint of the first error in err's tree that has one.
func HintOf(err error) string {
	var hinted Hinted
	if !errors.As(err, &hinted) {
		return ""
	}
	return hinted.Hint()
}

// UsageError is a command, a setting or a request that cannot be carried out as given.
type UsageError struct {
	Problem string
	Remedy  string // may be empty
}

func (e *UsageError) Error() string { return e.Problem }

// Hint says what to do instead.
func (e *UsageError) Hint() string { return e.Remedy }

// ExitCode is Usage.
func (e *UsageError) ExitCode() Code { return Usage }
