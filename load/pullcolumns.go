package load

import (
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// task_ids is an array in each row, which arrives as its text.
const sqlInsertPulls = `
	INSERT INTO pushloss.pull (sdk_app_id, run_id, stream_id, day, window_start, window_end, task_ids,
		sent_at, loaded_at, body_sha256, trusted, rules, rows_in, rows_inserted, rows_updated,
		rows_deleted, rows_unchanged, rows_merged, rows_rejected, rows_ignored, rows_kept)
	SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::smallint[]), unnest($4::date[]),
		unnest($5::timestamptz[]), unnest($6::timestamptz[]), unnest($7::text[])::text[],
		unnest($8::timestamptz[]), unnest($9::timestamptz[]), unnest($10::bytea[]), unnest($11::boolean[]), unnest($12::smallint[]),
		unnest($13::int[]), unnest($14::int[]), unnest($15::int[]), unnest($16::int[]), unnest($17::int[]),
		unnest($18::int[]), unnest($19::int[]), unnest($20::int[]), unnest($21::int[])`

// pullColumns are records of pulls, which may be of several apps.
type pullColumns struct {
	apps, runs                                []int64
	streams                                   []int16
	days, starts, ends, sentAt, loadedAt      []time.Time
	taskIDs                                   []string
	digests                                   [][]byte
	trusted                                   []bool
	rules                                     []*int16
	in, inserted, updated, deleted, unchanged []int64
	merged, rejected, ignored, kept           []int64
}

func (c *pullColumns) add(sdkAppID int64, pull Pull, outcome Outcome, now time.Time, sum bodyHash, rules *int16) {
	counts := pull.Result.Counts
	c.apps, c.runs, c.streams, c.days = append(c.apps, sdkAppID), append(c.runs, pull.RunID), append(c.streams, int16(pull.Stream)), append(c.days, pull.Day.UTC())
	c.starts, c.ends, c.taskIDs = append(c.starts, pull.Window.Start), append(c.ends, pull.Window.End), append(c.taskIDs, arrayText(pull.taskIDs()))
	c.sentAt, c.loadedAt, c.digests = append(c.sentAt, pull.SentAt), append(c.loadedAt, now), append(c.digests, sum[:])
	c.trusted, c.rules = append(c.trusted, pull.Trusted), append(c.rules, rules)
	c.in, c.inserted, c.updated = append(c.in, int64(counts.RowsIn)), append(c.inserted, outcome.Rows.Inserted), append(c.updated, outcome.Rows.Updated)
	c.deleted, c.unchanged, c.kept = append(c.deleted, outcome.Rows.Deleted), append(c.unchanged, outcome.Rows.Unchanged), append(c.kept, outcome.Rows.Kept)
	c.merged, c.rejected, c.ignored = append(c.merged, int64(counts.Merged)), append(c.rejected, int64(counts.Rejected)), append(c.ignored, int64(counts.Ignored))
}

func (c *pullColumns) queue(batch *pgx.Batch) {
	batch.Queue(sqlInsertPulls, c.apps, c.runs, c.streams, c.days, c.starts, c.ends, c.taskIDs, c.sentAt, c.loadedAt, c.digests, c.trusted, c.rules,
		c.in, c.inserted, c.updated, c.deleted, c.unchanged, c.merged, c.rejected, c.ignored, c.kept)
}

// arrayText returns an array of texts in the notation of Postgres.
func arrayText(texts []string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = `"` + escape.Replace(text) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}"
}
