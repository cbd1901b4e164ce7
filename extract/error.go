package extract

import (
	"fmt"
	"net/http"
	"strings"

	"pushloss/internal/problem"
)

// Error is a call that failed for good: after its retries, or at once where a
// retry cannot help. No field holds a credential.
type Error struct {
	Class Class
	// Code is the API's ErrorCode or ResultCode; 0 where the failure came
	// before one could be read.
	Code int
	// HTTPStatus is 0 where no answer arrived.
	HTTPStatus int
	// Info is the service's own message, or the transport's.
	Info string
	// Meaning is what the code is documented to mean.
	Meaning string
	// Hint says what an operator should do.
	Hint string
	// Attempts is how many calls were made for this request.
	Attempts int
}

func (e *Error) Error() string {
	var b strings.Builder
	switch {
	case e.Code != 0:
		fmt.Fprintf(&b, "the API answered code %d", e.Code)
	case e.HTTPStatus == http.StatusOK && e.Info != "": // Info says what is wrong with the answer
	case e.HTTPStatus != 0:
		fmt.Fprintf(&b, "the API answered HTTP %d", e.HTTPStatus)
	default:
		b.WriteString("no answer from the API")
	}
	if e.Meaning != "" {
		fmt.Fprintf(&b, " (%s)", e.Meaning)
	}
	if e.Info != "" && e.Info != e.Meaning {
		if b.Len() > 0 {
			b.WriteString(": ")
		}
		b.WriteString(e.Info)
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " after %d calls", e.Attempts)
	}
	return b.String()
}

const (
	// code91000 is called a request error by one page of the API and an internal one
	// by others.
	code91000 = 91000
	// code70402 says that parameters are illegal, and a window is made of them.
	code70402 = 70402
)

// AboutWindow reports whether a failure may well be the API's word on the window
// that was asked for, such as "too long ago": no page says which code that is. The
// common codes, 60000 to 79999, are about the call, the account or the app.
func (e *Error) AboutWindow() bool {
	switch {
	case e.Code == 0:
		return false
	case e.Code == code91000, e.Code == code70402:
		return true
	case 60000 <= e.Code && e.Code <= 79999:
		return false
	}
	return e.Class == BadRequest || e.Class == Unlisted
}

// MayBeAboutTasks reports whether a request with other, or fewer, tasks may be
// answered: what the API said need not be about the call, the account or the app.
func (e *Error) MayBeAboutTasks() bool {
	switch {
	case e.Class == Unreadable:
		return true
	case e.Code == 0:
		return false
	}
	return e.Class == BadRequest || e.Class == Unlisted || e.Class == Transient
}

// StopsApp reports whether every further request of the app would fail alike,
// so that the app is to be left alone until an operator acted.
func (e *Error) StopsApp() bool { return e.Class == Operator || e.Class == BadRequest }

// ExitCode is problem.Refused if the app is to be left alone, else problem.Partly.
func (e *Error) ExitCode() problem.Code {
	if e.StopsApp() {
		return problem.Refused
	}
	return problem.Partly
}
