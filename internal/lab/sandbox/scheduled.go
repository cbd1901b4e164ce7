package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// ScheduledPath is the endpoint of the page Get Scheduled Task List.
const ScheduledPath = "/v4/timpush/list_sched_task"

// ScheduledHour is the hour, in UTC, at which each app dispatches a push to all users every day.
const ScheduledHour = 10

// Scheduled says how the list of scheduled pushes behaves, where the API's pages leave that open.
type Scheduled struct {
	// OrderBy are the accepted values of OrderBy; none means those of both pages.
	OrderBy []string
	// MaxDays is the longest range; 0 means 31 days, as in the page's sample.
	MaxDays int
	// Refuse, if not 0, is the code with which every call is refused.
	Refuse int
	// PerDay is the number of pushes a day, a minute apart; 0 means one.
	PerDay int
	// OldestFirst is the order of every answer, whatever a call asks for.
	OldestFirst bool
	// SamePage answers every Offset as 0.
	SamePage bool
	// CutOff, if not 0, is how many pushes there are at most; Total counts the others too.
	CutOff int
}

// ScheduledTask is the TaskID of the nth push of an app's day, from 0. Like those of the push pages, it begins with its time
// and its app, in hexadecimal.
func ScheduledTask(app int64, day time.Time, n int) string {
	return fmt.Sprintf("%08x_%08x_2000005e80aa873_2780d131_%x", scheduledAt(day, n).Unix(), app, 0xbc614e+n)
}

func scheduledAt(day time.Time, n int) time.Time {
	day = day.UTC()
	return time.Date(day.Year(), day.Month(), day.Day(), ScheduledHour, n, 0, 0, time.UTC)
}

// scheduledPush is the nth push of a day, from 0.
type scheduledPush struct {
	day time.Time
	n   int
}

// listQuestion is the body of a call. All fields are required.
type listQuestion struct {
	Sdkappid           int64
	Offset             *int
	Want               int
	OrderBy            string
	Asc                *bool
	BeginTime, EndTime string
}

// listed is a scheduled push in an answer. The page's sample has more of its content.
type listed struct {
	TaskID          int64
	Sdkappid        int64
	CreateAt        string
	Type            string
	SchedAt         string
	Content         map[string]any
	Title, Desc     string
	Status          string
	DispatchSuccess int
	DispatchErr     string
	PushTaskID      string
}

// serveScheduled answers the list. It checks a call in the same order as for streams, without faults.
func (s *Sandbox) serveScheduled(w http.ResponseWriter, r *http.Request, arrived time.Duration) {
	if r.Method != http.MethodPost {
		s.stray(w, refuse(codeBadHTTP, "only POST is supported"))
		return
	}
	from, no := readCaller(r.URL.RawQuery)
	app := s.apps[from.app]
	if app == nil {
		s.stray(w, refuse(codeUnknownApp, "SDKAppID not found"))
		return
	}
	if !app.pace.arrive(arrived) {
		no = refuse(codeFrequency, infoOf(codeFrequency))
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		body = nil
	}
	if no == nil {
		no = app.authenticate(from, s.now())
	}
	if no == nil && s.scheduled.Refuse != 0 {
		no = refuse(s.scheduled.Refuse, infoOf(s.scheduled.Refuse))
	}
	out := []byte(nil)
	call := Call{SDKAppID: from.app, Stream: "scheduled", At: s.now(), Status: http.StatusOK}
	if no == nil {
		out, no = s.list(from.app, body)
	}
	if no != nil {
		call.Code, out = no.code, no.append(nil)
	}
	s.done(app, call, nil)
	writeJSON(w, out)
}

func (s *Sandbox) list(app int64, body []byte) ([]byte, *refusal) {
	var q listQuestion
	if err := json.Unmarshal(body, &q); err != nil {
		return nil, refuse(codeBodyNotJSON, "the body is not a JSON object of these fields")
	}
	spellings := s.scheduled.OrderBy
	if len(spellings) == 0 {
		spellings = []string{"createat", "schedat", "createAt", "schedAt"}
	}
	maxDays := s.scheduled.MaxDays
	if maxDays == 0 {
		maxDays = 31
	}
	begin, beginErr := time.Parse(time.DateTime, q.BeginTime)
	end, endErr := time.Parse(time.DateTime, q.EndTime)
	switch {
	case q.Sdkappid != app:
		return nil, refuse(codeBadParameters, "Sdkappid differs from the URL's")
	case q.Offset == nil || *q.Offset < 0 || q.Want <= 0 || q.Asc == nil:
		return nil, refuse(codeBadParameters, "Offset, Want or Asc is missing or wrong")
	case !slices.Contains(spellings, q.OrderBy):
		return nil, refuse(codeBadParameters, "OrderBy is wrong")
	case beginErr != nil || endErr != nil || end.Before(begin):
		return nil, refuse(codeBadParameters, "BeginTime or EndTime is wrong")
	case end.Sub(begin) > time.Duration(maxDays)*24*time.Hour:
		return nil, refuse(codeBadParameters, "the range of time is too long")
	}
	all := s.pushesBetween(begin, end)
	if !*q.Asc && !s.scheduled.OldestFirst {
		slices.Reverse(all)
	}
	total := len(all)
	if s.scheduled.CutOff > 0 {
		all = all[:min(s.scheduled.CutOff, total)]
	}
	first := min(*q.Offset, len(all))
	if s.scheduled.SamePage {
		first = 0
	}
	page := []listed{}
	for _, push := range all[first:min(first+q.Want, len(all))] {
		page = append(page, s.listed(app, push))
	}
	answer, err := json.Marshal(struct {
		ActionStatus string
		ErrorInfo    string
		ErrorCode    int
		Total        int
		Tasks        []listed
	}{"OK", "", 0, total, page})
	if err != nil {
		return nil, refuse(codeBadParameters, err.Error())
	}
	return answer, nil
}

// pushesBetween returns the pushes of a range of time, in their order.
func (s *Sandbox) pushesBetween(begin, end time.Time) (all []scheduledPush) {
	for day := begin.Truncate(24 * time.Hour); !day.After(end); day = day.AddDate(0, 0, 1) {
		for n := range max(1, s.scheduled.PerDay) {
			if at := scheduledAt(day, n); !at.Before(begin) && !at.After(end) {
				all = append(all, scheduledPush{day, n})
			}
		}
	}
	return all
}

// listed returns an app's push as an answer has it. One in the future is pending.
func (s *Sandbox) listed(app int64, p scheduledPush) listed {
	at := scheduledAt(p.day, p.n)
	push := listed{
		TaskID: at.Unix(), Sdkappid: app, CreateAt: at.AddDate(0, 0, -1).Format(time.DateTime), Type: "All", SchedAt: at.Format(time.DateTime),
		Content: map[string]any{"From_Account": DefaultAdmin}, Title: "Daily news", Desc: "What is new", Status: "pending",
	}
	if !at.After(s.now()) {
		push.Status, push.DispatchSuccess, push.PushTaskID = "dispatched", 1, ScheduledTask(app, p.day, p.n)
	}
	return push
}
