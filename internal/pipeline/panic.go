package pipeline

import (
	"fmt"
	"runtime/debug"
)

// A panic in the work of one app stops that app: an odd answer of one must not keep a thousand
// others waiting. In a transaction that loads of several apps share, it is a failure like any
// other: each load is taken again alone, as its own app's work (package load). In a question
// that apps share it ends the process, with a message that names the question (package
// rounds): no app can take the blame.

// panicError is a panic in the work of an app.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// Hint says what an operator should do.
func (*panicError) Hint() string {
	return "this is a fault of pushloss: report it with the stack in the log; the other apps are not affected, and what was loaded stays"
}

// protect turns a panic in the work of an app into an error.
func protect(work func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value, debug.Stack()}
		}
	}()
	return work()
}
