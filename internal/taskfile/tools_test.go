package taskfile_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/unicode"

	"pushloss/internal/taskfile"
)

// K7: lists as people's tools write them.
func TestListsAsToolsWriteThem(t *testing.T) {
	t.Parallel()
	utf16 := func(order unicode.Endianness, mark unicode.BOMPolicy, text string) string {
		encoded, err := unicode.UTF16(order, mark).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}
	sent := at("2025-03-31T00:00:00Z")
	one := []taskfile.Entry{{Line: 2, TaskID: "t-1", SentAt: sent, Label: "促销"}}
	excel := "TaskID\tsent_at\tLabel\r\nt-1\t2025/3/31 8:00\t促销\r\n"
	two := []taskfile.Entry{{Line: 1, TaskID: "t-1"}, {Line: 2, TaskID: "t-2"}}
	for _, test := range []struct {
		name, list string
		want       []taskfile.Entry
	}{
		{"Excel's Unicode text", utf16(unicode.LittleEndian, unicode.UseBOM, excel), one},
		{"UTF-16 BE with a mark", utf16(unicode.BigEndian, unicode.UseBOM, excel), one},
		{"UTF-16 LE without a mark", utf16(unicode.LittleEndian, unicode.IgnoreBOM, excel), one},
		{"UTF-16 BE without a mark", utf16(unicode.BigEndian, unicode.IgnoreBOM, excel), one},
		{"UTF-16 JSON Lines", utf16(unicode.LittleEndian, unicode.UseBOM, "\n{\"taskId\":\"t-1\",\"sent_at\":\"2025-03-31 08:00:00+08\",\"label\":\"促销\"}"), one},
		{"NULL as databases write it", "task_id,sent_at,label,sdk_app_id\nt-1,2025-03-31 08:00:00+08,促销,\\N\n", one},
		{"NULL in each optional column", "task_id,sent_at,label\nt-1,NULL,(null)\nt-2,\\N,\\N\n", []taskfile.Entry{{Line: 2, TaskID: "t-1"}, {Line: 3, TaskID: "t-2"}}},
		{"semicolons", "task_id;sent_at;label\nt-1;2025-03-31 08:00:00+08;促销\n", one},
		{"semicolons and a label with commas", "task_id;label\nt-1;a, b, c\n", []taskfile.Entry{{Line: 2, TaskID: "t-1", Label: "a, b, c"}}},
		{"tabs with an empty field", "id\tsent_at\tlabel\nt-1\t\tx\n", []taskfile.Entry{{Line: 2, TaskID: "t-1", Label: "x"}}},
		{"CR alone", "task_id,sent_at,label\rt-1,1743379200,促销\r", one},
		{"trailing rows and columns of commas", "task_id,sent_at,label,,\nt-1,2025-03-31T08:00:00+0800,促销,,\n,,,,\n,,\n\n", one},
		{"headers in other spellings", "Task ID, Sent-At ,LABEL\nt-1,2025-03-31T00:00:00Z,促销", one},
		{"a full-width header", "ＴａｓｋＩＤ,sent＿at,名称\nt-1,2025-03-31 08:00,促销\n", one},
		{"a header with an invisible mark", "\ufeff\u200btask_id,sent_at,label\nt-1,2025-03-31 08:00 UTC+8,促销\n", one},
		{"whole numbers as pandas writes them beside gaps", "task_id,sent_at,label,sdk_app_id\nt-1,1743379200.0,促销,\nt-2,,,1400000001.0\n", append(one[:1:1], taskfile.Entry{Line: 3, TaskID: "t-2", SDKAppID: 1400000001})},
		{"a plain list", "t-1\nt-2\n", two},
		{"a plain list with CRLF, blanks and commas", "\ufefft-1,\r\n t-2 ,\r\n,\r\n\r\n", two},
		{"a plain list in quotes", "\"t-1\"\n\"t-2\"\n", two},
		{"a JSON array of IDs", "[\"t-1\",\n \"t-2\"]\n", two},
		{"a JSON array of objects", "[{\"TaskID\":\"t-1\"},\n{\"id\":\"t-2\"}]", two},
		{"pretty-printed JSON", "{\n  \"task_id\": \"t-1\"\n}\n{\n  \"task_id\": \"t-2\"\n}\n", []taskfile.Entry{{Line: 1, TaskID: "t-1"}, {Line: 4, TaskID: "t-2"}}},
		{"a pretty-printed array", "[\n  {\n    \"task_id\": \"t-1\"\n  },\n  \"t-2\"\n]\n", []taskfile.Entry{{Line: 2, TaskID: "t-1"}, {Line: 5, TaskID: "t-2"}}},
		{"objects on one line", `{"task_id":"t-1"} {"task_id":"t-2"}`, []taskfile.Entry{{Line: 1, TaskID: "t-1"}, {Line: 1, TaskID: "t-2"}}},
		{"arrays one after another", "[\"t-1\"]\n[\"t-2\"]", two},
		{"JSON with a time in milliseconds", "\n{\"task_id\":\"t-1\",\"sent_at\":1743379200000,\"label\":\"促销\"}", one},
		{"a time in milliseconds", "task_id,sent_at,label\nt-1,1743379200000,促销\n", one},
		{"Excel's line of the separator", "sep=;\r\ntask_id;label\r\nt-1;a,b\r\n", []taskfile.Entry{{Line: 3, TaskID: "t-1", Label: "a,b"}}},
		{"a separator in quotes and other case", "\"SEP=,\"\ntask_id,label\nt-1,a;b;c\n", []taskfile.Entry{{Line: 3, TaskID: "t-1", Label: "a;b;c"}}},
		{"a table of psql", " task_id |        sent_at         | label \n---------+------------------------+-------\n t-1     | 2025-03-31 08:00:00+08 | \"a\", b\n t-2     |                        | \n(2 rows)\n\n",
			[]taskfile.Entry{{Line: 3, TaskID: "t-1", SentAt: sent, Label: `"a", b`}, {Line: 4, TaskID: "t-2"}}},
		{"a column of psql", " task_id \n---------\n t-1\n t-2\n(2 rows)\n", []taskfile.Entry{{Line: 3, TaskID: "t-1"}, {Line: 4, TaskID: "t-2"}}},
		{"psql without alignment", "task_id|label\nt-1|x\n(1 row)\n", []taskfile.Entry{{Line: 2, TaskID: "t-1", Label: "x"}}},
		{"a table of mysql", "+---------+-------+\n| task_id | label |\n+---------+-------+\n| t-1     | x     |\n+---------+-------+\n1 row in set (0.00 sec)\n",
			[]taskfile.Entry{{Line: 4, TaskID: "t-1", Label: "x"}}},
		{"a table of Markdown", "| TaskID | Label |\n|:---|--:|\n| t-1 | x |\n| t-2 |  |\n", []taskfile.Entry{{Line: 3, TaskID: "t-1", Label: "x"}, {Line: 4, TaskID: "t-2"}}},
		{"a column of Markdown", "| id |\n| - |\n| t-1 |\n", []taskfile.Entry{{Line: 3, TaskID: "t-1"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := taskfile.Read("list", strings.NewReader(test.list), in(beijing))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Entries, unnumbered); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTimesAsToolsWriteThem(t *testing.T) {
	t.Parallel()
	want := time.Date(2025, 3, 31, 0, 0, 0, 0, time.UTC)
	for _, text := range []string{
		"2025-03-31 08:00:00+08", "2025-03-31T08:00:00+0800", "2025-03-31T08:00:00+08:00", "2025-03-31 00:00:00Z", "2025-03-31 08:00:00 +0800",
		"2025-03-31 08:00:00.000+08", "2025-03-31T00:00:00.000000Z", "2025-03-31 00:00:00 UTC", "2025-03-31t00:00:00z", "2025-03-30 20:00:00-04",
		"2025-03-31 08:05:43+08:05:43", "1743379200", "2025-03-31 08:00", "2025/03/31 08:00:00", "2025/3/31 8:00",
		"1743379200.000000", "1743379200.0", "1743379200000.0", "2025-03-31 08:00:00 UTC+8", "2025-03-31 08:00 GMT+8", "2025/3/31 8:00 (UTC+08:00)", "2025-03-30 20:00 utc-4",
	} {
		if got, err := taskfile.ParseTime(text, beijing); err != nil || !got.Equal(want) {
			t.Errorf("%s is read as %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"2025-02-30 08:00", "2025-13-01", "2025-03-31 24:00:00", "2025-03-31 08:60", "2025-03-31 08:00:00+8", "2025-03-31 08:00:00 CST", "2025-03-31+08", "31/03/2025", "45747.3333"} {
		if got, err := taskfile.ParseTime(text, beijing); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

// K6: what a tool made of an ID, or what takes the place of a missing one.
func TestTextsThatCannotBeATaskID(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"6.57E+25": "spreadsheet", "1,23E+10": "spreadsheet", "7E+25": "spreadsheet", "6.57e25": "spreadsheet", "-1E-5": "spreadsheet",
		"65743400000000000000000": "spreadsheet", "657434.00": "spreadsheet", `="657bf434"`: "formula", "=A1": "formula", "'c10": "apostrophe",
		`"t1"`: "quote", "t“1”": "quote", "t 1": "blank", "t\u00a01": "blank", "t\u30001": "blank", "t\t1": "blank", "t\n1": "blank",
		"t\u200b1": "invisible", "\ufefft1": "invisible", "t\x071": "invisible", "t1,t2": "one ID a line", "t1;t2": "one ID a line",
		"#REF!": "not a TaskID", "#N/A": "not a TaskID", "TRUE": "not a TaskID", "null": "not a TaskID", "N/A": "not a TaskID", "-": "not a TaskID",
		"6,57E+25": "spreadsheet", "6,57e25": "spreadsheet", "65.743.400": "spreadsheet", "65,743,400": "spreadsheet",
		"657bf434_5375…": "cut off", "657bf434_5375...": "cut off", "657bf434…bc614e": "cut off", "...bc614e": "cut off",
		"６５７bf434": "input method", "657bf434＿537529d8": "input method", "٦٥٧": "input method", "657bf434_५": "input method", "ｔ1": "input method", "t1、t2": "input method", "t1。": "input method", "【t1】": "input method",
		"xxx–yyy": "dash", "xxx—yyy": "dash", "−5x": "dash",
		"Total": "sum", "TOTAL": "sum", "Totals:": "sum", "Grand-Total": "sum", "subtotal": "sum", "Total:12": "sum", "sum": "sum", "合计": "sum", "总计": "sum",
		"12.5": "spreadsheet", "-5": "spreadsheet", "45747.3333": "spreadsheet",
		"31-Mar": "date", "Mar-31": "date", "1-Apr-25": "date", "01-APR-2025": "date", "3/31": "date", "3/31/25": "date", "31.03.": "date", "3月31日": "date",
		"2025年3月31日": "date", "31-Mär": "date", "2025-03-31T08:00:00Z": "date", "2025-03-31 08:00": "date", "20250331T080000Z": "date", "00:00:00": "time", "8:00": "time", "08:00:00.000": "time", "8:00 AM": "time",
		"(null)": "missing", `\N`: "missing", "NULL": "missing", "None": "missing", "nil": "missing", "NA": "missing", "NaN": "missing", "<NA>": "missing", "[NULL]": "missing",
		"undefined": "missing", "(blank)": "missing", "?": "missing", "#DIV/0!": "missing", "#NV": "missing", "-Infinity": "missing",
		"${TASK}": "placeholder", "$TASK_ID": "placeholder", "$(id)": "placeholder", "{{id}}": "placeholder", "{task_id}": "placeholder", "<task_id>": "placeholder",
		"%TASK_ID%": "placeholder", "%s": "placeholder", "%(id)s": "placeholder", ":task_id": "placeholder", "@task": "placeholder", "[TaskID]": "placeholder", "__TASK_ID__": "placeholder",
		"TBD": "placeholder", "todo": "placeholder", "xxx": "placeholder", "your_task_id": "placeholder", "YOUR-TASK-ID-HERE": "placeholder", "changeme": "placeholder",
		"task_id": "column", "TaskID": "column", "id": "column", "sdk_app_id": "column", "sent-at": "column", "Label": "column",
		"https://example.com/t?id=1": "address", "www.example.com": "address", "mailto:a@example.com": "address", "ops@example.com": "address",
		"tasks.csv": "tasks import", "Book1.XLSX": "tasks import",
		"TaskId:a1": "name of its field", "task_id=a1": "name of its field", "任务ID：a1": "name of its field", "a%5Fb1": "percent-encoded",
		"...": "not a TaskID", "…": "not a TaskID", "2025-03-31": "date", "31/03/2025": "date", "2025/3/31": "date", "<TaskID>": "placeholder",
		"t\ufffd": "could not be read", "": "empty", strings.Repeat("x", 513): "longer", "a\xff": "UTF-8",
	} {
		if problem := taskfile.CheckTaskID(text); !strings.Contains(problem, says) {
			t.Errorf("%q: %q does not say %q", text, problem, says)
		}
	}
	for _, id := range []string{
		"657bf434_537529d8_2000005e80aa873_2780d131_bc614e", "batch_667015d4_537529d8_2000005e80aa873_d03ac87_56f5e750", "xxx-yyy-zzz", "a", "12e45",
		"1234567890123456789", "spring-sale", "春节", "2025-03-31-sale", "t.1", "A1=", "1e5", "a/b:c@d", "100000",
		"657bf434_537529d8_2000005e80aa873_2780d131_bc614e_9", "123e4567-e89b-42d3-a456-426614174000", "aaa-bbb-ccc", "mar", "march-sale", "sale-31-Mar", "12-34-56", "x", "null-1", "na-west",
		"todo-list", "total-recall", "summer", "a..b", "12345678901234567890", "192.168.0.1", "v1.2.3", "test", "20250331", "1741507200000", "a:b", "A1B2C3", "deadbeef", "00000000", "MTIzNA==", "a+b/c=",
	} {
		if problem := taskfile.CheckTaskID(id); problem != "" {
			t.Errorf("%q is refused: %s", id, problem)
		}
	}
}

func TestANumberThatAToolMayHaveChangedIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	for list, says := range map[string]string{
		"6,57E+25\n": "list:1: task_id \"6,57E+25\": a spreadsheet", "6,57E+25,x\n": "a spreadsheet", "label,task_id\nx,6,57E+25\n": "list:2: task_id \"6,57E+25\": a spreadsheet",
		`{"task_id":9007199254740992}`: "2^53 or more", `{"task_id":12345678901234567890}`: "2^53 or more", `[123456789012345678901234567890]`: "2^53 or more",
		`{"task_id":1e3}`: "spreadsheet",
	} {
		if got, err := taskfile.Read("list", strings.NewReader(list), in(time.UTC)); err == nil || !strings.Contains(err.Error(), says) || len(got.Entries) != 0 {
			t.Errorf("%q: %+v, %v, want %q", list, got.Entries, err, says)
		}
	}
	for list, want := range map[string]taskfile.Entry{
		"task_id,label\n6,57\n":              {Line: 2, TaskID: "6", Label: "57"},
		"task_id,label\na6,57E+25\n":         {Line: 2, TaskID: "a6", Label: "57E+25"},
		"task_id,label\n6,E5\n":              {Line: 2, TaskID: "6", Label: "E5"},
		`{"task_id":"12345678901234567890"}`: {Line: 1, TaskID: "12345678901234567890"},
	} {
		if got, err := taskfile.Read("list", strings.NewReader(list), in(time.UTC)); err != nil || len(got.Entries) != 1 || got.Entries[0].TaskID != want.TaskID || got.Entries[0].Label != want.Label {
			t.Errorf("%q: %+v, %v, want %+v", list, got.Entries, err, want)
		}
	}
}

func TestEveryBadIDOfAListIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	for _, list := range []string{
		"task_id,label\n6.57E+25,x\ngood-1,y\n'c10,z\n=\"657bf434\",w\n#REF!,v\n",
		"task_id,label\n6,57E+25\ngood-1,y\n1,234e5,x\n2,5E-3\nTotal,3\n",
		"[\"6.57E+25\",\n\"good-1\",\"'c10\",\n\"=\\\"657bf434\\\"\",\n\"#REF!\"]",
	} {
		got, err := taskfile.Read("list", strings.NewReader(list), in(time.UTC))
		var problems taskfile.Problems
		if !errors.As(err, &problems) || len(problems) != 4 || len(got.Entries) != 1 {
			t.Errorf("%d entries, problems:\n%v", len(got.Entries), err)
		}
	}
}

func TestJSONArraysThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		"[\"t-1\",\n": "list:1: not valid JSON: it is cut off, or a comma, quote or bracket is wrong here", "[\"t-1\"]\n[": "list:2: not valid JSON: it is cut off, or a comma, quote or bracket is wrong here", "[[1]]": "list:1: task_id: an element is neither an object nor a TaskID",
		"[\"t\xff\"]": "list:1: not UTF-8 text", "[1 2]": "list:1: not valid JSON: it is cut off, or a comma, quote or bracket is wrong here",
	} {
		if _, err := taskfile.Read("list", strings.NewReader(list), in(time.UTC)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", list, err, want)
		}
	}
}
