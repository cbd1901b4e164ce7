package sandbox

import "time"

// Statistics are what a correct answer reports of the pushes of one task (or, overall, of the app) in one window. Platform
// rows are sorted by their keys; none has four counts of zero.
type Statistics struct {
	Counts
	Platform []PlatformCounts `json:"platform"`
}

// Counts are the four counters of pushes.
type Counts struct {
	Total     int64 `json:"total_count"` // that can be sent
	Sent      int64 `json:"sent_count"`
	Delivered int64 `json:"delivered_count"`
	Click     int64 `json:"click_count"`
}

// PlatformCounts is one row of PlatformStatistics.
type PlatformCounts struct {
	EventType    int `json:"event_type"` // 0 if the rows have none
	PushPlatform int `json:"push_platform"`
	Counts
}

// Statistics returns what a correct answer says now of one task's pushes in [start, end); the empty task means the overall
// figures. It corresponds to [Sandbox.Truth]. Total - Sent is more than the losses ready to send, Sent - Delivered more than
// those after sending: codes explain a part.
func (s *Sandbox) Statistics(app int64, task string, start, end time.Time) Statistics {
	return s.countsOf(s.statisticsOf(app, task), start, end)
}

func (s *Sandbox) countsOf(of subject, start, end time.Time) Statistics {
	v, ok := s.look(of, start, end)
	if !ok {
		return Statistics{}
	}
	return of.world.statistics(&v)
}
