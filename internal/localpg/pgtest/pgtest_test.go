package pgtest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/localpg/pgtest"
)

// childMode makes the test binary a separate process, to be killed.
const childMode = "PGTEST_TEST_CHILD"

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func schemas(t testing.TB, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var names string
	const find = `SELECT coalesce(string_agg(nspname, ' ' ORDER BY nspname), '') FROM pg_namespace
		WHERE nspname IN ('pushloss', 'analytics')`
	if err := conn.QueryRow(ctx, find).Scan(&names); err != nil {
		t.Fatal(err)
	}
	return names
}

func TestURLHasTheSchema(t *testing.T) {
	t.Parallel()
	if got := schemas(t, pgtest.URL(t)); got != "analytics pushloss" {
		t.Errorf("schemas: %q", got)
	}
}

func TestEmptyURLHasNone(t *testing.T) {
	t.Parallel()
	if got := schemas(t, pgtest.EmptyURL(t)); got != "" {
		t.Errorf("schemas: %q", got)
	}
}

func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"one", "other"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := pgtest.Pool(t).Exec(t.Context(), "CREATE TABLE public.mine ()"); err != nil {
				t.Error(err)
			}
		})
	}
}

// A test process that is killed must not leave its server behind.
func TestKilledTestsAreCleanedUp(t *testing.T) {
	if os.Getenv(childMode) != "" {
		url := pgtest.EmptyURL(t)
		fmt.Println("child", url)
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	t.Parallel()
	dir, err := os.MkdirTemp("", "pgtest-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledTestsAreCleanedUp$")
	cmd.Env = append(os.Environ(), childMode+"=1", "PUSHLOSS_TEST_DATABASE_URL=", "TMPDIR="+dir)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var url string
	for lines := bufio.NewScanner(stdout); url == "" && lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "child "); ok {
			url = text
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // "signal: killed"
	if url == "" {
		t.Fatal("the other test process has no server")
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		conn, connErr := pgx.Connect(t.Context(), url)
		if connErr == nil {
			conn.Close(t.Context())
		}
		if len(left) == 0 && connErr != nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left behind: files %v; the server said %v", left, connErr)
		}
	}
}
