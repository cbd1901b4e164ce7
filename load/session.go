package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
	"pushloss/internal/rounds"
)

var (
	// ErrLockLost says that the connection with a process's locks broke: another process
	// may work on its apps by now.
	ErrLockLost = errors.New("the connection that holds this process's locks was lost")
	// ErrSuperseded says that another process took the app over.
	ErrSuperseded = errors.New("another process took the app over")
)

// BusyError says that another process works on the app.
type BusyError struct {
	SDKAppID int64
	Holder   string
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("app %d is being worked on by %s", e.SDKAppID, e.Holder)
}

// heartbeatTimeout limits each statement on a session's connection.
const heartbeatTimeout = 10 * time.Second

// waits are how long a session waits. Tests change them.
type waits struct {
	// heartbeat is the time between two checks of the connection.
	heartbeat time.Duration
	// lastSteps is how long running loads may still take after the session's connection
	// broke. The break may concern that connection only.
	lastSteps time.Duration
	// fence limits the wait for loads of the previous holder. If its network was cut,
	// its load ends only when the server gives the connection up.
	fence time.Duration
}

func newWaits() waits {
	return waits{heartbeat: heartbeatTimeout / 2, lastSteps: heartbeatTimeout, fence: heartbeatTimeout / 2}
}

// Session is a dedicated connection that holds the advisory locks of a process, for its run and its
// apps. The locks end with the connection, however the process ends. A Session is safe for
// concurrent use.
type Session struct {
	db     *DB
	holder string

	mu      sync.Mutex // one statement at a time on conn
	conn    *pgx.Conn
	release func(context.Context)
	backend uint32 // the server's process, which holds the locks

	// The apps' requests to conn, in separate rounds.
	locking, fencing, announcing, unlocking *rounds.Rounds[*AppLock, error]
	loads, confirmations                    loads

	lost    context.CancelCauseFunc
	closing context.CancelFunc
	ended   chan struct{} // closed when watch ends

	// broken ends when the connection breaks, even while its holder waits for something else.
	broken context.Context
	breaks context.CancelFunc
}

// OpenSession opens a connection for locks. The returned context ends with ctx or, if the
// connection breaks, with ErrLockLost as its cause. Work under the locks must use it. Processes
// that wait see holder.
func (db *DB) OpenSession(ctx context.Context, holder string) (*Session, context.Context, error) {
	conn, release, err := db.pool.Hold(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("take a connection for locks: %w", err)
	}
	s := &Session{db: db, holder: holder, conn: conn, release: release, ended: make(chan struct{})}
	s.locking, s.fencing = s.together("take the locks of apps", s.lockApps), s.together("look for loads of earlier holders", s.lookAtLoads)
	s.announcing, s.unlocking = s.together("announce calls", s.announceCalls), s.together("release the locks of apps", unlockApps)
	s.loads.serve, s.loads.most = s.loadTogether, loadsOfApp
	s.confirmations.serve, s.confirmations.most = s.confirmTogether, confirmationsOfApp
	s.broken, s.breaks = context.WithCancel(context.Background())
	// A server that gets no heartbeat releases the locks. A proxy or pooler in between may keep its
	// end of the connection open for hours. A wait for a row ends before the limit at which do breaks
	// the connection.
	err = conn.QueryRow(ctx, `SELECT set_config('idle_session_timeout', $1, false), set_config('lock_timeout', $2, false), pg_backend_pid()`,
		fmt.Sprint(postgres.Silence.Milliseconds()), fmt.Sprint((heartbeatTimeout/2).Milliseconds())).Scan(nil, nil, &s.backend)
	if err != nil {
		release(ctx)
		return nil, nil, fmt.Errorf("prepare the connection for locks: %w", err)
	}
	var work context.Context
	work, s.lost = context.WithCancelCause(ctx)
	watching, closing := context.WithCancel(context.WithoutCancel(ctx))
	s.closing = closing
	go s.watch(watching)
	return s, work, nil
}

// Close releases all locks.
func (s *Session) Close() {
	s.lost(context.Canceled)
	s.closing()
	<-s.ended
	ctx, cancel := context.WithTimeout(context.Background(), heartbeatTimeout)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release(ctx) // the server releases the locks either way
}

// watch checks the connection until Close. When the connection breaks, work stops soon, and so do
// the last steps of work that has ended.
func (s *Session) watch(ctx context.Context) {
	defer close(s.ended)
	ticker := time.NewTicker(s.db.waits.heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			err := s.do(ctx, func(ctx context.Context, conn *pgx.Conn) error {
				var backend uint32
				if err := conn.QueryRow(ctx, `SELECT pg_backend_pid()`, pgx.QueryExecModeSimpleProtocol).Scan(&backend); err != nil {
					return err
				}
				return s.stays(backend)
			})
			if ctx.Err() != nil {
				return
			}
			if err != nil { // nobody knows who holds the locks now
				s.lose(fmt.Errorf("%w: %w", ErrLockLost, err))
				return
			}
		}
	}
}

func (s *Session) lose(cause error) {
	s.lost(cause)
	s.breaks()
}

// whileHeld runs a step that goes on when the session's work ends, for at most waits.lastSteps after
// the connection broke. A longer step hangs, or the fence refuses it.
func (s *Session) whileHeld(ctx context.Context, step func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(s.broken, func() {
		timer := time.NewTimer(s.db.waits.lastSteps)
		defer timer.Stop()
		select {
		case <-ctx.Done():
		case <-timer.C:
			cancel(ErrLockLost)
		}
	})
	defer stop()
	err := step(ctx)
	if err != nil && !errors.Is(err, ErrLockLost) && errors.Is(context.Cause(ctx), ErrLockLost) {
		return fmt.Errorf("%w: %v", ErrLockLost, err) // not a cancellation of the work
	}
	return err
}

// stays checks, by the answer to pg_backend_pid(), that the session still uses the server
// connection with its locks: the mode of a pooler may have changed since the process
// started.
func (s *Session) stays(backend uint32) error {
	if backend != s.backend {
		return &postgres.PoolingError{Mode: "transaction"}
	}
	return nil
}

// do runs one step on the session's connection, unless ctx ends before. Its end does not
// cancel the step, since that would break the connection and with it the locks. A broken
// connection ends the session's work.
func (s *Session) do(ctx context.Context, step func(context.Context, *pgx.Conn) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), heartbeatTimeout)
	defer cancel()
	err := step(ctx, s.conn)
	if s.conn.IsClosed() {
		s.lose(ErrLockLost)
		return fmt.Errorf("%w: %w", ErrLockLost, err)
	}
	return err
}
