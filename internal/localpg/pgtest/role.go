package pgtest

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	roleLimit    = 3 * time.Minute
	rolePassword = "of-a-test"
)

// Role makes a role that may log in, and returns its URL for the test's database. options are those
// of CREATE ROLE. Choose a random name, because roles belong to the server, which other tests use
// too. After the test, Role drops the role and its rights in the database.
func Role(t testing.TB, databaseURL, name, options string) string {
	t.Helper()
	role := pgx.Identifier{name}.Sanitize()
	admin := AdminURL(t, databaseURL)
	if err := execute(admin, `CREATE ROLE `+role+` LOGIN PASSWORD '`+rolePassword+`' `+options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute(admin, `DROP OWNED BY `+role+` CASCADE`, `DROP ROLE `+role); err != nil {
			t.Error(err)
		}
	})
	return withUser(t, databaseURL, url.UserPassword(name, rolePassword))
}

// AdminURL returns the URL of the server's administrator for the test's database.
func AdminURL(t testing.TB, databaseURL string) string {
	t.Helper()
	address, err := shared.adminURL()
	if err != nil {
		t.Fatalf("a Postgres for the tests: %v", err)
	}
	config, err := pgconn.ParseConfig(address) // its password may be in a file
	if err != nil {
		t.Fatal("the server's URL cannot be parsed")
	}
	return withUser(t, databaseURL, url.UserPassword(config.User, config.Password))
}

func withUser(t testing.TB, databaseURL string, user *url.Userinfo) string {
	t.Helper()
	parsed, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal("the database URL cannot be parsed")
	}
	parsed.User = user
	return parsed.String()
}

func execute(databaseURL string, statements ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), roleLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, strings.Join(statements, ";"))
	return err
}
