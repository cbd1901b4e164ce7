package load

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/internal/stream"
)

const (
	// evidenceLasts is how long a comparison that agreed is evidence that an API's days add up.
	evidenceLasts = 14 * 24 * time.Hour
	// DisagreementLasts is how long runs use no spans after one was wrong.
	DisagreementLasts = 30 * 24 * time.Hour
)

const (
	// Reconciliations compare losses. Only a check of a task with figures is evidence, and
	// only if no newer check of the app contradicts it.
	sqlEvidence = `
		SELECT
			greatest((
				SELECT max(r.checked_at) FROM pushloss.reconciliation AS r
				WHERE r.sdk_app_id = $1 AND $2 = 0 AND r.task_key <> 0 AND r.state = 'agreed' AND r.trusted AND r.keys > 0 AND r.first_day < r.last_day
			), (
				SELECT e.checked_at FROM pushloss.span_evidence AS e
				WHERE e.sdk_app_id = $1 AND e.stream_id = $2)),
			EXISTS (
				SELECT 1 FROM pushloss.reconciliation AS r
				WHERE r.sdk_app_id = $1 AND $2 = 0 AND r.state IN ('differs', 'stays') AND r.checked_at > $3)
			OR EXISTS (
				SELECT 1 FROM pushloss.span_disagreement AS d
				WHERE d.sdk_app_id = $1 AND d.stream_id = $2 AND d.found_at > $4)`
	// Chooses tasks with many figures, since they prove most, and only if each of their days is
	// loaded.
	sqlTasksForEvidence = `
		SELECT t.task_key, t.task_id
		FROM pushloss.ledger AS l
		JOIN pushloss.task AS t USING (task_key)
		WHERE l.sdk_app_id = $1 AND l.stream_id = $2 AND l.day BETWEEN $3 AND $4 AND l.task_key <> 0
		GROUP BY t.task_key, t.task_id
		HAVING bool_and(l.state IN ('loaded', 'empty') AND l.reject_count = 0) AND count(*) = $4::date - $3::date + 1 AND sum(l.row_count) > 0
		ORDER BY sum(l.row_count) DESC, t.task_key
		LIMIT $5`
	sqlDropEvidence = `DELETE FROM pushloss.span_evidence WHERE sdk_app_id = $1 AND stream_id = $2`
	sqlSaveEvidence = `
		INSERT INTO pushloss.span_evidence AS e (sdk_app_id, stream_id, checked_at, run_id, first_day, last_day, keys)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (sdk_app_id, stream_id) DO UPDATE SET checked_at = excluded.checked_at, run_id = excluded.run_id,
			first_day = excluded.first_day, last_day = excluded.last_day, keys = excluded.keys`
	sqlInsertDisagreement = `
		INSERT INTO pushloss.span_disagreement (sdk_app_id, stream_id, found_at, run_id, task_key, first_day, last_day, detail, windows_opened)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	// Leaves a window alone if its own answer came after the proof.
	sqlOpenProven = `
		UPDATE pushloss.ledger SET settled = false, settled_reason = NULL, opened_at = $4, proven_at = NULL,
			state = CASE WHEN last_trusted_at IS NULL THEN 'open' ELSE state END
		WHERE sdk_app_id = $1 AND stream_id = $2 AND day > $3 AND proven_at >= last_loaded_at
			AND settled_reason IS DISTINCT FROM 'retired'`
	sqlForgetProofs = `
		UPDATE pushloss.ledger SET proven_at = NULL,
			state = CASE WHEN last_trusted_at IS NULL AND state IN ('loaded', 'empty') THEN 'unproven' ELSE state END
		WHERE sdk_app_id = $1 AND stream_id = $2 AND proven_at IS NOT NULL`
	sqlRevokeProofs = `
		UPDATE pushloss.pull SET revoked_at = $3
		WHERE sdk_app_id = $1 AND stream_id = $2 AND first_day IS NOT NULL AND revoked_at IS NULL`
)

// Evidence says whether the answer for a span of days is the sum of the days' answers, by the
// comparisons that were made.
type Evidence struct {
	// CheckedAt is when a reconciliation or a run last found that they agree; nil if none did.
	CheckedAt *time.Time
	// Contradicted says that a newer check found the opposite.
	Contradicted bool
}

// AddUp reports whether spans may be used.
func (e Evidence) AddUp(now time.Time) bool { return !e.Contradicted && e.younger(evidenceLasts, now) }

// Fresh reports whether the evidence needs no new check yet.
func (e Evidence) Fresh(now time.Time) bool { return e.younger(evidenceLasts/2, now) }

func (e Evidence) younger(age time.Duration, now time.Time) bool {
	return e.CheckedAt != nil && e.CheckedAt.After(now.Add(-age))
}

// Evidence returns the evidence for an app's stream.
func (l Ledger) Evidence(ctx context.Context, sdkAppID int64, of stream.Stream, now time.Time) (e Evidence, err error) {
	err = l.db.pool.QueryRow(ctx, sqlEvidence, sdkAppID, int16(of), now.Add(-evidenceLasts), now.Add(-DisagreementLasts)).Scan(&e.CheckedAt, &e.Contradicted)
	if err != nil {
		return e, fmt.Errorf("read whether the days of app %d add up: %w", sdkAppID, err)
	}
	return e, nil
}

// TasksForEvidence returns up to limit tasks whose days are all loaded, those with the most figures
// first.
func (l Ledger) TasksForEvidence(ctx context.Context, sdkAppID int64, of stream.Stream, days calendar.Span, limit int) ([]TaskRef, error) {
	tasks, err := postgres.List(ctx, l.db.pool, pgx.RowToStructByPos[TaskRef], sqlTasksForEvidence, sdkAppID, int16(of), days.First.UTC(), days.Last.UTC(), limit)
	if err != nil {
		return nil, fmt.Errorf("look for tasks with figures of app %d: %w", sdkAppID, err)
	}
	return tasks, nil
}

// SaveEvidence compares a span's answer with the sums of the stored days. If all figures agree and
// there are some, it records that the days of the stream add up. If some differ, it drops earlier
// evidence.
func (l *AppLock) SaveEvidence(ctx context.Context, pull SpanPull, now time.Time) (agreed bool, err error) {
	now = now.UTC().Truncate(time.Microsecond)
	usable, _ := pull.usable()
	if len(usable) == 0 {
		return false, nil
	}
	err = l.transactWithCodes(ctx, pull.Result.Snapshots, func(ctx context.Context, tx pgx.Tx, first *pgx.Batch, codes vocabulary) error {
		known, err := l.readProof(ctx, tx, first, pull, usable, bodyHash{})
		if err != nil {
			return err
		}
		compared := pull.compare(usable, known.facts, codes)
		differs := slices.ContainsFunc(compared, comparison.differs)
		agreed = len(compared) > 0 && !differs
		switch {
		case differs:
			_, err = tx.Exec(ctx, sqlDropEvidence, l.sdkAppID, int16(pull.Stream))
		case agreed:
			_, err = tx.Exec(ctx, sqlSaveEvidence, l.sdkAppID, int16(pull.Stream), now, pull.RunID, pull.Days.First.UTC(), pull.Days.Last.UTC(), len(compared))
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("compare %s (%s) of app %d with its days: %w", pull.Days, pull.Stream, l.sdkAppID, err)
	}
	return agreed, nil
}

// Disagreement is a span whose answer is not the sum of its days' answers.
type Disagreement struct {
	RunID  int64
	Stream stream.Stream
	Task   TaskRef
	Days   calendar.Span
	Detail string
}

// Disagree records a disagreement and revokes every proof of the app and stream. It opens
// the windows after lastForgotten that only a proof had confirmed, so that runs pull each
// of them again. Older ones become unproven. It returns how many it opened.
func (l *AppLock) Disagree(ctx context.Context, d Disagreement, lastForgotten calendar.Day, now time.Time) (opened int64, err error) {
	now = now.UTC().Truncate(time.Microsecond)
	err = l.transact(ctx, func(ctx context.Context, tx pgx.Tx, batch *pgx.Batch) error {
		batch.Queue(sqlOpenProven, l.sdkAppID, int16(d.Stream), lastForgotten.UTC(), now).Exec(func(tag pgconn.CommandTag) error {
			opened = tag.RowsAffected()
			return nil
		})
		batch.Queue(sqlForgetProofs, l.sdkAppID, int16(d.Stream))
		batch.Queue(sqlRevokeProofs, l.sdkAppID, int16(d.Stream), now)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sqlInsertDisagreement, l.sdkAppID, int16(d.Stream), now, d.RunID, d.Task.Key,
			d.Days.First.UTC(), d.Days.Last.UTC(), postgres.Storable(d.Detail), opened)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("record that the days of app %d do not add up: %w", l.sdkAppID, err)
	}
	return opened, nil
}

// SpansOff says since when runs request an app's days one by one, and which wrong span caused it.
type SpansOff struct {
	At     time.Time
	Stream stream.Stream
	TaskID string // "" is the whole app
	Days   calendar.Span
}

const sqlSpansOff = `
	SELECT DISTINCT ON (d.sdk_app_id) d.sdk_app_id, d.found_at, d.stream_id, coalesce(t.task_id, ''), d.first_day, d.last_day
	FROM pushloss.span_disagreement AS d
	LEFT JOIN pushloss.task AS t USING (task_key)
	WHERE d.found_at > $1
	ORDER BY d.sdk_app_id, d.found_at DESC`

// readSpansOff returns the newest disagreement of each app that still counts.
func readSpansOff(ctx context.Context, from postgres.Reader, now time.Time) (map[int64]*SpansOff, error) {
	rows, err := from.Query(ctx, sqlSpansOff, now.Add(-DisagreementLasts))
	if err != nil {
		return nil, fmt.Errorf("read which spans were wrong: %w", err)
	}
	found := make(map[int64]*SpansOff)
	var app int64
	var off SpansOff
	_, err = pgx.ForEachRow(rows, []any{&app, &off.At, &off.Stream, &off.TaskID, &off.Days.First, &off.Days.Last}, func() error {
		of := off
		found[app] = &of
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read which spans were wrong: %w", err)
	}
	return found, nil
}

func (s SpansOff) String() string {
	return fmt.Sprintf("on %s the API's answer for %s of %s (%s) was not the sum of its days: until %s each day of %s is requested separately",
		s.At.UTC().Format(time.DateOnly), s.Days, TaskRef{ID: s.TaskID}, s.Stream, s.At.Add(DisagreementLasts).UTC().Format(time.DateOnly), s.Stream)
}
