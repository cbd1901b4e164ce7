package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/netfault"
	"pushloss/internal/lab/sandbox"
	lab "pushloss/internal/lab/world"
	"pushloss/internal/localpg/pgtest"
)

const (
	secretKey = lab.Key
	// Secrets that must appear nowhere.
	databasePassword = "the-databases-password"
	proxyPassword    = "the-proxys-password"

	days       = 24 // from the first day on
	lookback   = 3
	memoryDays = 14 // the settings assume that the API forgets older days

	// rate is the pace of each app, in calls a second.
	rate = 16
)

// sparseTasks is how many tasks of each app have figures for a few days only: enough of them that
// spans prove their other days. A half is registered in the course of the storm, so that there
// always are days to prove.
func sparseTasks() int {
	if round.kills >= longRound {
		return 40
	}
	return 14
}

// denseTasks have figures on most days. The API page's sample has one of them.
var denseTasks = []string{"t1", "t2", "t3", "t4", "t5", "t6", "xxx-yyy-zzz"}

// world is a database, a sandbox, and two replicas' ways to them.
type world struct {
	t     *testing.T
	zone  *time.Location
	today calendar.Day
	tasks []string // of each app

	server   *pgtest.Server
	database *url.URL // the tables' owner, not a superuser
	api      *lab.API
	address  string // the API's
	calls    atomic.Int64
	replicas [2]*replica
	settings map[string]string // the replicas' environment

	mu       sync.Mutex
	userSigs map[string]bool
}

// replica is one machine.
type replica struct {
	toDatabase, toAPI *netfault.Network
	env               map[string]string
	dir               string
}

func newWorld(t *testing.T, chance *rand.Rand) *world {
	t.Helper()
	zone := lab.Noon(t)
	w := &world{t: t, zone: zone, today: calendar.DayOf(time.Now(), zone), userSigs: make(map[string]bool)}
	w.tasks = slices.Clone(denseTasks)
	for i := range sparseTasks() {
		start := (w.firstDay() + calendar.Day(i*5%days)).Window(zone).Start
		w.tasks = append(w.tasks, fmt.Sprintf("%08x_sparse", start.Add(9*time.Hour+time.Duration(i)*time.Minute).Unix()))
	}
	w.api = lab.NewAPI(t, func(cfg *sandbox.Config) {
		cfg.Seed, cfg.Location, cfg.QuietDays, cfg.RecordAnswers = chance.Uint64(), zone, 0.15, true
		cfg.TaskStarts, cfg.ActiveDays = true, 4
	})
	w.api.Behind(http.HandlerFunc(w.serve))
	w.address = strings.TrimPrefix(w.api.URL, "http://")
	w.server = pgtest.NewServer(t)
	w.makeDatabase()
	w.settings = map[string]string{
		"TIM_APPS_FILE":     w.appsFile(),
		"PUSHLOSS_STREAMS":  "loss,statistics,chat_loss,chat_statistics",
		"PUSHLOSS_TIMEZONE": zone.String(), "PUSHLOSS_FIRST_DAY": w.firstDay().String(),
		"PUSHLOSS_LOOKBACK_DAYS": fmt.Sprint(lookback), "PUSHLOSS_API_MEMORY_DAYS": fmt.Sprint(memoryDays),
		"PUSHLOSS_TASK_DAYS": "60", "PUSHLOSS_LOG_LEVEL": "debug",
		"HTTPS_PROXY": "http://chaos:" + proxyPassword + "@127.0.0.1:1", "NO_PROXY": "127.0.0.1",
	}
	for i := range w.replicas {
		w.replicas[i] = w.newReplica()
	}
	return w
}

// adding is the command that registers tasks of an app.
func (w *world) adding(app int64, tasks ...string) []string {
	return append([]string{"tasks", "add", "--app", fmt.Sprint(app), "--sent-at", w.firstDay().String()}, tasks...)
}

func apps() []int64 { return []int64{lab.App, lab.OtherApp} }

func (w *world) firstDay() calendar.Day { return w.today - days }
func (w *world) lastDay() calendar.Day  { return w.today - 1 }

// serve notes the credentials of the calls.
func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	w.calls.Add(1)
	if sig := r.URL.Query().Get("usersig"); sig != "" {
		w.mu.Lock()
		w.userSigs[sig] = true
		w.mu.Unlock()
	}
	w.api.ServeHTTP(rw, r)
}

func (w *world) makeDatabase() {
	w.t.Helper()
	ctx := w.t.Context()
	conn, err := pgx.Connect(ctx, w.server.URL())
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, sql := range []string{
		`CREATE ROLE chaos LOGIN PASSWORD '` + databasePassword + `'`,
		`CREATE DATABASE chaos OWNER chaos`,
		// A recovery that does not open each of a thousand files.
		`ALTER SYSTEM SET recovery_init_sync_method = syncfs`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			w.t.Fatal(err)
		}
	}
	w.database = &url.URL{
		Scheme: "postgres", User: url.UserPassword("chaos", databasePassword), Host: w.databaseAddress(),
		Path: "/chaos", RawQuery: "sslmode=disable",
	}
}

// databaseAddress returns where the server listens now.
func (w *world) databaseAddress() string {
	parsed, err := url.Parse(w.server.URL())
	if err != nil {
		w.t.Fatal(err)
	}
	return parsed.Host
}

func (w *world) appsFile() string {
	w.t.Helper()
	var text strings.Builder
	for _, app := range apps() {
		fmt.Fprintf(&text, "- sdk_app_id: %d\n  secret_key: %s\n  rate: %d\n", app, secretKey, rate)
	}
	path := filepath.Join(w.t.TempDir(), "apps.yaml")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (w *world) newReplica() *replica {
	w.t.Helper()
	network := func(address string) *netfault.Network {
		n, err := netfault.New(address)
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(n.Close)
		return n
	}
	r := &replica{toDatabase: network(w.database.Host), toAPI: network(w.address), dir: w.t.TempDir()}
	behind := *w.database
	behind.Host = r.toDatabase.Address()
	r.env = w.environment(behind.String(), "http://"+r.toAPI.Address())
	return r
}

func (w *world) environment(database, api string) map[string]string {
	env := map[string]string{"DATABASE_URL": database, "TIM_BASE_URL": api}
	for key, value := range w.settings {
		env[key] = value
	}
	return env
}

// quietly runs a command without faults, and expects its success.
func (w *world) quietly(args ...string) *process {
	w.t.Helper()
	p := w.ended(args...)
	if p.code() != 0 {
		w.t.Fatalf("%v ended with %d, and printed:\n%s", args, p.code(), tail(p.said.String()))
	}
	return p
}

// backfilled is quietly for a backfill. It may find days that nothing can prove any more, or
// lower figures that faults of the API had raised.
func (w *world) backfilled(args ...string) *process {
	w.t.Helper()
	p := w.ended(append([]string{"backfill"}, args...)...)
	if code := p.code(); code != 0 && (code != 1 || !strings.Contains(p.said.String(), "cannot be proven") && !strings.Contains(p.said.String(), "lowered by more than a tenth")) {
		w.t.Fatalf("backfill %v ended with %d, and printed:\n%s", args, p.code(), tail(p.said.String()))
	}
	return p
}

// ended runs a command without faults.
func (w *world) ended(args ...string) *process {
	w.t.Helper()
	w.database.Host = w.databaseAddress()
	p, err := start(w.environment(w.database.String(), "http://"+w.address), w.t.TempDir(), args...)
	if err != nil {
		w.t.Fatal(err)
	}
	if !p.endsWithin(3 * time.Minute) {
		p.kill()
		w.t.Fatalf("%v hangs, and printed:\n%s", args, tail(p.said.String()))
	}
	return p
}

func tail(text string) string {
	const most = 4000
	return text[max(0, len(text)-most):]
}

// restart stops Postgres in immediate mode and starts it again.
func (w *world) restart() error {
	if err := w.server.Crash(); err != nil {
		return fmt.Errorf("crash Postgres: %w", err)
	}
	if err := w.server.Start(); err != nil {
		return fmt.Errorf("start Postgres again: %w", err)
	}
	for _, r := range w.replicas {
		r.toDatabase.Redirect(w.databaseAddress())
	}
	return nil
}

// awaitSilence waits until Postgres has noticed the end of every process.
func (w *world) awaitSilence() {
	w.t.Helper()
	w.database.Host = w.databaseAddress()
	type sessions struct{ N int }
	const sql = `SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()`
	lab.Eventually(w.t, "Postgres notices that the processes have ended", func() bool { return query[sessions](w, sql)[0].N == 0 })
}

func query[T any](w *world, sql string, args ...any) []T {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	conn, err := pgx.Connect(ctx, w.database.String())
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close(ctx)
	return lab.Rows[T](w.t, conn, sql, args...)
}
