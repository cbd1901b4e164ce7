package localpg

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestStartMakesADatabaseAndKeepsIt(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	var log strings.Builder
	server := mustStart(t, Options{Dir: dir, Log: slog.New(slog.NewTextHandler(&log, nil))})
	for sql, want := range map[string]string{
		"SELECT current_user || ' ' || current_database()":                                   "pushloss pushloss",
		"SELECT current_setting('server_encoding') || ' ' || current_setting('lc_messages')": "UTF8 C",
		"SELECT current_setting('listen_addresses')":                                         "127.0.0.1",
		"SELECT current_setting('unix_socket_directories')":                                  "",
		"SELECT current_setting('fsync')":                                                    "off",
		"SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules":                "scram-sha-256",
	} {
		if got := query(t, server.URL(), sql); got != want {
			t.Errorf("%s: got %q, want %q", sql, got, want)
		}
	}
	keepRow(t, server.URL())

	passfile, err := os.Stat(filepath.Join(dir, "postgres.pass"))
	if err != nil || passfile.Mode().Perm() != 0o600 {
		t.Errorf("passfile: %v, %v", passfile, err)
	}
	password, err := server.place.readPassword()
	if err != nil || len(password.Reveal()) != 48 {
		t.Errorf("password of length %d, %v", len(password.Reveal()), err)
	}
	if strings.Contains(log.String()+server.URL(), password.Reveal()) {
		t.Error("the password is in the log or the URL")
	}

	first := server.URL()
	mustClose(t, server)
	mustClose(t, server)
	if isRunning(t, server) {
		t.Error("it still runs after Close")
	}
	again := mustStart(t, Options{Dir: dir})
	if again.URL() != first {
		t.Errorf("URL after a restart: %s, want %s", again.URL(), first)
	}
	if got := query(t, again.URL(), "SELECT count(*)::text FROM kept"); got != "1" {
		t.Errorf("rows kept: %s", got)
	}
}

func TestAServerSyncsUnlessItIsFast(t *testing.T) {
	t.Parallel()
	server, err := Start(testContext(t), Options{Dir: seededDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustClose(t, server) })
	if got := query(t, server.URL(), "SELECT current_setting('fsync') || current_setting('synchronous_commit')"); got != "onon" {
		t.Errorf("fsync and synchronous_commit: %s", got)
	}
}

func TestLastUserStopsTheServer(t *testing.T) {
	t.Parallel()
	dir := seededDir(t)
	other := startOther(t, dir)
	server := mustStart(t, Options{Dir: dir})
	if server.URL() != other.url {
		t.Errorf("joined %s, want %s", server.URL(), other.url)
	}
	other.close(t)
	if !isRunning(t, server) {
		t.Fatal("the server went with its first user")
	}
	second := mustStart(t, Options{Dir: dir}) // the same process may use it twice
	mustClose(t, server)
	if !isRunning(t, second) {
		t.Fatal("the server went before its last user")
	}
	mustClose(t, second)
	if isRunning(t, second) {
		t.Error("the last user left the server running")
	}
}

func TestManyStartAtOnce(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	ctx := testContext(t)
	const many = 6
	var servers [many]*Server
	var errs [many]error
	var group sync.WaitGroup
	for i := range many {
		group.Go(func() { servers[i], errs[i] = Start(ctx, Options{Dir: dir, Fast: true}) })
	}
	group.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	for _, server := range servers {
		if server.URL() != servers[0].URL() {
			t.Errorf("%s and %s", server.URL(), servers[0].URL())
		}
		group.Go(func() { mustClose(t, server) })
	}
	group.Wait()
	if isRunning(t, servers[0]) {
		t.Error("it still runs")
	}
}

func TestKilledUserLeavesTheServerToTheNext(t *testing.T) {
	t.Parallel()
	dir := seededDir(t)
	other := startOther(t, dir)
	keepRow(t, other.url)
	other.kill(t)
	if got := query(t, other.url, "SELECT count(*)::text FROM kept"); got != "1" {
		t.Fatalf("rows of the server left alone: %s", got)
	}
	server := mustStart(t, Options{Dir: dir})
	if server.URL() != other.url {
		t.Errorf("%s, want to join %s", server.URL(), other.url)
	}
	mustClose(t, server)
	if isRunning(t, server) {
		t.Error("its last user left it running")
	}
}

// A signal to the terminal's foreground process group must not reach the server.
func TestServerHasASessionOfItsOwn(t *testing.T) {
	t.Parallel()
	server := mustStart(t, Options{Dir: seededDir(t)})
	m, found, err := server.place.readPostmaster()
	if err != nil || !found {
		t.Fatalf("no postmaster: %v", err)
	}
	group, err := syscall.Getpgid(m.pid)
	if err != nil {
		t.Fatal(err)
	}
	if group == syscall.Getpgrp() {
		t.Error("the server is in our process group")
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(m.pid), "stat"))
	if err != nil {
		t.Skip("no /proc here")
	}
	_, fields, _ := strings.Cut(string(stat), ") ")
	if session := strings.Fields(fields)[3]; session != strconv.Itoa(group) {
		t.Errorf("session %s of process group %d", session, group)
	}
}

func TestKilledServerIsStartedAgain(t *testing.T) {
	t.Parallel()
	dir := seededDir(t)
	server := mustStart(t, Options{Dir: dir})
	keepRow(t, server.URL())
	m, _, err := server.place.readPostmaster()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(m.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return postmasterState(t.Context(), m.pid, server.DataDir()) != processOurs })

	_, err = Start(testContext(t), Options{Dir: dir, Fast: true})
	wantKind(t, err, ErrInUse)

	mustClose(t, server)
	again := mustStart(t, Options{Dir: dir})
	if got := query(t, again.URL(), "SELECT count(*)::text FROM kept"); got != "1" {
		t.Errorf("rows kept: %s", got)
	}
}

// After a reboot, the process ID in postmaster.pid may be that of another program, here of the
// test.
func TestStalePidOfAnotherProgram(t *testing.T) {
	t.Parallel()
	dir := seededDir(t)
	server := mustStart(t, Options{Dir: dir})
	m, _, err := server.place.readPostmaster()
	if err != nil {
		t.Fatal(err)
	}
	pidFile, err := os.ReadFile(server.place.pidFile())
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, server)
	alien := alienProcess(t, server.place.account)
	stale := strings.Replace(string(pidFile), strconv.Itoa(m.pid), strconv.Itoa(alien), 1)
	if err := os.WriteFile(server.place.pidFile(), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := server.place.account.own(server.place.pidFile()); err != nil {
		t.Fatal(err)
	}
	again := mustStart(t, Options{Dir: dir})
	if !isRunning(t, again) {
		t.Error("it does not answer")
	}
	if err := syscall.Kill(alien, 0); err != nil {
		t.Errorf("the other program was affected: %v", err)
	}
}

// alienProcess runs something as the account, so that Postgres would take its
// id for that of a server.
func alienProcess(t *testing.T, a account) int {
	t.Helper()
	cmd := a.command(context.Background(), "/bin/sleep", "100")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

func TestATakenPortIsNamedOrReplaced(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port

	_, err = Start(testContext(t), Options{Dir: dir, Port: port, Fast: true})
	wantKind(t, err, ErrPortTaken)
	if !strings.Contains(err.Error(), strconv.Itoa(port)) {
		t.Errorf("%q does not name the port", err)
	}

	if err := os.WriteFile(filepath.Join(dir, "postgres.port"), []byte(strconv.Itoa(port)), 0o644); err != nil {
		t.Fatal(err)
	}
	server := mustStart(t, Options{Dir: dir})
	if server.port == port {
		t.Fatal("it took a taken port")
	}

	asked, err := freePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	joined := mustStart(t, Options{Dir: dir, Port: asked})
	if joined.port != server.port {
		t.Errorf("joined on port %d, want %d", joined.port, server.port)
	}
	mustClose(t, joined)
	mustClose(t, server)
	moved := mustStart(t, Options{Dir: dir, Port: asked})
	if moved.port != asked || !isRunning(t, moved) {
		t.Errorf("on port %d, want %d", moved.port, asked)
	}
}

func TestAnInterruptedFirstStartIsMadeAgain(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	// What an initdb leaves that was killed: no whole data, and a password.
	if err := os.MkdirAll(filepath.Join(dir, "postgres.new", "base"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "postgres.new", versionFile), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "postgres"), 0o700); err != nil { // empty: as good as none
		t.Fatal(err)
	}
	server := mustStart(t, Options{Dir: dir})
	if !isRunning(t, server) {
		t.Error("it does not answer")
	}
	if _, err := os.Stat(filepath.Join(dir, "postgres.new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("postgres.new: %v", err)
	}
}

func TestCancelledStartLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// The log says when initdb is about to begin: that is when to cut it off.
	log := slog.New(slog.NewTextHandler(writerFunc(func([]byte) { cancel() }), nil))
	if server, err := Start(ctx, Options{Dir: dir, Fast: true, Log: log}); err == nil {
		mustClose(t, server)
		t.Error("a start that was cancelled went on")
	} else if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	server := mustStart(t, Options{Dir: dir})
	if !isRunning(t, server) {
		t.Error("it does not answer")
	}
}

func TestLostPassfileIsReplaced(t *testing.T) {
	t.Parallel()
	dir := seededDir(t)
	server := mustStart(t, Options{Dir: dir})
	keepRow(t, server.URL())
	passfile := filepath.Join(dir, "postgres.pass")
	if err := os.Remove(passfile); err != nil {
		t.Fatal(err)
	}
	_, err := Start(testContext(t), Options{Dir: dir, Fast: true})
	wantKind(t, err, ErrStart)
	if !strings.Contains(err.Error(), passfile) {
		t.Errorf("%q does not name %s", err, passfile)
	}
	mustClose(t, server)
	again := mustStart(t, Options{Dir: dir})
	if got := query(t, again.URL(), "SELECT count(*)::text FROM kept"); got != "1" {
		t.Errorf("rows kept: %s", got)
	}
}

func TestServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	dir := seededDir(t)
	server := mustStart(t, Options{Dir: dir})
	mustClose(t, server)
	conf := filepath.Join(server.DataDir(), "postgresql.auto.conf")
	if err := os.WriteFile(conf, []byte("no_such_setting = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Start(testContext(t), Options{Dir: dir, Fast: true})
	wantKind(t, err, ErrStart)
	if !strings.Contains(err.Error(), `unrecognized configuration parameter "no_such_setting"`) {
		t.Errorf("%q does not say what the server said", err)
	}
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	ctx := testContext(t)
	for !done() {
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}

// wantKind checks for an error an operator can act on.
func wantKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
	if e, ok := errors.AsType[*Error](err); !ok || e.Problem == "" || e.Remedy == "" {
		t.Errorf("%#v has no problem or no hint", err)
	}
}

// writerFunc gets each line of a log.
type writerFunc func(line []byte)

func (f writerFunc) Write(line []byte) (int, error) {
	f(line)
	return len(line), nil
}
