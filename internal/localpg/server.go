package localpg

import (
	"context"
	"errors"
	"sync"

	"pushloss/internal/secret"
)

// Server is one process's use of a local Postgres.
type Server struct {
	options  Options
	place    place
	binaries binaries
	port     int

	mu    sync.Mutex
	locks *locks // nil after Close
}

// Start makes the database if there is none, starts its server if it does not run, and returns this
// process's use of it. The use lasts until Close.
func Start(ctx context.Context, options Options) (_ *Server, err error) {
	options = options.withDefaults()
	p, err := newPlace(options.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{options: options, place: p, locks: newLocks(p)}
	if err := s.locks.lockStart(ctx, options.Log); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.locks.release())
		}
	}()
	if s.place, err = p.settle(ctx, options.System, options.Log); err != nil {
		return nil, err
	}
	alone, err := s.locks.alone()
	if err != nil {
		return nil, err
	}
	if err := s.open(ctx, alone); err != nil {
		return nil, err
	}
	if err := errors.Join(s.locks.share(), s.locks.start.Unlock()); err != nil {
		return nil, err
	}
	return s, nil
}

// open joins the server or starts it. The caller holds the start lock.
func (s *Server) open(ctx context.Context, alone bool) error {
	major, err := s.place.dataMajor()
	if err != nil {
		return err
	}
	if s.binaries, err = findBinaries(ctx, s.options, s.place, major); err != nil {
		return err
	}
	password, err := s.place.readPassword()
	if err != nil {
		return err
	}
	if major != 0 && !password.IsZero() {
		joined, err := s.join(ctx, alone)
		if joined || err != nil {
			return err
		}
	}
	if err := s.prepare(ctx, major, password); err != nil {
		return err
	}
	if s.port, err = s.place.start(ctx, s.options, s.binaries); err != nil {
		return err
	}
	err = errors.Join(s.place.ensureDatabase(ctx, s.port), s.place.rememberPort(s.port))
	if err != nil {
		return errors.Join(err, s.place.stop(context.WithoutCancel(ctx), s.binaries))
	}
	s.options.Log.Info("started the local database", "dir", s.place.dir, "port", s.port, "postgres_version", s.binaries.version)
	return nil
}

// join uses a running server. If nobody uses it and Options name another port, join stops it, so
// that it starts on that port.
func (s *Server) join(ctx context.Context, alone bool) (bool, error) {
	port, err := s.place.running(ctx, alone, s.options.Log)
	if err != nil || port == 0 {
		return false, err
	}
	if s.options.Port != 0 && s.options.Port != port {
		if alone {
			return false, s.place.stop(ctx, s.binaries)
		}
		s.options.Log.Warn("the local database runs on another port already", "asked_port", s.options.Port, "port", port)
	}
	s.port = port
	s.options.Log.Info("joined the local database", "dir", s.place.dir, "port", port)
	// The process that started the server may have died before doing this.
	return true, errors.Join(s.place.ensureDatabase(ctx, port), s.place.rememberPort(port))
}

// prepare makes the data and a password if they are missing.
func (s *Server) prepare(ctx context.Context, major int, password secret.Text) (err error) {
	if major != 0 && !password.IsZero() {
		return nil
	}
	if major != 0 {
		m, found, err := s.place.readPostmaster()
		if err != nil {
			return err
		}
		if found {
			state := postmasterState(ctx, m.pid, s.place.data())
			if state == processOurs {
				return s.place.refused(m)
			}
			if err := s.place.disown(m, state, s.options.Log); err != nil {
				return err
			}
		}
		_, err = s.place.resetPassword(ctx, s.binaries, s.options.Log)
		return err
	}
	if password.IsZero() {
		if password, err = s.place.newPassword(); err != nil {
			return err
		}
	}
	return s.place.makeData(ctx, s.options, s.binaries, password)
}

// URL returns a URL for pgx and psql. It has the name of the file with the password instead of the
// password.
func (s *Server) URL() string { return s.place.url(s.port, role) }

// DataDir returns where the data is: in Dir, or elsewhere if root's account cannot
// reach it.
func (s *Server) DataDir() string { return s.place.data() }

// Close ends this process's use, and stops the server if this was the last use. Give it a context
// of its own, because the one of the work has ended. Closing again does nothing.
func (s *Server) Close(ctx context.Context) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locks == nil {
		return nil
	}
	l := s.locks
	s.locks = nil
	defer func() { err = errors.Join(err, l.release()) }()
	if err := l.lockStart(ctx, s.options.Log); err != nil {
		return err
	}
	if err := l.users.Unlock(); err != nil {
		return lockError(err)
	}
	last, err := l.alone()
	if err != nil {
		return err
	}
	if !last {
		s.options.Log.Info("left the local database running for its other users", "dir", s.place.dir)
		return nil
	}
	if err := s.place.stop(ctx, s.binaries); err != nil {
		return err
	}
	s.options.Log.Info("stopped the local database", "dir", s.place.dir)
	return nil
}
