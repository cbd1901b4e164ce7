package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// MinConns is the least that a process works with: one for its locks, one for
	// each of two steps.
	MinConns = 3
	// MaxConns is the most that can be asked for.
	MaxConns = 100
	// statementTimeout bounds every statement: none of them takes seconds.
	statementTimeout = 60 * time.Second
)

// Silence is how long a server waits for a client that does not answer: for the
// next statement of a transaction, for the receipt of what it sent, or for the
// heartbeat of a session that holds locks. It is longer than such a session itself
// takes to find its connection broken, and lets another process take over within the
// next minute.
const Silence = 30 * time.Second

// limits are those of the pool's sessions.
var limits = Limits{Name: "pushloss", StatementTimeout: statementTimeout, IdleInTransaction: Silence, Silence: Silence}

// Open connects to the database with at most so many connections, fewer if the
// connection string says so, or a pooler stands before it.
func Open(ctx context.Context, databaseURL string, maxConns int) (*Pool, error) {
	parsed, err := Parse(databaseURL)
	if err != nil {
		return nil, err
	}
	if parsed.MaxConns > 0 {
		maxConns = min(maxConns, parsed.MaxConns)
	}
	pooled, err := checkPooling(ctx, parsed.conn)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(parsed.text)
	if err != nil {
		return nil, fmt.Errorf("prepare the pool: %s", reason(err))
	}
	config.ConnConfig = parsed.conn.Copy()
	config.MaxConns = int32(max(1, maxConns))
	if pooled {
		config.MaxConns = min(config.MaxConns, pooledConns)
	}
	config.ConnConfig.Tracer = deadlines{}
	config.PingTimeout = pingTimeout
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error { return parsed.prepare(ctx, conn, limits) }
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to database: %w", err)
	}
	return &Pool{Pool: pool}, nil
}

// Pool is a pool whose every session is set by us.
type Pool struct {
	*pgxpool.Pool
}
