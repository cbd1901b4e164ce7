package pipeline

import (
	"fmt"
	"runtime/debug"
)

// A panic in the work of one app stops only that app: one odd answer must not hold up a thousand
// other apps. In a transaction that several loads share, a panic counts as a failure, and each load
// is repeated alone as its own app's work (package load). In a question that apps share, it ends
// the process with a message that names the question (package rounds), because no single app is at
// fault.

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
