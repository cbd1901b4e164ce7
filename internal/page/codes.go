package page

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/language"
	"pushloss/internal/postgres"
)

// codeLoss is what was lost in the range with one code.
type codeLoss struct {
	Stage, Platform, Code, Meaning, WhatToDo string
	Since                                    *calendar.Day // the first day with the code there, of any app
	tally
}

// A code means something only with its stage and platform. If the meaning is the vendor's text, it
// may change from day to day: the text with the most pushes is shown. Only the codes that are shown
// are explained.
const sqlTopCodes = `
	SELECT top.stage, top.platform, top.err_code, top.meaning, coalesce(top.what_to_do, ''), top.lost::float8, top.rated::float8,
		(SELECT ARRAY[min(e.first_day)::text, max(e.meaning_zh), max(e.what_to_do_zh)] FROM analytics.error_codes AS e
			WHERE e.err_code = top.err_code AND e.stage = top.stage AND e.platform_id = top.platform_id)
	FROM (
		SELECT l.stage, l.platform_id, l.platform, l.err_code, (array_agg(l.meaning ORDER BY l.lost DESC, l.meaning))[1] AS meaning,
			max(l.what_to_do) AS what_to_do, sum(l.lost) AS lost, coalesce(sum(l.lost) FILTER (WHERE l.rated), 0) AS rated
		FROM ` + sqlDays + `
		CROSS JOIN LATERAL (
			SELECT f.stage, f.platform_id, f.platform, f.err_code, coalesce(f.err_meaning, '') AS meaning, max(f.what_to_do) AS what_to_do,
				sum(f.err_count) AS lost, bool_or(r.stage IS NOT NULL) AS rated
			FROM (` + sqlChannelFacts + `) AS f
			LEFT JOIN (
				SELECT DISTINCT stage, platform_id, platform FROM (` + sqlChannelRates + `) AS r WHERE coded_of IS NOT NULL
			) AS r USING (stage, platform_id, platform)
			GROUP BY f.stage, f.platform_id, f.platform, f.err_code, coalesce(f.err_meaning, '')
		) AS l
		GROUP BY l.stage, l.platform_id, l.platform, l.err_code
		ORDER BY sum(l.lost) DESC, l.stage, l.platform, l.err_code
		LIMIT $8
	) AS top
	ORDER BY top.lost DESC, top.stage, top.platform, top.err_code`

// readTopCodes reads the most frequent codes, most of them at most. Their rates are fractions of the channels' pushes.
func readTopCodes(ctx context.Context, tx pgx.Tx, w words, s selection, channels []channelLoss, most int) ([]codeLoss, error) {
	codes, err := postgres.List(ctx, tx, func(row pgx.CollectableRow) (c codeLoss, err error) {
		var known []*string
		err = row.Scan(&c.Stage, &c.Platform, &c.Code, &c.Meaning, &c.WhatToDo, &c.Lost, &c.Coded, &known)
		if err != nil {
			return c, err
		}
		if known[0] != nil {
			day, err := calendar.ParseDay(*known[0])
			if err != nil {
				return c, err
			}
			c.Since = &day
		}
		if w.Language == language.Chinese {
			c.WhatToDo = ""
			if known[1] != nil {
				c.Meaning = *known[1]
			}
			if known[2] != nil {
				c.WhatToDo = *known[2]
			}
		}
		for _, channel := range channels {
			if channel.Stage == c.Stage && channel.Platform == c.Platform {
				c.CodedOf = channel.CodedOf
			}
		}
		return c, err
	}, sqlTopCodes, append(s.arguments(), most)...)
	if err != nil {
		return nil, fmt.Errorf("read the top codes: %w", err)
	}
	return codes, nil
}
