package localpg

import (
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

func TestForeignDirectoryIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"foreign files", map[string]string{"thesis.txt": "x"}, "has no PG_VERSION"},
		{"a Postgres of another program", map[string]string{versionFile: "15\n", "postgresql.conf": ""}, "pushloss did not make"},
		{"a damaged version", map[string]string{versionFile: "?\n", markerFile: ""}, `reads "?"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := newDir(t)
			data := filepath.Join(dir, "postgres")
			if err := os.MkdirAll(data, 0o755); err != nil {
				t.Fatal(err)
			}
			for name, text := range test.files {
				if err := os.WriteFile(filepath.Join(data, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Start(testContext(t), Options{Dir: dir, Fast: true})
			wantKind(t, err, ErrForeignDir)
			if !strings.Contains(err.Error(), data) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%q does not say %q of %s", err, test.want, data)
			}
			for name := range test.files {
				if _, err := os.Stat(filepath.Join(data, name)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestDirectoryIsRequired(t *testing.T) {
	t.Parallel()
	if _, err := Start(testContext(t), Options{}); err == nil {
		t.Error("it started nowhere")
	}
}

// A checkout below /root: the account of the server cannot get there.
func TestRootInAClosedDirectory(t *testing.T) {
	t.Parallel()
	needRoot(t)
	base := filepath.Dir(newDir(t))
	closed := filepath.Join(base, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	shared := filepath.Join(base, "shared")
	options := Options{Dir: filepath.Join(closed, ".pushloss"), System: System{SharedRoot: shared}}
	server := mustStart(t, options)
	keepRow(t, server.URL())
	if !strings.HasPrefix(server.DataDir(), shared) {
		t.Errorf("the data is in %s, want it below %s", server.DataDir(), shared)
	}
	if !strings.Contains(server.URL(), closed) {
		t.Errorf("%s: the passfile is not in the directory", server.URL())
	}
	mustClose(t, server)

	// It stays there, also when the directory opens.
	if err := os.Chmod(closed, 0o755); err != nil {
		t.Fatal(err)
	}
	again := mustStart(t, options)
	if got := query(t, again.URL(), "SELECT count(*)::text FROM kept"); got != "1" {
		t.Errorf("rows kept: %s", got)
	}
	mustClose(t, again)

	// And it is found again when all of the directory is gone.
	if err := os.RemoveAll(options.Dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	found := mustStart(t, options)
	if got := query(t, found.URL(), "SELECT count(*)::text FROM kept"); got != "1" {
		t.Errorf("rows kept: %s", got)
	}
}

func TestRootRunsPostgresAsAnotherUser(t *testing.T) {
	t.Parallel()
	needRoot(t)
	onlyNobody := func(name string) (*user.User, error) {
		if name == "nobody" {
			return user.Lookup(name)
		}
		return nil, user.UnknownUserError(name)
	}
	dir := newDir(t)
	server := mustStart(t, Options{Dir: dir, System: System{LookupUser: onlyNobody}})
	if server.place.account.name != "nobody" {
		t.Errorf("it runs as %s", server.place.account.name)
	}
	mustClose(t, server)
	// Data stays its owner's, although postgres would come first.
	again := mustStart(t, Options{Dir: dir})
	if again.place.account.name != "nobody" {
		t.Errorf("started again as %s", again.place.account.name)
	}

	nobodyAtAll := func(name string) (*user.User, error) { return nil, user.UnknownUserError(name) }
	_, err := Start(testContext(t), Options{Dir: newDir(t), System: System{LookupUser: nobodyAtAll}})
	wantKind(t, err, ErrNoAccount)
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root runs Postgres as another user")
	}
}

func TestURLOfOddPaths(t *testing.T) {
	t.Parallel()
	got := place{dir: "/a b/c+d&e=f?g%h"}.url(5432, role)
	const want = "postgres://pushloss@127.0.0.1:5432/pushloss?sslmode=disable&passfile=/a%20b/c%2Bd%26e%3Df%3Fg%25h/postgres.pass"
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
