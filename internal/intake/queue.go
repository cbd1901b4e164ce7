package intake

import (
	"context"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"pushloss/internal/taskfile"
	"pushloss/load"
)

// A callback comes for each recipient, and one callback is enough to register the task. So the
// queue has tasks, not events: those that are not registered yet, and marks of those that are. If
// the queue is full, a task is dropped; its next event brings it again.
const (
	maxPending = 5_000
	maxKnown   = 50_000
	maxBatch   = 500
	// knownFor is how long a task counts as registered; the longest time is twice that. It may have
	// been deleted since, or the database restored.
	knownFor = 10 * time.Minute
)

const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
	saveLimit  = 15 * time.Second // of tasks from callbacks and from posts
	closeLimit = 3 * time.Second
)

type taskKey struct {
	sdkAppID int64
	taskID   string
}

// registrar stores tasks that it does not know yet.
type registrar interface {
	Register(ctx context.Context, tasks []load.Task, now time.Time) (added int, err error)
}

// queue holds the tasks of callbacks until they are registered.
type queue struct {
	registry registrar
	log      *slog.Logger
	now      func() time.Time
	seed     maphash.Seed

	mu      sync.Mutex
	pending map[taskKey]*time.Time // when they were sent
	// known and older are two generations of marks of registered tasks. older is forgotten as a
	// whole.
	known, older map[uint64]struct{}
	renewed      time.Time
	dropped      int
	wake         chan struct{}
}

func newQueue(registry registrar, log *slog.Logger, now func() time.Time) *queue {
	return &queue{
		registry: registry, log: log, now: now, seed: maphash.MakeSeed(), renewed: now(),
		pending: make(map[taskKey]*time.Time), known: make(map[uint64]struct{}), wake: make(chan struct{}, 1),
	}
}

// offer adds a task, unless it is registered or the queue is full.
func (q *queue) offer(sdkAppID int64, c called) {
	key := taskKey{sdkAppID, c.taskID}
	mark := maphash.Comparable(q.seed, key)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.isKnown(mark) {
		return
	}
	sentAt, waits := q.pending[key]
	switch {
	case waits:
		if sentAt == nil || c.sentAt != nil && c.sentAt.Before(*sentAt) {
			q.pending[key] = c.sentAt
		}
		return
	case len(q.pending) >= maxPending:
		q.dropped++
		return
	}
	q.pending[key] = c.sentAt
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) isKnown(mark uint64) bool {
	if q.now().Sub(q.renewed) > knownFor || len(q.known) >= maxKnown {
		q.known, q.older, q.renewed = make(map[uint64]struct{}), q.known, q.now()
	}
	_, known := q.known[mark]
	if !known {
		_, known = q.older[mark]
	}
	return known
}

// run registers tasks until ctx ends, and then once more.
func (q *queue) run(ctx context.Context) {
	pause := firstRetry
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-q.wake:
		}
		for ctx.Err() == nil {
			more, err := q.save(ctx)
			if err == nil {
				if pause > firstRetry {
					q.log.InfoContext(ctx, "tasks of callbacks are registered again", "waiting", q.waiting())
				}
				pause = firstRetry
				if !more {
					break
				}
				continue
			}
			if ctx.Err() != nil {
				break
			}
			if pause == firstRetry {
				q.log.WarnContext(ctx, "cannot register tasks of callbacks: they wait in memory", "room_for", maxPending, "waiting", q.waiting(), "error", err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
			pause = min(2*pause, lastRetry)
		}
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
	defer cancel()
	for {
		more, err := q.save(closing)
		if err != nil || !more {
			return
		}
	}
}

func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.pending)
}

// save registers some of the waiting tasks, and reports whether more are waiting.
func (q *queue) save(ctx context.Context) (more bool, err error) {
	now := q.now()
	tasks, dropped := q.next(now)
	if dropped > 0 {
		q.log.WarnContext(ctx, "dropped events of tasks for which there was no room: they come again with the next event", "events", dropped)
	}
	if len(tasks) == 0 {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, saveLimit)
	defer cancel()
	added, err := q.registry.Register(ctx, tasks, now)
	if err != nil {
		return true, err
	}
	if added > 0 {
		q.log.InfoContext(ctx, "registered tasks of callbacks", "tasks", added)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, task := range tasks {
		key := taskKey{task.SDKAppID, task.TaskID}
		delete(q.pending, key)
		q.known[maphash.Comparable(q.seed, key)] = struct{}{}
	}
	return len(q.pending) > 0, nil
}

func (q *queue) next(now time.Time) (tasks []load.Task, dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	dropped, q.dropped = q.dropped, 0
	for key, sentAt := range q.pending {
		if len(tasks) == maxBatch {
			break
		}
		if hint, ok := taskfile.HintFrom(key.taskID, now); sentAt == nil && ok && hint.SDKAppID == key.sdkAppID {
			sentAt = &hint.SentAt
		}
		tasks = append(tasks, load.Task{SDKAppID: key.sdkAppID, TaskID: key.taskID, SentAt: sentAt, RegisteredAt: now, Source: load.SourceCallback})
	}
	return tasks, dropped
}
