package load_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"pushloss/internal/stream"
	"pushloss/load"
	"pushloss/transform"
)

// T9: texts come back unchanged, in every column.
func TestT9TextsComeBackAsTheyWent(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	long := make([]rune, 20_000) // beyond what an index takes, also compressed
	for i := range long {
		long[i] = rune(0x4e00 + random.IntN(0x5000))
	}
	f := setup(t)
	for name, text := range map[string]string{
		"emoji":              "👩‍👩‍👧 😀",
		"Chinese":            "推送失败：设备令牌无效",
		"quotes":             `it's "quoted" and $$dollared$$ $1`,
		"backslashes":        `\\ \n \x00 \u0000 E'\''`,
		"line ends and tabs": "a\r\n\tb\v",
		"array's own signs":  `{NULL,"x"}`,
		"null":               "NULL",
		"spaces":             "  ",
		"right to left":      "\u202eabc\u202c שלום",
		"replacement":        "\ufffd",
		"very long":          string(long),
		"empty":              "",
	} {
		code := name
		f.load(f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact(code, 1, text)}}), loadedAt)
		equal(t, name, []string{code + " " + text}, f.rows(`SELECT err_code, err_info FROM analytics.task_stage_loss`))
		if text != "" {
			f.load(f.pull(transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("c "+strings.ToValidUTF8(text[:min(len(text), 64)], ""), 1, "")}}), loadedAt)
			equal(t, name+" as a code", []string{"c " + strings.ToValidUTF8(text[:min(len(text), 64)], "")}, f.rows(`SELECT err_code FROM analytics.task_stage_loss`))
		}
	}
}

// K1: a database's own client_encoding reaches no text.
func TestK1TextsComeBackAsTheyWentFromADatabaseWithAnotherClientEncoding(t *testing.T) {
	t.Parallel()
	const text = "促销：设备令牌无效 🎉 é"
	for _, encoding := range []string{"GBK", "LATIN1", "SQL_ASCII"} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			_, err := f.conn.Exec(t.Context(), `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET client_encoding = "`+encoding+`"', current_database()); END $$`)
			must(t, err)
			f.db = open(t, f.url)
			session, work := openSession(t, f.db, "another")
			lock, err := session.LockApp(work, testApp+1)
			must(t, err)
			pull := f.pull(transform.Snapshot{Facts: []transform.Fact{stageFact("码", 1, text)}})
			pull.Tasks, pull.Result.Absent = []load.TaskRef{{}}, nil
			_, err = lock.Load(t.Context(), pull, loadedAt)
			must(t, err)
			equal(t, "stored", []string{"码 " + text}, f.rows(`SELECT err_code, err_info FROM analytics.app_stage_loss`))
		})
	}
}

// T9: a reason has the API's own words, and Postgres cannot hold every character of them.
func TestT9ReasonsThatPostgresCannotHold(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.fails(load.Failure{Day: march, Tasks: []load.TaskRef{f.taskA}, Reason: "it said \x00 and \xff 推"})
	equal(t, "last error", []string{"it said \ufffd and \ufffd 推"}, f.rows(`SELECT last_error FROM analytics.task_coverage WHERE pulls > 0`))
}

// T3, T9, T10, T11: an answer with odd rows, from its text to the tables.
func TestT10AnAnswerWithOddRows(t *testing.T) {
	t.Parallel()
	f := setup(t)
	pull := f.pull()
	pull.Body = []byte(`{"Results": [{"TaskID": "a", "ReadyToSendLoss": [
		{"ErrCode": 1, "ErrInfo": "few", "ErrCount": 2},
		{"ErrCode": "1", "ErrInfo": "many \u0000", "ErrCount": 40},
		{"ErrInfo": "no code", "ErrCount": 3},
		{"ErrCode": 2, "ErrInfo": "推", "ErrCount": -1}
	]}, {"TaskID": "b"}, {"TaskID": "nobody's", "ReadyToSendLoss": [{"ErrCode": 1, "ErrCount": 1}]}]}`)
	var normalizer transform.Normalizer
	var err error
	pull.Result, err = normalizer.Normalize(stream.Loss, pull.Body, []string{"a", "b"})
	must(t, err)
	f.load(pull, loadedAt)
	equal(t, "T3 duplicate keys are one row", []string{"a ready_to_send - - 1 many \ufffd 42"}, f.facts())
	equal(t, "T11 rejects", []string{
		`a ReadyToSendLoss {"ErrCode": 2, "ErrInfo": "推", "ErrCount": -1}`,
		`a ReadyToSendLoss {"ErrInfo": "no code", "ErrCount": 3}`,
	}, f.rows(`SELECT task_id, list, row_json FROM pushloss.reject WHERE reason <> '' ORDER BY row_json`))
	equal(t, "the pull", []string{"5 1 1 2 1"},
		f.rows(`SELECT rows_in, rows_inserted, rows_merged, rows_rejected, rows_ignored FROM pushloss.pull`))
	equal(t, "ledger", []string{"a loaded 1 1", "b empty 0 1"}, f.states())
}

// T10: a part without a task's name is stored, and does not affect a task's zero.
func TestT10RejectsWithoutATaskAreStoredAndAffectNoWindow(t *testing.T) {
	t.Parallel()
	f := setup(t)
	pull := f.pull(transform.Snapshot{TaskID: "a"}, transform.Snapshot{TaskID: "b"})
	pull.Result.Rejects = []transform.Reject{{TaskID: "", Array: "Results", JSON: "42", Reason: "not an object", Rows: 1}}
	if got := f.load(pull, loadedAt); got.Failed != 0 {
		t.Errorf("%d windows failed", got.Failed)
	}
	equal(t, "ledger", []string{"a empty 0 1", "b empty 0 1"}, f.states())
	const rejects = `SELECT task_id, list, row_json, reason FROM pushloss.reject`
	equal(t, "rejects", []string{" Results 42 not an object"}, f.rows(rejects))
	pull.Result.Rejects = nil
	f.load(pull, loadedAt)
	equal(t, "rejects after a clean answer", []string(nil), f.rows(rejects))
}

// Rejects of other windows stay when one window's are replaced.
func TestT10RejectsOfOtherWindowsStay(t *testing.T) {
	t.Parallel()
	f := setup(t)
	odd := func(task string) transform.Reject {
		return transform.Reject{TaskID: task, Array: "ReadyToSendLoss", JSON: "{}", Reason: "odd", Rows: 1}
	}
	some := []transform.Fact{stageFact("1", 1, "")}
	pull := f.pull(transform.Snapshot{TaskID: "a", Facts: some}, transform.Snapshot{TaskID: "b", Facts: some})
	pull.Result.Rejects = []transform.Reject{odd("a"), odd("b")}
	f.load(pull, loadedAt)
	tomorrow := pull
	tomorrow.Day++
	f.load(tomorrow, loadedAt)
	clean := f.pull(transform.Snapshot{TaskID: "a", Facts: some})
	clean.Tasks = clean.Tasks[:1]
	f.load(clean, loadedAt)
	equal(t, "rejects", []string{"2025-03-09 b", "2025-03-10 a", "2025-03-10 b"},
		f.rows(`SELECT day::text, task_id FROM pushloss.reject ORDER BY 1, 2`))
}

func TestAnEmptyBodyIsKept(t *testing.T) {
	t.Parallel()
	f := setup(t)
	pull := f.pull()
	pull.Body = nil
	f.load(pull, loadedAt)
	var body []byte
	must(t, f.conn.QueryRow(t.Context(), `SELECT body FROM pushloss.raw_body WHERE size = 0`).Scan(&body))
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	must(t, err)
	defer decoder.Close()
	restored, err := decoder.DecodeAll(body, nil)
	if err != nil || len(restored) != 0 || len(body) == 0 {
		t.Errorf("%d bytes give %d, %v", len(body), len(restored), err)
	}
}
