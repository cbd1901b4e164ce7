package localpg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// place is where a database is, and which account owns it.
type place struct {
	// dir is the absolute path that the caller named.
	dir string
	// home has the data. It is dir, unless the account cannot reach that.
	home    string
	account account
}

func (p place) data() string      { return filepath.Join(p.home, "postgres") }
func (p place) newData() string   { return filepath.Join(p.home, "postgres.new") }
func (p place) binaries() string  { return filepath.Join(p.home, "postgres.binaries") }
func (p place) passfile() string  { return filepath.Join(p.dir, "postgres.pass") }
func (p place) portFile() string  { return filepath.Join(p.dir, "postgres.port") }
func (p place) logFile() string   { return filepath.Join(p.dir, "postgres.log") }
func (p place) usersLock() string { return filepath.Join(p.dir, "postgres.lock") }
func (p place) startLock() string { return filepath.Join(p.dir, "postgres.start.lock") }
func (p place) location() string  { return filepath.Join(p.dir, "postgres.location") }

// newPlace makes the directory. settle decides where the data goes.
func newPlace(dir string) (place, error) {
	if dir == "" {
		return place{}, errors.New("local database: no directory given")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return place{}, fmt.Errorf("local database: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return place{}, fmt.Errorf("local database: make its directory: %w", err)
	}
	return place{dir: dir, home: dir}, nil
}

// settle decides where the data is or will be, and who owns it. It decides the same at each start,
// so a changed mode never makes it abandon existing data.
func (p place) settle(ctx context.Context, sys System, log *slog.Logger) (place, error) {
	switch text, err := os.ReadFile(p.location()); {
	case err == nil:
		p.home = strings.TrimSuffix(string(text), "\n")
	case !errors.Is(err, fs.ErrNotExist):
		return p, fmt.Errorf("local database: %w", err)
	}
	isRoot := os.Geteuid() == 0
	if !isRoot {
		return p, p.checkOwner()
	}
	if a, ok := dataOwner(p.data()); ok {
		p.account = a
		return p, nil
	}
	var err error
	if p.account, err = findAccount(sys.LookupUser); err != nil {
		return p, err
	}
	if p.home == p.dir {
		if p.account.reaches(ctx, p.dir) {
			return p, nil
		}
		hash := sha256.Sum256([]byte(p.dir))
		p.home = filepath.Join(sys.SharedRoot, hex.EncodeToString(hash[:6]))
		log.Info("the local database is kept elsewhere, because its account cannot get into the directory",
			"dir", p.dir, "account", p.account.name, "data_dir", p.data())
	}
	if err := p.makeHome(ctx); err != nil {
		return p, err
	}
	if a, ok := dataOwner(p.data()); ok {
		p.account = a
	}
	return p, nil
}

// makeHome makes the directory outside dir, and records its path in dir.
func (p place) makeHome(ctx context.Context) error {
	if err := os.MkdirAll(p.home, 0o755); err != nil {
		return fmt.Errorf("local database: make its directory: %w", err)
	}
	// Root's umask may take rights that the account needs.
	for _, dir := range []string{filepath.Dir(p.home), p.home} {
		if p.account.reaches(ctx, dir) {
			continue
		}
		if err := os.Chmod(dir, 0o755); err != nil {
			return fmt.Errorf("local database: open its directory to account %s: %w", p.account.name, err)
		}
	}
	if err := writeFile(p.location(), p.home+"\n", 0o644); err != nil {
		return fmt.Errorf("local database: note where it is: %w", err)
	}
	return nil
}

// dataOwner returns the account of existing data. It returns none for root, as which Postgres does
// not run.
func dataOwner(data string) (account, bool) {
	info, err := os.Stat(filepath.Join(data, versionFile))
	if err != nil {
		return account{}, false
	}
	uid, gid, known := owner(info)
	if !known || uid == 0 {
		return account{}, false
	}
	return ownerAccount(uid, gid), true
}

// checkOwner returns an error if another user (most likely root) made the data. Without it, the
// error would only be "permission denied".
func (p place) checkOwner() error {
	info, err := os.Stat(p.data())
	if err != nil {
		return nil // missing: the start makes it; or closed: reading it reports that
	}
	uid, gid, known := owner(info)
	if !known || int(uid) == os.Geteuid() {
		return nil
	}
	return &Error{
		Kind:    ErrForeignDir,
		Problem: fmt.Sprintf("the data directory %s belongs to %s", p.data(), ownerAccount(uid, gid).name),
		Remedy:  "run as the user who made it, or keep your own database elsewhere: DATABASE_URL=embedded:DIR",
	}
}
