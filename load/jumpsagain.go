package load

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/jump"
	"pushloss/internal/postgres"
)

const (
	sqlZones     = `SELECT sdk_app_id, timezone FROM pushloss.app WHERE $1 = 0 OR sdk_app_id = $1 ORDER BY sdk_app_id`
	sqlCausesFor = `
		SELECT s.stage, CASE WHEN k.platform_id = 0 AND k.event_type = 2 THEN 'online' ELSE coalesce(p.platform, 'unknown (' || k.platform_id || ')') END,
			coalesce(m.short_name, m.meaning, (
				SELECT max(nullif(u.err_info, '')) FROM pushloss.usual_platform_text AS u JOIN pushloss.err_code AS c USING (err_code_key)
				WHERE c.err_code = k.err_code AND u.stage_id = k.stage_id AND u.platform_id = k.platform_id AND u.stream_id = 0), ''),
			coalesce(m.likely_cause, ''), coalesce(m.what_to_do, ''), coalesce(m.meaning_zh, ''), coalesce(m.what_to_do_zh, '')
		FROM unnest($1::smallint[], $2::smallint[], $3::smallint[], $4::text[]) WITH ORDINALITY AS k (stage_id, event_type, platform_id, err_code, nth)
		JOIN pushloss.stage AS s USING (stage_id)
		LEFT JOIN pushloss.platform AS p USING (platform_id)
		LEFT JOIN pushloss.error_catalogue AS m USING (err_code, stage_id, platform_id)
		ORDER BY k.nth`
)

// JumpsAgain finds the events of the days from first to last in the stored figures, for one app or
// (0) for all. It neither uses nor stores events.
func (db *DB) JumpsAgain(ctx context.Context, app int64, first, last calendar.Day, settings jump.Settings) ([]Jump, error) {
	type zoned struct {
		app  int64
		name string
	}
	apps, err := postgres.List(ctx, db.pool, func(row pgx.CollectableRow) (z zoned, err error) {
		err = row.Scan(&z.app, &z.name)
		return z, err
	}, sqlZones, app)
	if err != nil {
		return nil, fmt.Errorf("read the apps: %w", err)
	}
	jumps := []Jump{}
	for _, one := range apps {
		zone, err := calendar.ParseZone(one.name)
		if err != nil {
			return nil, fmt.Errorf("app %d: %w", one.app, err)
		}
		begin := first - jump.Longest // an event may go on since then
		figures, err := db.readJumpFigures(ctx, one.app, zone, begin-jump.Reach, last)
		if err != nil {
			return nil, err
		}
		events := jump.Detect(figures.Figures, nil, begin, last, settings)
		events = slices.DeleteFunc(events, func(e jump.Event) bool { return e.Last < first })
		slices.SortStableFunc(events, func(a, b jump.Event) int { return int(a.First - b.First) })
		described, err := db.describe(ctx, one.app, events)
		if err != nil {
			return nil, err
		}
		jumps = append(jumps, described...)
	}
	return jumps, nil
}

// describe adds names and the catalogue's texts to events.
func (db *DB) describe(ctx context.Context, app int64, events []jump.Event) ([]Jump, error) {
	jumps := make([]Jump, len(events))
	var stages, eventTypes, platforms []int16
	var codes []string
	for i, e := range events {
		jumps[i] = Jump{
			SDKAppID: app, Open: !e.Over, First: e.First, Last: e.Last, Worst: e.Worst, ErrCode: e.Code, Losses: e.Losses, Usual: e.Usual,
		}
		if e.Pushes > 0 {
			share := e.Value()
			jumps[i].Share, jumps[i].Pushes = &share, &e.Pushes
		}
		stages, eventTypes = append(stages, e.StageID), append(eventTypes, e.EventType)
		platforms, codes = append(platforms, e.PlatformID), append(codes, e.Code)
	}
	rows, err := db.pool.Query(ctx, sqlCausesFor, stages, eventTypes, platforms, codes)
	if err != nil {
		return nil, fmt.Errorf("read what the codes mean: %w", err)
	}
	i := 0
	var words Jump
	_, err = pgx.ForEachRow(rows, []any{&words.Stage, &words.Platform, &words.Name, &words.LikelyCause, &words.WhatToDo, &words.MeaningZh, &words.WhatToDoZh}, func() error {
		j := &jumps[i]
		j.Stage, j.Platform, j.Name, j.LikelyCause, j.WhatToDo = words.Stage, words.Platform, words.Name, words.LikelyCause, words.WhatToDo
		j.MeaningZh, j.WhatToDoZh = words.MeaningZh, words.WhatToDoZh
		j.Cause = fmt.Sprintf("%s/%d/%d/%s", j.Stage, eventTypes[i], platforms[i], j.ErrCode)
		i++
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what the codes mean: %w", err)
	}
	return jumps, nil
}
