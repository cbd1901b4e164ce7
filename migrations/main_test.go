package migrations_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/migrations"
)

// patience bounds every wait of the tests.
const patience = 3 * time.Minute

// connect opens a connection that ends with the test.
func connect(t testing.TB, databaseURL string) *pgx.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec(t testing.TB, conn *pgx.Conn, sql string, args ...any) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// lines runs a query of one text column.
func lines(t testing.TB, conn *pgx.Conn, sql string, args ...any) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func up(t testing.TB, databaseURL string) {
	t.Helper()
	if err := migrations.Up(t.Context(), databaseURL); err != nil {
		t.Fatalf("up: %v", err)
	}
}

func down(t testing.TB, databaseURL string, steps int) {
	t.Helper()
	if err := migrations.Down(t.Context(), databaseURL, steps); err != nil {
		t.Fatalf("down %d: %v", steps, err)
	}
}

// baseline is the first version that there is.
const baseline = 11

// downTo takes a database that is at the newest version back.
func downTo(t testing.TB, databaseURL string, version int) {
	t.Helper()
	steps := migrations.Newest() - version
	if version == 0 {
		steps = migrations.Count()
	}
	if steps > 0 {
		down(t, databaseURL, steps)
	}
}

// setVersion writes what golang-migrate keeps of a schema's version.
func setVersion(t testing.TB, databaseURL string, version int, dirty bool) {
	t.Helper()
	exec(t, connect(t, databaseURL), `UPDATE pushloss.schema_migrations SET version = $1, dirty = $2`, version, dirty)
}

// wantStateError fails the test unless err is a *StateError about this status.
func wantStateError(t testing.TB, err error, want migrations.Status) {
	t.Helper()
	var state *migrations.StateError
	switch {
	case !errors.As(err, &state):
		t.Errorf("error %v, want a *StateError", err)
	case state.Status != want:
		t.Errorf("status %+v, want %+v", state.Status, want)
	}
}

func hintOf(err error) string {
	hinted, ok := errors.AsType[interface {
		error
		Hint() string
	}](err)
	if !ok {
		return ""
	}
	return hinted.Hint()
}

// says fails the test unless the error and its hint contain all the texts.
func says(t testing.TB, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	text := err.Error() + "\n" + hintOf(err)
	for _, want := range texts {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}

func wantVersion(t testing.TB, databaseURL string, version int) {
	t.Helper()
	wantStatus(t, databaseURL, migrations.Status{Version: version, Newest: migrations.Newest()})
}

func wantStatus(t testing.TB, databaseURL string, want migrations.Status) {
	t.Helper()
	if status, err := migrations.Read(t.Context(), databaseURL); err != nil || status != want {
		t.Errorf("status %+v, %v, want %+v", status, err, want)
	}
}
