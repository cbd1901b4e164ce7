package migrations

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

//go:embed error_codes.csv
var errorCodes string

// explanation is a line of error_codes.csv.
type explanation struct {
	line int
	// platform and stage are names as the views have them; empty means each.
	platform, stage string
	code, shortName string
	meaning         string
	cause, toDo     string // empty if not known
	tokenDead       *bool  // nil if not known
	source          string // empty if there is none
}

var columns = []string{"platform", "stage", "code", "short_name", "meaning", "likely_cause", "what_to_do", "token_dead", "source"}

// parseErrorCodes reads the catalogue. An error names the line, and what is wrong
// with it.
func parseErrorCodes(text string) ([]explanation, error) {
	const byteOrderMark = "\ufeff" // which spreadsheets write
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
			return nil, fmt.Errorf("error_codes.csv: %w", err) // which names the line
		}
		e := explanation{
			platform: record[0], stage: record[1], code: record[2], shortName: record[3], meaning: record[4],
			cause: record[5], toDo: record[6], source: record[8],
		}
		e.line, _ = reader.FieldPos(0)
		refuse := func(format string, args ...any) error {
			return fmt.Errorf("error_codes.csv:%d: %s", e.line, fmt.Sprintf(format, args...))
		}
		switch dead := record[7]; dead {
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
			return nil, refuse("source is no https address")
		}
		key := [3]string{e.platform, e.stage, e.code}
		if first := lines[key]; first != 0 {
			return nil, refuse("the code stands in line %d already, for the same platform and stage", first)
		}
		lines[key] = e.line
		list = append(list, e)
	}
}

const (
	sqlEmptyCatalogue = `DELETE FROM pushloss.error_catalogue`
	// A line that names its stage goes before one that does not, then one that
	// names its platform.
	sqlExplain = `
		INSERT INTO pushloss.error_catalogue (err_code, stage_id, platform_id, short_name, meaning, likely_cause, what_to_do, token_dead, source)
		SELECT $3, stage_id, platform_id, $4, $5, nullif($6, ''), nullif($7, ''), $8::boolean, nullif($9, '')
		FROM pushloss.stage CROSS JOIN pushloss.platform
		WHERE $1 IN ('', platform) AND $2 IN ('', stage)
		ON CONFLICT DO NOTHING`
	sqlUnknownName = `
		SELECT 'platform ' || $1 || ' is none of ' || string_agg(platform, ', ' ORDER BY platform_id)
		FROM pushloss.platform HAVING $1 <> '' AND NOT bool_or(platform = $1)
		UNION ALL
		SELECT 'stage ' || $2 || ' is none of ' || string_agg(stage, ', ' ORDER BY stage_id)
		FROM pushloss.stage HAVING $2 <> '' AND NOT bool_or(stage = $2)
		LIMIT 1`
	sqlEmptyStageMeanings = `DELETE FROM pushloss.error_stage_meaning`
	sqlStageMeanings      = `
		INSERT INTO pushloss.error_stage_meaning (err_code, stage_id, meaning)
		SELECT err_code, stage_id, string_agg(CASE WHEN everywhere THEN meaning ELSE platforms || ': ' || meaning END, '; ' ORDER BY first)
		FROM (
			SELECT err_code, stage_id, meaning, min(platform_id) AS first, string_agg(platform, ', ' ORDER BY platform_id) AS platforms,
				count(*) = (SELECT count(*) FROM pushloss.platform) AS everywhere
			FROM pushloss.error_catalogue JOIN pushloss.platform USING (platform_id)
			GROUP BY err_code, stage_id, meaning
		) AS m
		GROUP BY err_code, stage_id`
)

// explainErrorCodes makes the catalogue of the database that of the file.
func explainErrorCodes(ctx context.Context, db *sql.DB, text string) error {
	list, err := parseErrorCodes(text)
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b explanation) int { return b.rank() - a.rank() })
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("write the catalogue of error codes: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, sqlEmptyCatalogue); err != nil {
		return fmt.Errorf("empty the catalogue of error codes: %w", err)
	}
	for _, e := range list {
		var unknown string
		switch err := tx.QueryRowContext(ctx, sqlUnknownName, e.platform, e.stage).Scan(&unknown); {
		case err == nil:
			return fmt.Errorf("error_codes.csv:%d: %s", e.line, unknown)
		case !errors.Is(err, sql.ErrNoRows):
			return fmt.Errorf("error_codes.csv:%d: %w", e.line, err)
		}
		_, err := tx.ExecContext(ctx, sqlExplain, e.platform, e.stage, e.code, e.shortName, e.meaning, e.cause, e.toDo, e.tokenDead, e.source)
		if err != nil {
			return fmt.Errorf("error_codes.csv:%d: %w", e.line, err)
		}
	}
	for _, statement := range []string{sqlEmptyStageMeanings, sqlStageMeanings} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("write the meanings by stage: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write the catalogue of error codes: %w", err)
	}
	return nil
}

// rank is how much a line says of where it holds.
func (e explanation) rank() (rank int) {
	if e.stage != "" {
		rank += 2
	}
	if e.platform != "" {
		rank++
	}
	return rank
}
