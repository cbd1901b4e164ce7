package postgres_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
)

func TestAPostgresKeepsItsLocks(t *testing.T) {
	t.Parallel()
	url := pgtest.EmptyURL(t)
	for range 2 { // the sessions of the first check gave their lock back
		if err := postgres.CheckEngine(t.Context(), url); err != nil {
			t.Error(err)
		}
	}
}

func TestTheReleaseIsReadFromTheServer(t *testing.T) {
	t.Parallel()
	conn, err := postgres.Connect(t.Context(), pgtest.EmptyURL(t), postgres.Limits{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	engine, err := postgres.ReadEngine(t.Context(), conn)
	if err != nil || engine.Release < 14 || !strings.HasPrefix(engine.Version, strconv.Itoa(engine.Release)) {
		t.Errorf("%+v: %v", engine, err)
	}
}
