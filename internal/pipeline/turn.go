package pipeline

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// recentCall is how recent the last call of another process must be for a new holder of the app to
// wait before its own first call. It is longer than any call takes. With a slower pace, the new
// holder considers a whole interval.
const recentCall = time.Minute

// takeoverDivisor makes a new holder wait a tenth longer than an interval.
const takeoverDivisor = 10

// turn is a job's turn at an app: what the job has while it holds the app's lock.
type turn struct {
	App
	lock   *load.AppLock
	client *extract.Client
	calls  *callLog
	runID  int64
	log    *slog.Logger
}

// acquire takes an app's lock, or gives up with a *load.BusyError.
type acquire func(ctx context.Context, session *load.Session, app App) (*load.AppLock, error)

// acquireFree takes the lock of an app on which nobody works.
func acquireFree(ctx context.Context, session *load.Session, app App) (*load.AppLock, error) {
	return session.LockApp(ctx, app.Account.SDKAppID)
}

// acquireLater takes the lock of an app as soon as nobody works on it. It calls waiting if it has
// to wait.
func acquireLater(waiting func(*load.BusyError)) acquire {
	return func(ctx context.Context, session *load.Session, app App) (*load.AppLock, error) {
		return session.WaitForApp(ctx, app.Account.SDKAppID, lockPoll, waiting)
	}
}

// lockPoll is how often acquireLater tries again.
const lockPoll = time.Second

// takeTurn takes the app's lock. Call the turn's end to release it.
func (j *job) takeTurn(ctx context.Context, session *load.Session, app App, runID int64, log *slog.Logger) (turn, error) {
	lock, err := j.acquire(ctx, session, app)
	if err != nil {
		return turn{}, err
	}
	calls := &callLog{sdkAppID: app.Account.SDKAppID, forward: j.opts.OnCall}
	return turn{
		App: app, lock: lock, calls: calls, runID: runID, log: log,
		client: extract.NewClient(app.Account, j.transport, app.pacer(lock, j.delays), extract.Options{
			Log: log, OnCall: calls.record, Budget: j.budget, FirstWait: j.opts.FirstWait,
			CheckClock: func(api time.Time) error { return j.clocks.compare(ctx, api) },
		}),
	}, nil
}

// end releases the app's lock. If that fails, the end of the session releases it.
func (t turn) end(ctx context.Context) { _ = t.lock.Unlock(context.WithoutCancel(ctx)) }

// answers asks, once, whether the API answers a request. Its figures are not used.
func (t turn) answers(ctx context.Context, of stream.Stream, window calendar.Window, tasks []string) error {
	answer, err := t.client.Pull(ctx, extract.Request{Stream: of, Window: window, Tasks: tasks, Tries: 1})
	if err == nil {
		answer.Release()
	}
	return err
}

// Client returns a client of the app for the holder of its lock. Its pace takes the calls of
// earlier processes into account, and it announces its own calls to later ones. If lock is nil,
// earlier calls are unknown, so the first call waits an interval.
func (a App) Client(transport http.RoundTripper, lock *load.AppLock, opts extract.Options) *extract.Client {
	return extract.NewClient(a.Account, transport, a.pacer(lock, nil), opts)
}

func (a App) pacer(lock *load.AppLock, delays *extract.Delays) *extract.Pacer {
	if a.CallsPerSecond == 0 {
		return extract.NewPacer(0, extract.PacerOptions{})
	}
	opts := extract.PacerOptions{Delays: delays}
	if lock != nil {
		opts.Announce = lock.AnnounceCall
	}
	interval := a.Duration(1)
	if lock == nil || lock.SinceLastCall >= 0 && lock.SinceLastCall < max(recentCall, interval) {
		// Count from now, because the announced call may have left later than its announcement. It
		// may also have been on its way for a moment.
		opts.NotBefore = time.Now().Add(interval + interval/takeoverDivisor)
	}
	return extract.NewPacer(a.CallsPerSecond, opts)
}
