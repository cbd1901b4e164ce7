package main_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

var sevenTasks = []string{"t1", "t2", "t3", "t4", "t5", "t6", "t7"}

// T8, S6: after a kill at any moment, the same command continues, and the final state is as if
// nothing had happened.
func TestT8ACommandKilledAtAnyMomentContinuesWhenRunAgain(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.tasks(sevenTasks...)
	command := w.backfill(20, 5) // 48 requests
	var killed int
	for round := 1; ; round++ {
		if round > 60 {
			t.Fatal("the backfill does not end")
		}
		// Each round lives a little longer, in requests and in milliseconds, so that it dies during
		// a request or during a load.
		begun, dieAt := w.calls.Load(), int64(1+round/3)
		moment := make(chan struct{})
		reached := func(n int64) {
			if n == begun+dieAt {
				close(moment)
			}
		}
		if none := func(int64) {}; round%2 == 0 {
			w.before(reached)
			w.after(none)
		} else {
			w.before(none)
			w.after(reached)
		}
		p := w.start(command...)
		select {
		case <-moment:
			timer := time.NewTimer(time.Duration(round%7) * 3 * time.Millisecond)
			select {
			case <-timer.C:
			case <-p.ended:
			}
			p.signal(os.Kill)
		case <-p.ended:
		case <-time.After(deadline):
			t.Fatalf("the backfill hangs: %s", p.stderr.String())
		}
		if code := p.wait(); code == 0 {
			break
		} else if code != -1 {
			t.Fatalf("round %d: exit code %d: %s", round, code, p.stderr.String())
		}
		killed++
	}
	w.before(func(int64) {})
	w.after(func(int64) {})
	if killed < 8 {
		t.Errorf("the backfill was killed %d times only", killed)
	}
	w.equalsTruth(testApp, 20, 5, sevenTasks...)
	// What was loaded was not loaded again, and everything else was loaded.
	if n := w.number(`SELECT count(*) FROM analytics.stream_coverage WHERE stream = 'loss' AND pulls = 1 AND state = 'loaded' AND settled`); n != 16*8 {
		t.Errorf("%d windows were pulled once, want %d", n, 16*8)
	}
	if n := w.number(`SELECT count(*) FROM pushloss.pull`); n != 48 {
		t.Errorf("%d answers were loaded, want 48", n)
	}
	if n := w.number(`SELECT count(*) FROM analytics.loss_changes`); n != 0 {
		t.Errorf("%d changes were recorded", n)
	}
	w.do(0, command...)
	// The last one may have been killed after its end was recorded.
	if n := w.number(`SELECT count(*) FROM analytics.runs WHERE state = 'abandoned' AND finished_at IS NOT NULL AND error <> ''`); n != int64(killed) && n != int64(killed-1) {
		t.Errorf("%d runs are reported as abandoned, %d were killed", n, killed)
	}
	if n := w.number(`SELECT count(*) FROM analytics.runs WHERE state = 'running'`); n != 0 {
		t.Errorf("%d runs are reported as running", n)
	}
}

// K4: after a signal, the requests under way finish. The same command then does the rest.
func TestAnInterruptedCommandContinuesWhenRunAgain(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.tasks(sevenTasks...)
			command := w.backfill(20, 5)
			w.faults("slow=5ms")
			var p *process
			started := make(chan struct{})
			w.before(func(n int64) {
				if n == 7 {
					<-started
					p.signal(sig)
				}
			})
			p = w.start(command...)
			close(started)
			r := p.endedWith(130)
			r.says(t, "interrupted", "what to do: what was loaded stays; the same command continues with the rest")
			done := w.calls.Load()
			if done < 7 || done >= 48 {
				t.Fatalf("%d calls were made", done)
			}
			if n := w.number(`SELECT count(*) FROM pushloss.pull`); n != done {
				t.Errorf("%d answers were loaded of %d", n, done)
			}
			if n := w.number(`SELECT count(*) FROM analytics.runs WHERE state = 'interrupted' AND requests = $1`, done); n != 1 {
				t.Error("the run's record does not mention the interruption")
			}
			w.do(0, command...)
			if n := w.calls.Load(); n != 48 || len(w.askedTwice()) > 0 {
				t.Errorf("%d calls in all, asked twice: %v", n, w.askedTwice())
			}
			w.equalsTruth(testApp, 20, 5, sevenTasks...)
		})
	}
}

// A second signal ends the process at once, whatever is under way.
func TestASecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	w.before(func(n int64) {
		if n == 1 {
			close(arrived)
		}
		<-release
	})
	p := w.start(w.backfill(6, 4)...)
	defer close(release)
	<-arrived
	p.signal(syscall.SIGTERM)
	p.signal(syscall.SIGINT)
	if code := p.wait(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	if n := w.number(`SELECT count(*) FROM pushloss.pull`); n != 0 {
		t.Errorf("%d answers were loaded", n)
	}
}

// A new process keeps the pace after a killed one.
func TestARestartKeepsThePace(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.env["PUSHLOSS_RATE"] = "1"
	arrived := make(chan struct{})
	w.before(func(n int64) {
		if n == 1 {
			close(arrived)
		}
	})
	p := w.start(w.backfill(5, 5)...)
	<-arrived
	p.signal(os.Kill)
	p.wait()
	w.do(0, w.backfill(6, 6)...)
	const late = 300 * time.Millisecond // by which a call may arrive
	stats := w.api.Stats().Of(testApp)
	if stats.SmallestGap < time.Second-late || stats.Calls != 2 || len(stats.Refused) > 0 {
		t.Errorf("the API saw %+v", stats)
	}
	w.equalsTruth(testApp, 6, w.settledFrom())
}

// settledFrom is the newest day that was backfilled: the fifth if its answer was
// loaded before the kill.
func (w *world) settledFrom() int {
	if w.number(`SELECT count(*) FROM pushloss.pull WHERE day = $1::date`, w.back(5)) == 1 {
		return 5
	}
	return 6
}

func TestTwoRunsAtOnceShareTheWork(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.tasks("t1")
	arrived, release := w.hold()
	first := w.start("run")
	<-arrived
	w.do(0, "run").says(t, fmt.Sprintf("app %d is being worked on by process %d", testApp, first.cmd.Process.Pid), "busy")
	release()
	first.endedWith(0)
	if n := w.calls.Load(); n != 4 || len(w.askedTwice()) > 0 {
		t.Errorf("%d calls, asked twice: %v", n, w.askedTwice())
	}
	w.equalsTruth(testApp, 2, 1, "t1")
}

// T15: a backfill waits for the run and requests nothing that the run settled. Both together keep
// the pace.
func TestT15ABackfillWaitsForARun(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.env["PUSHLOSS_RATE"] = "12"
	w.env["PUSHLOSS_FIRST_DAY"] = w.back(10)
	w.tasks("t1")
	arrived, release := w.hold()
	run := w.start("run")
	<-arrived
	backfill := w.start(w.backfill(12, 4)...)
	eventually(t, "the backfill waits", func() bool { return strings.Contains(backfill.stderr.String(), "waiting for it") })
	release()
	run.endedWith(0)
	backfill.endedWith(0)
	if n := w.calls.Load(); n != 12*2 || len(w.askedTwice()) > 0 {
		t.Errorf("%d calls, asked twice: %v", n, w.askedTwice())
	}
	w.keptPace(12)
	w.equalsTruth(testApp, 12, 1, "t1")
}
