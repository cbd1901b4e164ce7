package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// oldestMajor is the oldest supported major version of Postgres.
const oldestMajor = 13

// programs are the programs that a usable directory must have.
var programs = [...]string{"initdb", "pg_ctl", "postgres"}

// installPlaces are the places outside PATH in which packages install Postgres: Debian, Red Hat,
// Homebrew on Apple and on Intel processors.
var installPlaces = [...]string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
}

const installHint = "install it with one command: `apt-get install -y postgresql` (Debian, Ubuntu), " +
	"`dnf install -y postgresql-server` (Fedora, RHEL), `brew install postgresql@17` (macOS); " +
	"or set PUSHLOSS_POSTGRES_BIN to a directory that has initdb, pg_ctl and postgres"

var (
	digitsPattern  = regexp.MustCompile(`\d+`)
	versionPattern = regexp.MustCompile(`\(PostgreSQL\) ((\d+)\S*)`)
)

// binaries is a directory of Postgres programs that can be run.
type binaries struct {
	dir     string
	major   int
	version string
}

func (b binaries) program(name string) string { return filepath.Join(b.dir, name) }

// finder looks for Postgres programs and remembers where it looked.
type finder struct {
	options Options
	place   place
	tried   []string
}

// findBinaries returns the first programs that can be run, in the documented order. For existing
// data, they must be of its major version.
func findBinaries(ctx context.Context, o Options, p place, major int) (binaries, error) {
	f := &finder{options: o, place: p}
	if o.BinDir != "" {
		return f.named(ctx, major)
	}
	var other binaries
	for _, dir := range f.candidates(ctx) {
		b, err := f.inspect(ctx, dir)
		if err != nil {
			f.note(dir, err.Error())
			continue
		}
		if major == 0 || b.major == major {
			return b, nil
		}
		if other.major == 0 {
			other = b
		}
	}
	if err := ctx.Err(); err != nil {
		return binaries{}, context.Cause(ctx)
	}
	if other.major != 0 {
		return binaries{}, versionError(p, major, other)
	}
	return f.fetch(ctx, major)
}

// named takes the directory the operator named, or nothing.
func (f *finder) named(ctx context.Context, major int) (binaries, error) {
	dir, err := filepath.Abs(f.options.BinDir) // programs run in another directory
	if err != nil {
		return binaries{}, fmt.Errorf("local database: %w", err)
	}
	b, err := f.inspect(ctx, dir)
	if err != nil {
		return binaries{}, &Error{
			Kind:    ErrNoBinaries,
			Problem: "PUSHLOSS_POSTGRES_BIN names " + f.options.BinDir + ", which cannot be used",
			Remedy:  "set it to a directory that has initdb, pg_ctl and postgres, or unset it",
			Cause:   err,
		}
	}
	if major != 0 && b.major != major {
		return binaries{}, versionError(f.place, major, b)
	}
	return b, nil
}

// candidates returns existing directories without repetitions, best first.
func (f *finder) candidates(ctx context.Context) []string {
	var dirs []string
	add := func(dir string) {
		if !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	if dir, err := f.pgConfig(ctx); err != nil {
		f.note("pg_config --bindir", err.Error())
	} else {
		add(dir)
	}
	for _, pattern := range installPlaces {
		found, err := f.options.System.Glob(pattern)
		if err != nil || len(found) == 0 {
			f.note(pattern, "not there")
		}
		for _, dir := range newestFirst(found) {
			add(dir)
		}
	}
	if path, err := f.options.System.LookPath("initdb"); err != nil {
		f.note("PATH", "no initdb")
	} else {
		add(filepath.Dir(path))
		// A bin directory may have only links.
		if real, err := filepath.EvalSymlinks(path); err == nil {
			add(filepath.Dir(real))
		}
	}
	for _, dir := range f.place.fetched() {
		add(dir)
	}
	return dirs
}

func (f *finder) pgConfig(ctx context.Context) (string, error) {
	path, err := f.options.System.LookPath("pg_config")
	if err != nil {
		return "", errors.New("not in PATH")
	}
	out, err := account{}.output(ctx, 10*time.Second, path, "--bindir")
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(out), nil
}

// inspect runs `postgres --version` as the account of the server. It returns an error if the
// account cannot run it.
func (f *finder) inspect(ctx context.Context, dir string) (binaries, error) {
	var missing []string
	for _, name := range programs {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return binaries{}, errors.New("no " + strings.Join(missing, ", "))
	}
	b := binaries{dir: dir}
	out, err := f.place.account.output(ctx, 20*time.Second, b.program("postgres"), "--version")
	if err != nil {
		as := ""
		if f.place.account.other {
			as = " as account " + f.place.account.name
		}
		return binaries{}, fmt.Errorf("postgres does not run%s: %w", as, err)
	}
	if b.version, b.major = parseVersion(out); b.major == 0 {
		return binaries{}, fmt.Errorf("postgres prints no version: %q", strings.TrimSpace(out))
	}
	if b.major < oldestMajor {
		return binaries{}, fmt.Errorf("PostgreSQL %s is too old, %d or newer is needed", b.version, oldestMajor)
	}
	return b, nil
}

func (f *finder) note(where, what string) {
	f.tried = append(f.tried, where+" ("+what+")")
}

// newestFirst sorts directories by the version in their name, newest first.
func newestFirst(dirs []string) []string {
	dirs = slices.Clone(dirs)
	slices.SortStableFunc(dirs, func(a, b string) int { return versionInPath(b) - versionInPath(a) })
	return dirs
}

func versionInPath(path string) int {
	digits := digitsPattern.FindString(filepath.Base(filepath.Dir(path))) // 17 in /usr/pgsql-17/bin
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// parseVersion reads texts like "postgres (PostgreSQL) 17.5 (Debian 17.5-1)", "18beta1" and
// "19devel".
func parseVersion(text string) (version string, major int) {
	match := versionPattern.FindStringSubmatch(text)
	if match == nil {
		return "", 0
	}
	major, err := strconv.Atoi(match[2])
	if err != nil {
		return "", 0
	}
	return match[1], major
}

func versionError(p place, data int, found binaries) error {
	return &Error{
		Kind: ErrVersion,
		Problem: fmt.Sprintf("the data in %s was made by PostgreSQL %d, but the programs in %s are PostgreSQL %s",
			p.data(), data, found.dir, found.version),
		Remedy: fmt.Sprintf("install PostgreSQL %d beside it, or set PUSHLOSS_POSTGRES_BIN to its programs; "+
			"or, if the data may go, remove %s", data, p.data()),
	}
}
