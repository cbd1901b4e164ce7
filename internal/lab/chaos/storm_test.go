package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// storm is what happens to the replicas of a world until a number of processes are
// dead.
type storm struct {
	w      *world
	seed   uint64
	kills  int // to come
	deck   *deck
	ended  chan struct{}
	finish func()

	killed, cuts, robberies, pauses, restarts atomic.Int64

	mu        sync.Mutex
	processes []*process
	problems  []error
}

func newStorm(w *world, seed uint64, kills int) *storm {
	s := &storm{w: w, seed: seed, kills: kills, ended: make(chan struct{})}
	s.finish = sync.OnceFunc(func() { close(s.ended) })
	s.deck = &deck{chance: s.chance(0), w: w, dealt: make(map[string]int), lies: func() bool { return 2*s.killed.Load() >= int64(s.kills) }}
	return s
}

// chance is the random source of one goroutine.
func (s *storm) chance(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(s.seed, stream)) }

func (s *storm) rage() {
	var wait sync.WaitGroup
	wait.Go(func() { s.world(s.chance(1)) })
	for i, r := range s.w.replicas {
		wait.Go(func() { s.live(r, s.chance(uint64(10+i))) })
		wait.Go(func() { s.weather(r, s.chance(uint64(20+i))) })
	}
	wait.Wait()
}

func (s *storm) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// pause waits, at most until the storm is over.
func (s *storm) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.ended:
	}
}

func (s *storm) failed(err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = append(s.problems, err)
	s.finish()
}

func between(chance *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(chance.Int64N(int64(most-least)))
}

// live starts one process after another, and kills most of them.
func (s *storm) live(r *replica, chance *rand.Rand) {
	for !s.over() {
		p, err := start(r.env, r.dir, s.command(chance)...)
		if err != nil {
			s.failed(err)
			return
		}
		s.mu.Lock()
		s.processes = append(s.processes, p)
		s.mu.Unlock()
		switch n := chance.IntN(100); {
		case n < 80:
			s.moment(p, chance)
		case n < 82 && s.kills >= longRound:
			// Long enough for the server to end its session. Then the process continues.
			s.pauses.Add(1)
			s.moment(p, chance)
			_ = p.cmd.Process.Signal(syscall.SIGSTOP)
			s.pause(between(chance, 31*time.Second, 40*time.Second))
			_ = p.cmd.Process.Signal(syscall.SIGCONT)
			p.endsWithin(between(chance, time.Millisecond, 10*time.Second))
		case n < 90:
			s.moment(p, chance)
			p.stopped = p.cmd.Process.Signal(syscall.SIGTERM) == nil
			p.endsWithin(between(chance, time.Second, 5*time.Second))
		default:
			p.endsWithin(10 * time.Second)
		}
		if p.endsWithin(0) && p.code() == 3 { // the database or the way to it is down
			s.pause(between(chance, 50*time.Millisecond, 250*time.Millisecond))
		}
		if p.kill() && s.killed.Add(1) == int64(s.kills) {
			s.finish()
		}
	}
}

// longRound is from how many kills on a round has time for slow faults.
const longRound = 100

// command returns what a replica does next.
func (s *storm) command(chance *rand.Rand) []string {
	first, last := s.w.firstDay(), s.w.lastDay()
	backfill := func(more ...string) []string {
		return append([]string{"backfill", "--from", first.String(), "--to", last.String()}, more...)
	}
	switch n := chance.IntN(20); {
	case n < 2:
		return s.w.adding(apps()[chance.IntN(len(apps()))], s.w.tasks[chance.IntN(len(s.w.tasks))])
	case n < 9:
		return []string{"run"}
	case n < 14:
		return backfill()
	case n < 15:
		return backfill("--reprocess", "failed")
	case n < 16:
		return backfill("--task", denseTasks[chance.IntN(len(denseTasks))], "--reprocess", "all")
	}
	return backfill("--reprocess", "all")
}

// moment waits for the moment of a kill: a random one, or one close to a call, when
// answers arrive and load.
func (s *storm) moment(p *process, chance *rand.Rand) {
	if chance.IntN(4) == 0 {
		p.endsWithin(between(chance, 0, 1500*time.Millisecond))
		return
	}
	until := s.w.calls.Load() + 1 + chance.Int64N(40)
	for deadline := time.Now().Add(4 * time.Second); s.w.calls.Load() < until && time.Now().Before(deadline); {
		if p.endsWithin(time.Millisecond) {
			return
		}
	}
	p.endsWithin(between(chance, 0, 15*time.Millisecond))
}

// weather changes one replica's networks.
func (s *storm) weather(r *replica, chance *rand.Rand) {
	for !s.over() {
		s.pause(between(chance, 100*time.Millisecond, 1500*time.Millisecond))
		lasts := between(chance, 20*time.Millisecond, 800*time.Millisecond)
		switch n := chance.IntN(100); {
		case n < 15:
			r.toDatabase.Cut()
			s.cuts.Add(1)
		case n < 25:
			r.toAPI.Cut()
			s.cuts.Add(1)
		case n < 35:
			r.toDatabase.Cut()
			r.toAPI.Cut()
			s.cuts.Add(1)
			if s.kills >= longRound && n == 34 {
				lasts = between(chance, 20*time.Second, 50*time.Second)
			}
		case n < 45:
			r.toDatabase.Break()
			s.cuts.Add(1)
		case n < 52:
			r.toAPI.Break()
			s.cuts.Add(1)
		case n < 68:
			r.toDatabase.BreakBehind(1 + chance.IntN(60_000))
			s.cuts.Add(1)
		case n < 73:
			r.toAPI.BreakBehind(1 + chance.IntN(20_000))
			s.cuts.Add(1)
		case n < 90:
			// A load takes a second or more, and the replica loses its lock in that time.
			r.toDatabase.Delay(between(chance, 20*time.Millisecond, 200*time.Millisecond), 20*time.Millisecond)
			lasts += time.Second
			s.pause(lasts / 2)
			s.rob()
		default:
			r.toDatabase.Delay(5*time.Millisecond, 10*time.Millisecond)
			r.toAPI.Delay(3*time.Millisecond, 5*time.Millisecond) // far less than between two calls
		}
		s.pause(lasts)
		r.toDatabase.Mend()
		r.toAPI.Mend()
	}
}

// world changes what all replicas share.
func (s *storm) world(chance *rand.Rand) {
	restarts := int64(1 + s.kills/15)
	for !s.over() {
		s.failed(s.deck.deal())
		s.pause(between(chance, 200*time.Millisecond, 900*time.Millisecond))
		if done := s.restarts.Load(); done < restarts && s.killed.Load() >= (done+1)*int64(s.kills)/(restarts+1) {
			s.failed(s.w.restart())
			s.restarts.Add(1)
		}
	}
}

const sqlRob = `
	SELECT pg_terminate_backend(pid) FROM pg_locks
	WHERE locktype = 'advisory' AND granted AND objsubid = 1
		AND (classid::bigint << 32 | objid::bigint) = hashtextextended('pushloss app ' || $1::bigint, 0)`

// rob takes an app's lock from whoever holds it, by ending the connection.
func (s *storm) rob() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.w.server.URL())
	if err != nil {
		return // it is being restarted
	}
	defer conn.Close(ctx)
	for _, app := range apps() {
		if tag, err := conn.Exec(ctx, sqlRob, app); err == nil {
			s.robberies.Add(tag.RowsAffected())
		}
	}
}

// check reports processes that ended as they must not.
func (s *storm) check() error {
	problems := s.problems
	for _, p := range s.processes {
		switch code := p.code(); code {
		case 0, 1, 3, 4, 130:
		default:
			// A SIGTERM before the program handles it ends it too.
			if code == -1 && (p.killed || p.stopped && p.said.String() == "") {
				continue
			}
			problems = append(problems, fmt.Errorf("%v ended with %d, and printed:\n%s", p.cmd.Args[1:], p.code(), tail(p.said.String())))
		}
	}
	return errors.Join(problems...)
}
