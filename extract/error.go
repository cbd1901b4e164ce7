package extract

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"pushloss/internal/problem"
)

// Error is a call that failed for good: after its retries, or at once if a retry cannot help. No
// field contains a credential.
type Error struct {
	Class Class
	// Code is the API's ErrorCode or ResultCode; 0 if the call failed before a code
	// could be read.
	Code int
	// HTTPStatus is 0 if no answer arrived.
	HTTPStatus int
	// Info is the service's own message, or the transport's.
	Info string
	// Meaning is the documented meaning of the code.
	Meaning string
	// Hint says what an operator should do.
	Hint string
	// Attempts is how many calls were made for this request.
	Attempts int

	wait time.Duration // what the answer asks for before the next call
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
	// code91000 is a request error on one page of the API, and an internal error on others.
	code91000 = 91000
	// code70402 says that parameters are illegal. A window is made of parameters.
	code70402 = 70402
)

// AboutWindow reports whether the API may have refused the requested window, for example
// as "too long ago": no page says which code means that. The common codes, 60000 to
// 79999, are about the call, the account or the app.
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

// AboutAccount reports whether the API refused the account or its UserSig. It then refuses every
// other call in the same way, and further calls may block the account (70050).
func (e *Error) AboutAccount() bool {
	return e.Class == Operator && 70_000 <= e.Code && e.Code <= 79_999
}

// MayBeAboutTasks reports whether a request with other, or fewer, tasks may succeed: the
// failure is not necessarily about the call, the account or the app.
func (e *Error) MayBeAboutTasks() bool {
	switch {
	case e.Class == Unreadable:
		return true
	case e.Code == 0:
		return false
	}
	return e.Class == BadRequest || e.Class == Unlisted || e.Class == Transient
}

// StopsApp reports whether every further request of the app would fail in the same way,
// so that an operator must act first.
func (e *Error) StopsApp() bool { return e.Class == Operator || e.Class == BadRequest }

// ExitCode is problem.Refused if the failure stops the app, else problem.Partly.
func (e *Error) ExitCode() problem.Code {
	if e.StopsApp() {
		return problem.Refused
	}
	return problem.Partly
}
