package migrations

import (
	"context"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/postgres"
)

//go:embed error_codes.csv
var errorCodes string

// explanation is a line of error_codes.csv.
type explanation struct {
	line int
	// platform and stage are names as in the views; empty means every one.
	platform, stage string
	code, shortName string
	meaning         string
	cause, toDo     string // empty if not known
	// meaningZh and toDoZh are meaning and toDo in Chinese.
	meaningZh, toDoZh string
	tokenDead         *bool  // nil if not known
	source            string // empty if there is none
}

var columns = []string{"platform", "stage", "code", "short_name", "meaning", "likely_cause", "what_to_do", "meaning_zh", "what_to_do_zh", "token_dead", "source"}

// parseErrorCodes reads the catalogue. An error says what is wrong, and in which line.
func parseErrorCodes(text string) ([]explanation, error) {
	const byteOrderMark = "\ufeff" // as spreadsheets write it
	reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, byteOrderMark)))
	header, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("error_codes.csv: %w", err)
	}
	if !slices.Equal(header, columns) {
		return nil, fmt.Errorf("error_codes.csv:1: the columns are %s, want %s", strings.Join(header, ","), strings.Join(columns, ","))
	}
	var list []explanation
	lines := make(map[[3]string]int)
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("error_codes.csv: %w", err) // err has the line
		}
		e := explanation{
			platform: record[0], stage: record[1], code: record[2], shortName: record[3], meaning: record[4],
			cause: record[5], toDo: record[6], meaningZh: record[7], toDoZh: record[8], source: record[10],
		}
		e.line, _ = reader.FieldPos(0)
		refuse := func(format string, args ...any) error {
			return fmt.Errorf("error_codes.csv:%d: %s", e.line, fmt.Sprintf(format, args...))
		}
		switch dead := record[9]; dead {
		case "true", "false":
			is := dead == "true"
			e.tokenDead = &is
		case "":
		default:
			return nil, refuse("token_dead is %q, want true, false or nothing", dead)
		}
		for i, field := range []string{e.code, e.shortName, e.meaning} {
			if strings.TrimSpace(field) == "" {
				return nil, refuse("%s is empty", columns[2+i])
			}
		}
		for i, field := range record {
			if strings.TrimSpace(field) != field {
				return nil, refuse("%s begins or ends with a blank", columns[i])
			}
		}
		if e.source != "" && !strings.HasPrefix(e.source, "https://") {
			return nil, refuse("source is not an https address")
		}
		key := [3]string{e.platform, e.stage, e.code}
		if first := lines[key]; first != 0 {
			return nil, refuse("the code is in line %d already, for the same platform and stage", first)
		}
		lines[key] = e.line
		list = append(list, e)
	}
}

const (
	sqlErrorCodes = `
		SELECT err_code, stage_id, platform_id, short_name, meaning, coalesce(likely_cause, ''), coalesce(what_to_do, ''),
			coalesce(meaning_zh, ''), coalesce(what_to_do_zh, ''), token_dead, coalesce(source, '')
		FROM pushloss.error_catalogue`
	sqlNames = `
		SELECT 'platform', platform, platform_id FROM pushloss.platform UNION ALL
		SELECT 'stage', stage, stage_id FROM pushloss.stage ORDER BY 1, 3`
	sqlEmptyCatalogue = `DELETE FROM pushloss.error_catalogue`
	sqlExplain        = `
		INSERT INTO pushloss.error_catalogue (err_code, stage_id, platform_id, short_name, meaning, likely_cause, what_to_do, meaning_zh, what_to_do_zh, token_dead, source)
		VALUES ($1, $2, $3, $4, $5, nullif($6, ''), nullif($7, ''), nullif($8, ''), nullif($9, ''), $10, nullif($11, ''))`
	sqlEmptyStageMeanings = `DELETE FROM pushloss.error_stage_meaning`
	sqlMeaningsByStage    = `
		SELECT err_code, stage_id, string_agg(CASE WHEN everywhere THEN meaning ELSE platforms || ': ' || meaning END, '; ' ORDER BY first) AS meaning,
			string_agg(CASE WHEN everywhere THEN meaning_zh ELSE replace(platforms, ', ', '、') || '：' || meaning_zh END, '；' ORDER BY first) AS meaning_zh
		FROM (
			SELECT err_code, stage_id, meaning, min(meaning_zh) AS meaning_zh, min(platform_id) AS first, string_agg(platform, ', ' ORDER BY platform_id) AS platforms,
				count(*) = (SELECT count(*) FROM pushloss.platform) AS everywhere
			FROM pushloss.error_catalogue JOIN pushloss.platform USING (platform_id)
			GROUP BY err_code, stage_id, meaning
		) AS m
		GROUP BY err_code, stage_id`
	sqlStageMeanings     = `INSERT INTO pushloss.error_stage_meaning (err_code, stage_id, meaning, meaning_zh) ` + sqlMeaningsByStage
	sqlSameStageMeanings = `
		SELECT NOT EXISTS (
			SELECT 1 FROM (` + sqlMeaningsByStage + `) AS wanted
			FULL JOIN pushloss.error_stage_meaning AS stored USING (err_code, stage_id)
			WHERE (wanted.meaning, wanted.meaning_zh) IS DISTINCT FROM (stored.meaning, stored.meaning_zh))`
)

// errorCode is a row of the catalogue in the database: a code at one stage of one platform.
type errorCode struct {
	code            string
	stage, platform int16
	shortName       string
	meaning         string
	cause, toDo     string
	meaningZh       string
	toDoZh          string
	tokenDead       *bool
	source          string
}

type errorCodeKey struct {
	code            string
	stage, platform int16
}

func (e errorCode) equal(o errorCode) bool {
	sameDead := e.tokenDead == o.tokenDead || e.tokenDead != nil && o.tokenDead != nil && *e.tokenDead == *o.tokenDead
	e.tokenDead, o.tokenDead = nil, nil
	return sameDead && e == o
}

// wantedErrorCodes applies each line of the file to every stage and platform that it covers. A line
// that names its stage wins over one that does not; then one that names its platform wins.
func wantedErrorCodes(ctx context.Context, s *session, text string) (map[errorCodeKey]errorCode, error) {
	list, err := parseErrorCodes(text)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b explanation) int { return b.rank() - a.rank() })
	known := map[string]map[string]int16{"platform": {}, "stage": {}}
	rows, err := s.conn.Query(ctx, sqlNames)
	if err == nil {
		var kind, name string
		var id int16
		_, err = pgx.ForEachRow(rows, []any{&kind, &name, &id}, func() error {
			known[kind][name] = id
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read the names of stages and platforms: %w", ended(ctx, err))
	}
	wanted := make(map[errorCodeKey]errorCode)
	for _, e := range list {
		for kind, name := range map[string]string{"platform": e.platform, "stage": e.stage} {
			if _, ok := known[kind][name]; name != "" && !ok {
				return nil, fmt.Errorf("error_codes.csv:%d: unknown %s %s: give one of %s", e.line, kind, name,
					strings.Join(slices.Sorted(maps.Keys(known[kind])), ", "))
			}
		}
		for stage, stageID := range known["stage"] {
			for platform, platformID := range known["platform"] {
				key := errorCodeKey{code: e.code, stage: stageID, platform: platformID}
				_, done := wanted[key]
				if done || e.stage != "" && e.stage != stage || e.platform != "" && e.platform != platform {
					continue
				}
				wanted[key] = errorCode{
					code: e.code, stage: stageID, platform: platformID, shortName: e.shortName, meaning: e.meaning,
					cause: e.cause, toDo: e.toDo, meaningZh: e.meaningZh, toDoZh: e.toDoZh, tokenDead: e.tokenDead, source: e.source,
				}
			}
		}
	}
	return wanted, nil
}

// hasErrorCodes reports whether the database has the wanted catalogue.
func (s *session) hasErrorCodes(ctx context.Context, wanted map[errorCodeKey]errorCode) (bool, error) {
	stored, err := postgres.List(ctx, s.conn, func(row pgx.CollectableRow) (e errorCode, err error) {
		err = row.Scan(&e.code, &e.stage, &e.platform, &e.shortName, &e.meaning, &e.cause, &e.toDo, &e.meaningZh, &e.toDoZh, &e.tokenDead, &e.source)
		return e, err
	}, sqlErrorCodes)
	if err != nil {
		return false, fmt.Errorf("read the catalogue of error codes: %w", ended(ctx, err))
	}
	if len(stored) != len(wanted) {
		return false, nil
	}
	for _, e := range stored {
		if w, ok := wanted[errorCodeKey{e.code, e.stage, e.platform}]; !ok || !w.equal(e) {
			return false, nil
		}
	}
	var same bool
	if err := s.conn.QueryRow(ctx, sqlSameStageMeanings).Scan(&same); err != nil {
		return false, fmt.Errorf("read the meanings by stage: %w", ended(ctx, err))
	}
	return same, nil
}

// explainErrorCodes writes the file's catalogue to the database.
func explainErrorCodes(ctx context.Context, s *session, text string) error {
	wanted, err := wantedErrorCodes(ctx, s, text)
	if err != nil {
		return err
	}
	if same, err := s.hasErrorCodes(ctx, wanted); same || err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(sqlEmptyCatalogue)
	for _, e := range wanted {
		batch.Queue(sqlExplain, e.code, e.stage, e.platform, e.shortName, e.meaning, e.cause, e.toDo, e.meaningZh, e.toDoZh, e.tokenDead, e.source)
	}
	batch.Queue(sqlEmptyStageMeanings)
	batch.Queue(sqlStageMeanings)
	err = pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() })
	if err != nil {
		return fmt.Errorf("write the catalogue of error codes: %w", ended(ctx, err))
	}
	return nil
}

// rank is how exactly a line says where it applies: the higher, the more exact.
func (e explanation) rank() (rank int) {
	if e.stage != "" {
		rank += 2
	}
	if e.platform != "" {
		rank++
	}
	return rank
}
