package localpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// newestMajor is the version that is fetched for a new database.
const newestMajor = 18

// fetchLimit bounds a download of some 30 MB on a slow connection.
const fetchLimit = 10 * time.Minute

// fetched returns the directories of programs that were fetched before, newest first.
func (p place) fetched() []string {
	dirs, err := filepath.Glob(filepath.Join(globEscape(p.binaries()), "postgresql-*", "bin"))
	if err != nil {
		return nil
	}
	return newestFirst(dirs)
}

// globEscape escapes a directory's name, so that it is not a pattern.
func globEscape(path string) string {
	var escaped []rune
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			escaped = append(escaped, '\\')
		}
		escaped = append(escaped, r)
	}
	return string(escaped)
}

// fetch gets the programs if none are installed. It names them when they are complete, so that no
// later start uses an interrupted download.
func (f *finder) fetch(ctx context.Context, major int) (binaries, error) {
	if major == 0 {
		major = newestMajor
	}
	f.options.Log.Info("no Postgres is installed: downloading it once", "postgres_version", major)
	dir, err := f.fetchInto(ctx, major)
	if err == nil {
		var b binaries
		if b, err = f.inspect(ctx, filepath.Join(dir, "bin")); err == nil {
			return b, nil
		}
	}
	if ctx.Err() != nil {
		return binaries{}, context.Cause(ctx)
	}
	f.note("download of PostgreSQL "+strconv.Itoa(major), err.Error())
	problem := "no PostgreSQL server programs (initdb, pg_ctl, postgres) were found; tried:"
	for _, tried := range f.tried {
		problem += "\n  " + tried
	}
	return binaries{}, &Error{Kind: ErrNoBinaries, Problem: problem, Remedy: installHint}
}

func (f *finder) fetchInto(ctx context.Context, major int) (string, error) {
	if err := os.MkdirAll(f.place.binaries(), 0o755); err != nil {
		return "", err
	}
	dir := filepath.Join(f.place.binaries(), "postgresql-"+strconv.Itoa(major))
	partial, err := os.MkdirTemp(f.place.binaries(), "partial-")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, fetchLimit, fmt.Errorf("it took longer than %s", fetchLimit))
	defer cancel()

	// Nothing can cancel the library's download. If the context ends, the download goes on in the
	// background, and then removes its files.
	done := make(chan error)
	left := make(chan struct{})
	go func() {
		err := f.options.System.Fetch(ctx, partial, major)
		select {
		case <-left:
			_ = os.RemoveAll(partial) // no caller is left to whom to report an error
		case done <- err:
		}
	}()
	select {
	case err = <-done:
	case <-ctx.Done():
		close(left)
		return "", context.Cause(ctx)
	}
	if err == nil {
		err = errors.Join(f.place.account.ownAll(f.place.binaries()), os.Chmod(partial, 0o755), os.RemoveAll(dir))
	}
	if err == nil {
		err = os.Rename(partial, dir)
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(partial))
	}
	return dir, nil
}

// ownAll makes the account the owner of a tree, so that it can run the programs under any umask.
func (a account) ownAll(root string) error {
	if !a.other {
		return nil
	}
	return filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return a.own(path)
	})
}

// FetchFrom returns a fetcher that uses embedded-postgres to download from a Maven repository; ""
// is the library's own choice.
func FetchFrom(repositoryURL string) FetchFunc {
	return func(_ context.Context, dir string, major int) error {
		version, ok := releases()[major]
		if !ok {
			return fmt.Errorf("no release of PostgreSQL %d is known", major)
		}
		// The library can only start a server, and unpacks the programs to do so. Data with nothing
		// but a version file makes it stop after unpacking. It could not continue as root, and this
		// package starts servers better.
		nothing := filepath.Join(dir, "nothing")
		if err := os.MkdirAll(nothing, 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(nothing, versionFile), []byte(strconv.Itoa(major)+"\n"), 0o600); err != nil {
			return err
		}
		archive := filepath.Join(dir, "archive")
		config := embeddedpostgres.DefaultConfig()
		if repositoryURL != "" {
			config = config.BinaryRepositoryURL(repositoryURL)
		}
		err := embeddedpostgres.NewDatabase(config.
			Version(version).
			CachePath(archive).
			BinariesPath(dir).
			RuntimePath(filepath.Join(dir, "runtime")).
			DataPath(nothing).
			Port(0).
			Logger(io.Discard)).Start()
		for _, name := range programs {
			if _, statErr := os.Stat(filepath.Join(dir, "bin", name)); statErr != nil {
				return errors.Join(err, statErr)
			}
		}
		return errors.Join(os.RemoveAll(archive), os.RemoveAll(nothing), os.RemoveAll(filepath.Join(dir, "runtime")))
	}
}

// releases are the known versions of the repository, by major version.
func releases() map[int]embeddedpostgres.PostgresVersion {
	return map[int]embeddedpostgres.PostgresVersion{
		14: embeddedpostgres.V14,
		15: embeddedpostgres.V15,
		16: embeddedpostgres.V16,
		17: embeddedpostgres.V17,
		18: embeddedpostgres.V18,
	}
}
