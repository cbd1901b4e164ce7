package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
)

// Blocker is a process, or a prepared transaction, with a lock for which another one waits.
type Blocker struct {
	PID         int
	Prepared    string // name of a prepared transaction, which has no process
	User        string
	Application string
	State       string // empty if the server does not show it to our role
	Since       time.Time
	Query       string
}

// maxQuery is how much of a blocker's query is printed.
const maxQuery = 80

func (b Blocker) String() string {
	if b.Prepared != "" {
		return fmt.Sprintf("the prepared transaction %q of %s, of %s", b.Prepared, b.User, b.Since.UTC().Format(time.RFC3339))
	}
	var text strings.Builder
	fmt.Fprintf(&text, "process %d of %s", b.PID, b.User)
	if b.Application != "" {
		fmt.Fprintf(&text, " (%s)", b.Application)
	}
	if b.State == "" {
		text.WriteString(", whose state only it or a member of pg_monitor may see")
		return text.String()
	}
	fmt.Fprintf(&text, ", %s", b.State)
	if !b.Since.IsZero() {
		fmt.Fprintf(&text, ", its transaction began %s", b.Since.UTC().Format(time.RFC3339))
	}
	query := []rune(strings.Join(strings.Fields(b.Query), " "))
	switch {
	case len(query) == 0:
	case strings.Contains(strings.ToLower(b.Query), "password"):
		text.WriteString(": a query with a password in it")
	case len(query) > maxQuery:
		fmt.Fprintf(&text, ": %s…", string(query[:maxQuery]))
	default:
		fmt.Fprintf(&text, ": %s", string(query))
	}
	return text.String()
}

// End returns the statement that ends the blocker's transaction.
func (b Blocker) End() string {
	if b.Prepared != "" {
		return "ROLLBACK PREPARED '" + strings.ReplaceAll(b.Prepared, "'", "''") + "'"
	}
	return fmt.Sprintf("SELECT pg_terminate_backend(%d)", b.PID)
}

// ListBlockers names blockers.
func ListBlockers(blockers []Blocker) string {
	if len(blockers) == 0 {
		return "who holds it could not be seen"
	}
	texts := make([]string, len(blockers))
	for i, b := range blockers {
		texts[i] = b.String()
	}
	return strings.Join(texts, "; ")
}

const (
	// SQLProcesses reads what ReadBlockers reads. Only a superuser, pg_monitor and the process's own
	// role see more than the pid.
	SQLProcesses = `
		SELECT pid, '' AS prepared, coalesce(usename::text, 'the server itself'), coalesce(application_name, ''), coalesce(state, ''), xact_start, coalesce(query, '')
		FROM pg_stat_activity`
	// A prepared transaction has no process. Its locks are those with its virtual transaction.
	sqlBlockers = SQLProcesses + `
		WHERE pid = ANY(pg_blocking_pids($1))
		UNION ALL
		SELECT 0, p.gid, p.owner::text, '', '', p.prepared, ''
		FROM pg_prepared_xacts AS p
		WHERE 0 = ANY(pg_blocking_pids($1)) AND EXISTS (
			SELECT FROM pg_locks AS held JOIN pg_locks AS number USING (virtualtransaction)
			JOIN pg_locks AS wanted ON (wanted.locktype, wanted.database, wanted.relation) = (held.locktype, held.database, held.relation)
				OR wanted.transactionid = number.transactionid
			WHERE held.pid IS NULL AND number.transactionid = p.transaction AND wanted.pid = $1 AND NOT wanted.granted)
		ORDER BY 1, 2`
)

// ReadBlockers executes a query that begins with SQLProcesses.
func ReadBlockers(ctx context.Context, from Reader, sql string, args ...any) ([]Blocker, error) {
	return List(ctx, from, func(row pgx.CollectableRow) (b Blocker, err error) {
		var since *time.Time
		err = row.Scan(&b.PID, &b.Prepared, &b.User, &b.Application, &b.State, &since, &b.Query)
		if since != nil {
			b.Since = *since
		}
		return b, err
	}, sql, args...)
}

// BlockerWatch remembers the processes for which a session waited last.
type BlockerWatch struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	seen   []Blocker
}

// WatchBlockers looks up for which processes a process waits, over a connection that open returns
// with what ends it. It starts after a pause, since most statements do not wait.
func WatchBlockers(ctx context.Context, pid uint32, pause time.Duration, open func(context.Context) (Reader, func(), error)) *BlockerWatch {
	ctx, cancel := context.WithCancel(ctx)
	w := &BlockerWatch{cancel: cancel}
	w.done.Go(func() {
		ticker := time.NewTicker(pause)
		defer ticker.Stop()
		var other Reader
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if other == nil {
				opened, end, err := open(ctx)
				if err != nil {
					continue // perhaps no connection is left: then no blocker is named
				}
				other = opened
				defer end()
			}
			if found, err := ReadBlockers(ctx, other, sqlBlockers, int32(pid)); err == nil && len(found) > 0 {
				w.seen = found
			}
		}
	})
	return w
}

// Stop ends the watch and returns what it saw.
func (w *BlockerWatch) Stop() []Blocker {
	w.cancel()
	w.done.Wait()
	return w.seen
}

// lookAfter is how long a transaction waits before its pool looks up for whom.
const lookAfter = time.Second

// Naming executes a step of a transaction on a connection of the pool. If the step fails because the
// database did not answer in time, the error names the sessions whose locks it waited for, without
// their queries. Behind a pooler nobody knows the server's process.
func (p *Pool) Naming(ctx context.Context, conn *pgx.Conn, step func() error) error {
	if p.pooled {
		return step()
	}
	watch := WatchBlockers(ctx, conn.PgConn().PID(), lookAfter, func(context.Context) (Reader, func(), error) { return p, func() {}, nil })
	err := step()
	blockers := watch.Stop()
	code := Code(err)
	late := code == pgerrcode.LockNotAvailable || code == pgerrcode.QueryCanceled || errors.Is(err, context.DeadlineExceeded)
	if !late || len(blockers) == 0 {
		return err
	}
	for i := range blockers {
		blockers[i].Query = ""
	}
	return fmt.Errorf("%w; the lock is held by %s", err, ListBlockers(blockers))
}
