package migrations_test

import (
	"context"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// victimVariable makes this test binary a migrator of the database that it names.
const victimVariable = "PUSHLOSS_TEST_MIGRATE"

func TestMain(m *testing.M) {
	if url := os.Getenv(victimVariable); url != "" {
		if err := migrations.Up(context.Background(), url); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(pgtest.Main(m))
}

// kills is how often a migrator is killed in each of the tests.
func kills() int {
	if testing.Short() {
		return 8
	}
	return 24
}

// victim starts a migrator as a separate process.
func victim(t *testing.T, url string) *osexec.Cmd {
	t.Helper()
	cmd := osexec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), victimVariable+"="+url)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// K3: a migrator that is killed at any moment leaves whole migrations, and the next one continues
// from there.
func TestAMigratorThatIsKilledAtAnyMomentLeavesWholeMigrations(t *testing.T) {
	t.Parallel()
	reference := lines(t, connect(t, pgtest.URL(t)), sqlCatalog)
	for _, tt := range []struct {
		name  string
		setup func(t *testing.T) string
		again func(t *testing.T, url string)
	}{
		{
			"empty database", func(t *testing.T) string { return pgtest.EmptyURL(t) },
			func(t *testing.T, url string) {
				execAll(t, url, `DROP SCHEMA IF EXISTS analytics CASCADE`, `DROP SCHEMA IF EXISTS pushloss CASCADE`)
			},
		},
		{
			"filled database", func(t *testing.T) string { return restored(t, baseline) },
			func(t *testing.T, url string) {
				status, err := migrations.Read(t.Context(), url)
				if err != nil {
					t.Fatal(err)
				}
				if status.Version > baseline {
					down(t, url, status.Version-baseline)
				}
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url := tt.setup(t)
			begun := time.Now()
			if err := victim(t, url).Wait(); err != nil { // how long it takes
				t.Fatalf("the migrator failed: %v", err)
			}
			whole := min(time.Since(begun), 300*time.Millisecond)
			versions := make(map[int]int)
			for n := range kills() {
				if n%4 == 0 { // from the start; otherwise from where the last one was killed
					tt.again(t, url)
				}
				cmd := victim(t, url)
				time.Sleep(time.Duration(rand.Int64N(int64(whole))))
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
				status, err := migrations.Read(t.Context(), url)
				if err != nil || status.Dirty {
					t.Fatalf("after kill %d: %+v, %v", n, status, err)
				}
				versions[status.Version]++
			}
			up(t, url)
			if diff := cmp.Diff(reference, lines(t, connect(t, url), sqlCatalog)); diff != "" {
				t.Errorf("(-alone +after kills):\n%s", diff)
			}
			if tt.name == "filled database" {
				if got := lines(t, connect(t, url), `SELECT task_id || ' ' || err_count FROM analytics.task_stage_loss`); len(got) != 1 || got[0] != "a 5" {
					t.Errorf("the view shows %v", got)
				}
			}
			t.Logf("a migration took %s; versions after the kills: %v", whole, versions)
		})
	}
}

func execAll(t *testing.T, url string, statements ...string) {
	t.Helper()
	exec(t, connect(t, url), strings.Join(statements, ";"))
}

// No file leaves the transaction that it runs in, or needs to run outside of one.
func TestNoFileNeedsToRunOutsideOfATransaction(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("*.sql")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(body)) {
			words := strings.Fields(strings.ToUpper(strings.TrimSuffix(strings.TrimSpace(line), ";")))
			if len(words) == 0 || strings.HasPrefix(words[0], "--") {
				continue
			}
			first := words[0]
			if first == "COMMIT" || first == "ROLLBACK" || first == "VACUUM" || first == "BEGIN" && len(words) > 1 || strings.Contains(strings.Join(words, " "), " CONCURRENTLY ") {
				t.Errorf("%s: %s", path, strings.TrimSpace(line))
			}
		}
	}
}
