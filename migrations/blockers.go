package migrations

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"pushloss/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// Blocker is a process, or a prepared transaction, with a lock for which a migration waits.
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

// end returns the statement that ends the blocker's transaction.
func (b Blocker) end() string {
	if b.Prepared != "" {
		return "ROLLBACK PREPARED '" + strings.ReplaceAll(b.Prepared, "'", "''") + "'"
	}
	return fmt.Sprintf("SELECT pg_terminate_backend(%d)", b.PID)
}

func listBlockers(blockers []Blocker) string {
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
	// Only a superuser, pg_monitor and the process's own role see more than the pid.
	sqlProcesses = `
		SELECT pid, '' AS prepared, coalesce(usename::text, 'the server itself'), coalesce(application_name, ''), coalesce(state, ''), xact_start, coalesce(query, '')
		FROM pg_stat_activity`
	// A prepared transaction has no process. Its locks are those with its virtual transaction.
	sqlBlockers = sqlProcesses + `
		WHERE pid = ANY(pg_blocking_pids($1))
		UNION ALL
		SELECT 0, p.gid, p.owner::text, '', '', p.prepared, ''
		FROM pg_prepared_xacts AS p
		WHERE 0 = ANY(pg_blocking_pids($1)) AND EXISTS (
			SELECT FROM pg_locks AS held JOIN pg_locks AS number USING (virtualtransaction)
			JOIN pg_locks AS wanted ON (wanted.locktype, wanted.database, wanted.relation) = (held.locktype, held.database, held.relation)
			WHERE held.pid IS NULL AND number.transactionid = p.transaction AND wanted.pid = $1 AND NOT wanted.granted)
		ORDER BY 1, 2`
)

func (s *session) processes(ctx context.Context, sql string, args ...any) ([]Blocker, error) {
	return postgres.List(ctx, s.conn, func(row pgx.CollectableRow) (b Blocker, err error) {
		var since *time.Time
		err = row.Scan(&b.PID, &b.Prepared, &b.User, &b.Application, &b.State, &since, &b.Query)
		if since != nil {
			b.Since = *since
		}
		return b, err
	}, sql, args...)
}

// blockerWatch remembers the processes for which a session waited last.
type blockerWatch struct {
	cancel context.CancelFunc
	done   sync.WaitGroup
	seen   []Blocker
}

// watchBlockers looks up, over its own connection, for which processes a process waits. It starts
// after a pause, since most migrations do not wait.
func (s *session) watchBlockers(ctx context.Context, pid int32, pause time.Duration) *blockerWatch {
	ctx, cancel := context.WithCancel(ctx)
	w := &blockerWatch{cancel: cancel}
	w.done.Go(func() {
		ticker := time.NewTicker(pause)
		defer ticker.Stop()
		var other *session
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if other == nil {
				opened, err := s.again(ctx)
				if err != nil {
					continue // perhaps no connection is left: then no blocker is named
				}
				other = opened
				defer other.close()
			}
			if found, err := other.processes(ctx, sqlBlockers, pid); err == nil && len(found) > 0 {
				w.seen = found
			}
		}
	})
	return w
}

// stop ends the watch and returns what it saw.
func (w *blockerWatch) stop() []Blocker {
	w.cancel()
	w.done.Wait()
	return w.seen
}
