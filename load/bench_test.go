package load_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pushloss/internal/localpg/pgtest"
	"pushloss/load"
	"pushloss/transform"
)

// BenchmarkLoad loads answers of 5 tasks of 150 rows one after the other, by one
// worker, into a Postgres without fsync: what the loader itself costs.
func BenchmarkLoad(b *testing.B) {
	const tasks, rows = 5, 150
	ctx := b.Context()
	db, err := load.Open(ctx, pgtest.URL(b), 4)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(db.Close)
	session, work, err := db.OpenSession(ctx, "the benchmark")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(session.Close)
	lock, err := session.LockApp(work, testApp)
	if err != nil {
		b.Fatal(err)
	}
	pull := load.Pull{Trusted: true, Body: []byte("{}"), SentAt: loadedAt}
	for i := range tasks {
		id := fmt.Sprint("task-", i)
		pull.Tasks = append(pull.Tasks, load.TaskRef{Key: int32(i + 1), ID: id})
		snapshot := transform.Snapshot{TaskID: id}
		for row := range rows {
			snapshot.Facts = append(snapshot.Facts, platformFact(int16(row%9), fmt.Sprint(row), int64(row)))
		}
		pull.Result.Snapshots = append(pull.Result.Snapshots, snapshot)
	}
	run := func(b *testing.B, move bool) {
		for b.Loop() {
			if move {
				pull.Day++
				pull.Window = pull.Day.Window(time.UTC)
			}
			if _, err := lock.Load(context.WithoutCancel(work), pull, loadedAt); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N*tasks*rows)/b.Elapsed().Seconds(), "rows/s")
	}
	b.Run("first", func(b *testing.B) { run(b, true) })
	b.Run("unchanged", func(b *testing.B) { run(b, false) })
}
