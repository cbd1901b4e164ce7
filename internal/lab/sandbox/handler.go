package sandbox

import (
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

// ServeHTTP answers the API calls and the questions about the sandbox itself.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	arrived := s.arrival() // first of all, because the pace is measured by it
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	if st := s.streams[r.URL.Path]; st != nil {
		s.serveCall(w, r, st, arrived)
		return
	}
	switch r.URL.Path {
	case ScheduledPath:
		s.serveScheduled(w, r, arrived)
	case statsPath:
		s.serveStats(w, r)
	case incidentsPath:
		s.serveIncidents(w, r)
	case truthPath:
		s.serveTruth(w, r)
	case movedPath:
		s.followed.Add(1)
		http.Error(w, "nothing is here", http.StatusNotFound)
	default:
		s.stray(w, refuse(codeBadResource, "no such API, check the URL"))
	}
}

// serveCall goes through a call in the sandbox's order: method, query, app, pace, transport faults, UserSig,
// administrator, body, API faults, answer.
func (s *Sandbox) serveCall(w http.ResponseWriter, r *http.Request, st *stream, arrived time.Duration) {
	if r.Method != http.MethodPost {
		s.stray(w, refuse(codeBadHTTP, "only POST is supported"))
		return
	}
	from, no := readCaller(r.URL.RawQuery)
	app := s.apps[from.app]
	if app == nil {
		if no == nil || from.app != 0 {
			no = refuse(codeUnknownApp, "SDKAppID not found")
		}
		s.stray(w, no)
		return
	}

	kept := app.pace.arrive(arrived)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		body = nil // too large or cut off: not JSON
	}
	set := s.faults.Load()
	q, misunderstood := readQuestion(body, st, set.endsInclusive(from.app))
	call := Call{SDKAppID: from.app, Stream: st.name, At: s.now(), Tasks: q.tasks, Start: q.in.from, End: q.endTime, Status: http.StatusOK}

	var e effects
	if kept {
		e = set.due(st, from.app, q, misunderstood == nil)
	}
	call.Faults = e.names
	d := delivery{w: w, r: r}
	transport := d.take(e)
	if e.instead != nil {
		call.Status = d.instead(e.instead)
		s.done(app, call, transport)
		return
	}

	pooled := s.buffers.get()
	defer s.buffers.put(pooled)
	out := *pooled
	switch {
	case !kept:
		no = refuse(codeFrequency, infoOf(codeFrequency))
	case no == nil:
		if no = app.authenticate(from, s.now()); no == nil {
			no = misunderstood
		}
	}
	if no == nil && set.refusesAsForgotten(st, from.app, q, s.now().Unix()) {
		no = refuse(codeBadParameters, "only data of the last days can be queried")
	}
	switch {
	case no != nil:
		call.Code, out = no.code, no.append(out)
	case e.api != nil:
		call.Code, out = e.api.appendAPIFault(out, st)
	case e.odd != 0:
		out = st.odd(s, out, set, from.app, q, e.odd)
	default:
		out = st.answer(s, out, set, from.app, q)
	}
	*pooled = out
	// Counted before sending, so that a client with the answer finds it counted.
	s.done(app, call, transport)
	s.recordAnswer(call, &d, out)
	d.send(out)
}

// appendAPIFault answers a valid call as the fault says, and returns the code.
func (a *activeFault) appendAPIFault(b []byte, st *stream) (int, []byte) {
	code := a.number
	switch a.Name {
	case "published-sample":
		return 0, append(b, st.sample...)
	case "resultcode":
		b = append(b, `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ResultCode":`...)
		b = strconv.AppendInt(b, int64(code), 10)
		b = append(b, `,"ResultInfo":`...)
		b = appendQuoted(b, infoOf(code))
		return code, append(b, '}')
	case "usersig-expired":
		code = codeSigExpired
	case "frequency":
		code = codeFrequency
	case "span-refused", "repeat-refused":
		code = codeBadParameters
	}
	return code, refuse(code, infoOf(code)).append(b)
}

func (s *Sandbox) stray(w http.ResponseWriter, no *refusal) {
	s.strays.Add(1)
	s.log.Debug("sandbox refused a stray", slog.Int("code", no.code))
	writeJSON(w, no.append(nil))
}

func (s *Sandbox) done(app *appState, call Call, transport []string) {
	app.note(call, transport)
	if s.recording {
		s.record(call)
	}
	s.log.Debug("sandbox call",
		slog.Int64("sdk_app_id", call.SDKAppID), slog.String("stream", call.Stream), slog.Int("status", call.Status), slog.Int("code", call.Code),
		slog.Int("tasks", len(call.Tasks)), slog.Int64("start", call.Start), slog.Int64("end", call.End),
		slog.Any("faults", call.Faults))
}

func writeJSON(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the client may have left
}
