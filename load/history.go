package load

import (
	"time"

	"github.com/jackc/pgx/v5"

	"pushloss/extract"
)

const sqlInsertChanges = `
	INSERT INTO pushloss.loss_change (sdk_app_id, day, by_platform, changed_at, run_id,
		task_key, stage_id, event_type, platform_id, err_code_key,
		old_count, new_count, old_err_info_key, new_err_info_key)
	SELECT $1, $2, $3, $4, $5, g.*
	FROM unnest($6::int[], $7::smallint[], $8::smallint[], $9::smallint[], $10::int[],
		$11::bigint[], $12::bigint[], $13::int[], $14::int[]) AS g`

// queueChanges adds the recording of a difference to a batch, for the tasks that
// were loaded before: a first load is no change.
func (t factTable) queueChanges(batch *pgx.Batch, sdkAppID int64, day extract.Day, now time.Time, runID int64, d difference, loadedBefore map[int32]bool) {
	var changed columns
	var oldCounts, newCounts []*int64
	var oldInfos, newInfos []*int32
	record := func(key factRow, before, after *factRow) {
		if !loadedBefore[key.taskKey] {
			return
		}
		changed.add(key)
		var oldCount, newCount *int64
		var oldInfo, newInfo *int32
		if before != nil {
			oldCount, oldInfo = &before.count, &before.infoKey
		}
		if after != nil {
			newCount, newInfo = &after.count, &after.infoKey
		}
		oldCounts, newCounts = append(oldCounts, oldCount), append(newCounts, newCount)
		oldInfos, newInfos = append(oldInfos, oldInfo), append(newInfos, newInfo)
	}
	for i := range d.deleted {
		record(d.deleted[i], &d.deleted[i], nil)
	}
	for i := range d.updated {
		record(d.updated[i].new, &d.updated[i].old, &d.updated[i].new)
	}
	for i := range d.inserted {
		record(d.inserted[i], nil, &d.inserted[i])
	}
	if len(changed.taskKeys) == 0 {
		return
	}
	batch.Queue(sqlInsertChanges, sdkAppID, day.UTC(), t.byPlatform, now, runID,
		changed.taskKeys, changed.stages, changed.events, changed.platforms, changed.codeKeys,
		oldCounts, newCounts, oldInfos, newInfos)
}
