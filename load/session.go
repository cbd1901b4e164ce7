package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

var (
	// ErrLockLost says that the connection that holds a process's locks broke:
	// another process may work on its apps by now.
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

const (
	heartbeat        = 5 * time.Second
	heartbeatTimeout = 10 * time.Second
)

// Session is one dedicated connection that holds the advisory locks of a process:
// of its run and of the apps that it works on. They end with the connection,
// however the process ends. It is safe for concurrent use.
type Session struct {
	db     *DB
	holder string

	mu   sync.Mutex // one statement at a time on conn
	conn *pgx.Conn

	lost  context.CancelCauseFunc
	ended chan struct{}
}

// OpenSession takes a connection for locks. The context that it returns ends with
// ctx, or with ErrLockLost as its cause when the connection breaks: work under
// the locks must run under it. holder is shown to others that wait.
func (db *DB) OpenSession(ctx context.Context, holder string) (*Session, context.Context, error) {
	pooled, err := db.pool.Acquire(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("take a connection for locks: %w", err)
	}
	conn := pooled.Hijack()
	// A server learns of a host that vanished only by keepalives.
	_, err = conn.Exec(ctx, `SELECT
		set_config('tcp_keepalives_idle', '15', false),
		set_config('tcp_keepalives_interval', '5', false),
		set_config('tcp_keepalives_count', '3', false),
		set_config('idle_session_timeout', '0', false)`)
	if err != nil {
		_ = conn.Close(ctx)
		return nil, nil, fmt.Errorf("prepare the connection for locks: %w", err)
	}
	work, cancel := context.WithCancelCause(ctx)
	s := &Session{db: db, holder: holder, conn: conn, lost: cancel, ended: make(chan struct{})}
	go s.watch(work)
	return s, work, nil
}

// Close gives all locks back.
func (s *Session) Close() {
	s.lost(context.Canceled)
	<-s.ended
	ctx, cancel := context.WithTimeout(context.Background(), heartbeatTimeout)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.Close(ctx) // the server gives the locks back either way
}

// watch looks after the connection, so that work stops soon after it broke.
func (s *Session) watch(ctx context.Context) {
	defer close(s.ended)
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = s.do(ctx, func(ctx context.Context, conn *pgx.Conn) error { return conn.Ping(ctx) })
		}
	}
}

// do runs one step on the session's connection. The step is not cut off by ctx,
// which would break the connection and with it the locks. A broken connection
// ends the session's work.
func (s *Session) do(ctx context.Context, step func(context.Context, *pgx.Conn) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), heartbeatTimeout)
	defer cancel()
	err := step(ctx, s.conn)
	if s.conn.IsClosed() {
		s.lost(ErrLockLost)
		return fmt.Errorf("%w: %w", ErrLockLost, err)
	}
	return err
}
