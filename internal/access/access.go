package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/postgres"
	"pushloss/internal/problem"
)

// Report lists a role's rights on analytics after a change.
type Report struct {
	Role   string  `json:"role"`
	Rights []Right `json:"rights"`
	// Reads reports whether the role can read anything of analytics now, by any right.
	Reads bool `json:"reads"`
	// Notes are facts about the role that an operator may not expect.
	Notes []string `json:"notes"`
	// SearchPath reports whether the role finds the views in this database without the schema's
	// name.
	SearchPath bool `json:"search_path"`
	// First is a query that shows the role something; empty after a revoke.
	First string `json:"first"`
}

// Right is one right of a role, and what happened to it.
type Right struct {
	On     string `json:"on"`
	Right  string `json:"right"` // USAGE, SELECT or EXECUTE
	Result Result `json:"result"`
}

// Result is what happened to a right.
type Result string

const (
	Granted   Result = "granted"
	Unchanged Result = "unchanged" // the role already had it
	Revoked   Result = "revoked"
	Remains   Result = "remains" // another role gave it, and only that role can take it back
)

// Changed counts the rights that were given or taken.
func (r Report) Changed() int {
	n := 0
	for _, right := range r.Rights {
		if right.Result == Granted || right.Result == Revoked {
			n++
		}
	}
	return n
}

// sqlAlone makes these changes wait for each other: of two concurrent changes of the rights on one
// view, Postgres fails the second.
const sqlAlone = `SELECT pg_advisory_xact_lock(hashtextextended('pushloss access', 0))`

// Grant lets a role read schema analytics, now and after later migrations, and nothing else. Rights
// that the role already has stay as they are.
//
// With searchPath, the role also finds the views without the schema's name, in this database.
func Grant(ctx context.Context, pool *postgres.Pool, role string, searchPath bool) (Report, error) {
	given := grantChange
	given.searchPath = searchPath
	report, err := apply(ctx, pool, role, func(r knownRole, rights []heldRight) error {
		if r.superuser {
			return &problem.UsageError{
				Problem: fmt.Sprintf("role %q is a superuser: it reads and writes everything, so a grant would have no effect", role),
				Remedy:  "make a role for people who read: CREATE ROLE analyst LOGIN PASSWORD '...'",
			}
		}
		for _, right := range rights {
			if right.roleIsOwner {
				return &problem.UsageError{
					Problem: fmt.Sprintf("role %q has the rights of %q, which owns %s: it may do everything there, so a grant would have no effect", role, right.owner, right.on()),
					Remedy:  "make a separate role for people who read: CREATE ROLE analyst LOGIN PASSWORD '...'",
				}
			}
		}
		return nil
	}, given)
	if err != nil {
		return report, fmt.Errorf("grant: %w", err)
	}
	return report, nil
}

// Revoke takes back what Grant gave. A role without grants is not an error.
func Revoke(ctx context.Context, pool *postgres.Pool, role string) (Report, error) {
	report, err := apply(ctx, pool, role, func(_ knownRole, rights []heldRight) error {
		for _, right := range rights {
			if right.owner == role {
				return &problem.UsageError{
					Problem: fmt.Sprintf("role %q owns %s: pushloss itself works by its rights, which stay", role, right.on()),
					Remedy:  "name the role that people or a BI tool log in as",
				}
			}
		}
		return nil
	}, revokeChange)
	if err != nil {
		return report, fmt.Errorf("revoke: %w", err)
	}
	return report, nil
}

// rightChange is a direction of change: to give rights or to take them back.
type rightChange struct {
	verb string // GRANT or REVOKE
	to   string // TO or FROM
	due  func(heldRight) bool
	done Result
	// searchPath says whether to change the role's search_path too.
	searchPath bool
}

var (
	grantChange  = rightChange{verb: "GRANT", to: "TO", due: func(r heldRight) bool { return !r.held }, done: Granted}
	revokeChange = rightChange{verb: "REVOKE", to: "FROM", due: func(r heldRight) bool { return r.held }, done: Revoked}
)

// sql returns the statement that changes one right.
func (c rightChange) sql(right heldRight, role string) string {
	words := []string{c.verb, right.privilege, "ON", right.object(), c.to, pgx.Identifier{role}.Sanitize()}
	if right.isLater() {
		words = append([]string{"ALTER DEFAULT PRIVILEGES FOR ROLE", pgx.Identifier{right.owner}.Sanitize(), "IN SCHEMA analytics"}, words...)
	}
	return strings.Join(words, " ")
}

func apply(ctx context.Context, pool *postgres.Pool, role string, check func(knownRole, []heldRight) error, change rightChange) (Report, error) {
	report := Report{Role: role, Rights: []Right{}, Notes: []string{}}
	if err := checkRoleName(role); err != nil {
		return report, err
	}
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlAlone); err != nil {
			return err
		}
		found, err := readRole(ctx, tx, role, change)
		if err != nil {
			return err
		}
		of, err := readCluster(ctx, tx)
		if err != nil {
			return fmt.Errorf("ask for Citus: %w", err)
		}
		before, err := readRights(ctx, tx, found.oid, of)
		if err != nil {
			return err
		}
		if err := check(found, before); err != nil {
			return err
		}
		if err := of.prepare(ctx, tx, role, change); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		for _, right := range before {
			if !change.due(right) {
				continue
			}
			if !right.mayChange {
				return &problem.UsageError{
					Problem: fmt.Sprintf("no right to %s %s on %s, which %q owns", strings.ToLower(change.verb), right.privilege, right.on(), right.owner),
					Remedy:  fmt.Sprintf("connect as %q, the role that migrates, or as a superuser", right.owner),
				}
			}
			batch.Queue(change.sql(right, role))
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return refused(err)
		}
		if err := of.apply(ctx, tx, role, change); err != nil {
			return fmt.Errorf("rights on the workers: %w", err)
		}
		if err := change.setSearchPath(ctx, tx, role, found); err != nil {
			return err
		}
		after, err := readRights(ctx, tx, found.oid, of)
		if err != nil {
			return err
		}
		report.Rights = append(report.Rights, change.results(before, after)...)
		if found, err = readRole(ctx, tx, role, change); err != nil {
			return err
		}
		report.Reads, report.SearchPath, report.First = found.readsAnalytics, found.searchPath != "", change.first(found)
		report.Notes = append(report.Notes, found.notes(role, change.done, of)...)
		return nil
	})
	return report, err
}

// searchPath makes the views win over everything else that the role sees.
const searchPath = `analytics, "$user", public`

// setSearchPath sets the role's search_path in this database, or resets it if Grant had set it.
func (c rightChange) setSearchPath(ctx context.Context, tx pgx.Tx, role string, found knownRole) error {
	where := fmt.Sprintf("ALTER ROLE %s IN DATABASE %s ", pgx.Identifier{role}.Sanitize(), pgx.Identifier{found.database}.Sanitize())
	var statement string
	switch {
	case c.searchPath && found.searchPath == "":
		statement = where + "SET search_path = " + searchPath
	case c.done == Revoked && found.searchPath == searchPath:
		statement = where + "RESET search_path"
	default:
		return nil
	}
	_, err := tx.Exec(ctx, statement)
	if postgres.Denied(err) { // the role that migrates may lack the right to alter roles
		return &problem.UsageError{
			Problem: fmt.Sprintf("the search_path of %q cannot be changed by this role: %v", role, err),
			Remedy:  "as a superuser, or the role that created it: " + statement + "; then run this again",
		}
	}
	return err
}

// first returns a query that shows something in any database with an app.
func (c rightChange) first(found knownRole) string {
	switch {
	case c.done == Revoked:
		return ""
	case found.searchPath != "":
		return "SELECT * FROM calendar ORDER BY day DESC LIMIT 7"
	}
	return "SELECT * FROM analytics.calendar ORDER BY day DESC LIMIT 7"
}

// results returns every right that the role has or had.
func (c rightChange) results(before, after []heldRight) []Right {
	now := make(map[string]bool)
	for _, right := range after {
		now[right.on()] = right.held
	}
	var results []Right
	for _, right := range before {
		result := Right{On: right.on(), Right: right.privilege, Result: Unchanged}
		switch held := now[right.on()]; {
		case held != right.held:
			result.Result = c.done
		case !held:
			continue // there was nothing to take back
		case c.done == Revoked:
			result.Result = Remains
		}
		results = append(results, result)
	}
	return results
}

// checkRoleName refuses names that Postgres accepts for no role, even quoted.
func checkRoleName(role string) error {
	switch {
	case role == "" || !utf8.ValidString(role) || strings.ContainsRune(role, 0):
		return &problem.UsageError{Problem: fmt.Sprintf("%q is not the name of a role", role), Remedy: "name the role that people or a BI tool log in as"}
	case role == "public" || role == "none" || strings.HasPrefix(role, "pg_"):
		return &problem.UsageError{
			Problem: fmt.Sprintf("the name %q is reserved: it does not name a single role", role),
			Remedy:  "name the role that people or a BI tool log in as",
		}
	}
	return nil
}

// refused turns refusals by Postgres into errors on which an operator can act.
func refused(err error) error {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return err
	}
	switch pgErr.Code {
	case pgerrcode.InsufficientPrivilege:
		return &problem.UsageError{Problem: pgErr.Message, Remedy: "connect as the role that migrates, or as a superuser"}
	case pgerrcode.DependentObjectsStillExist, pgerrcode.DependentPrivilegeDescriptorsStillExist:
		return &problem.UsageError{
			Problem: "the role has passed its rights on to others: " + pgErr.Message,
			Remedy:  "as the role that migrates: REVOKE ... ON ... FROM the role CASCADE",
		}
	}
	return err
}
