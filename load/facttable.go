package load

import (
	"fmt"
	"strings"

	"pushloss/internal/stream"
)

// column is one column of a fact table, and the array that fills it.
type column struct{ name, sqlType string }

// factTable is one of a stream's two fact tables, with its statements. insert takes rows of several
// windows. All others take the app as $1 and the day as $2. selectRows also takes the least and
// greatest task key: without statistics, as in a first load, Postgres would use the list of keys
// only as a filter and read the whole day.
type factTable struct {
	name  string
	grain stream.Grain
	// coded says that each fact has an error code and a text.
	coded bool

	selectRows, insert, update, remove string
	// returning, after insert or update, returns the stored rows.
	returning string
	// selectOfLoads is selectRows for windows of several loads. It also returns the load of each
	// row.
	selectOfLoads string
	// selectSpan is selectRows for a range of days; $3 is the last day.
	selectSpan string
	// selectDay reads a whole day. It also returns the time of each row.
	selectDay string
}

// lossTable is a table of losses by error code.
func lossTable(name string, grain stream.Grain) factTable {
	return newFactTable(factTable{name: name, grain: grain, coded: true}, "stage_id", "err_count")
}

// counterTable is a table of counters.
func counterTable(name string, grain stream.Grain) factTable {
	return newFactTable(factTable{name: name, grain: grain}, "counter_id", "push_count")
}

// newFactTable builds the statements. Tables without platform or code have the same statements; the
// columns that they lack read as 0.
func newFactTable(t factTable, stage, count string) factTable {
	keys := []column{{"task_key", "int"}, {stage, "smallint"}}
	values := []column{{count, "bigint"}}
	if t.grain == stream.ByPlatform {
		keys = append(keys, column{"event_type", "smallint"}, column{"platform_id", "smallint"})
	}
	if t.coded {
		keys = append(keys, column{"err_code_key", "int"})
		values = append(values, column{"err_info_key", "int"})
	}
	all := append(append([]column{}, keys...), values...)
	table := "pushloss." + t.name
	read := func(taskKey, of string) string {
		eventAndPlatform, codeKey, infoKey := "0::smallint, 0::smallint", "0", "0"
		if t.grain == stream.ByPlatform {
			eventAndPlatform = of + "event_type, " + of + "platform_id"
		}
		if t.coded {
			codeKey, infoKey = of+"err_code_key", of+"err_info_key"
		}
		return fmt.Sprintf("%s, %s, %s, %s, %s, %s", taskKey, of+stage, eventAndPlatform, codeKey, of+count, infoKey)
	}
	row := read("task_key", "")
	t.selectRows = fmt.Sprintf(`
		SELECT %s FROM %s
		WHERE sdk_app_id = $1 AND day = $2 AND task_key = ANY($3::int[]) AND task_key BETWEEN $4 AND $5`, row, table)
	t.selectOfLoads = fmt.Sprintf(`
		SELECT %s, g.load FROM unnest($1::bigint[], $2::date[], $3::int[], $4::int[]) AS g (sdk_app_id, day, task_key, load)
		JOIN %s AS f USING (sdk_app_id, day, task_key)`, read("f.task_key", "f."), table)
	t.selectSpan = fmt.Sprintf(`
		SELECT %s FROM %s
		WHERE sdk_app_id = $1 AND day BETWEEN $2 AND $3 AND task_key = ANY($4::int[]) AND task_key BETWEEN $5 AND $6`, row, table)
	t.selectDay = fmt.Sprintf(`
		SELECT %s, updated_at FROM %s
		WHERE sdk_app_id = $1 AND day = $2`, row, table)
	t.insert = fmt.Sprintf(`
		INSERT INTO %s AS f (sdk_app_id, day, updated_at, %s)
		SELECT w.sdk_app_id, w.day, w.at, g.*
		FROM unnest($1::bigint[], $2::date[], $3::timestamptz[], $4::int[], $5::int[]) AS w (sdk_app_id, day, at, first, last)
		CROSS JOIN LATERAL (SELECT %s) AS g`, table, names(all), eachSlice(all, 6))
	t.update = fmt.Sprintf(`
		UPDATE %s AS f
		SET %s, updated_at = $3
		FROM unnest(%s) AS g (%s)
		WHERE f.sdk_app_id = $1 AND f.day = $2 AND %s`,
		table, each(values, "%[1]s = g.%[1]s", ", "), arrays(all, 4), names(all), each(keys, "f.%[1]s = g.%[1]s", " AND "))
	// Has no parameters: Citus allows none in the RETURNING of an INSERT ... SELECT.
	t.returning = `
		RETURNING ` + read("f.task_key", "f.") + `, f.sdk_app_id, f.day, f.updated_at`
	t.remove = fmt.Sprintf(`
		DELETE FROM %s AS f
		USING unnest(%s) AS g (%s)
		WHERE f.sdk_app_id = $1 AND f.day = $2 AND %s`,
		table, arrays(keys, 3), names(keys), each(keys, "f.%[1]s = g.%[1]s", " AND "))
	return t
}

func names(columns []column) string { return each(columns, "%[1]s", ", ") }

func each(columns []column, format, separator string) string {
	var parts []string
	for _, c := range columns {
		parts = append(parts, fmt.Sprintf(format, c.name))
	}
	return strings.Join(parts, separator)
}

// arrays returns the parameters that hold the columns. first is the number of the first one.
func arrays(columns []column, first int) string {
	var parts []string
	for i, c := range columns {
		parts = append(parts, fmt.Sprintf("$%d::%s[]", first+i, c.sqlType))
	}
	return strings.Join(parts, ", ")
}

// eachSlice unnests a window's part of the arrays in the list of columns. That is faster than a
// join with the arrays in FROM, which Postgres stores row by row before it reads them.
func eachSlice(columns []column, first int) string {
	var parts []string
	for i, c := range columns {
		parts = append(parts, fmt.Sprintf("unnest(($%d::%s[])[w.first:w.last])", first+i, c.sqlType))
	}
	return strings.Join(parts, ", ")
}

// tables are the fact tables of each stream, by grain. All streams share ledger, history and
// archive.
var tables = [...][2]factTable{
	stream.Loss:           {lossTable("stage_loss", stream.ByStage), lossTable("platform_loss", stream.ByPlatform)},
	stream.Statistics:     {counterTable("push_count", stream.ByStage), counterTable("platform_push_count", stream.ByPlatform)},
	stream.ChatLoss:       {lossTable("chat_stage_loss", stream.ByStage), lossTable("chat_platform_loss", stream.ByPlatform)},
	stream.ChatStatistics: {counterTable("chat_push_count", stream.ByStage), counterTable("chat_platform_push_count", stream.ByPlatform)},
}
