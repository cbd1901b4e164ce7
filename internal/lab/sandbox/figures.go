package sandbox

import (
	"cmp"
	"slices"
	"time"
)

// Figures are what a correct answer says about one task (or, overall, about the app) in one window. Rows are sorted by
// their keys; none has a count of zero.
type Figures struct {
	Stage    []StageRow    `json:"stage"`
	Platform []PlatformRow `json:"platform"`
}

// StageRow is one row of ReadyToSendLoss or PostSendDeliveredLoss.
type StageRow struct {
	Stage    string `json:"stage"`
	ErrCode  string `json:"err_code"`
	ErrInfo  string `json:"err_info"`
	ErrCount int64  `json:"err_count"`
}

// PlatformRow is one row of PlatformReadyToSendLoss or PlatformPostSendDeliveredLoss.
type PlatformRow struct {
	Stage        string `json:"stage"`
	EventType    int    `json:"event_type"` // 0 where the rows have none
	PushPlatform int    `json:"push_platform"`
	ErrCode      string `json:"err_code"`
	ErrInfo      string `json:"err_info"`
	ErrCount     int64  `json:"err_count"`
}

// Truth is what a correct answer says now about one task in [start, end), the empty task being the overall figures.
// It applies the faults that change the truth (see [Faults]), not those that only garble an answer. A window may have any
// length. Unknown apps and tasks have no figures. The window is half-open also where EndTime is inclusive: the truth of
// [start, end) is the correct answer to an EndTime one second before end.
func (s *Sandbox) Truth(app int64, task string, start, end time.Time) Figures {
	return s.figures(s.lossOf(app, task), start, end)
}

func (s *Sandbox) figures(of subject, start, end time.Time) (f Figures) {
	v, ok := s.look(of, start, end)
	if !ok {
		return f
	}
	for i := range of.world.cells {
		n := of.world.count(i, &v)
		if n == 0 {
			continue
		}
		c := &of.world.cells[i]
		if isPlatformArray(c.array) {
			f.Platform = append(f.Platform, PlatformRow{stageOf(c.array), c.event, c.platform, c.code, c.info, n})
		} else {
			f.Stage = append(f.Stage, StageRow{stageOf(c.array), c.code, c.info, n})
		}
	}
	slices.SortFunc(f.Stage, func(a, b StageRow) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.ErrCode, b.ErrCode))
	})
	slices.SortFunc(f.Platform, func(a, b PlatformRow) int {
		return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.EventType, b.EventType),
			cmp.Compare(a.PushPlatform, b.PushPlatform), cmp.Compare(a.ErrCode, b.ErrCode))
	})
	return f
}
