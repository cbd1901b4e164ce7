package localpg

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// childDir makes the test binary a second process that uses a database.
const childDir = "LOCALPG_TEST_CHILD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if base, err := seed(); err == nil {
			os.RemoveAll(filepath.Dir(base))
		}
		os.Exit(code)
	}))
}

// seed makes, once, a database to be copied: initdb is most of a test's time.
var seed = sync.OnceValues(func() (string, error) {
	base, err := os.MkdirTemp("", "localpg-seed-")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(base, 0o755); err != nil {
		return "", err
	}
	dir := filepath.Join(base, "seed")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	server, err := Start(ctx, Options{Dir: dir, Fast: true})
	if err != nil {
		return "", err
	}
	defer os.Remove(filepath.Join(dir, "postgres.port"))
	return dir, server.Close(ctx)
})

// seededDir is newDir with a database in it that is not running.
func seededDir(t *testing.T) string {
	t.Helper()
	from, err := seed()
	if err != nil {
		t.Fatal(err)
	}
	dir := newDir(t)
	if out, err := exec.Command("cp", "-a", from, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// child starts, says its URL, and closes when its standard input ends.
func child(dir string) error {
	server, err := Start(context.Background(), Options{Dir: dir, Fast: true, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	fmt.Println(server.URL())
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	return server.Close(context.Background())
}

// otherProcess is a running child.
type otherProcess struct {
	url   string
	cmd   *exec.Cmd
	stdin io.Closer
}

func startOther(t *testing.T, dir string) *otherProcess {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = t.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o := &otherProcess{cmd: cmd, stdin: stdin}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			o.kill(t)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the other process said nothing: %v", err)
	}
	o.url = strings.TrimSpace(line)
	return o
}

func (o *otherProcess) close(t *testing.T) {
	t.Helper()
	o.stdin.Close()
	if err := o.cmd.Wait(); err != nil {
		t.Errorf("the other process: %v", err)
	}
}

func (o *otherProcess) kill(t *testing.T) {
	t.Helper()
	if err := o.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = o.cmd.Wait() // "signal: killed"
}

// newDir makes a directory that the account Postgres runs as can reach, with a
// name that a shell would make something else of.
func newDir(t *testing.T) string {
	t.Helper()
	base, err := os.MkdirTemp("", "localpg-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	if err := os.Chmod(base, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(base, "it's $HOME + more")
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// mustStart starts a server that the test's end stops, if the test did not.
func mustStart(t *testing.T, o Options) *Server {
	t.Helper()
	o.Fast = true
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	server, err := Start(testContext(t), o)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() { mustClose(t, server) })
	return server
}

func mustClose(t *testing.T, server *Server) {
	t.Helper()
	if err := server.Close(context.Background()); err != nil {
		t.Errorf("close: %v", err)
	}
}

// query asks for one text.
func query(t *testing.T, url, sql string) string {
	t.Helper()
	text, err := tryQuery(testContext(t), url, sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return text
}

// keepRow writes what a later query finds if the data was kept.
func keepRow(t *testing.T, url string) {
	t.Helper()
	ctx := testContext(t)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	// Fast does not wait for the log to be written, and some servers get killed.
	for _, sql := range []string{"SET synchronous_commit = on", "CREATE TABLE kept AS SELECT 1 AS one"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
}

func tryQuery(ctx context.Context, url, sql string) (text string, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, sql).Scan(&text)
	return text, err
}

func isRunning(t *testing.T, server *Server) bool {
	t.Helper()
	_, err := tryQuery(testContext(t), server.URL(), "SELECT 'yes'")
	return err == nil
}
