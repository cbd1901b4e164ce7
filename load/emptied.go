package load

import (
	"context"
	"fmt"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
)

// Emptied are the days of an app on which an answer removed the figures of a window, or lowered
// them far below their greatest. Because the greatest counts, small steps add up.
type Emptied struct {
	SDKAppID    int64
	Days        int
	First, Last calendar.Day
}

// EmptiedTold is how long the status reports such days if their figures do not come back.
const EmptiedTold = 30 * 24 * time.Hour

// lower records what a load does to the sums of the window's counts, by grain. It reports whether
// the load lowered a sum below nine tenths of its greatest. One such window makes the app's result
// partial. A smaller step is an ordinary restatement.
func (e *Entry) lower(before, after [2]int64, now time.Time) (lowered bool) {
	far := false
	for grain := range after {
		e.Most[grain] = max(e.Most[grain], before[grain], after[grain])
		if after[grain] < e.Most[grain]-e.Most[grain]/10 {
			far = true
			lowered = lowered || after[grain] < before[grain]
		}
	}
	switch {
	case lowered:
		e.LoweredAt = &now
	case !far:
		e.LoweredAt = nil
	}
	return lowered
}

// sums returns the sums of a task's counts, by grain.
func sums(rows []factRow, taskKey int32) (sums [2]int64) {
	for _, row := range rows {
		if row.taskKey == taskKey {
			sums[row.grain] = sum(sums[row.grain], row.count)
		}
	}
	return sums
}

const sqlEmptied = `
	SELECT l.sdk_app_id, count(DISTINCT l.day), min(l.day), max(l.day)
	FROM pushloss.ledger AS l
	LEFT JOIN pushloss.task AS t USING (task_key)
	WHERE l.lowered_at > $1 AND t.retired_at IS NULL
	GROUP BY l.sdk_app_id`

// readEmptied returns such days by app.
func readEmptied(ctx context.Context, from postgres.Reader, now time.Time) (map[int64]Emptied, error) {
	list, err := postgres.List(ctx, from, pgx.RowToStructByPos[Emptied], sqlEmptied, now.Add(-EmptiedTold))
	if err != nil {
		return nil, fmt.Errorf("read which days lost figures: %w", err)
	}
	emptied := make(map[int64]Emptied, len(list))
	for _, e := range list {
		emptied[e.SDKAppID] = e
	}
	return emptied, nil
}

// String says which figures are gone.
func (e Emptied) String() string {
	return fmt.Sprintf("figures of %s (%s) were removed by the API's answers, or lowered by more than a tenth",
		english.Plural(e.Days, "day", ""), calendar.Span{First: e.First, Last: e.Last})
}
