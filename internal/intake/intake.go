package intake

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"pushloss/internal/secret"
	"pushloss/load"
)

// Paths that accept tasks.
const (
	Prefix       = "/v1/"
	TasksPath    = "/v1/tasks"
	CallbackPath = "/v1/callback"
)

// App is an app whose tasks are registered.
type App struct {
	SDKAppID int64
	// CallbackToken is the token with which the app's callbacks are signed. Without one they are
	// refused.
	CallbackToken secret.Text
	// Location is the zone of the app's days, and of a posted time without an offset.
	Location *time.Location
}

// Registry is the registry of tasks.
type Registry interface {
	registrar
	Save(ctx context.Context, tasks []load.Task, now time.Time) (load.TaskChanges, error)
}

// Options configure an Intake. All fields are required unless they say otherwise.
type Options struct {
	Registry Registry
	Apps     []App
	// TasksToken is required to post tasks; without one, every post is refused.
	TasksToken secret.Text
	// Outlooks returns warnings about days of tasks that runs will not pull; it may be nil.
	Outlooks func(context.Context, []load.Task) ([]string, error)
	// OnCallback, if set, is called with the outcome of each callback.
	OnCallback func(outcome string)
	Log        *slog.Logger
	Now        func() time.Time
}

// The outcomes of callbacks.
const (
	taken      = "taken"
	ignored    = "ignored" // of another command
	refused    = "refused"
	unreadable = "unreadable"
	crowdedOut = "crowded_out"
)

// Intake accepts tasks over HTTP.
type Intake struct {
	Options
	signers []signer
	queue   *queue
	refused refusals
	posts   chan struct{} // limits posts of tasks
	calls   chan struct{} // limits callbacks
}

const (
	// maxPosts and maxCalls bound how many requests are read at once, and so their memory.
	maxPosts = 2
	maxCalls = 64
)

// New returns an Intake. It registers the tasks of callbacks while Run runs.
func New(opts Options) *Intake {
	in := &Intake{
		Options: opts, queue: newQueue(opts.Registry, opts.Log, opts.Now),
		posts: make(chan struct{}, maxPosts), calls: make(chan struct{}, maxCalls),
	}
	for _, app := range opts.Apps {
		if !app.CallbackToken.IsZero() {
			in.signers = append(in.signers, signer{app.SDKAppID, app.CallbackToken})
		}
	}
	return in
}

// Run registers the tasks of callbacks until ctx ends, and then those that still wait.
func (in *Intake) Run(ctx context.Context) { in.queue.run(ctx) }

// Handler serves TasksPath and CallbackPath. A path whose token is not set does not exist.
func (in *Intake) Handler() http.Handler {
	mux := http.NewServeMux()
	if !in.TasksToken.IsZero() {
		mux.HandleFunc("POST "+TasksPath, in.postTasks)
	}
	if len(in.signers) > 0 {
		mux.HandleFunc("POST "+CallbackPath, in.callback)
	}
	mux.HandleFunc(Prefix, func(w http.ResponseWriter, r *http.Request) {
		status, text := http.StatusNotFound, "there is nothing here"
		switch {
		case r.URL.Path == TasksPath && in.TasksToken.IsZero():
			text = "tasks are not accepted here: set PUSHLOSS_TASKS_TOKEN or PUSHLOSS_TASKS_TOKEN_FILE and start again"
		case r.URL.Path == CallbackPath && len(in.signers) == 0:
			text = "callbacks are not accepted here: set PUSHLOSS_CALLBACK_TOKEN or PUSHLOSS_CALLBACK_TOKEN_FILE and start again"
		case r.URL.Path == TasksPath, r.URL.Path == CallbackPath:
			status, text = http.StatusMethodNotAllowed, "use POST"
			w.Header().Set("Allow", http.MethodPost)
		}
		answer(w, status, fault{text})
	})
	return mux
}

// fault is an answer that says what went wrong.
type fault struct {
	Error string `json:"error"`
}

func answer(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be written"}`)
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n'))
}
