package pipeline_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/localpg"
	"pushloss/internal/pipeline"
	"pushloss/load"
	"pushloss/migrations"
)

const (
	benchApp   = world.App
	benchDays  = 30
	benchTasks = 200
	benchRows  = 150
)

// BenchmarkBackfill moves 30 days of 200 tasks of 150 rows from the sandbox into Postgres
// with stock settings (fsync on), without pacing: first into an empty database, then the
// same answers again, which need no writes; then it reads the archive.
func BenchmarkBackfill(b *testing.B) {
	ctx := b.Context()
	url, db := benchDatabase(b, 10)
	api := world.NewAPI(b, func(cfg *sandbox.Config) { cfg.Rows, cfg.RecordCalls = benchRows, false })

	tasks := make([]load.Task, benchTasks)
	for i := range tasks {
		tasks[i] = load.Task{SDKAppID: benchApp, TaskID: fmt.Sprintf("task-%03d", i)}
	}
	if _, err := db.Tasks.Save(ctx, tasks, time.Now()); err != nil {
		b.Fatal(err)
	}
	jobs := pipeline.New(db, extract.NewTransport(), []pipeline.App{api.App(benchApp, time.UTC)},
		pipeline.Settings{LookbackDays: 7, TaskDays: 30, APIMemoryDays: 365}, pipeline.Options{})
	last := calendar.DayOf(time.Now(), time.UTC) - 30
	request := pipeline.BackfillRequest{From: last - benchDays + 1, To: last, Reprocess: pipeline.All}

	backfill := func(b *testing.B, rows func(pipeline.Report) int64) {
		var moved, windows int64
		for range b.N {
			report, err := jobs.Backfill(ctx, request, nil)
			if err != nil || report.State != load.RunDone {
				b.Fatal(report, err)
			}
			moved += rows(report)
			windows += report.Windows
		}
		b.ReportMetric(float64(moved)/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(float64(windows)/b.Elapsed().Seconds(), "windows/s")
	}
	b.Run("first", func(b *testing.B) {
		if b.N > 1 {
			b.Skip("a first load can be made once: use -benchtime 1x")
		}
		backfill(b, func(r pipeline.Report) int64 { return r.RowsInserted })
	})
	b.Run("again", func(b *testing.B) {
		backfill(b, func(r pipeline.Report) int64 { return r.RowsUnchanged })
	})
	// The archive then has two answers to each request; facts are the rows after both.
	b.Run("verify", func(b *testing.B) {
		var facts int64
		for range b.N {
			checked, err := db.Archive.Verify(ctx, load.Selection{}, load.Observer{})
			if err != nil || checked.Differences > 0 {
				b.Fatal(checked, err)
			}
			facts += checked.Facts
		}
		b.ReportMetric(float64(facts)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("replay", func(b *testing.B) {
		var rows int64
		for range b.N {
			b.StopTimer()
			conn, err := pgx.Connect(ctx, url)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := conn.Exec(ctx, `TRUNCATE pushloss.stage_loss, pushloss.platform_loss`); err != nil {
				b.Fatal(err)
			}
			_ = conn.Close(ctx)
			b.StartTimer()
			restored, err := db.Archive.Replay(ctx, load.Selection{}, "the benchmark", time.Now, load.Observer{})
			if err != nil {
				b.Fatal(err)
			}
			rows += restored.Rows.Inserted
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	})
}

// benchDatabase returns an empty database of a separate server with stock settings.
func benchDatabase(b *testing.B, connections int) (url string, db *load.DB) {
	b.Helper()
	ctx := b.Context()
	dir, err := os.MkdirTemp("", "pushloss-bench-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // under root the server runs as another account
		b.Fatal(err)
	}
	server, err := localpg.Start(ctx, localpg.Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Close(context.WithoutCancel(ctx)) })
	if err := migrations.Up(ctx, server.URL()); err != nil {
		b.Fatal(err)
	}
	db, err = load.Open(ctx, server.URL(), connections)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(db.Close)
	return server.URL(), db
}
