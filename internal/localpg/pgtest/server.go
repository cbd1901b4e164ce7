package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"pushloss/internal/localpg"
)

const (
	serverVariable = "PUSHLOSS_TEST_DATABASE_URL"
	binVariable    = "PUSHLOSS_POSTGRES_BIN"

	startLimit = 3 * time.Minute
	stopLimit  = 2 * time.Minute
)

// shared is the one server of this test binary. It is a global because tests have nothing in common
// but the process.
var shared = newLazyServer()

// lazyServer is a server that starts when a test first needs it.
type lazyServer struct {
	mu      sync.Mutex
	tried   bool
	err     error
	url     string // the administrator's
	server  *localpg.Server
	dir     string
	watcher *watchdog

	databases databases
}

// Together starts a server for all the test processes that have this variable in their
// environment, until stop.
func Together() (variable string, stop func() error, err error) {
	address, err := shared.adminURL()
	if err != nil {
		return "", nil, errors.Join(err, shared.close())
	}
	return serverVariable + "=" + address, shared.close, nil
}

func newLazyServer() *lazyServer {
	s := new(lazyServer)
	s.databases.address = s.adminURL
	return s
}

// adminURL returns the administrator's URL. It remembers a failure, since the next test would only
// wait for the same failure.
func (s *lazyServer) adminURL() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.tried {
		s.tried = true
		s.url, s.err = s.open()
	}
	return s.url, s.err
}

func (s *lazyServer) open() (string, error) {
	for _, variable := range []string{citusVariable, serverVariable} {
		databaseURL := os.Getenv(variable)
		if databaseURL == "" {
			continue
		}
		if _, err := url.Parse(databaseURL); err != nil {
			return "", fmt.Errorf("%s is not a URL", variable)
		}
		return databaseURL, nil
	}
	if err := s.start(); err != nil {
		return "", err
	}
	return s.server.URL(), nil
}

func (s *lazyServer) start() (err error) {
	if s.dir, err = makeDir(); err != nil {
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

// makeDir makes a directory for a server, in memory if there is plenty: on a disk, making and
// removing the hundreds of files of each database takes long. If root runs the tests, the server
// runs as another account, which must be able to enter the directory.
func makeDir() (string, error) {
	base := ""
	if os.Getenv("TMPDIR") == "" && roomInMemory() {
		base = memoryDir
	}
	dir, err := os.MkdirTemp(base, "pushloss-test-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// cheapLogin lets clients send their password in plain text, and stores the passwords of new roles
// as MD5. The server still refuses a wrong password. The tests log in thousands of times. With
// SCRAM, a login under the race detector takes tens of milliseconds, and the server's check 5
// milliseconds.
func cheapLogin(server *localpg.Server) error {
	rules := "host all all 127.0.0.1/32 password\n"
	if err := os.WriteFile(filepath.Join(server.DataDir(), "pg_hba.conf"), []byte(rules), 0o600); err != nil {
		return fmt.Errorf("let the tests log in without SCRAM: %w", err)
	}
	return errors.Join(execute(server.URL(), `ALTER SYSTEM SET password_encryption = 'md5'`),
		execute(server.URL(), `SELECT pg_reload_conf()`))
}

// close stops the server and removes its files.
func (s *lazyServer) close() error {
	err := s.databases.forget()
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	s.databases.close(ctx)
	if s.dir == "" {
		return err
	}
	if s.server != nil {
		err = errors.Join(err, s.server.Close(ctx))
	}
	// The watchdog kills a server that did not stop.
	return errors.Join(err, s.watcher.dismiss(), os.RemoveAll(s.dir))
}
