package migrations_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
	"pushloss/migrations"
)

// K5: a migrator waits for a connection as other commands do, and says so.
func TestAMigratorWaitsWhileItsRoleHasNoConnectionLeft(t *testing.T) {
	t.Parallel()
	address := pgtest.Role(t, pgtest.EmptyURL(t), "room_"+strings.ToLower(rand.Text()[:10]), "CONNECTION LIMIT 1")
	only, err := postgres.Connect(t.Context(), address, postgres.Limits{StatementTimeout: time.Minute, IdleInTransaction: time.Minute}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var notices []string
	err = migrations.New(address, migrations.Options{Notice: func(notice string) {
		notices = append(notices, notice)
		_ = only.Close(context.WithoutCancel(t.Context()))
	}}).Up(t.Context())
	if len(notices) != 1 || !strings.Contains(notices[0], "waits for a connection") {
		t.Errorf("it says %q", notices)
	}
	if err == nil || !strings.Contains(err.Error(), "may not create the schema") {
		t.Errorf("with a connection it comes to %v", err)
	}
}
