package load

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/transform"
)

// rules is the number of the rules that turn an answer into facts and compare them with the
// stored ones: those of package transform, of the formats in internal/stream, and of decide
// and effectOf. An answer is confirmed without being read only if these rules loaded it
// before. So every change of a rule needs the next number.
const rules = 2

// KnownAnswers are the SHA-256 of the answers for some days. If one of these answers comes again
// for the windows that it was last loaded to, it changes nothing.
type KnownAnswers map[knownAnswer]bool

type knownAnswer struct {
	day    calendar.Day
	digest bodyHash
}

// On returns a function that reports whether an answer for the day is among them.
func (k KnownAnswers) On(day calendar.Day) func(digest [sha256.Size]byte) bool {
	return func(digest [sha256.Size]byte) bool { return k[knownAnswer{day, digest}] }
}

const (
	// Takes the lock of sqlFenceLoads for each app. It also forces generic plans, because planning
	// sqlConfirm for each pull takes longer than running it.
	sqlBeginConfirm = `
		SELECT pg_advisory_xact_lock_shared(` + sqlLoadKey + `), set_config('plan_cache_mode', 'force_generic_plan', true)
		FROM unnest($1::bigint[]) AS app`

	sqlKnownAnswers = `SELECT DISTINCT sdk_app_id, day, body_sha256 FROM pushloss.pull WHERE sdk_app_id = ANY($1::bigint[]) AND day BETWEEN $2 AND $3 AND rules = $4`

	// Nothing else pulled the windows since the pull that loaded the answer, because each of
	// them was last pulled at its time. None of them was opened: a window is opened because its
	// facts may be wrong, so they must be compared. The answer is still archived, this process
	// is still the app's newest holder, and nothing on the tables changes what is written.
	sqlConfirm = `
		WITH last AS (
			SELECT loaded_at, rows_in, rows_inserted + rows_updated + rows_unchanged AS row_count, rows_merged, rows_ignored, rows_kept
			FROM pushloss.pull
			WHERE body_sha256 = $4 AND sdk_app_id = $1 AND day = $2 AND stream_id = $3 AND task_ids = $6
				AND rules = $5 AND raw_pruned_at IS NULL AND EXISTS (SELECT 1 FROM pushloss.raw_body WHERE sha256 = $4)
			ORDER BY pull_id DESC LIMIT 1
		), again AS (
			SELECT last.*, greatest($9::timestamptz, last.loaded_at + interval '1 microsecond') AS at
			FROM last
			WHERE EXISTS (SELECT 1 FROM pushloss.app_lease WHERE sdk_app_id = $1 AND epoch = $14)
				AND NOT EXISTS (
					SELECT FROM pg_catalog.pg_class
					WHERE oid IN ('pushloss.ledger'::regclass, 'pushloss.pull'::regclass) AND (relhasrules OR relhastriggers)
				) AND (
				SELECT count(*) FROM pushloss.ledger AS l
				WHERE l.sdk_app_id = $1 AND l.day = $2 AND l.stream_id = $3 AND l.task_key = ANY($7::int[])
					AND l.updated_at = last.loaded_at AND l.opened_at IS NULL AND l.state IN ('loaded', 'empty', 'absent')
			) = cardinality($7::int[])
		), confirmed AS (
			UPDATE pushloss.ledger AS l SET
				pulls = l.pulls + 1, settled = $8::text <> '', settled_reason = nullif($8, ''), updated_at = again.at,
				last_loaded_at = CASE WHEN l.state = 'absent' THEN l.last_loaded_at ELSE again.at END,
				last_trusted_at = CASE WHEN l.state = 'absent' THEN l.last_trusted_at ELSE again.at END
			FROM again
			WHERE l.sdk_app_id = $1 AND l.day = $2 AND l.stream_id = $3 AND l.task_key = ANY($7::int[])
			RETURNING l.state
		)
		INSERT INTO pushloss.pull AS p (sdk_app_id, run_id, stream_id, day, window_start, window_end, task_ids,
			sent_at, loaded_at, body_sha256, trusted, rules, rows_in, rows_inserted, rows_updated,
			rows_deleted, rows_unchanged, rows_merged, rows_rejected, rows_ignored, rows_kept)
		SELECT $1, $10, $3, $2, $11, $12, $6, $13, at, $4, true, $5, rows_in, 0, 0, 0, row_count, rows_merged, 0, rows_ignored, rows_kept
		FROM again
		RETURNING p.rows_in, p.rows_unchanged, p.rows_merged, p.rows_ignored, p.rows_kept,
			(SELECT count(*) FROM confirmed), (SELECT count(*) FROM confirmed WHERE state = 'absent')`
	// All writers lock the summaries of tasks after their windows, and by key.
	sqlLockSummaries = `
		SELECT FROM unnest($1::bigint[], $2::int[]) AS c (sdk_app_id, task_key)
		JOIN pushloss.task_summary AS s USING (sdk_app_id, task_key)
		WHERE s.last_figures_at IS NOT NULL
		ORDER BY s.sdk_app_id, s.task_key FOR NO KEY UPDATE OF s`
	// For an answer that was not confirmed, this changes nothing. It takes one day at a time: a
	// form for a list of days took 13 ms a statement.
	sqlConfirmFigures = `
		UPDATE pushloss.task_summary AS s SET last_figures_at = l.last_loaded_at
		FROM pushloss.ledger AS l
		WHERE l.sdk_app_id = $1 AND l.day = $2 AND l.stream_id = $3 AND l.task_key = ANY($4::int[]) AND l.row_count > 0
			AND s.sdk_app_id = $1 AND s.task_key = l.task_key AND s.last_figures_at < l.last_loaded_at`
)

// KnownAnswers returns the answers for days of an app that may change nothing when they repeat.
func (l Ledger) KnownAnswers(ctx context.Context, sdkAppID int64, days calendar.Span) (KnownAnswers, error) {
	known, err := l.db.reads.known.Ask(ctx, daysOf{sdkAppID, days})
	if err != nil {
		return nil, fmt.Errorf("read which answers of %s are known: %w", days, err)
	}
	return known, nil
}

// queryKnownAnswers reads the known answers of several apps.
func (l Ledger) queryKnownAnswers(ctx context.Context, days calendar.Span, apps []int64) (map[int64]KnownAnswers, error) {
	known := make(map[int64]KnownAnswers, len(apps))
	for _, app := range apps {
		known[app] = make(KnownAnswers)
	}
	rows, err := l.db.pool.Query(ctx, sqlKnownAnswers, apps, days.First.UTC(), days.Last.UTC(), int16(rules))
	if err != nil {
		return nil, err
	}
	var app int64
	var day calendar.Day
	var digest []byte
	_, err = pgx.ForEachRow(rows, []any{&app, &day, &digest}, func() error {
		known[app][knownAnswer{day, bodyHash(digest)}] = true
		return nil
	})
	return known, err
}

// Confirm is Load for an answer that may repeat the last one for the pull's windows, loaded by the
// same rules. Such an answer changes no facts, so Confirm records it as Load does, without reading
// the answer or facts. Otherwise it does nothing, and confirmed is false. It needs no Result, and
// returns its counts.
func (l *AppLock) Confirm(ctx context.Context, pull Pull, now time.Time) (outcome Outcome, counts transform.Counts, confirmed bool, err error) {
	if !pull.Trusted { // which windows it would settle does not follow from its bytes alone
		return outcome, counts, false, nil
	}
	m := &loading{lock: l, pull: pull, sum: pull.bodySHA256(), now: now.UTC().Truncate(time.Microsecond)}
	err = l.session.whileHeld(ctx, func(ctx context.Context) error {
		return l.session.confirmations.join(ctx, m, func() error {
			err := l.session.confirm(ctx, &pgx.Batch{}, []*loading{m})
			if conflict(err) || ruled(err) {
				m.again = confirmation{}
				return nil
			}
			return err
		})
	})
	if windows := m.again.windows; err == nil && windows > 0 && windows != len(pull.Tasks) {
		err = &MismatchError{Got: int64(windows), Want: len(pull.Tasks)}
	}
	if err != nil {
		return Outcome{}, transform.Counts{}, false, fmt.Errorf("confirm %s (%s) of app %d: %w", pull.Day, pull.Stream, l.sdkAppID, err)
	}
	return m.outcome, m.again.counts, m.again.windows > 0, nil
}

// confirmation is the result of confirming an answer: no windows if it was not confirmed.
type confirmation struct {
	counts  transform.Counts
	windows int
}

// confirmTogether confirms answers in one transaction.
func (s *Session) confirmTogether(round []*loading) error {
	ctx, cancel := context.WithTimeout(context.Background(), sharedTimeout)
	defer cancel()
	return s.whileHeld(ctx, func(ctx context.Context) error {
		batch := &pgx.Batch{}
		batch.Queue(sqlWaitShortly)
		return s.confirm(ctx, batch, round)
	})
}

// confirm adds to a batch the statements that confirm answers, and sends it. Without BEGIN, the
// batch is one transaction.
func (s *Session) confirm(ctx context.Context, batch *pgx.Batch, round []*loading) error {
	batch.Queue(sqlBeginConfirm, appsOf(round))
	batch.Queue(sqlShareBodies)
	var apps []int64 // of the tasks
	var keys []int32
	figures, ofDay := &pgx.Batch{}, 0 // the day's tasks are keys[ofDay:]
	for n, m := range round {
		pull := m.pull
		batch.Queue(sqlConfirm, m.lock.sdkAppID, pull.Day.UTC(), int16(pull.Stream), m.sum[:], int16(rules), pull.taskIDs(), pull.taskKeys(), string(pull.Settled),
			m.now, pull.RunID, pull.Window.Start, pull.Window.End, pull.SentAt, m.lock.epoch).QueryRow(m.confirmed)
		if len(pull.taskIDs()) > 0 {
			apps, keys = append(apps, slices.Repeat([]int64{m.lock.sdkAppID}, len(pull.Tasks))...), append(keys, pull.taskKeys()...)
		}
		if last := n == len(round)-1; ofDay < len(keys) && (last || m.compareDay(round[n+1]) != 0) {
			figures.Queue(sqlConfirmFigures, m.lock.sdkAppID, pull.Day.UTC(), int16(pull.Stream), keys[ofDay:])
			ofDay = len(keys)
		}
	}
	if len(keys) > 0 {
		batch.Queue(sqlLockSummaries, apps, keys)
		batch.QueuedQueries = append(batch.QueuedQueries, figures.QueuedQueries...)
	}
	return s.db.pool.SendBatch(ctx, batch)
}

// confirmed reads the row of sqlConfirm. No row means that the answer was not confirmed.
func (m *loading) confirmed(row pgx.Row) error {
	m.outcome, m.again = Outcome{}, confirmation{}
	counts, rows := &m.again.counts, &m.outcome.Rows
	err := row.Scan(&counts.RowsIn, &rows.Unchanged, &counts.Merged, &counts.Ignored, &rows.Kept, &m.again.windows, &m.outcome.Absent)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// ruled reports whether the statement failed because of a rule that was added to a table.
func ruled(err error) bool { return postgres.Code(err) == pgerrcode.FeatureNotSupported }

// repeatable returns the number of the rules if loading the same answer again by them would change
// only times and the number of pulls; otherwise nil. Counts that the record of a pull does not have
// must be 0, so that a confirmation reports the same as a load.
func (p Pull) repeatable(e effect) *int16 {
	counts := p.Result.Counts
	if !p.Trusted || counts.Rejected+counts.Repeated+counts.Zeros+counts.ReplacedTexts > 0 {
		return nil
	}
	for _, entry := range e.entries {
		switch entry.State {
		case StateLoaded, StateEmpty, StateAbsent:
		default:
			return nil
		}
		if entry.LastError != nil {
			return nil
		}
	}
	number := int16(rules)
	return &number
}
