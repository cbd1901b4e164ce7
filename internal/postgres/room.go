package postgres

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize/english"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/problem"
)

// Room is a limit of connections that applies to a process.
type Room struct {
	By    string // what sets the limit: the server, the database or the role
	Limit int
	Used  int // by all processes, this one included
}

// RoomError says that a limit is lower than what a process needs, even without other connections.
type RoomError struct{ Room }

func (e *RoomError) Error() string {
	return fmt.Sprintf("the %s allows %s; a process needs at least %d", e.By, english.Plural(e.Limit, "connection", ""), MinConns)
}

// Hint says what an operator can do.
func (e *RoomError) Hint() string { return e.Remedy() }

// Remedy says how the limit is raised.
func (r Room) Remedy() string {
	switch r.By {
	case "role":
		return "raise the role's limit (ALTER ROLE ... CONNECTION LIMIT)"
	case "database":
		return "raise the database's limit (ALTER DATABASE ... CONNECTION LIMIT)"
	}
	return "raise max_connections of the server"
}

// ExitCode is problem.Database.
func (*RoomError) ExitCode() problem.Code { return problem.Database }

// A session of another role shows only its role and database. The server's own processes have
// neither. Only the server limits superusers.
const sqlRoom = `
	WITH sessions AS (SELECT usesysid, datid FROM pg_stat_activity WHERE datid IS NOT NULL AND usesysid IS NOT NULL)
	SELECT 'server', current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
			- coalesce(current_setting('reserved_connections', true)::int, 0), (SELECT count(*) FROM sessions)::int
	UNION ALL
	SELECT 'database', datconnlimit, (SELECT count(*) FROM sessions WHERE datid = d.oid)::int
	FROM pg_database AS d WHERE datname = current_database() AND datconnlimit >= 0 AND NOT current_setting('is_superuser')::boolean
	UNION ALL
	SELECT 'role', rolconnlimit, (SELECT count(*) FROM sessions WHERE usesysid = r.oid)::int
	FROM pg_roles AS r WHERE rolname = session_user AND rolconnlimit >= 0 AND NOT current_setting('is_superuser')::boolean`

// Rooms returns the limits of connections that apply to a process.
func Rooms(ctx context.Context, from Reader) ([]Room, error) {
	rooms, err := List(ctx, from, pgx.RowToStructByPos[Room], sqlRoom)
	if err != nil {
		return nil, fmt.Errorf("ask how many connections are left: %w", err)
	}
	return rooms, nil
}

// Enough returns a *RoomError if a process can have too few connections. Tenants may be refused the
// question.
func Enough(ctx context.Context, from Reader) error {
	rooms, err := Rooms(ctx, from)
	if err != nil && !Denied(err) {
		return err
	}
	for _, room := range rooms {
		if room.Limit < MinConns {
			return &RoomError{Room: room}
		}
	}
	return nil
}
