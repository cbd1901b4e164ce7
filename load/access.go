package load

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Access is what became of a role's rights to read analytics.
type Access struct {
	Role   string        `json:"role"`
	Rights []AccessRight `json:"rights"`
	// Reads tells whether the role reads anything of analytics now, in whatever way.
	Reads bool `json:"reads"`
	// Notes are what an operator may not expect of the role.
	Notes []string `json:"notes"`
}

// AccessRight is one right of a role, and what was done about it.
type AccessRight struct {
	On     string       `json:"on"`
	Right  string       `json:"right"` // USAGE, SELECT or EXECUTE
	Result AccessResult `json:"result"`
}

// AccessResult is what was done about a right.
type AccessResult string

const (
	AccessGranted   AccessResult = "granted"
	AccessUnchanged AccessResult = "unchanged" // the role had it already
	AccessRevoked   AccessResult = "revoked"
	AccessRemains   AccessResult = "remains" // somebody else gave it, who alone can take it back
)

// Changed counts the rights that were given or taken.
func (a Access) Changed() int {
	n := 0
	for _, right := range a.Rights {
		if right.Result == AccessGranted || right.Result == AccessRevoked {
			n++
		}
	}
	return n
}

// AccessError says why a role cannot be given rights, or lose them.
type AccessError struct {
	Problem string
	Remedy  string
}

func (e *AccessError) Error() string { return e.Problem }

// Hint tells an operator what to do.
func (e *AccessError) Hint() string { return e.Remedy }

// sqlAccessAlone keeps two of these from each other: Postgres fails the second of
// two who change the rights of one view at once.
const sqlAccessAlone = `SELECT pg_advisory_xact_lock(hashtextextended('pushloss access', 0))`

// Grant lets a role read schema analytics, as it is and as later migrations make
// it, and nothing else. What the role has already stays as it is.
func (db *DB) Grant(ctx context.Context, role string) (Access, error) {
	access, err := db.changeAccess(ctx, role, func(r accessRole, rights []heldRight) error {
		if r.superuser {
			return &AccessError{
				Problem: fmt.Sprintf("role %q is a superuser: it reads and writes everything, and a grant would mean nothing", role),
				Remedy:  "make a role for people who read: CREATE ROLE analyst LOGIN PASSWORD '...'",
			}
		}
		for _, right := range rights {
			if right.roleIsOwner {
				return &AccessError{
					Problem: fmt.Sprintf("role %q has the rights of %q, which owns %s: it may do everything there, and a grant would mean nothing", role, right.owner, right.on()),
					Remedy:  "make a role of its own for people who read: CREATE ROLE analyst LOGIN PASSWORD '...'",
				}
			}
		}
		return nil
	}, grant)
	if err != nil {
		return access, fmt.Errorf("grant: %w", err)
	}
	return access, nil
}

// Revoke takes back what Grant gave. It is no error if that was nothing.
func (db *DB) Revoke(ctx context.Context, role string) (Access, error) {
	access, err := db.changeAccess(ctx, role, func(_ accessRole, rights []heldRight) error {
		for _, right := range rights {
			if right.owner == role {
				return &AccessError{
					Problem: fmt.Sprintf("role %q owns %s: pushloss itself works by its rights, which stay", role, right.on()),
					Remedy:  "name the role that people or a BI tool log in as",
				}
			}
		}
		return nil
	}, revoke)
	if err != nil {
		return access, fmt.Errorf("revoke: %w", err)
	}
	return access, nil
}

// accessChange is the one or the other way to change rights.
type accessChange struct {
	verb string // GRANT or REVOKE
	to   string // TO or FROM
	due  func(heldRight) bool
	done AccessResult
}

var (
	grant  = accessChange{"GRANT", "TO", func(r heldRight) bool { return !r.held }, AccessGranted}
	revoke = accessChange{"REVOKE", "FROM", func(r heldRight) bool { return r.held }, AccessRevoked}
)

// sql is the statement that changes one right.
func (c accessChange) sql(right heldRight, role string) string {
	words := []string{c.verb, right.privilege, "ON", right.object(), c.to, pgx.Identifier{role}.Sanitize()}
	if right.isLater() {
		words = append([]string{"ALTER DEFAULT PRIVILEGES FOR ROLE", pgx.Identifier{right.owner}.Sanitize(), "IN SCHEMA analytics"}, words...)
	}
	return strings.Join(words, " ")
}

func (db *DB) changeAccess(ctx context.Context, role string, check func(accessRole, []heldRight) error, change accessChange) (Access, error) {
	access := Access{Role: role, Rights: []AccessRight{}, Notes: []string{}}
	if err := checkRoleName(role); err != nil {
		return access, err
	}
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlAccessAlone); err != nil {
			return err
		}
		found, err := readAccessRole(ctx, tx, role, change)
		if err != nil {
			return err
		}
		before, err := readRights(ctx, tx, found.oid)
		if err != nil {
			return err
		}
		if err := check(found, before); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		for _, right := range before {
			if !change.due(right) {
				continue
			}
			if !right.mayChange {
				return &AccessError{
					Problem: fmt.Sprintf("no right to %s %s on %s, which %q owns", strings.ToLower(change.verb), right.privilege, right.on(), right.owner),
					Remedy:  fmt.Sprintf("connect as %q, the role that migrates, or as a superuser", right.owner),
				}
			}
			batch.Queue(change.sql(right, role))
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return accessRefused(err)
		}
		after, err := readRights(ctx, tx, found.oid)
		if err != nil {
			return err
		}
		access.Rights = append(access.Rights, change.results(before, after)...)
		if found, err = readAccessRole(ctx, tx, role, change); err != nil {
			return err
		}
		access.Reads = found.readsAnalytics
		access.Notes = append(access.Notes, found.notes(role, change.done)...)
		return nil
	})
	return access, err
}

// results tells of every right that the role has, or had.
func (c accessChange) results(before, after []heldRight) []AccessRight {
	now := make(map[string]bool)
	for _, right := range after {
		now[right.on()] = right.held
	}
	var results []AccessRight
	for _, right := range before {
		result := AccessRight{On: right.on(), Right: right.privilege, Result: AccessUnchanged}
		switch held := now[right.on()]; {
		case held != right.held:
			result.Result = c.done
		case !held:
			continue // there was nothing to take
		case c.done == AccessRevoked:
			result.Result = AccessRemains
		}
		results = append(results, result)
	}
	return results
}

// checkRoleName refuses what is no role to Postgres, however it is quoted.
func checkRoleName(role string) error {
	switch {
	case role == "" || !utf8.ValidString(role) || strings.ContainsRune(role, 0):
		return &AccessError{Problem: fmt.Sprintf("%q is not the name of a role", role), Remedy: "name the role that people or a BI tool log in as"}
	case role == "public" || role == "none" || strings.HasPrefix(role, "pg_"):
		return &AccessError{
			Problem: fmt.Sprintf("the name %q is reserved: it stands for no single role of yours", role),
			Remedy:  "name the role that people or a BI tool log in as",
		}
	}
	return nil
}

// accessRefused makes Postgres's refusals ones that an operator can act on.
func accessRefused(err error) error {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return err
	}
	switch pgErr.Code {
	case pgerrcode.InsufficientPrivilege:
		return &AccessError{Problem: pgErr.Message, Remedy: "connect as the role that migrates, or as a superuser"}
	case pgerrcode.DependentObjectsStillExist, pgerrcode.DependentPrivilegeDescriptorsStillExist:
		return &AccessError{
			Problem: "the role has passed its rights on to others: " + pgErr.Message,
			Remedy:  "as the role that migrates: REVOKE ... ON ... FROM the role CASCADE",
		}
	}
	return err
}
