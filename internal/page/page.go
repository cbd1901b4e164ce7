package page

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/klauspost/compress/gzhttp"

	"pushloss/internal/language"
	"pushloss/load"
)

const (
	// statementTimeout bounds each query, requestTimeout a whole page.
	statementTimeout = 10 * time.Second
	requestTimeout   = 20 * time.Second
	tasksTimeout     = 4 * time.Second
	// readers is how many requests may use the database at the same time: most connections are for
	// the jobs.
	readers = 2
)

// Options are what a page needs to know of the daemon that shows it.
type Options struct {
	Log *slog.Logger
	Now func() time.Time
	// Grace is how long after its end a day may be without figures before it counts as missing.
	Grace  time.Duration
	Access Access
	// Language is for readers who prefer none of the page's languages; empty means English.
	Language language.Language
	// TasksTimeout bounds the queries over all tasks. If they take longer, the page is shown
	// without them. Zero means some seconds.
	TasksTimeout time.Duration
}

// New returns the handler of the page at /, of its tables as CSV and of its assets.
func New(db *load.DB, opts Options) http.Handler {
	opts.TasksTimeout = cmp.Or(opts.TasksTimeout, tasksTimeout)
	s := &site{db: db, opts: opts, turns: make(chan struct{}, readers)}
	guarded := http.NewServeMux()
	guarded.HandleFunc("GET /{$}", s.overview)
	for _, sheet := range sheets {
		guarded.HandleFunc("GET /"+sheet.Name+".csv", s.csv(sheet))
	}
	guarded.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		sayMessage(w, r, http.StatusNotFound, "say.nopage", "say.nopage.text")
	})
	all := http.NewServeMux()
	all.Handle("/", inLanguage(opts.Language, opts.Access.guard(guarded)))
	for _, one := range []asset{stylesheet, icon} { // they have no figures, and a refusal needs them too
		all.Handle("GET "+one.Path, one)
	}
	return gzhttp.GzipHandler(withHeaders(all))
}

type site struct {
	db    *load.DB
	opts  Options
	turns chan struct{}
}

// fail answers a request that failed.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case r.Context().Err() != nil: // the reader has left
	case isTimeout(err), errors.Is(err, context.DeadlineExceeded):
		sayTooLong(w, r)
	default:
		s.opts.Log.ErrorContext(r.Context(), "cannot show the page", "path", r.URL.Path, "error", err)
		sayMessage(w, r, http.StatusServiceUnavailable, "say.unread", "say.unread.text")
	}
}

// isTimeout reports whether the database ended a query that took too long.
func isTimeout(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == pgerrcode.QueryCanceled
}

func sayTooLong(w http.ResponseWriter, r *http.Request) {
	sayMessage(w, r, http.StatusServiceUnavailable, "say.long", "say.long.text")
}
