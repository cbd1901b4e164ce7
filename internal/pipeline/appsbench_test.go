package pipeline_test

import (
	"context"
	"runtime/debug"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/lab/world"
	"pushloss/internal/pipeline"
	"pushloss/load"
)

// BenchmarkApps backfills 7 days of a thousand apps at a call a second each, in one
// process, into an empty database with stock settings. The sandbox refuses calls of an app
// that arrive less than a second apart: a violation fails the benchmark, and so does a
// figure that is not the truth.
func BenchmarkApps(b *testing.B) {
	const apps, days, connections = 1000, 7, 20
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(512 << 20)) // the sandbox and the test are in it
	for range b.N {
		ctx := b.Context()
		url, db := benchDatabase(b, connections)
		ids := make([]int64, apps)
		api := world.NewAPI(b, func(cfg *sandbox.Config) {
			cfg.Apps, cfg.CallsPerSecond, cfg.RecordCalls = nil, 1, false
			for i := range ids {
				ids[i] = benchApp + int64(i)
				cfg.Apps = append(cfg.Apps, sandbox.App{SDKAppID: ids[i], SecretKey: world.Key})
			}
		})
		var accounts []pipeline.App
		for _, id := range ids {
			app := api.App(id, time.UTC)
			app.CallsPerSecond = 1
			accounts = append(accounts, app)
		}
		jobs := pipeline.New(db, extract.NewTransport(), accounts,
			pipeline.Settings{LookbackDays: 7, TaskDays: 30, APIMemoryDays: 365}, pipeline.Options{})
		last := calendar.DayOf(time.Now(), time.UTC) - 1
		most := mostConnections(b, url)
		began := time.Now()
		report, err := jobs.Backfill(ctx, pipeline.BackfillRequest{From: last - days + 1, To: last, Reprocess: pipeline.Missing}, nil)
		if err != nil || report.State != load.RunDone {
			b.Fatal(report.State, err)
		}
		took := time.Since(began)

		var calls, violations int64
		for _, app := range api.Stats().Apps {
			calls += app.Calls
			violations += app.Refused[60007]
		}
		if violations > 0 {
			b.Errorf("%d calls came too early", violations)
		}
		var truth, stored, rows int64
		for _, id := range ids {
			for _, fact := range api.Facts(id, time.UTC, last-days+1, last) {
				if fact.Grain == "stage" {
					truth += fact.Count
					rows++
				}
			}
		}
		if err := db.Pool().QueryRow(ctx, `SELECT coalesce(sum(err_count), 0), count(*) - $1 FROM pushloss.stage_loss`, rows).Scan(&stored, &rows); err != nil {
			b.Fatal(err)
		}
		if stored != truth || rows != 0 {
			b.Errorf("%d losses are stored, the truth is %d; %d rows too many", stored, truth, rows)
		}
		b.ReportMetric(float64(calls)/took.Seconds(), "calls/s")
		b.ReportMetric(100*float64(calls)/took.Seconds()/apps, "%pace")
		b.ReportMetric(float64(violations), "violations")
		b.ReportMetric(float64(most()), "connections")
	}
}

// mostConnections counts the connections of a database until the returned function is
// called, which returns the most of them. It does not count its own.
func mostConnections(b *testing.B, url string) (stop func() int64) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	most := make(chan int64)
	go func() {
		var highest int64
		for ctx.Err() == nil {
			var n int64
			if conn.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pushloss'`).Scan(&n) == nil {
				highest = max(highest, n)
			}
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
		}
		_ = conn.Close(context.WithoutCancel(ctx))
		most <- highest
	}()
	return func() int64 { cancel(); return <-most }
}
