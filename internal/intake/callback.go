package intake

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	// maxCallback bounds a callback's body, in bytes. A body of 100 events has some 40 KiB.
	maxCallback = 512 << 10
	// callbackLimit is how long a callback may take: the vendor waits for 2 seconds.
	callbackLimit = 2 * time.Second
	// pushCommand is the callback that has tasks. Other callbacks use the same address, since an
	// app has only one.
	pushCommand = "Push.AllMemberPush"
)

// The values of ActionStatus, which is what the vendor calls the outcome of a callback.
const (
	statusOK      = "OK"
	statusFailure = "FAILURE"
)

// callbackAnswer is the answer that the vendor expects.
type callbackAnswer struct {
	ActionStatus string
	ErrorInfo    string
	ErrorCode    int // 1 means failure
}

// callback notes the tasks of a callback and answers it. The tasks are registered later. It reads
// the body only if the address has a valid signature, and keeps nothing but the tasks.
func (in *Intake) callback(w http.ResponseWriter, r *http.Request) {
	outcome, status, problem := in.take(w, r)
	if in.OnCallback != nil {
		in.OnCallback(outcome)
	}
	if problem == "" {
		answer(w, status, callbackAnswer{ActionStatus: statusOK})
		return
	}
	answer(w, status, callbackAnswer{statusFailure, problem, 1})
}

// take notes the tasks of a callback.
func (in *Intake) take(w http.ResponseWriter, r *http.Request) (outcome string, status int, problem string) {
	query := r.URL.Query()
	app, reason := verify(in.signers, query.Get("SdkAppid"), query.Get("Sign"), query.Get("RequestTime"), in.Now())
	if reason != accepted {
		in.refused.note(in.Log, in.Now(), reason)
		return refused, http.StatusForbidden, string(reason)
	}
	if query.Get("CallbackCommand") != pushCommand {
		return ignored, http.StatusOK, ""
	}
	select {
	case in.calls <- struct{}{}:
		defer func() { <-in.calls }()
	default:
		return crowdedOut, http.StatusServiceUnavailable, "too many callbacks at once"
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(callbackLimit))
	err := readEvents(http.MaxBytesReader(w, r.Body, maxCallback), in.Now(), func(c called) { in.queue.offer(app, c) })
	var tooLarge *http.MaxBytesError
	var twice *twiceError
	switch {
	case errors.As(err, &twice):
		return unreadable, http.StatusBadRequest, twice.Error()
	case errors.As(err, &tooLarge):
		return unreadable, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes", maxCallback)
	case err != nil: // the text of err may repeat the body
		return unreadable, http.StatusBadRequest, "the body is not a JSON object of events"
	}
	return taken, http.StatusOK, ""
}

// noteEvery is how often refused callbacks are logged at most.
const noteEvery = time.Minute

// refusals counts refused callbacks, which anybody can send.
type refusals struct {
	mu    sync.Mutex
	noted time.Time
	count int
}

func (f *refusals) note(log *slog.Logger, now time.Time, reason why) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	if now.Sub(f.noted) < noteEvery {
		return
	}
	log.Warn("refused callbacks", "callbacks", f.count, "last", string(reason),
		"hint", "compare the token of PUSHLOSS_CALLBACK_TOKEN, or of the app in TIM_APPS_FILE, with the console's, and this machine's clock")
	f.noted, f.count = now, 0
}
