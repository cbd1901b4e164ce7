package load

import (
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/stream"
)

// stamp says when and by which run facts were loaded.
type stamp struct {
	at    time.Time
	runID int64
}

// change is one change of a fact after its window's first load, as stored. A nil old value means
// that the fact is new; a nil new value means that it was removed.
type change struct {
	factKey
	stamp              stamp
	oldCount, newCount *int64
	oldInfo, newInfo   *int32
}

const sqlInsertChanges = `
	INSERT INTO pushloss.loss_change (sdk_app_id, stream_id, day, by_platform, changed_at, run_id,
		task_key, stage_id, event_type, platform_id, err_code_key,
		old_count, new_count, old_err_info_key, new_err_info_key)
	SELECT $1, $2, $3, g.*
	FROM unnest($4::boolean[], $5::timestamptz[], $6::bigint[],
		$7::int[], $8::smallint[], $9::smallint[], $10::smallint[], $11::int[],
		$12::bigint[], $13::bigint[], $14::int[], $15::int[]) AS g`

// changesOf returns the history of a difference. It leaves out tasks that were not loaded before,
// since a first load is not a change.
func changesOf(d rowDiff, stamp stamp, loadedBefore map[int32]bool) (changes []change) {
	record := func(key factKey, before, after *factRow) {
		if !loadedBefore[key.taskKey] {
			return
		}
		c := change{factKey: key, stamp: stamp}
		if before != nil {
			c.oldCount, c.oldInfo = &before.count, &before.infoKey
		}
		if after != nil {
			c.newCount, c.newInfo = &after.count, &after.infoKey
		}
		changes = append(changes, c)
	}
	for i := range d.deleted {
		record(d.deleted[i].factKey, &d.deleted[i], nil)
	}
	for i := range d.updated {
		record(d.updated[i].new.factKey, &d.updated[i].old, &d.updated[i].new)
	}
	for i := range d.inserted {
		record(d.inserted[i].factKey, nil, &d.inserted[i])
	}
	return changes
}

// queueChanges adds to a batch the statements that record changes.
func queueChanges(batch *pgx.Batch, sdkAppID int64, of stream.Stream, day calendar.Day, changes []change) {
	if len(changes) == 0 {
		return
	}
	var (
		n                    = len(changes)
		keys                 columns
		byPlatform           = make([]bool, n)
		at                   = make([]time.Time, n)
		runs                 = make([]int64, n)
		oldCounts, newCounts = make([]*int64, n), make([]*int64, n)
		oldInfos, newInfos   = make([]*int32, n), make([]*int32, n)
	)
	for i, c := range changes {
		keys.add(factRow{factKey: c.factKey})
		byPlatform[i], at[i], runs[i] = c.grain == stream.ByPlatform, c.stamp.at, c.stamp.runID
		oldCounts[i], newCounts[i], oldInfos[i], newInfos[i] = c.oldCount, c.newCount, c.oldInfo, c.newInfo
	}
	batch.Queue(sqlInsertChanges, sdkAppID, int16(of), day.UTC(), byPlatform, at, runs,
		keys.taskKeys, keys.stages, keys.events, keys.platforms, keys.codeKeys,
		oldCounts, newCounts, oldInfos, newInfos)
}
