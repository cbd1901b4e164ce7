package load

import (
	"context"
	"fmt"
	"math"

	"github.com/dustin/go-humanize"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
)

// Jump is an event with the names of its cause and the catalogue's texts.
type Jump struct {
	SDKAppID int64        `json:"sdk_app_id"`
	Cause    string       `json:"cause"` // stage, event type, platform and code
	Open     bool         `json:"open"`
	First    calendar.Day `json:"first_day"`
	Last     calendar.Day `json:"last_day"`
	Worst    calendar.Day `json:"worst_day"` // the figures are of this day
	Stage    string       `json:"stage"`
	Platform string       `json:"platform"`
	ErrCode  string       `json:"err_code"`
	Losses   int64        `json:"losses"`
	// Pushes of the channel, and the share of them that was lost; nil if their number is not known.
	Pushes *int64   `json:"pushes"`
	Share  *float64 `json:"share"`
	Usual  float64  `json:"usual"` // share, or number of losses if there is no share
	// The catalogue's texts; empty if it has none.
	Name        string `json:"short_name"`
	LikelyCause string `json:"likely_cause"`
	WhatToDo    string `json:"what_to_do"`
	// MeaningZh and WhatToDoZh are in Chinese.
	MeaningZh  string `json:"-"`
	WhatToDoZh string `json:"-"`
}

const sqlJumpColumns = `
	SELECT j.sdk_app_id, j.cause, j.state = 'open', j.first_day, j.last_day, j.worst_day, j.stage, j.platform, j.err_code, j.losses, j.pushes, j.share,
		coalesce(j.usual_share, j.usual_losses), coalesce(j.short_name, j.err_meaning, ''), coalesce(j.likely_cause, ''), coalesce(j.what_to_do, ''),
		coalesce(z.meaning_zh, j.err_meaning, ''), coalesce(z.what_to_do_zh, '')
	FROM analytics.jumps AS j
	LEFT JOIN pushloss.error_catalogue AS z
		ON z.err_code = j.err_code AND z.platform_id = j.platform_id AND z.stage_id = CASE j.stage WHEN 'ready_to_send' THEN 1 ELSE 2 END`

// Events that are over are included while their alert is open. The open event of a cause comes
// first.
const sqlReadJumps = sqlJumpColumns + `
	WHERE j.state = 'open' OR (j.sdk_app_id, j.cause) IN (
		SELECT a.sdk_app_id, a.cause FROM pushloss.alert AS a WHERE a.kind = 'jump' AND a.closed_at IS NULL)
	ORDER BY j.sdk_app_id, j.cause, j.state <> 'open', j.jump_id DESC`

// readJumps returns one event for each cause that stands out, or whose alert is open.
func readJumps(ctx context.Context, from postgres.Reader) (map[int64][]Jump, error) {
	jumps, err := postgres.List(ctx, from, scanJump, sqlReadJumps)
	if err != nil {
		return nil, fmt.Errorf("read the losses that stand out: %w", err)
	}
	byApp := map[int64][]Jump{}
	for i, j := range jumps {
		if i > 0 && jumps[i-1].SDKAppID == j.SDKAppID && jumps[i-1].Cause == j.Cause {
			continue
		}
		byApp[j.SDKAppID] = append(byApp[j.SDKAppID], j)
	}
	return byApp, nil
}

const sqlJumpsBetween = sqlJumpColumns + `
	WHERE j.sdk_app_id = $1 AND j.state <> 'withdrawn' AND (j.state = 'open' OR j.first_day <= $3 AND j.last_day >= $2)
	ORDER BY j.state <> 'open', j.last_day DESC, j.jump_id DESC
	LIMIT $4`

// JumpsBetween returns an app's open events and those that touch the days, newest first within each
// group.
func JumpsBetween(ctx context.Context, from postgres.Reader, app int64, days calendar.Span, limit int) ([]Jump, error) {
	jumps, err := postgres.List(ctx, from, scanJump, sqlJumpsBetween, app, days.First.UTC(), days.Last.UTC(), limit)
	if err != nil {
		return nil, fmt.Errorf("read the losses that stand out: %w", err)
	}
	return jumps, nil
}

func scanJump(row pgx.CollectableRow) (j Jump, err error) {
	err = row.Scan(&j.SDKAppID, &j.Cause, &j.Open, &j.First, &j.Last, &j.Worst, &j.Stage, &j.Platform, &j.ErrCode, &j.Losses, &j.Pushes,
		&j.Share, &j.Usual, &j.Name, &j.LikelyCause, &j.WhatToDo, &j.MeaningZh, &j.WhatToDoZh)
	return j, err
}

// Lost returns the share of the pushes that was lost or, without a share, their number.
func (j Jump) Lost() string {
	if j.Share != nil {
		return percent(*j.Share)
	}
	return humanize.Comma(j.Losses)
}

// Times returns how many times the usual was lost; empty if nothing is usual.
func (j Jump) Times() string {
	if j.Usual <= 0 {
		return ""
	}
	value := float64(j.Losses)
	if j.Share != nil {
		value = *j.Share
	}
	return short(value / j.Usual)
}

// UsualText returns the usual share or, without a share, the usual number.
func (j Jump) UsualText() string {
	if j.Share != nil {
		return percent(j.Usual)
	}
	return fmt.Sprintf("%.0f", j.Usual)
}

func percent(share float64) string { return short(100*share) + " %" }

// short formats a number with two significant digits.
func short(n float64) string {
	if n >= 10 {
		return fmt.Sprintf("%.0f", n)
	}
	if digits := fmt.Sprintf("%.1f", n); n >= 1 || math.Round(n*10) >= 1 {
		return digits
	}
	return fmt.Sprintf("%.2g", n)
}
