package postgres_test

import (
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
