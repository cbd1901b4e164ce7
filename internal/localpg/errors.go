package localpg

import (
	"errors"

	"pushloss/internal/problem"
)

// The kinds of failure, for errors.Is. Each comes inside an *Error.
var (
	// ErrNoBinaries: no Postgres programs are installed, and the download failed.
	ErrNoBinaries = errors.New("no Postgres programs")
	// ErrNoAccount: root started the database, and there is no account to run Postgres as.
	ErrNoAccount = errors.New("no account to run Postgres as")
	// ErrForeignDir: the data directory has something that this package did not make, or belongs to
	// another user.
	ErrForeignDir = errors.New("not a data directory of ours")
	// ErrVersion: the data was made by another major version of Postgres.
	ErrVersion = errors.New("data of another major version")
	// ErrPortTaken: the requested port is in use.
	ErrPortTaken = errors.New("port in use")
	// ErrInUse: another process holds the database, but no server answers.
	ErrInUse = errors.New("database in use elsewhere")
	// ErrInit: the data directory could not be made.
	ErrInit = errors.New("initdb failed")
	// ErrStart: the server did not start, or did not answer.
	ErrStart = errors.New("server did not start")
	// ErrStop: the server did not stop.
	ErrStop = errors.New("server did not stop")
)

// Error reports to the operator why the local database is not available.
type Error struct {
	// Kind is one of the sentinels above.
	Kind error
	// Problem says what is wrong, in one sentence; it may end in lines of the
	// server's log.
	Problem string
	// Remedy says what to do about it.
	Remedy string
	// Cause may be nil.
	Cause error
}

func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Problem
	}
	return e.Problem + ": " + e.Cause.Error()
}

// ExitCode is problem.Database.
func (*Error) ExitCode() problem.Code { return problem.Database }

// Hint is the remedy.
func (e *Error) Hint() string { return e.Remedy }

// Unwrap lets errors.Is find the kind and the cause, such as the end of a context.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}
