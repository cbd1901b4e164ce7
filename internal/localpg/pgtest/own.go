package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pushloss/internal/localpg"
)

// Server is a Postgres for one test, which may crash it and start it again. A crash does not lose
// committed data. It is safe for concurrent use.
type Server struct {
	dir string

	mu    sync.Mutex
	local *localpg.Server
}

// NewServer starts a server that ends with the test.
func NewServer(t testing.TB) *Server {
	t.Helper()
	dir, err := makeDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &Server{dir: dir}
	if err := s.Start(); err != nil {
		t.Fatalf("a Postgres for the test: %v", err)
	}
	watcher, err := watch(dir, s.local.DataDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		if err := errors.Join(s.local.Close(ctx), watcher.dismiss()); err != nil {
			t.Errorf("stop the test's Postgres: %v", err)
		}
	})
	return s
}

// URL returns the superuser's URL. It changes with Start if another program took the port.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.local.URL()
}

// Start starts the server after Crash. The server recovers from its log.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	local, err := localpg.Start(ctx, localpg.Options{Dir: s.dir, BinDir: os.Getenv(binVariable)})
	if e, ok := errors.AsType[*localpg.Error](err); ok {
		err = fmt.Errorf("%w\n%s", err, e.Remedy)
	}
	if err == nil {
		s.local = local
	}
	return err
}

// Crash stops the server in immediate mode, as if its processes were killed.
func (s *Server) Crash() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	pidFile := filepath.Join(s.local.DataDir(), "postmaster.pid")
	text, err := os.ReadFile(pidFile)
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return err
	}
	if err := quit(pid); err != nil {
		return err
	}
	for deadline := time.Now().Add(stopLimit); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(pidFile); errors.Is(err, fs.ErrNotExist) {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d does not stop", pid)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	return s.local.Close(ctx)
}
