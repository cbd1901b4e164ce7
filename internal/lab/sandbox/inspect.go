package sandbox

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// Questions about the sandbox itself, by GET, without authentication.
const (
	statsPath     = "/sandbox/stats"
	truthPath     = "/sandbox/truth"
	incidentsPath = "/sandbox/incidents"
)

func (s *Sandbox) serveStats(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
		return
	}
	writeValue(w, s.Stats())
}

// serveTruth takes stream (default loss), sdkappid, taskid (default: overall), start and end (Unix seconds).
func (s *Sandbox) serveTruth(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
		return
	}
	q := r.URL.Query()
	number := func(name string) int64 {
		n, err := strconv.ParseInt(q.Get(name), 10, 64)
		if err != nil || n < 0 || n > maxTime {
			return -1
		}
		return n
	}
	app, start, end := number("sdkappid"), number("start"), number("end")
	if app < 0 || start < 0 || end < 0 || end-start > 1000*day {
		http.Error(w, "needs sdkappid, start and end as numbers, at most 1000 days apart", http.StatusBadRequest)
		return
	}
	st, err := streamNamed(cmp.Or(q.Get("stream"), StreamLoss))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeValue(w, st.truth(s, app, q.Get("taskid"), time.Unix(start, 0), time.Unix(end, 0)))
}

// serveIncidents answers the incidents of an app.
func (s *Sandbox) serveIncidents(w http.ResponseWriter, r *http.Request) {
	app, err := strconv.ParseInt(r.URL.Query().Get("sdkappid"), 10, 64)
	switch {
	case r.Method != http.MethodGet:
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
	case err != nil:
		http.Error(w, "needs sdkappid as a number", http.StatusBadRequest)
	default:
		writeValue(w, append([]Incident{}, s.Incidents(app)...))
	}
}

func writeValue(w http.ResponseWriter, v any) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		http.Error(w, "cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	writeJSON(w, append(body, '\n'))
}
