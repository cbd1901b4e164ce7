package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/peterldowns/pgtestdb"

	"pushloss/internal/localpg"
)

const (
	serverVariable = "PUSHLOSS_TEST_DATABASE_URL"
	binVariable    = "PUSHLOSS_POSTGRES_BIN"

	startLimit = 3 * time.Minute
	stopLimit  = 2 * time.Minute
)

// shared is the one server of this test binary. It has to be a global: tests
// have nothing in common but the process.
var shared lazyServer

// lazyServer is started by the first test that needs it.
type lazyServer struct {
	mu      sync.Mutex
	tried   bool
	err     error
	admin   pgtestdb.Config
	server  *localpg.Server
	dir     string
	watcher *watchdog
}

// config connects pgtestdb to the server. A failure is remembered: the next
// test would only wait for the same.
func (s *lazyServer) config() (pgtestdb.Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.tried {
		s.tried = true
		s.admin, s.err = s.open()
	}
	return s.admin, s.err
}

func (s *lazyServer) open() (pgtestdb.Config, error) {
	if databaseURL := os.Getenv(serverVariable); databaseURL != "" {
		config, err := configOf(databaseURL)
		if err != nil {
			return config, fmt.Errorf("%s: %w", serverVariable, err)
		}
		return config, nil
	}
	if err := s.start(); err != nil {
		return pgtestdb.Config{}, err
	}
	return configOf(s.server.URL())
}

func (s *lazyServer) start() (err error) {
	if s.dir, err = os.MkdirTemp("", "pushloss-test-"); err != nil {
		return err
	}
	// Under root the server runs as another account, which must get in.
	if err := os.Chmod(s.dir, 0o755); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	s.server, err = localpg.Start(ctx, localpg.Options{Dir: s.dir, BinDir: os.Getenv(binVariable), Fast: true})
	if err != nil {
		if e, ok := errors.AsType[*localpg.Error](err); ok {
			err = fmt.Errorf("%w\n%s", err, e.Remedy)
		}
		return err
	}
	if s.watcher, err = watch(s.dir, s.server.DataDir()); err != nil {
		return err
	}
	return cheapLogin(s.server)
}

// cheapLogin lets clients send their password as it is: a wrong one is still
// refused. With SCRAM, a login under the race detector computes for tens of
// milliseconds, and the tests log in thousands of times.
func cheapLogin(server *localpg.Server) error {
	rules := "host all all 127.0.0.1/32 password\n"
	if err := os.WriteFile(filepath.Join(server.DataDir(), "pg_hba.conf"), []byte(rules), 0o600); err != nil {
		return fmt.Errorf("let the tests log in without SCRAM: %w", err)
	}
	return execute(server.URL(), `SELECT pg_reload_conf()`)
}

// close stops what was started, and removes it.
func (s *lazyServer) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" {
		return nil
	}
	var err error
	if s.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		err = s.server.Close(ctx)
	}
	// A server that did not stop is the watchdog's.
	return errors.Join(err, s.watcher.dismiss(), os.RemoveAll(s.dir))
}

// configOf takes a URL apart for pgtestdb, which puts it together again.
func configOf(databaseURL string) (pgtestdb.Config, error) {
	parsed, err := pgconn.ParseConfig(databaseURL)
	if err != nil {
		return pgtestdb.Config{}, err
	}
	options := url.Values{}
	if u, err := url.Parse(databaseURL); err == nil {
		options = u.Query()
	}
	// The password was read already, and is not the one of the tests' role.
	for _, name := range []string{"passfile", "password", "user", "host", "port", "dbname", "database"} {
		options.Del(name)
	}
	return pgtestdb.Config{
		DriverName: "pgx",
		Host:       parsed.Host,
		Port:       strconv.Itoa(int(parsed.Port)),
		User:       url.PathEscape(parsed.User),
		Password:   url.PathEscape(parsed.Password),
		Database:   url.PathEscape(parsed.Database),
		Options:    options.Encode(),
		// A test may kill a process that uses its database; the server takes a
		// moment to notice. goleak reports connections that a test itself forgets.
		ForceTerminateConnections: true,
	}, nil
}
