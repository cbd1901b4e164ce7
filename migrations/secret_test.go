package migrations_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// S3: whatever is wrong with the URL, its password is not printed.
func TestPasswordIsNeverPrinted(t *testing.T) {
	t.Parallel()
	const password = "hunter2"
	wrong, err := url.Parse(pgtest.EmptyURL(t))
	if err != nil {
		t.Fatal(err)
	}
	wrong.User = url.UserPassword(wrong.User.Username(), password)
	tests := []struct{ name, url string }{
		{"wrong password", wrong.String()},
		{"nobody listens", "postgres://me:hunter2@127.0.0.1:1/db?connect_timeout=5"},
		{"no such host", "postgres://me:hunter2@nowhere.invalid/db?connect_timeout=5"},
		{"port that is not valid", "postgres://me:hunter2@localhost:port/db"},
		{"percent that escapes nothing", "postgres://me:%hunter2@localhost/db"},
		{"password with an at sign", "postgres://me:p@hunter2@localhost:port/db"},
		{"password with a colon and a percent", "postgres://me:%p:hunter2@localhost:1/db"},
		{"password as a parameter", "postgres://me@localhost/db?password=hunter2&sslmode=none"},
		{"password as a parameter of a broken URL", "postgres://me@localhost:port/db?password=hunter2"},
		{"keyword and value", "host=127.0.0.1 port=none password=hunter2"},
		{"quoted value", "host=127.0.0.1 port=none password='hunter2'"},
		{"spaces around the equals sign", "host=127.0.0.1 port=none password = hunter2"},
		{"another scheme", "mysql://me:hunter2@localhost/db"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for name, run := range map[string]func(context.Context, string) error{
				"Up": migrations.Up, "Check": migrations.Check,
				"Down": func(ctx context.Context, url string) error { return migrations.Down(ctx, url, 1) },
			} {
				err := run(t.Context(), test.url)
				if err == nil {
					t.Errorf("%s succeeded", name)
				} else if strings.Contains(err.Error(), password) {
					t.Errorf("%s shows the password: %v", name, err)
				}
			}
		})
	}
}
