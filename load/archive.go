package load

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/zstd"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/internal/stream"
	"pushloss/transform"
)

// Selection is a part of the archive; the zero value is all of it.
type Selection struct {
	SDKAppID int64         // 0 means every app
	From, To *calendar.Day // both included; nil means no bound
}

const (
	sqlArchivedApps = `SELECT sdk_app_id FROM pushloss.app WHERE $1::bigint IN (0, sdk_app_id) ORDER BY sdk_app_id`
	// The pulls of a day, and the answers for several days that proved some of its windows.
	sqlArchivedPulls = `
		SELECT p.pull_id, p.run_id, p.task_ids, p.loaded_at, p.trusted, p.raw_pruned_at IS NOT NULL, p.body_sha256, b.body, p.proven, p.revoked_at IS NOT NULL
		FROM (
			SELECT pull_id, run_id, task_ids, loaded_at, trusted, raw_pruned_at, body_sha256, revoked_at, NULL::text[] AS proven
			FROM pushloss.pull
			WHERE sdk_app_id = $1 AND day = $2 AND stream_id = $3 AND first_day IS NULL
			UNION ALL
			SELECT pull_id, run_id, task_ids, loaded_at, trusted, raw_pruned_at, body_sha256, revoked_at, ARRAY(
				SELECT g.task_id
				FROM unnest(proven_task_ids, proven_first_days, proven_last_days) AS g (task_id, first_day, last_day)
				WHERE $2 BETWEEN g.first_day AND g.last_day)
			FROM pushloss.pull
			WHERE sdk_app_id = $1 AND first_day BETWEEN $2::date - 31 AND $2 AND day >= $2 AND stream_id = $3
		) AS p
		LEFT JOIN pushloss.raw_body AS b ON b.sha256 = p.body_sha256
		WHERE p.proven IS NULL OR p.proven <> '{}'
		ORDER BY p.pull_id`
)

// sqlFirstAndLast reads every table that has days.
var sqlFirstAndLast = func() string {
	names := []string{"pull", "ledger", "loss_change"}
	for _, stream := range tables {
		names = append(names, stream[0].name, stream[1].name)
	}
	bound := func(pick, of string) string {
		var parts []string
		for _, name := range names {
			parts = append(parts, fmt.Sprintf("(SELECT %s(day) FROM pushloss.%s WHERE sdk_app_id = $1)", of, name))
		}
		return pick + "(" + strings.Join(parts, ", ") + ")"
	}
	return "SELECT " + bound("least", "min") + ", " + bound("greatest", "max")
}()

// span is several days in a row of one app, both ends included.
type span struct {
	sdkAppID    int64
	first, last calendar.Day
}

// Archive is the answers of the API, byte for byte. Verify compares the tables with it, and Replay
// rebuilds them from it.
type Archive struct{ db *DB }

// days returns the days of a selection, one span for each app. A span may contain days without
// data.
func (a Archive) days(ctx context.Context, selection Selection) ([]span, error) {
	apps, err := postgres.List(ctx, a.db.pool, pgx.RowTo[int64], sqlArchivedApps, selection.SDKAppID)
	if err != nil {
		return nil, fmt.Errorf("read what is archived: %w", err)
	}
	var spans []span
	for _, app := range apps {
		var first, last *calendar.Day
		if err := a.db.pool.QueryRow(ctx, sqlFirstAndLast, app).Scan(&first, &last); err != nil {
			return nil, fmt.Errorf("read what is archived for app %d: %w", app, err)
		}
		if first == nil {
			continue
		}
		s := span{app, *first, *last}
		if selection.From != nil {
			s.first = max(s.first, *selection.From)
		}
		if selection.To != nil {
			s.last = min(s.last, *selection.To)
		}
		if s.first <= s.last {
			spans = append(spans, s)
		}
	}
	return spans, nil
}

// archivedPull is a pull as the archive has it.
type archivedPull struct {
	id       int64
	runID    int64
	taskIDs  []string // none means the whole app
	loadedAt time.Time
	trusted  bool
	pruned   bool
	digest   []byte
	body     []byte // compressed; nil if it is missing
	// proven are the tasks whose window of this day was proven by an answer for several days. It is
	// nil for other answers.
	proven []string
	// revoked says that the proof was revoked later.
	revoked bool
}

func scanArchivedPull(row pgx.CollectableRow) (p archivedPull, err error) {
	err = row.Scan(&p.id, &p.runID, &p.taskIDs, &p.loadedAt, &p.trusted, &p.pruned, &p.digest, &p.body, &p.proven, &p.revoked)
	p.loadedAt = p.loadedAt.UTC()
	return p, err
}

var (
	errAnswerLost    = errors.New("the answer is missing and was not pruned")
	errAnswerDamaged = errors.New("the answer does not match its SHA-256")
)

// archiveReader turns archived answers back into the results that were loaded. Only one goroutine
// may use it.
type archiveReader struct {
	decoder    *zstd.Decoder
	normalizer transform.Normalizer
}

// maxArchivedBody, in bytes, is larger than any accepted answer.
const maxArchivedBody = 256 << 20

func newArchiveReader() (*archiveReader, error) {
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxArchivedBody))
	if err != nil {
		return nil, fmt.Errorf("prepare decompression: %w", err)
	}
	return &archiveReader{decoder: decoder}, nil
}

func (r *archiveReader) close() { r.decoder.Close() }

// result reads one archived answer.
func (r *archiveReader) result(stream stream.Stream, p archivedPull) (transform.Result, error) {
	if p.body == nil {
		return transform.Result{}, errAnswerLost
	}
	body, err := r.decoder.DecodeAll(p.body, nil)
	if err != nil {
		return transform.Result{}, fmt.Errorf("%w: %w", errAnswerDamaged, err)
	}
	if digest := sha256.Sum256(body); !bytes.Equal(digest[:], p.digest) {
		return transform.Result{}, errAnswerDamaged
	}
	text, err := extract.StrictJSON(body)
	if err != nil {
		return transform.Result{}, err
	}
	return r.normalizer.Normalize(stream, text, p.taskIDs)
}
