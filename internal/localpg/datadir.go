package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"pushloss/internal/secret"
)

const (
	versionFile = "PG_VERSION"
	// markerFile distinguishes our data from the directories of others.
	markerFile = "made-by-pushloss"
)

const initdbLimit = 3 * time.Minute

// dataMajor returns the major version of the data; 0 if there is none yet.
func (p place) dataMajor() (int, error) {
	entries, err := os.ReadDir(p.data())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, p.foreign("cannot be read", err)
	case len(entries) == 0:
		return 0, nil
	}
	text, err := os.ReadFile(filepath.Join(p.data(), versionFile))
	if err != nil {
		return 0, p.foreign("is not empty and has no "+versionFile+", so it is not a Postgres data directory", nil)
	}
	if _, err := os.Stat(filepath.Join(p.data(), markerFile)); err != nil {
		return 0, p.foreign("is a Postgres data directory that pushloss did not make", nil)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, p.foreign(fmt.Sprintf("has a %s that reads %q", versionFile, strings.TrimSpace(string(text))), nil)
	}
	return major, nil
}

func (p place) foreign(what string, cause error) error {
	return &Error{
		Kind:    ErrForeignDir,
		Problem: p.data() + " " + what,
		Remedy:  "name another directory (DATABASE_URL=embedded:DIR), or move this one away; it was left as it is",
		Cause:   cause,
	}
}

// makeData runs initdb in a directory with another name, and renames it at the end. So no later
// start uses the data of an interrupted initdb.
func (p place) makeData(ctx context.Context, o Options, b binaries, password secret.Text) error {
	o.Log.Info("creating the local database", "data_dir", p.data(), "postgres_version", b.version, "bin_dir", b.dir)
	started := time.Now()
	if err := p.runInitdb(ctx, o, b, password); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(p.newData(), markerFile), []byte("See doc.go of pushloss/internal/localpg.\n"), 0o644); err != nil {
		return fmt.Errorf("local database: mark its data: %w", err)
	}
	if err := p.account.own(filepath.Join(p.newData(), markerFile)); err != nil {
		return fmt.Errorf("local database: mark its data: %w", err)
	}
	if err := os.Remove(p.data()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("local database: replace the empty directory: %w", err)
	}
	if err := os.Rename(p.newData(), p.data()); err != nil {
		return fmt.Errorf("local database: name its data: %w", err)
	}
	o.Log.Debug("created the local database", "seconds", time.Since(started).Seconds())
	return nil
}

func (p place) runInitdb(ctx context.Context, o Options, b binaries, password secret.Text) (err error) {
	if err := os.RemoveAll(p.newData()); err != nil {
		return fmt.Errorf("local database: remove what an interrupted start left: %w", err)
	}
	if err := errors.Join(os.Mkdir(p.newData(), 0o700), p.account.own(p.newData())); err != nil {
		return fmt.Errorf("local database: make its data directory: %w", err)
	}
	// Not by standard input: another account may be unable to open root's pipe.
	pwfile := p.newData() + ".password"
	defer func() { err = errors.Join(err, removeIfThere(pwfile)) }()
	if err := errors.Join(writeFile(pwfile, password.Reveal()+"\n", 0o600), p.account.own(pwfile)); err != nil {
		return fmt.Errorf("local database: hand over its password: %w", err)
	}
	args := []string{
		"--pgdata=" + p.newData(), "--username=" + role, "--pwfile=" + pwfile,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
	}
	if b.major >= 17 {
		// It sorts by code point like C, and also knows letters.
		args = append(args, "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
	}
	if o.Fast {
		args = append(args, "--no-sync")
	}
	out, err := p.account.output(ctx, initdbLimit, b.program("initdb"), args...)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("local database: initdb: %w", err)
	}
	return &Error{
		Kind:    ErrInit,
		Problem: fmt.Sprintf("initdb could not make %s (%s); it said:%s", p.data(), err, lastLines(out)),
		Remedy:  "see what it said; a full disk and a file system without Unix rights are the usual reasons",
	}
}

// resetPassword sets a new password for data whose passfile is lost. The server must not run: the
// single-user mode needs no password.
func (p place) resetPassword(ctx context.Context, b binaries, log *slog.Logger) (secret.Text, error) {
	log.Warn("the password file of the local database is missing: creating a new one", "data_dir", p.data())
	password, err := p.newPassword()
	if err != nil {
		return password, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("it took longer than %s", startLimit))
	defer cancel()
	cmd := p.account.command(ctx, b.program("postgres"), "--single", "-D", p.data(), "postgres")
	cmd.Stdin = strings.NewReader("ALTER ROLE " + role + " PASSWORD '" + password.Reveal() + "'\n")
	// Nobody gets its output, because an error would quote the statement with the password.
	if err := commandError(ctx, cmd.Run()); err != nil {
		// Without the file, the next start tries again.
		return secret.Text{}, errors.Join(fmt.Errorf("local database: set a new password: %w", err), removeIfThere(p.passfile()))
	}
	return password, nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
