package fill

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
	"pushloss/internal/pipeline"
	"pushloss/internal/postgres"
	"pushloss/internal/secret"
	"pushloss/internal/stream"
	"pushloss/load"
)

// pulledAt is how long after its end each day is pulled.
const pulledAt = 3 * time.Hour

// sandboxKey is not a secret: the figures are made up.
const sandboxKey = "sandbox-secret-key"

// Report is what a fill did.
type Report struct {
	pipeline.Totals
	Took time.Duration
}

// Progress is called after each day.
type Progress struct {
	Day         calendar.Day
	Done, Total int // days
	Totals      pipeline.Totals
}

// filler is a running fill.
type filler struct {
	Shape
	db    *load.DB
	conn  *pgx.Conn
	api   *sandbox.Sandbox
	jobs  *pipeline.Pipeline
	began time.Time    // by the database's clock
	clock atomic.Int64 // Unix seconds
}

func (f *filler) now() time.Time { return time.Unix(f.clock.Load(), 0) }

// Fill makes the figures of a shape in the database of db and databaseURL. It returns ErrForeign if
// the database has any other figures. It keeps the figures of an earlier fill: the same fill
// continues where it stopped.
func Fill(ctx context.Context, db *load.DB, databaseURL string, shape Shape, progress func(Progress)) (Report, error) {
	begun := time.Now()
	if err := shape.Check(); err != nil {
		return Report{}, err
	}
	conn, err := postgres.Connect(ctx, databaseURL, postgres.Limits{Name: "pushloss fill", StatementTimeout: time.Hour, IdleInTransaction: time.Hour}, nil)
	if err != nil {
		return Report{}, fmt.Errorf("fill: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := checkOwn(ctx, conn); err != nil {
		return Report{}, err
	}
	f := &filler{Shape: shape, db: db, conn: conn}
	stop, err := f.open()
	if err != nil {
		return Report{}, err
	}
	defer stop()
	totals, err := f.live(ctx, progress)
	if err == nil {
		err = f.settle(ctx)
	}
	return Report{Totals: totals, Took: time.Since(begun)}, err
}

// open starts the sandbox and prepares the jobs that pull from it.
func (f *filler) open() (stop func(), err error) {
	config := sandbox.Config{Seed: 1, Rows: f.Rows, Now: f.now, Location: f.Location}
	for _, id := range f.appIDs() {
		config.Apps = append(config.Apps, sandbox.App{SDKAppID: id, SecretKey: sandboxKey})
	}
	if f.api, err = sandbox.New(config); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	server := &http.Server{Handler: f.api, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // until it is closed
	}()

	apps := make([]pipeline.App, len(config.Apps))
	for i, app := range config.Apps {
		apps[i] = pipeline.App{Location: f.Location, Account: extract.Account{
			SDKAppID: app.SDKAppID, SecretKey: secret.New(sandboxKey),
			Identifier: sandbox.DefaultAdmin, BaseURLs: []string{"http://" + listener.Addr().String()},
		}}
	}
	transport := extract.NewTransport()
	f.jobs = pipeline.New(f.db, transport, apps, pipeline.Settings{
		Streams:      streams(),
		LookbackDays: f.LookbackDays, TaskDays: f.TaskDays, APIMemoryDays: f.LookbackDays + 7,
	}, pipeline.Options{
		Now: f.now, DatabaseNow: func(context.Context) (time.Time, error) { return f.now(), nil }, Past: true, Holder: "the sandbox's fill",
	})
	return func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-ended
	}, nil
}

// live goes through the days. It pulls each soon after its end, together with the days before it.
func (f *filler) live(ctx context.Context, progress func(Progress)) (pipeline.Totals, error) {
	first, last := f.period()
	if err := f.conn.QueryRow(ctx, `SELECT now()`).Scan(&f.began); err != nil {
		return pipeline.Totals{}, fmt.Errorf("ask the database for the time: %w", err)
	}
	if err := f.register(ctx, first); err != nil {
		return pipeline.Totals{}, err
	}
	for sent := first - calendar.Day(f.TaskDays) + 1; sent < first; sent++ {
		if err := f.send(ctx, sent); err != nil {
			return pipeline.Totals{}, err
		}
	}
	var totals pipeline.Totals
	for day := first; day <= last; day++ {
		if err := f.send(ctx, day); err != nil {
			return totals, err
		}
		report, err := f.pull(ctx, max(first, day-calendar.Day(f.LookbackDays)), day)
		totals = added(totals, report.Totals)
		if err != nil {
			return totals, err
		}
		if progress != nil {
			progress(Progress{Day: day, Done: int(day-first) + 1, Total: int(last-first) + 1, Totals: totals})
		}
	}
	return totals, nil
}

// register saves the apps. Runs keep their figures from the first day on, or from the
// first day of an earlier fill.
func (f *filler) register(ctx context.Context, first calendar.Day) error {
	for _, id := range f.appIDs() {
		app := load.App{
			SDKAppID: id, Timezone: f.Location.String(), FirstDay: &first,
			LookbackDays: f.LookbackDays, TaskDays: f.TaskDays,
		}
		kept, found, err := f.db.Apps.Lookup(ctx, id)
		if err != nil {
			return err
		}
		if found && kept.FirstDay != nil && *kept.FirstDay < first {
			app.FirstDay = kept.FirstDay
		}
		if _, err := f.db.Apps.Save(ctx, app); err != nil {
			return err
		}
		if _, err := f.db.Apps.SaveStreams(ctx, id, streams(), first); err != nil {
			return err
		}
	}
	return nil
}

// streams are the streams that rates need.
func streams() []stream.Stream { return []stream.Stream{stream.Loss, stream.Statistics} }

// send registers the tasks of a day at the time when they were sent.
func (f *filler) send(ctx context.Context, day calendar.Day) error {
	var tasks []load.Task
	for _, id := range f.appIDs() {
		tasks = append(tasks, f.tasksSentOn(id, day)...)
	}
	if len(tasks) == 0 {
		return nil
	}
	_, err := f.db.Tasks.Save(ctx, tasks, *tasks[0].SentAt)
	return err
}

// pull makes the run after the end of the last day. It pulls the windows of the days that are not
// settled.
func (f *filler) pull(ctx context.Context, from, to calendar.Day) (pipeline.Report, error) {
	at := to.Window(f.Location).End.Add(pulledAt)
	if at.After(f.began) { // a run must not be in the future
		at = f.began
	}
	f.clock.Store(at.Unix())
	if err := f.api.SetFaults(f.faultsAt(to)); err != nil {
		return pipeline.Report{}, err
	}
	report, err := f.jobs.Backfill(ctx, pipeline.BackfillRequest{From: from, To: to, Reprocess: pipeline.Missing}, nil)
	switch {
	case err != nil:
		return report, err
	case report.State == load.RunInterrupted:
		return report, context.Cause(ctx)
	case report.State == load.RunPartial && report.DaysRemoved > 0 && report.WindowsFailed+report.Rejects == 0: // a restated day
	case report.State != load.RunDone:
		for _, app := range report.Apps {
			if app.Problem != "" {
				return report, fmt.Errorf("fill %s: app %d: %s", to, app.SDKAppID, app.Problem)
			}
		}
		return report, fmt.Errorf("fill %s: the pull ended %s", to, report.State)
	}
	return report, f.dateCodes(ctx)
}

// The database's clock dates new codes.
const sqlDateCodes = `UPDATE pushloss.err_code SET first_seen_at = $1 WHERE first_seen_at >= $2 AND first_seen_at > $1`

func (f *filler) dateCodes(ctx context.Context) error {
	if _, err := f.conn.Exec(ctx, sqlDateCodes, f.now(), f.began); err != nil {
		return fmt.Errorf("date the codes: %w", err)
	}
	return nil
}

// settle does what autovacuum would do within the hour.
func (f *filler) settle(ctx context.Context) error {
	_, err := f.conn.Exec(ctx, `VACUUM (ANALYZE)`)
	if err != nil {
		return fmt.Errorf("vacuum: %w", err)
	}
	return nil
}

func added(a, b pipeline.Totals) pipeline.Totals {
	a.Requests += b.Requests
	a.Retries += b.Retries
	a.Windows += b.Windows
	a.RowsInserted += b.RowsInserted
	a.RowsUpdated += b.RowsUpdated
	a.RowsDeleted += b.RowsDeleted
	a.RowsUnchanged += b.RowsUnchanged
	return a
}

// Hint says what to do about a database that has other content.
func Hint(err error) string {
	if errors.Is(err, ErrForeign) {
		return "use a separate database, with the schema and nothing else: DATABASE_URL=embedded:DIR"
	}
	return ""
}
