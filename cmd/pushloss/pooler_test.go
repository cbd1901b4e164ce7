package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// Everything works through PgBouncer with its shipped settings in session mode. Two processes keep
// apart, and the locks of a killed one are released.
func TestEverythingWorksThroughASessionPooler(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.env["DATABASE_URL"] = pgtest.Bouncer{Mode: "session"}.URL(t, pgtest.EmptyURL(t))
	w.do(3, "run").says(t, "no schema yet")
	w.do(0, "migrate", "up")
	w.do(0, "migrate", "down", "1")
	w.do(3, "migrate", "status")
	w.do(0, "migrate", "up")
	w.do(0, "migrate", "status")
	w.tasks(sevenTasks...)

	arrived, release := w.hold()
	first := w.start("run")
	<-arrived
	w.do(0, "run").says(t, fmt.Sprintf("app %d is being worked on by process %d", testApp, first.cmd.Process.Pid), "busy")
	first.signal(syscall.SIGKILL)
	first.wait()
	release()
	eventually(t, "the pooler gives the locks back", func() bool {
		return !strings.Contains(w.do(0, "run").stdout, "busy")
	})
	w.do(0, w.backfill(6, 3)...)
	w.equalsTruth(testApp, 6, 1, sevenTasks...)

	daemon, address := w.serveDaemon()
	if status, body := get(t, "http://"+address+"/readyz"); status != http.StatusOK {
		t.Errorf("/readyz answers %d %q", status, body)
	}
	daemon.signal(syscall.SIGTERM)
	daemon.endedWith(0)
	w.do(0, "check").says(t, "everything is in order")
	w.do(0, "tasks", "list")
	w.do(0, "status")
	if n := w.number(`SELECT count(*) FROM analytics.runs WHERE state = 'abandoned'`); n != 1 {
		t.Errorf("%d runs are reported as abandoned", n)
	}
}

// A pooler in another mode cannot be used. Every command says so, changes nothing and does not
// hang.
func TestOtherPoolersAreRefusedByEveryCommand(t *testing.T) {
	t.Parallel()
	for _, pooler := range []pgtest.Bouncer{
		{Mode: "transaction", PoolSize: 1}, {Mode: "transaction", PoolSize: 20}, {Mode: "transaction", PoolSize: 20, RoundRobin: true},
		{Mode: "statement", PoolSize: 1}, {Mode: "statement", PoolSize: 20},
	} {
		t.Run(fmt.Sprintf("%+v", pooler), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			direct := w.env["DATABASE_URL"]
			w.env["DATABASE_URL"] = pooler.URL(t, direct)
			for _, command := range [][]string{
				{"migrate", "up"}, {"migrate", "down", "1"}, {"migrate", "status"}, {"run"}, w.backfill(5, 4), w.backfill(5, 4, "--plan"),
				{"serve"}, {"status"}, {"tasks", "add", "t1"}, {"tasks", "list"}, {"check"},
			} {
				r := w.do(2, command...)
				r.says(t, "connection pooler in", "pool_mode = session")
				if strings.Contains(r.stdout+r.stderr, pgtest.Password) {
					t.Error("the password is printed")
				}
			}
			w.do(2, "check").says(t, "not called: another process may be calling it")
			w.env["DATABASE_URL"] = direct
			w.do(0, "migrate", "status").says(t, fmt.Sprintf("version %d of %[1]d", migrations.Newest()))
			if n := w.number(`SELECT (SELECT count(*) FROM pushloss.run) + (SELECT count(*) FROM pushloss.task)`); n != 0 || w.calls.Load() != 0 {
				t.Errorf("%d rows were written and %d calls made", n, w.calls.Load())
			}
		})
	}
}

func TestAPoolWithoutAFreeConnectionIsReported(t *testing.T) {
	t.Parallel()
	w := setup(t)
	direct := w.env["DATABASE_URL"]
	through := func(command string) *process { // a pool of its own: the end of one command frees the connection for another
		w.env["DATABASE_URL"] = pgtest.Bouncer{Mode: "session", PoolSize: 1}.URL(t, direct)
		return w.start(command)
	}
	run, check := through("run"), through("check")
	run.endedWith(3).says(t, "did not answer within 10s", "what to do: ", "pool_size")
	check.endedWith(3).says(t, "pool_size", "not called")
}
