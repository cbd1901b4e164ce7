package load_test

import (
	"strings"
	"testing"

	"pushloss/load"
)

// S3: an error does not contain an unreadable URL, since its password may be anywhere in
// it.
func TestAnErrorDoesNotContainAnUnreadableURL(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"port that is not valid":       "postgres://me:hush-hush@localhost:port/db",
		"percent that escapes nothing": "postgres://me:%hush-hush@localhost/db",
		"password with an at sign":     "postgres://me:p@hush-hush@localhost:port/db",
		"password as a parameter":      "postgres://me@localhost/db?password=hush-hush&sslmode=none",
		"spaces around equals signs":   "host=localhost port=none password = hush-hush",
		"another scheme":               "mysql://me:hush-hush@localhost/db",
		"size of the pool":             "postgres://me:hush-hush@localhost/db?pool_max_conns=many",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := load.Open(t.Context(), url, 2)
			if err == nil {
				db.Close()
				t.Fatal("it was opened")
			}
			if strings.Contains(err.Error(), "hush-hush") || load.Unreachable(err) {
				t.Errorf("error: %v", err)
			}
		})
	}
}
