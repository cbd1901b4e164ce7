package postgres_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
)

// K5: a process waits for a role without free connections, also with its first connection. The
// limits are those of the catalog.
func TestTheFirstConnectionWaitsForRoomAndSaysSo(t *testing.T) {
	t.Parallel()
	address := pgtest.Role(t, pgtest.EmptyURL(t), "room_"+strings.ToLower(rand.Text()[:10]), "CONNECTION LIMIT 1")
	first, err := postgres.Connect(t.Context(), address, postgres.Limits{StatementTimeout: time.Minute, IdleInTransaction: time.Minute}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.Open(t.Context(), address, 4); !postgres.Full(err) {
		t.Errorf("one that does not wait says %v", err)
	}
	waits := 0
	pool, err := postgres.OpenPatiently(t.Context(), address, 4, func(err error, waited, limit time.Duration) {
		if !postgres.Full(err) || limit != time.Minute+15*time.Second {
			t.Errorf("waits because of %v, %v at most", err, limit)
		}
		if waits++; waits == 2 {
			_ = first.Close(context.WithoutCancel(t.Context()))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if waits < 2 {
		t.Errorf("it waited %d times", waits)
	}
	rooms, err := postgres.Rooms(t.Context(), pool)
	if err != nil || len(rooms) != 2 {
		t.Fatalf("%v, %v", rooms, err)
	}
	if diff := cmp.Diff(postgres.Room{By: "role", Limit: 1, Used: 1}, rooms[1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAStepWaitsForRoomAndIsTakenAgain(t *testing.T) {
	t.Parallel()
	address := pgtest.Role(t, pgtest.EmptyURL(t), "room_"+strings.ToLower(rand.Text()[:10]), "CONNECTION LIMIT 1")
	only, err := postgres.Connect(t.Context(), address, limits, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = postgres.Patiently(t.Context(), func() error { return postgres.CheckPooling(t.Context(), address) }, func(why error, _, _ time.Duration) {
		if !postgres.Full(why) {
			t.Errorf("waits because of %v", why)
		}
		_ = only.Close(context.WithoutCancel(t.Context()))
	})
	if err != nil || !only.IsClosed() {
		t.Errorf("it did not wait, or not long enough: %v", err)
	}
}

// K5: who holds a connection would wait for another one that the limit never allows.
func TestAConnectionThatLeavesNoOtherOneIsNotHeld(t *testing.T) {
	t.Parallel()
	address := pgtest.Role(t, pgtest.EmptyURL(t), "room_"+strings.ToLower(rand.Text()[:10]), "CONNECTION LIMIT 1")
	// Patiently, because the first connection of Open may not have left the server yet.
	pool, err := postgres.OpenPatiently(t.Context(), address, 4, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	_, _, err = pool.Hold(t.Context())
	if tooLow, ok := errors.AsType[*postgres.RoomError](err); !ok || tooLow.By != "role" || !strings.Contains(tooLow.Hint(), "ALTER ROLE") {
		t.Errorf("it says %v", err)
	}
	if err := pool.Ping(t.Context()); err != nil {
		t.Errorf("the connection was not given back: %v", err)
	}
}

func TestOnlyTheServerLimitsTheConnectionsOfASuperuser(t *testing.T) {
	t.Parallel()
	address := pgtest.Role(t, pgtest.EmptyURL(t), "room_"+strings.ToLower(rand.Text()[:10]), "SUPERUSER CONNECTION LIMIT 1")
	pool, err := postgres.Open(t.Context(), address, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	rooms, err := postgres.Rooms(t.Context(), pool)
	if err != nil || len(rooms) != 1 || rooms[0].By != "server" {
		t.Errorf("the limits are %v, %v", rooms, err)
	}
}
