package pipeline_test

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"runtime/debug"
	"sync"
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
// process, into an empty database with stock settings. A call of an app that leaves less than
// a second after the one before was written fails the benchmark, and so does a figure that is
// not the truth. Arrivals prove nothing here: the sandbox shares the process, and sees requests
// late.
func BenchmarkApps(b *testing.B) {
	const apps, days, connections = 1000, 7, 20
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(512 << 20)) // the sandbox and the test are in it
	for range b.N {
		ctx := b.Context()
		url, db := benchDatabase(b, connections)
		ids := make([]int64, apps)
		api := world.NewAPI(b, func(cfg *sandbox.Config) {
			cfg.Apps, cfg.CallsPerSecond, cfg.RecordCalls = nil, 0, false
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
		left := &departures{RoundTripper: extract.NewTransport(), of: make(map[string]*departure)}
		jobs := pipeline.New(db, left, accounts,
			pipeline.Settings{LookbackDays: 7, TaskDays: 30, APIMemoryDays: 365}, pipeline.Options{})
		last := calendar.DayOf(time.Now(), time.UTC) - 1
		most := mostConnections(b, url)
		began := time.Now()
		report, err := jobs.Backfill(ctx, pipeline.BackfillRequest{From: last - days + 1, To: last, Reprocess: pipeline.Missing}, nil)
		if err != nil || report.State != load.RunDone {
			b.Fatal(report.State, err)
		}
		took := time.Since(began)

		var calls int64
		for _, app := range api.Stats().Apps {
			calls += app.Calls
		}
		if left.gap < time.Second {
			b.Errorf("a call left %s after the one before", left.gap)
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
		b.ReportMetric(left.gap.Seconds(), "s-smallest-gap")
		b.ReportMetric(float64(most()), "connections")
	}
}

// departures notes the smallest time between two calls of an app, from the writing of one until
// the next is handed over to be written. Delays only make it shorter than it was.
type departures struct {
	http.RoundTripper

	mu  sync.Mutex
	of  map[string]*departure // by SDKAppID
	gap time.Duration
}

type departure struct{ written time.Time }

func (d *departures) RoundTrip(r *http.Request) (*http.Response, error) {
	now := time.Now()
	d.mu.Lock()
	id := r.URL.Query().Get("sdkappid")
	last := d.of[id]
	if last == nil {
		last = &departure{}
		d.of[id] = last
	} else if gap := now.Sub(last.written); d.gap == 0 || gap < d.gap {
		d.gap = gap
	}
	d.mu.Unlock()
	return d.RoundTripper.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) {
			d.mu.Lock()
			defer d.mu.Unlock()
			last.written = time.Now()
		},
	})))
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
