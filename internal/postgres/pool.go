package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// MinConns is how many connections a process needs at least: one for its locks, and one for a step
	// under them.
	MinConns = 2
	// MaxConns is the greatest value of the setting.
	MaxConns = 100
	// statementTimeout bounds every statement: none of them normally takes seconds.
	statementTimeout = 60 * time.Second
)

// Silence is how long a server waits for a client that does not answer: for the next statement of a
// transaction, for the receipt of what it sent, or for the heartbeat of a session that holds locks.
// It is longer than such a session needs to notice that its connection broke. Another process can
// take over within the next minute.
const Silence = 30 * time.Second

// poolLimits are those of the pool's sessions.
var poolLimits = Limits{Name: "pushloss", StatementTimeout: statementTimeout, IdleInTransaction: Silence, Silence: Silence}

// Open connects to the database with at most this many connections. It uses fewer if the
// connection string says so, or if the database is behind a pooler.
func Open(ctx context.Context, databaseURL string, maxConns int) (*Pool, error) {
	parsed, err := Parse(databaseURL)
	if err != nil {
		return nil, err
	}
	if parsed.MaxConns > 0 {
		maxConns = min(maxConns, parsed.MaxConns)
	}
	pooled, err := detectPooler(ctx, parsed)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(parsed.text)
	if err != nil {
		return nil, refusalOf(err)
	}
	config.ConnConfig = parsed.conn.Copy()
	config.MaxConns = int32(max(1, maxConns))
	if pooled {
		config.MaxConns = min(config.MaxConns, pooledConns)
	}
	config.ConnConfig.Tracer = deadlines{}
	config.BeforeConnect = func(_ context.Context, conn *pgx.ConnConfig) error {
		renew(conn, databaseURL)
		return nil
	}
	config.PingTimeout = pingTimeout
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		registerNumbers(conn.TypeMap())
		return parsed.prepare(ctx, conn, poolLimits)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	return &Pool{Pool: pool, pooled: pooled, holding: make(chan struct{}, max(1, config.MaxConns-2))}, nil
}

// renew reads the passfile and the certificates of the connection string again, as libpq does for
// each connection: they may have been replaced. The earlier ones serve while they cannot be read,
// or if a service file leads elsewhere now: a pool has one database.
func renew(conn *pgx.ConnConfig, databaseURL string) {
	now, err := Parse(databaseURL)
	if err != nil || now.conn.Database != conn.Database || now.conn.User != conn.User || !slices.Equal(addresses(now.conn), addresses(conn)) {
		return
	}
	// The driver finds the certificates of a tls.Config only in the pgconn.Config that it came with.
	parameters := conn.RuntimeParams
	conn.Config = now.conn.Config
	conn.RuntimeParams = parameters // with those that outbid presets
}

// addresses are the hosts with their ports in the order in which they are tried.
func addresses(conn *pgx.ConnConfig) []string {
	list := []string{fmt.Sprint(conn.Host, " ", conn.Port)}
	for _, fallback := range conn.Fallbacks {
		list = append(list, fmt.Sprint(fallback.Host, " ", fallback.Port))
	}
	return list
}

// Waiting is called at each try to get a connection while there is no room. It gets the reason, how
// long the wait has been, and how long it can be.
type Waiting func(why error, waited, limit time.Duration)

// OpenPatiently is Open, but waits while the server, the database or the role has no connection
// left, and calls waiting. The steps of its pool do the same.
func OpenPatiently(ctx context.Context, databaseURL string, maxConns int, waiting Waiting) (*Pool, error) {
	open := func() (*Pool, error) { return Open(ctx, databaseURL, maxConns) }
	pool, err := whileFull(ctx, open, worthWaiting, waiting)
	if pool != nil {
		pool.waiting = waiting
	}
	return pool, err
}

// Patiently takes a step that makes connections, and waits as OpenPatiently does.
func Patiently(ctx context.Context, step func() error, waiting Waiting) error {
	_, err := whileFull(ctx, func() (struct{}, error) { return struct{}{}, step() }, worthWaiting, waiting)
	return err
}

// worthWaiting reports whether a first connection may succeed soon. A pooler reports many kinds of
// refusals like a lack of room.
func worthWaiting(err error) bool { return Code(err) == pgerrcode.TooManyConnections }

// Pool is a pool with our settings in every session. A process has no other connections.
//
// Nothing waits for ever. Connections that hold locks belong to the pool too, and leave two for the
// work under the locks, or one if there are only two. A step of that work takes one.
type Pool struct {
	*pgxpool.Pool
	pooled  bool // the server is behind a pooler
	holding chan struct{}
	waiting Waiting // may be nil
}

// Hold takes a connection until release closes it. It waits while too many are held. It fails with a
// *RoomError if there can be no other connection for the work.
func (p *Pool) Hold(ctx context.Context) (conn *pgx.Conn, release func(context.Context), err error) {
	select {
	case p.holding <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, context.Cause(ctx)
	}
	pooled, err := p.Acquire(ctx)
	if err == nil {
		if err = Enough(ctx, pooled); err != nil {
			pooled.Release()
		}
	}
	if err != nil {
		<-p.holding
		return nil, nil, err
	}
	return pooled.Conn(), func(ctx context.Context) {
		_ = pooled.Conn().Close(ctx)
		pooled.Release()
		<-p.holding
	}, nil
}

// whenFree repeats a step while the server has no connections left but this process has some: one
// of them becomes free soon.
func whenFree[T any](ctx context.Context, p *Pool, step func() (T, error)) (T, error) {
	worth := func(err error) bool {
		now := p.Stat()
		return Full(err) && now.AcquiredConns()+now.IdleConns() > 0
	}
	return whileFull(ctx, step, worth, p.waiting)
}

// whileFull repeats a step, for a bounded time, while worth is true for its error.
func whileFull[T any](ctx context.Context, step func() (T, error), worth func(error) bool, waiting Waiting) (T, error) {
	begun := time.Now()
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		result, err := step()
		if err == nil {
			return result, nil
		}
		waited := time.Since(begun)
		if waited > answerTimeout || !worth(err) {
			return result, err
		}
		if waiting != nil {
			waiting(err, waited, answerTimeout)
		}
		select {
		case <-ctx.Done():
			return result, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// Acquire is that of pgxpool, but waits while the server is full.
func (p *Pool) Acquire(ctx context.Context) (*pgxpool.Conn, error) {
	return whenFree(ctx, p, func() (*pgxpool.Conn, error) { return p.Pool.Acquire(ctx) })
}

// AcquireFunc is that of pgxpool, but waits while the server is full.
func (p *Pool) AcquireFunc(ctx context.Context, f func(*pgxpool.Conn) error) error {
	conn, err := p.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return f(conn)
}

// Begin is that of pgxpool, but waits while the server is full.
func (p *Pool) Begin(ctx context.Context) (pgx.Tx, error) { return p.BeginTx(ctx, pgx.TxOptions{}) }

// BeginTx is that of pgxpool, but waits while the server is full.
func (p *Pool) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	return whenFree(ctx, p, func() (pgx.Tx, error) { return p.Pool.BeginTx(ctx, options) })
}

// Exec is that of pgxpool, but waits while the server is full.
func (p *Pool) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return whenFree(ctx, p, func() (pgconn.CommandTag, error) { return p.Pool.Exec(ctx, sql, args...) })
}

// ExecAgain is Exec for a statement that may be executed twice. If the server ended the connection,
// and possibly all others of the pool, the statement gets a new one.
func (p *Pool) ExecAgain(ctx context.Context, sql string, args ...any) error {
	_, err := p.Exec(ctx, sql, args...)
	if _, refused := errors.AsType[*pgconn.ConnectError](err); refused || !Unreachable(err) || ctx.Err() != nil {
		return err
	}
	p.Reset()
	_, err = p.Exec(ctx, sql, args...)
	return err
}

// Query is that of pgxpool, but waits while the server is full.
func (p *Pool) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return whenFree(ctx, p, func() (pgx.Rows, error) { return p.Pool.Query(ctx, sql, args...) })
}

// QueryRow is that of pgxpool, but waits while the server is full.
func (p *Pool) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return row{func(into []any) error {
		_, err := whenFree(ctx, p, func() (struct{}, error) {
			return struct{}{}, p.Pool.QueryRow(ctx, sql, args...).Scan(into...)
		})
		return err
	}}
}

// SendBatch sends a batch whose statements have their own readers, and waits while the server is
// full.
func (p *Pool) SendBatch(ctx context.Context, batch *pgx.Batch) error {
	return p.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		return p.Naming(ctx, conn.Conn(), func() error { return conn.SendBatch(ctx, batch).Close() })
	})
}

type row struct{ scan func([]any) error }

func (r row) Scan(into ...any) error { return r.scan(into) }
