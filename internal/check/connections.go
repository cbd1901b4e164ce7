package check

import (
	"context"
	"fmt"
	"strings"

	"pushloss/internal/postgres"
)

// Connections compares the connections that a process may take with those that the server, the
// database and the role have left. Too few are only a warning: a process works with those that are
// free, and others may become free before it starts.
func Connections(ctx context.Context, pool *postgres.Pool, need int) Finding {
	const name = "connections"
	rooms, err := postgres.Rooms(ctx, pool)
	if postgres.Denied(err) { // tenants cannot read them, and nothing else needs them
		return Warning(name, "not known: "+err.Error(), "a superuser can let the role read what the error names; the figures do not need it")
	}
	if err != nil {
		return Bad(name, err, "check the database")
	}
	return judgeRooms(rooms, need, int(pool.Stat().TotalConns()))
}

// judgeRooms counts the connections of this process (own) as free.
func judgeRooms(rooms []postgres.Room, need, own int) Finding {
	const name = "connections"
	var words, tight []string
	for _, room := range rooms {
		left := max(0, min(room.Limit, room.Limit-room.Used+own))
		words = append(words, fmt.Sprintf("the %s leaves %d of %d", room.By, left, room.Limit))
		if room.Limit < postgres.MinConns {
			return Bad(name, &postgres.RoomError{Room: room}, room.Remedy())
		}
		if left < need {
			tight = append(tight, room.Remedy())
		}
	}
	finding := Good(name, fmt.Sprintf("a process takes up to %d; %s", need, strings.Join(words, ", ")))
	if len(tight) > 0 {
		finding.Hint = "work waits while no connection is left: lower PUSHLOSS_MAX_CONNECTIONS, or " + strings.Join(tight, ", ")
	}
	return finding
}
