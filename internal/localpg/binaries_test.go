package localpg

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// fakePrograms makes a directory of programs that only print a version.
func fakePrograms(t *testing.T, dir, version string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range programs {
		script := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %s'\n[ \"$1\" = --version ]\n", name, version)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// bareSystem is a machine without Postgres, nor a way to fetch it.
func bareSystem() System {
	return System{
		LookPath: func(string) (string, error) { return "", exec.ErrNotFound },
		Glob:     func(string) ([]string, error) { return nil, nil },
		Fetch:    func(context.Context, string, int) error { return errors.New("no line") },
	}
}

func TestWhereProgramsAreFound(t *testing.T) {
	t.Parallel()
	base := filepath.Dir(newDir(t))
	pgConfigDir := fakePrograms(t, filepath.Join(base, "config"), "16.1")
	debian15 := fakePrograms(t, filepath.Join(base, "9.6-to-15", "15", "bin"), "15.2 (Debian 15.2-1)")
	debian17 := fakePrograms(t, filepath.Join(base, "9.6-to-15", "17", "bin"), "17beta1")
	inPath := fakePrograms(t, filepath.Join(base, "path"), "14.9")
	old := fakePrograms(t, filepath.Join(base, "old"), "9.6.24")
	pgConfig := filepath.Join(base, "pg_config")
	if err := os.WriteFile(pgConfig, []byte("#!/bin/sh\necho '"+pgConfigDir+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}

	lookPath := func(known ...string) func(string) (string, error) {
		return func(file string) (string, error) {
			for _, path := range known {
				if filepath.Base(path) == file {
					return path, nil
				}
			}
			return "", exec.ErrNotFound
		}
	}
	debian := func(pattern string) ([]string, error) {
		if pattern == installPlaces[0] {
			return []string{debian15, debian17}, nil
		}
		return nil, nil
	}
	for _, test := range []struct {
		name   string
		bin    string
		look   []string
		glob   bool
		data   int
		want   string
		wantIs error
	}{
		{name: "the named ones come first", bin: inPath, look: []string{pgConfig}, glob: true, want: inPath},
		{name: "then those of pg_config", look: []string{pgConfig}, glob: true, want: pgConfigDir},
		{name: "then the newest of the packages", look: []string{filepath.Join(inPath, "initdb")}, glob: true, want: debian17},
		{name: "then those in PATH", look: []string{filepath.Join(inPath, "initdb")}, want: inPath},
		{name: "data chooses its version", look: []string{pgConfig}, glob: true, data: 15, want: debian15},
		{name: "data of a version that is not there", look: []string{pgConfig}, glob: true, data: 13, wantIs: ErrVersion},
		{name: "data of another version than the named ones", bin: inPath, glob: true, data: 15, wantIs: ErrVersion},
		{name: "named ones that are not there", bin: base, glob: true, wantIs: ErrNoBinaries},
		{name: "named ones that are too old", bin: old, glob: true, wantIs: ErrNoBinaries},
		{name: "none", wantIs: ErrNoBinaries},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			system := bareSystem()
			system.LookPath = lookPath(test.look...)
			if test.glob {
				system.Glob = debian
			}
			p := place{home: newDir(t)}
			options := Options{BinDir: test.bin, System: system}.withDefaults()
			b, err := findBinaries(testContext(t), options, p, test.data)
			if test.wantIs != nil {
				wantKind(t, err, test.wantIs)
				return
			}
			if err != nil || b.dir != test.want {
				t.Errorf("got %s, %v, want %s", b.dir, err, test.want)
			}
		})
	}
}

func TestNoProgramsSaysWhereItLookedAndWhatToInstall(t *testing.T) {
	t.Parallel()
	_, err := Start(testContext(t), Options{Dir: newDir(t), System: bareSystem()})
	wantKind(t, err, ErrNoBinaries)
	for _, want := range append(installPlaces[:], "pg_config --bindir (not in PATH)", "PATH (no initdb)", "no line") {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %s", want, err)
		}
	}
	e, _ := errors.AsType[*Error](err)
	for _, want := range []string{
		"apt-get install -y postgresql", "dnf install -y postgresql-server", "brew install postgresql@17", "PUSHLOSS_POSTGRES_BIN",
	} {
		if !strings.Contains(e.Remedy, want) {
			t.Errorf("%q is not in %s", want, e.Remedy)
		}
	}
}

func TestDataOfAnotherVersionAreRefused(t *testing.T) {
	t.Parallel()
	dir := seededDir(t)
	server := mustStart(t, Options{Dir: dir})
	mustClose(t, server)
	version := filepath.Join(server.DataDir(), versionFile)
	if err := os.WriteFile(version, []byte("12\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(testContext(t), Options{Dir: dir, Fast: true})
	wantKind(t, err, ErrVersion)
	for _, want := range []string{"PostgreSQL 12", "PostgreSQL " + server.binaries.version} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %s", want, err)
		}
	}
}

func TestTheVersionOfAServerIsRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)": 15,
		"postgres (PostgreSQL) 18beta1":                        18,
		"postgres (PostgreSQL) 9.6.24":                         9,
		"bash: no":                                             0,
	} {
		if _, got := parseVersion(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
	places := []string{"/usr/pgsql-9/bin", "/usr/pgsql-17/bin", "/usr/pgsql-13/bin"}
	want := []string{"/usr/pgsql-17/bin", "/usr/pgsql-13/bin", "/usr/pgsql-9/bin"}
	if got := newestFirst(places); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The download, from a repository of our own: programs that print a version.
func TestMissingProgramsAreFetchedOnce(t *testing.T) {
	t.Parallel()
	repository := mavenRepository(t)
	p, err := newPlace(newDir(t))
	if err != nil {
		t.Fatal(err)
	}
	system := bareSystem()
	system.Fetch = FetchFrom(repository.URL)
	options := Options{System: system}.withDefaults()
	if p, err = p.settle(testContext(t), options.System, options.Log); err != nil {
		t.Fatal(err)
	}
	b, err := findBinaries(testContext(t), options, p, 0)
	if err != nil {
		t.Fatal(err)
	}
	if b.major != newestMajor {
		t.Errorf("got PostgreSQL %s", b.version)
	}
	entries, err := os.ReadDir(p.binaries())
	if err != nil || len(entries) != 1 {
		t.Errorf("left over: %v, %v", entries, err)
	}

	repository.Close()
	again, err := findBinaries(testContext(t), options, p, newestMajor)
	if err != nil || again.dir != b.dir {
		t.Errorf("found %s, %v; want what was fetched before, %s", again.dir, err, b.dir)
	}
	_, err = findBinaries(testContext(t), options, p, 15)
	wantKind(t, err, ErrVersion)
}

func TestAFetchThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	nothing := httptest.NewServer(http.NotFoundHandler())
	defer nothing.Close()
	for _, test := range []struct {
		name, url string
		major     int
		want      string
	}{
		{"no connection", "http://127.0.0.1:1", 18, "unable to connect to http://127.0.0.1:1"},
		{"a release that the repository lacks", nothing.URL, 17, "no version found matching 17"},
		{"an unknown release", nothing.URL, 13, "no release of PostgreSQL 13 is known"},
	} {
		err := FetchFrom(test.url)(testContext(t), t.TempDir(), test.major)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}

func TestFetchThatHangsIsLeftWithTheContext(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	finished := make(chan struct{})
	system := bareSystem()
	system.Fetch = func(context.Context, string, int) error {
		defer close(finished)
		<-release
		return errors.New("too late")
	}
	dir := newDir(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := Start(ctx, Options{Dir: dir, System: system})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	close(release)
	<-finished
	waitFor(t, func() bool {
		left, err := os.ReadDir(filepath.Join(dir, "postgres.binaries"))
		return err == nil && len(left) == 0
	})
}

// mavenRepository serves any release as an archive of fake programs.
func mavenRepository(t *testing.T) *httptest.Server {
	t.Helper()
	if _, err := exec.LookPath("xz"); err != nil {
		t.Skip("there is no xz to make an archive with")
	}
	tree := t.TempDir()
	fakePrograms(t, filepath.Join(tree, "bin"), "18.3")
	packed, err := exec.Command("tar", "-cJf", "-", "-C", tree, "bin").Output()
	if err != nil {
		t.Fatal(err)
	}
	var jar bytes.Buffer
	archive := zip.NewWriter(&jar)
	file, err := archive.Create("postgres.txz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(packed); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(jar.Bytes())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			fmt.Fprint(w, hex.EncodeToString(sum[:]))
			return
		}
		_, _ = w.Write(jar.Bytes())
	}))
	t.Cleanup(server.Close)
	return server
}
