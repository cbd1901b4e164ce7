package load

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/transform"
)

// places remembers where each code was seen, and since which day, so that the catalogue has a row
// for every code, stage and platform of the facts. Places are written before the facts, in their
// own transactions, like keys: a place without facts does no harm.
type places struct {
	mu        sync.Mutex
	since     map[place]seenSince
	platforms map[int16]bool
}

// place is where a code was seen.
type place struct {
	grain    stream.Grain
	stream   stream.Stream
	code     int32
	stage    int16
	platform int16 // 0 in facts by stage
}

func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(p.code, o.code), cmp.Compare(p.stage, o.stage), cmp.Compare(p.platform, o.platform))
}

// seenSince is the first day of a place, and whether its text is known.
type seenSince struct {
	day     calendar.Day
	hasText bool
}

// covers reports whether s already says everything that o says.
func (s seenSince) covers(o seenSince) bool { return s.day <= o.day && (s.hasText || !o.hasText) }

const (
	// A row that already says as much is not written again.
	sqlSeenOfStages = `
		INSERT INTO pushloss.usual_stage_text AS u (stream_id, first_day, err_code_key, stage_id, err_info)
		SELECT $1::smallint, $2::date, g.* FROM unnest($3::int[], $4::smallint[], $5::text[]) AS g
		ON CONFLICT (err_code_key, stage_id, stream_id) DO UPDATE SET ` + sqlSeenBefore
	sqlSeenOfPlatforms = `
		INSERT INTO pushloss.usual_platform_text AS u (stream_id, first_day, err_code_key, stage_id, err_info, platform_id)
		SELECT $1::smallint, $2::date, g.* FROM unnest($3::int[], $4::smallint[], $5::text[], $6::smallint[]) AS g
		ON CONFLICT (err_code_key, stage_id, platform_id, stream_id) DO UPDATE SET ` + sqlSeenBefore
	sqlSeenBefore = `
			first_day = least(u.first_day, excluded.first_day),
			err_info = CASE WHEN u.err_info = '' THEN excluded.err_info ELSE u.err_info END
		WHERE u.first_day IS NULL OR u.first_day > excluded.first_day OR u.err_info = '' AND excluded.err_info <> ''`
	sqlSeenPlatforms = `
		INSERT INTO pushloss.seen_platform (platform_id)
		SELECT id FROM unnest($1::smallint[]) AS g (id)
		WHERE id NOT IN (SELECT platform_id FROM pushloss.platform) ORDER BY id
		ON CONFLICT DO NOTHING`
)

// note stores the places of a day's facts that are not yet known.
func (p *places) note(ctx context.Context, db *DB, of stream.Stream, day calendar.Day, words vocabulary, snapshots []transform.Snapshot) error {
	if seen, _, platforms := p.unknown(of, day, words, snapshots); len(seen)+len(platforms) == 0 {
		return nil
	}
	if db.learning.Acquire(ctx, 1) != nil {
		return context.Cause(ctx)
	}
	defer db.learning.Release(1)
	seen, texts, platforms := p.unknown(of, day, words, snapshots) // another load may have stored them
	var platformsOf [2][]int16
	var codes [2][]int32
	var stages [2][]int16
	var infos [2][]string
	for _, at := range slices.SortedFunc(maps.Keys(seen), place.compare) {
		g := at.grain
		codes[g], stages[g], infos[g] = append(codes[g], at.code), append(stages[g], at.stage), append(infos[g], texts[at])
		platformsOf[g] = append(platformsOf[g], at.platform)
	}
	if g := stream.ByStage; len(codes[g]) > 0 {
		if _, err := db.pool.Exec(ctx, sqlSeenOfStages, int16(of), day.UTC(), codes[g], stages[g], infos[g]); err != nil {
			return fmt.Errorf("store where codes were seen: %w", err)
		}
	}
	if g := stream.ByPlatform; len(codes[g]) > 0 {
		if _, err := db.pool.Exec(ctx, sqlSeenOfPlatforms, int16(of), day.UTC(), codes[g], stages[g], infos[g], platformsOf[g]); err != nil {
			return fmt.Errorf("store where codes were seen: %w", err)
		}
	}
	if len(platforms) > 0 {
		if _, err := db.pool.Exec(ctx, sqlSeenPlatforms, platforms); err != nil {
			return fmt.Errorf("store which platforms were seen: %w", err)
		}
	}
	p.remember(seen, platforms)
	return nil
}

// unknown returns the places of facts that say more than is known, the text of each with the most
// pushes, and the new platforms.
func (p *places) unknown(of stream.Stream, day calendar.Day, words vocabulary, snapshots []transform.Snapshot) (map[place]seenSince, map[place]string, []int16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen, texts, platforms := make(map[place]seenSince), make(map[place]string), make(map[int16]bool)
	most := make(map[place]int64)
	for _, snapshot := range snapshots {
		for _, fact := range snapshot.Facts {
			if fact.Grain == stream.ByPlatform && !p.platforms[fact.Platform] {
				platforms[fact.Platform] = true
			}
			if fact.Code == "" {
				continue
			}
			at := place{grain: fact.Grain, stream: of, code: words.codes[fact.Code], stage: int16(fact.Stage), platform: fact.Platform}
			is := seenSince{day: day, hasText: fact.Info != ""}
			if known, ok := p.since[at]; ok && known.covers(is) {
				continue
			}
			seen[at] = seenSince{day: day, hasText: is.hasText || seen[at].hasText}
			if is.hasText && fact.Count >= most[at] {
				texts[at], most[at] = fact.Info, fact.Count
			}
		}
	}
	return seen, texts, slices.Sorted(maps.Keys(platforms))
}

func (p *places) remember(seen map[place]seenSince, platforms []int16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.since == nil || len(p.since)+len(seen) > maxRemembered || len(p.platforms) > maxRemembered {
		p.since, p.platforms = make(map[place]seenSince), make(map[int16]bool)
	}
	if len(seen) > maxRemembered {
		return
	}
	for at, is := range seen {
		if known, ok := p.since[at]; ok {
			is = seenSince{day: min(known.day, is.day), hasText: known.hasText || is.hasText}
		}
		p.since[at] = is
	}
	for _, id := range platforms {
		p.platforms[id] = true
	}
}
