package pgtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Bouncer is the configuration of a PgBouncer.
type Bouncer struct {
	Mode     string // pool_mode: session, transaction or statement
	PoolSize int    // default_pool_size; 0 means PgBouncer's default
	// RoundRobin makes PgBouncer use server connections in turn.
	RoundRobin bool
	// Lines are further lines of pgbouncer.ini.
	Lines []string
}

// BouncerVersion returns the version of the installed PgBouncer, such as "1.18.0". It skips
// the test if none is installed.
func BouncerVersion(t testing.TB) string {
	t.Helper()
	out, err := exec.Command(bouncerProgram(t), "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimPrefix(first, "PgBouncer ")
}

const (
	bouncerLimit = 3 * time.Minute
	// bouncerAttempts is how often a start is tried: another program may take a free port at that
	// moment.
	bouncerAttempts = 5
)

// guardScript runs a program until its standard input ends, which happens however the test ends.
// Then it removes the program's directory.
const guardScript = `
dir=$1
shift
exec 3<&0
"$@" &
pid=$!
{ read -r _ <&3; kill -KILL "$pid"; rm -rf "$dir"; } >/dev/null 2>&1 &
wait "$pid"
`

// URL starts a PgBouncer in front of the database with this URL, which must have a password, and
// returns the URL through it. Settings that b does not have are PgBouncer's defaults. URL skips the
// test if PgBouncer is not installed.
func (b Bouncer) URL(t testing.TB, databaseURL string) string {
	t.Helper()
	program := bouncerProgram(t)
	parsed, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal("the database URL cannot be parsed")
	}
	dir := bouncerDir(t)
	for attempt := 1; ; attempt++ {
		address := freeAddress(t)
		behind := *parsed
		behind.Host = address
		said, err := b.start(t, program, dir, parsed, &behind)
		if err == nil {
			return behind.String()
		}
		if attempt == bouncerAttempts {
			t.Fatalf("PgBouncer does not start: %v\n%s", err, said)
		}
	}
}

func (b Bouncer) start(t testing.TB, program, dir string, database, behind *url.URL) (said string, err error) {
	t.Helper()
	settings := filepath.Join(dir, "pgbouncer.ini")
	if err := b.write(settings, filepath.Join(dir, "users"), database, behind.Host); err != nil {
		t.Fatal(err)
	}
	args := []string{"-c", guardScript, "guard", dir, program}
	if os.Geteuid() == 0 { // PgBouncer refuses to run as root
		args = append(args, "-u", "nobody")
	}
	cmd := exec.Command("/bin/sh", append(args, settings)...)
	cmd.Dir = "/"
	ownGroup(cmd)
	var log logBuffer
	cmd.Stdout, cmd.Stderr = &log, &log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop := func() {
		_ = stdin.Close()
		<-ended
	}
	ctx, cancel := context.WithTimeout(context.Background(), bouncerLimit)
	defer cancel()
	for {
		conn, err := pgconn.Connect(ctx, behind.String())
		if err == nil {
			_ = conn.Close(ctx)
			t.Cleanup(stop)
			return "", nil
		}
		select {
		case err := <-ended:
			return log.String(), err
		case <-ctx.Done():
			stop()
			return log.String(), err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (b Bouncer) write(settings, users string, database *url.URL, listen string) error {
	host, port, err := net.SplitHostPort(database.Host)
	if err != nil {
		return err
	}
	ownHost, ownPort, err := net.SplitHostPort(listen)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "[databases]\n* = host=%s port=%s\n[pgbouncer]\nlisten_addr=%s\nlisten_port=%s\nunix_socket_dir=\nauth_type=scram-sha-256\nauth_file=%s\npool_mode=%s\n",
		host, port, ownHost, ownPort, users, b.Mode)
	if b.PoolSize > 0 {
		fmt.Fprintf(&text, "default_pool_size=%d\n", b.PoolSize)
	}
	if b.RoundRobin {
		fmt.Fprintln(&text, "server_round_robin=1")
	}
	for _, line := range b.Lines {
		fmt.Fprintln(&text, line)
	}
	password, _ := database.User.Password()
	if err := os.WriteFile(users, fmt.Appendf(nil, "%q %q\n", database.User.Username(), password), 0o644); err != nil {
		return err
	}
	return os.WriteFile(settings, text.Bytes(), 0o644)
}

// bouncerProgram returns the path of the program. It skips the test without it.
func bouncerProgram(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} { // /usr/sbin may not be in PATH
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("PgBouncer is not installed (Debian's package pgbouncer): the test cannot try a pooler")
	return ""
}

// bouncerDir makes a directory that another account may read.
func bouncerDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pushloss-bouncer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// logBuffer is a buffer that a process writes and a test reads.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
