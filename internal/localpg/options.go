package localpg

import (
	"context"
	"log/slog"
	"os/exec"
	"os/user"
	"path/filepath"
)

// Options say which database to start, and how.
type Options struct {
	// Dir has the database and all of its files. Start makes it if it is missing.
	Dir string
	// BinDir has initdb, pg_ctl and postgres. If it is empty, Start looks for them, and fetches
	// them if there are none.
	BinDir string
	// Port is the port on 127.0.0.1. 0 means the port of the last start if it is free, or else any
	// free port.
	Port int
	// Fast trades safety on power loss for speed, for tests.
	Fast bool
	// Log gets slow steps and decisions; nil logs nothing.
	Log *slog.Logger
	// System is the machine; the zero value is the real one.
	System System
}

// System is what the package needs from the machine, so that a test can replace it.
type System struct {
	// LookPath finds a program. Nil: exec.LookPath.
	LookPath func(file string) (string, error)
	// Glob expands the usual install places. Nil: filepath.Glob.
	Glob func(pattern string) ([]string, error)
	// LookupUser finds an account to run as. Nil: user.Lookup.
	LookupUser func(name string) (*user.User, error)
	// Fetch puts bin/initdb, bin/pg_ctl and bin/postgres of a major version
	// into dir. Nil: FetchFrom("").
	Fetch FetchFunc
	// SharedRoot is where the data goes that root cannot keep in Dir. Empty: /var/lib/pushloss.
	SharedRoot string
}

// FetchFunc gets the programs of a major version of Postgres and unpacks them
// into dir.
type FetchFunc func(ctx context.Context, dir string, major int) error

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.System.LookPath == nil {
		o.System.LookPath = exec.LookPath
	}
	if o.System.Glob == nil {
		o.System.Glob = filepath.Glob
	}
	if o.System.LookupUser == nil {
		o.System.LookupUser = user.Lookup
	}
	if o.System.Fetch == nil {
		o.System.Fetch = FetchFrom("")
	}
	if o.System.SharedRoot == "" {
		o.System.SharedRoot = "/var/lib/pushloss"
	}
	return o
}
