package sandbox

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Stats is what the sandbox has seen since it was made. Its size does not grow with the number of calls.
type Stats struct {
	Apps []AppStats `json:"apps"` // by SDKAppID
	// Strays are requests that name no known app: another method or path, a broken query, an unknown app.
	Strays int64 `json:"strays"`
	// RedirectsFollowed counts requests to the address that the fault redirect points at.
	RedirectsFollowed int64 `json:"redirects_followed"`
}

// AppStats is what the sandbox has seen of one app.
type AppStats struct {
	SDKAppID int64 `json:"sdk_app_id"`
	Calls    int64 `json:"calls"`    // everything that named the app
	Accepted int64 `json:"accepted"` // answered with ErrorCode and ResultCode 0
	// Refused counts the answers with another ErrorCode or ResultCode, by that code.
	Refused map[int]int64 `json:"refused"`
	// Faulted counts the calls that a transport fault affected, by the fault's name. A slow, gzipped, cut or padded answer
	// also counts as accepted or refused.
	Faulted map[string]int64 `json:"faulted"`
	// SmallestGap is the shortest time between two consecutive arrivals; 0 until there are two.
	SmallestGap time.Duration `json:"smallest_gap_ns"`
}

// Of returns the statistics of one app, empty if it is unknown.
func (s Stats) Of(app int64) AppStats {
	for _, a := range s.Apps {
		if a.SDKAppID == app {
			return a
		}
	}
	return AppStats{SDKAppID: app}
}

// Call is a call of a known app, recorded with Config.RecordCalls.
type Call struct {
	SDKAppID int64     `json:"sdk_app_id"`
	Stream   string    `json:"stream"`
	At       time.Time `json:"at"`
	Tasks    []string  `json:"tasks"` // empty: overall
	Start    int64     `json:"start"` // Unix seconds, as asked; 0 if the body is unreadable
	End      int64     `json:"end"`
	Code     int       `json:"code"`   // ErrorCode or ResultCode of the answer
	Status   int       `json:"status"` // HTTP status, 0 if none was sent
	Faults   []string  `json:"faults"` // names of the faults that were due
}

// counters are the counters of one app, guarded by their mutex.
type counters struct {
	mu       sync.Mutex
	calls    int64
	accepted int64
	refused  map[int]int64
	faulted  map[string]int64
}

func (c *counters) note(call Call, transport []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	switch {
	case call.Code != 0:
		c.refused[call.Code]++
	case call.Status == 200:
		c.accepted++
	}
	for _, name := range transport {
		c.faulted[name]++
	}
}

// Stats returns a copy of the counters.
func (s *Sandbox) Stats() Stats {
	st := Stats{Strays: s.strays.Load(), RedirectsFollowed: s.followed.Load()}
	for _, id := range slices.Sorted(maps.Keys(s.apps)) {
		a := s.apps[id]
		a.mu.Lock()
		st.Apps = append(st.Apps, AppStats{
			SDKAppID: id, Calls: a.calls, Accepted: a.accepted,
			Refused: maps.Clone(a.refused), Faulted: maps.Clone(a.faulted),
			SmallestGap: a.pace.smallestGap(),
		})
		a.mu.Unlock()
	}
	return st
}

// Calls returns the recorded calls, in the order of their answers; nil without Config.RecordCalls.
func (s *Sandbox) Calls() []Call {
	s.callsMu.Lock()
	defer s.callsMu.Unlock()
	return slices.Clone(s.calls)
}

func (s *Sandbox) record(call Call) {
	s.callsMu.Lock()
	defer s.callsMu.Unlock()
	s.calls = append(s.calls, call)
}
