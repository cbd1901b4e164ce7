package intake

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/dustin/go-humanize/english"

	"pushloss/internal/taskfile"
	"pushloss/load"
)

const (
	// maxPost bounds the body of posted tasks.
	maxPost = 1 << 20
	// readPost bounds the time for reading a post.
	readPost = 30 * time.Second
)

// parameterOfApp is the parameter of the address that names the app of tasks without one.
const parameterOfApp = "sdk_app_id"

// maxWarnings is how many warnings an answer lists.
const maxWarnings = 20

var errNotTasks = errors.New(`the body is neither a JSON object nor an array: post {"task_id":"…"}, an array of these, or the answer of a push as it is`)

// posted is the answer to posted tasks.
type posted struct {
	Added        int       `json:"added"`
	Updated      int       `json:"updated"`
	Unchanged    int       `json:"unchanged"`
	SentAtFromID int       `json:"sent_at_from_id"`
	Failed       int       `json:"failed_answers"`
	Taskless     int       `json:"without_task"`
	Unknown      int       `json:"unknown_fields"`
	Warnings     []string  `json:"warnings"`
	Errors       []mistake `json:"errors"`
}

// mistake is a mistake in an element of the list.
type mistake struct {
	Element int    `json:"element"` // from 1
	Line    int    `json:"line"`
	Error   string `json:"error"`
}

// postTasks registers posted tasks: JSON as tasks import reads it. It registers the good tasks of a
// list with mistakes. Posting the same again changes nothing.
func (in *Intake) postTasks(w http.ResponseWriter, r *http.Request) {
	if !hasBearer(r, in.TasksToken) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="pushloss tasks"`)
		answer(w, http.StatusUnauthorized, fault{`give PUSHLOSS_TASKS_TOKEN as "Authorization: Bearer TOKEN"`})
		return
	}
	select {
	case in.posts <- struct{}{}:
		defer func() { <-in.posts }()
	case <-r.Context().Done():
		return
	}
	named, err := appInAddress(r.URL.RawQuery)
	if err != nil {
		answer(w, http.StatusBadRequest, fault{err.Error()})
		return
	}
	appOf, err := in.appOf(named)
	if err != nil {
		answer(w, http.StatusBadRequest, fault{err.Error()})
		return
	}
	list, err := in.readPost(w, r, appOf)
	var tooLarge *http.MaxBytesError
	var mistakes taskfile.Problems
	switch {
	case errors.As(err, &tooLarge):
		answer(w, http.StatusRequestEntityTooLarge, fault{fmt.Sprintf("the body has more than %d bytes: divide the list", maxPost)})
		return
	case errors.Is(err, errNotTasks):
		answer(w, http.StatusBadRequest, fault{err.Error()})
		return
	case err != nil && !errors.As(err, &mistakes):
		answer(w, http.StatusBadRequest, fault{"the body cannot be read"})
		return
	}
	status, body := in.save(r.Context(), list, mistakes, appOf)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "30")
	}
	answer(w, status, body)
}

func (in *Intake) readPost(w http.ResponseWriter, r *http.Request, appOf func(int64) (int64, error)) (taskfile.List, error) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(readPost))
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPost))
	if err != nil { // the deadline still bounds the wait for the rest of the post
		return taskfile.List{}, err
	}
	_ = control.SetReadDeadline(time.Time{}) // it would also end the saving
	if first := bytes.TrimLeft(text, " \t\r\n\ufeff"); len(first) == 0 || first[0] != '{' && first[0] != '[' {
		return taskfile.List{}, errNotTasks
	}
	return taskfile.Read("body", bytes.NewReader(text), func(named int64) *time.Location {
		id, _ := appOf(named)
		for _, app := range in.Apps {
			if app.SDKAppID == id {
				return app.Location
			}
		}
		return time.UTC // save refuses the task
	})
}

// save registers the good tasks of a list.
func (in *Intake) save(ctx context.Context, list taskfile.List, mistakes taskfile.Problems, appOf func(int64) (int64, error)) (int, any) {
	answered := posted{Failed: list.Failed, Taskless: list.Taskless, Unknown: list.Unknown, Warnings: []string{}, Errors: []mistake{}}
	for _, problem := range mistakes {
		answered.Errors = append(answered.Errors, mistake{problem.Element, problem.Line, problem.Text})
	}
	resolved := Resolve(list.Entries, appOf, load.SourceRequest, in.Now())
	for _, refusal := range resolved.Refusals {
		answered.Errors = append(answered.Errors, mistake{refusal.Entry.Element, refusal.Entry.Line, refusal.Err.Error()})
	}
	slices.SortStableFunc(answered.Errors, func(a, b mistake) int { return cmp.Or(cmp.Compare(a.Element, b.Element), cmp.Compare(a.Line, b.Line)) })
	answered.Warnings = append(answered.Warnings, resolved.Warnings...)
	status := http.StatusOK
	switch {
	case len(resolved.Tasks) == 0:
		return http.StatusUnprocessableEntity, answered
	case len(answered.Errors) > 0:
		status = http.StatusMultiStatus
	}
	ctx, cancel := context.WithTimeout(ctx, saveLimit)
	defer cancel()
	changes, err := in.Registry.Save(ctx, resolved.Tasks, in.Now())
	if err != nil {
		in.Log.ErrorContext(ctx, "cannot register posted tasks", "tasks", len(resolved.Tasks), "error", err)
		return http.StatusServiceUnavailable, fault{"nothing was registered: the database cannot be used now, and the log says why; post the tasks again later"}
	}
	answered.Added, answered.Updated, answered.Unchanged, answered.SentAtFromID = changes.Added, changes.Updated, changes.Unchanged, changes.SentAtFromID
	if in.Outlooks != nil {
		outlooks, err := in.Outlooks(ctx, resolved.Tasks)
		if err != nil { // the tasks are registered nevertheless
			in.Log.WarnContext(ctx, "cannot say what runs do not pull of posted tasks", "error", err)
		}
		answered.Warnings = append(answered.Warnings, outlooks...)
	}
	if more := len(answered.Warnings) - maxWarnings; more > 0 {
		answered.Warnings = append(answered.Warnings[:maxWarnings:maxWarnings], "and "+english.Plural(more, "more warning", ""))
	}
	return status, answered
}

// cut returns the beginning of a text.
func cut(text string, most int) string {
	characters := []rune(text)
	return string(characters[:min(len(characters), most)])
}

// appInAddress returns the app that the query of an address names, as it is written; "" if it names
// none.
func appInAddress(query string) (string, error) {
	parameters, err := url.ParseQuery(query)
	if err != nil { // the text of err repeats the address
		return "", fmt.Errorf("the parameters of the address cannot be read: give only %s=NUMBER", parameterOfApp)
	}
	for name, values := range parameters {
		switch {
		case name != parameterOfApp:
			return "", fmt.Errorf("unknown parameter %q in the address: the only one is %s", cut(name, 50), parameterOfApp)
		case len(values) > 1:
			return "", fmt.Errorf("%s occurs %d times in the address: give it once", name, len(values))
		case values[0] == "":
			return "", fmt.Errorf("%s is empty: give the number of an app, or leave it out", name)
		}
	}
	return parameters.Get(parameterOfApp), nil
}

// appOf returns a function for the app of an element: the one that it names, the one that the
// address names, or the only one.
func (in *Intake) appOf(named string) (func(int64) (int64, error), error) {
	var common int64
	if named != "" {
		var err error
		if common, err = strconv.ParseInt(named, 10, 64); err != nil || common <= 0 {
			return nil, fmt.Errorf("sdk_app_id: %q is not an SDKAppID: give the number of an app, like 1400000001", named)
		}
	}
	return func(id int64) (int64, error) {
		if id == 0 {
			id = common
		}
		if id == 0 && len(in.Apps) == 1 {
			return in.Apps[0].SDKAppID, nil
		}
		if id == 0 {
			return 0, errors.New("there are several apps: name the app of the task in the field sdk_app_id, or that of all tasks by ?sdk_app_id= in the address")
		}
		for _, app := range in.Apps {
			if app.SDKAppID == id {
				return id, nil
			}
		}
		return 0, fmt.Errorf("app %d is not configured: its tasks would never be pulled", id)
	}, nil
}
