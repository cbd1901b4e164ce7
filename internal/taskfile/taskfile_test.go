package taskfile_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pushloss/internal/taskfile"
)

var beijing = time.FixedZone("UTC+8", 8*3600)

// in is the zone of every app.
func in(zone *time.Location) func(int64) *time.Location {
	return func(int64) *time.Location { return zone }
}

func at(text string) *time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return &t
}

// unnumbered leaves out the numbers of elements, which only JSON has.
var unnumbered = cmpopts.IgnoreFields(taskfile.Entry{}, "Element")

func TestListsAreReadInEachForm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, list string
		want       []taskfile.Entry
	}{
		{"CSV with all columns", "task_id,sdk_app_id,sent_at,label\na,1400000001,2025-03-09T08:00:00Z,Spring sale\n",
			[]taskfile.Entry{{Line: 2, TaskID: "a", SDKAppID: 1400000001, SentAt: at("2025-03-09T08:00:00Z"), Label: "Spring sale"}}},
		{"CSV with the ID alone", "task_id\na\nb", []taskfile.Entry{{Line: 2, TaskID: "a"}, {Line: 3, TaskID: "b"}}},
		{"CSV with columns in another order and case", " Label ,TASK_ID\nx,a\n", []taskfile.Entry{{Line: 2, TaskID: "a", Label: "x"}}},
		{"CSV with empty fields", "task_id,sdk_app_id,sent_at,label\na,,,\n", []taskfile.Entry{{Line: 2, TaskID: "a"}}},
		{"CSV with blanks around", "task_id, label\n  a  ,  x y  \n", []taskfile.Entry{{Line: 2, TaskID: "a", Label: "x y"}}},
		{"CSV of Windows with a byte order mark", "\ufefftask_id,label\r\na,x\r\n\r\nb,y\r\n",
			[]taskfile.Entry{{Line: 2, TaskID: "a", Label: "x"}, {Line: 4, TaskID: "b", Label: "y"}}},
		{"CSV with quotes, commas and a line break", "task_id,label\na,\"x, \"\"y\"\"\nz\"\nb,w\n",
			[]taskfile.Entry{{Line: 2, TaskID: "a", Label: "x, \"y\"\nz"}, {Line: 4, TaskID: "b", Label: "w"}}},
		{"CSV with a Chinese label", "task_id,label\na,春节推送 😀\n", []taskfile.Entry{{Line: 2, TaskID: "a", Label: "春节推送 😀"}}},
		{"CSV behind empty lines", "\n\ntask_id\na\n", []taskfile.Entry{{Line: 4, TaskID: "a"}}},
		{"an ID of 512 bytes", "task_id\n" + strings.Repeat("x", 512), []taskfile.Entry{{Line: 2, TaskID: strings.Repeat("x", 512)}}},

		{"JSON Lines with all fields", `{"task_id":"a","sdk_app_id":1400000001,"sent_at":"2025-03-09 16:00","label":"x"}`,
			[]taskfile.Entry{{Line: 1, TaskID: "a", SDKAppID: 1400000001, SentAt: at("2025-03-09T08:00:00Z"), Label: "x"}}},
		{"JSON Lines with blank lines", "\n{\"task_id\":\"a\"}\r\n\n  {\"task_id\":\"b\"}  ", []taskfile.Entry{{Line: 2, TaskID: "a"}, {Line: 4, TaskID: "b"}}},
		{"JSON Lines with nulls", `{"task_id":"a","sdk_app_id":null,"sent_at":null,"label":null}`, []taskfile.Entry{{Line: 1, TaskID: "a"}}},
		{"what DBeaver and JavaScript write for a missing value", "task_id,sent_at,label\na,undefined,[NULL]\n", []taskfile.Entry{{Line: 2, TaskID: "a"}}},
		{"JSON Lines with the app as a string", `{"task_id":"a","sdk_app_id":"1400000001"}`, []taskfile.Entry{{Line: 1, TaskID: "a", SDKAppID: 1400000001}}},
		{"JSON Lines with an ID that is a number", `{"task_id":9007199254740991}`, []taskfile.Entry{{Line: 1, TaskID: "9007199254740991"}}},
		{"JSON Lines with Unix seconds", `{"task_id":"a","sent_at":1741507200}`, []taskfile.Entry{{Line: 1, TaskID: "a", SentAt: at("2025-03-09T08:00:00Z")}}},
		{"JSON Lines with a byte order mark", "\ufeff{\"task_id\":\"a\"}", []taskfile.Entry{{Line: 1, TaskID: "a"}}},

		{"a task that occurs twice and agrees", "task_id,label,sent_at\na,x,2025-03-09T08:00:00Z\na,x,2025-03-09T16:00:00+08:00\n",
			[]taskfile.Entry{{Line: 2, TaskID: "a", Label: "x", SentAt: at("2025-03-09T08:00:00Z")}}},
		{"the same ID in two apps", "task_id,sdk_app_id,label\na,1,x\na,2,y\n",
			[]taskfile.Entry{{Line: 2, TaskID: "a", SDKAppID: 1, Label: "x"}, {Line: 3, TaskID: "a", SDKAppID: 2, Label: "y"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := taskfile.Read("list", strings.NewReader(tt.list), in(beijing))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got.Entries, unnumbered); d != "" {
				t.Errorf("entries (-want +got):\n%s", d)
			}
		})
	}
}

func TestProblemsNameFileAndLine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, list, want string }{
		{"nothing", "", "tasks.csv:1: the list is empty"},
		{"blanks alone", " \n\t\r\n", "tasks.csv:1: the list is empty"},
		{"a byte order mark alone", "\ufeff", "tasks.csv:1: the list is empty"},
		{"very many blanks", strings.Repeat("\n", 10000) + "task_id\na", "tasks.csv:1: the list begins with too many blanks"},

		{"no header", "a\nb\n", `tasks.csv:1: "a" is taken for the name of a column: use task_id, sdk_app_id, sent_at, label; if it is a TaskID, write task_id on a line above it`},
		{"a header further down", "\n\njob\n", `tasks.csv:3: "job" is taken for the name of a column: use task_id, sdk_app_id, sent_at, label; if it is a TaskID, write task_id on a line above it`},
		{"a header of other columns", "job,owner\na,b\n", "tasks.csv:1: unknown column \"job\": use task_id, sdk_app_id, sent_at, label\n" +
			"tasks.csv:1: unknown column \"owner\": use task_id, sdk_app_id, sent_at, label\ntasks.csv:1: the header has no column task_id"},
		{"a header alone", "task_id\n", "tasks.csv:1: no tasks in it"},
		{"a header and blank rows", "task_id,label\r\n,\r\n\r\n", "tasks.csv:1: no tasks in it"},
		{"the separator alone", "sep=;\n", "tasks.csv:1: no tasks in it"},
		{"an empty table of psql", " task_id \n---------\n(0 rows)\n", "tasks.csv:1: no tasks in it"},
		{"an empty JSON array", "[]", "tasks.csv:1: no tasks in it"},
		{"the header again", "task_id,label\na,x\ntask_id,label\n", `tasks.csv:3: task_id "task_id" is the name of a column, not a TaskID`},
		{"a bad ID in a table of psql", " task_id | label \n---------+-------\n (null)  | x\n(1 row)\n", `tasks.csv:3: task_id "(null)" is not a TaskID: it is the text for a missing or wrong value`},
		{"a bad ID below the line of the separator", "sep=;\ntask_id;label\nTBD;x\n", `tasks.csv:3: task_id "TBD" is a placeholder: write the TaskID itself`},
		{"an open quote below the line of the separator", "sep=;\ntask_id;label\n\"a;x\n", "tasks.csv:3: a field in quotes does not end with a quote: write a quote within the field twice, and one at its end"},
		{"a workbook of Excel", "PK\x03\x04\x14\x00\x06\x00[Content_Types].xml", "tasks.csv:1: the file is a workbook of Excel (.xlsx), not text: open it and save the table as CSV (UTF-8)"},
		{"an old workbook of Excel", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "tasks.csv:1: the file is an old workbook of Excel (.xls), not text: open it and save the table as CSV (UTF-8)"},
		{"a spreadsheet of LibreOffice", "PK\x03\x04\x14\x00mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "tasks.csv:1: the file is a spreadsheet of LibreOffice (.ods), not text: open it and save the table as CSV (UTF-8)"},
		{"a ZIP archive", "PK\x03\x04\x14\x00tasks.csv", "tasks.csv:1: the file is a ZIP archive (.zip), not text: unpack it first and save the table as CSV"},
		{"a file of gzip", "\x1f\x8b\x08\x00", "tasks.csv:1: the file is compressed by gzip (.gz), not text: unpack it first and save the table as CSV"},
		{"a web page", "<!DOCTYPE html>\n<html><body>Sign in</body></html>", "tasks.csv:1: the file is a web page (HTML), as a login page or an export may be: open it and save the table as CSV (UTF-8)"},
		{"a page that is called a workbook", "<table><tr><td>task_id</td></tr></table>", "tasks.csv:1: the file is a web page (HTML), as a login page or an export may be: open it and save the table as CSV (UTF-8)"},
		{"XML", "<?xml version=\"1.0\"?><Workbook/>", "tasks.csv:1: the file is XML, which is not read: write a table or JSON"},
		{"a formatted text", "{\\rtf1\\ansi a}", "tasks.csv:1: the file is a formatted text (RTF): save it as plain text (UTF-8)"},
		{"a list in YAML", "- task_id: a\n  label: x\n", "tasks.csv:1: the file is YAML, which is not read: write a table or JSON"},
		{"SQL", "INSERT INTO tasks (task_id) VALUES ('a');\n", "tasks.csv:1: the file is SQL, which is not read: write a table or JSON"},
		{"a line a column", "-[ RECORD 1 ]--\ntask_id | a\n",
			"tasks.csv:1: the file has a line for each column of a row: export it as a table, without \\x (psql) or \\G (mysql)"},
		{"a list within a key of YAML", "---\ntasks:\n  - a\n", "tasks.csv:1: the file is YAML, which is not read: write a table or JSON"},
		{"UTF-32", "\xff\xfe\x00\x00t\x00\x00\x00", "tasks.csv:1: the file is UTF-32 text: save it as UTF-8"},
		{"a header in an old Chinese encoding", "\xc8\xce\xce\xf1ID,\xc3\xfb\xb3\xc6\na,x\n", "tasks.csv:1: not UTF-8 text: save the list as UTF-8 (in Excel: CSV UTF-8)"},
		{"a comment above the header", "# exported today\ntask_id,label\na,x\n", `tasks.csv:1: "# exported today" is a comment, which lists do not have: leave the line out`},
		{"a comment among the rows", "task_id\na\n// b is late\n", `tasks.csv:3: "// b is late" is a comment, which lists do not have: leave the line out`},
		{"commas of an input method", "任务ID，发送时间\na，2025-03-09\n", "tasks.csv:1: '，' between the columns comes from an input method: write a comma"},
		{"the index of pandas", ",task_id,label\n0,a,x\n", "tasks.csv:2: a value in column 1, which has no name in the first line: name it, or leave it out"},
		{"a time that a spreadsheet has rounded", "task_id,sent_at\na,1.74E+09\n", `tasks.csv:2: sent_at "1.74E+09": a spreadsheet has rounded this number: give the column the format 0, and export again`},
		{"a list deep within an object", `{"code":0,"data":{"page":1,"list":[{"task_id":"a"}]}}`, `tasks.csv:1: no task_id, but a list in "data.list": give that list itself`},
		{"a repeated column", "task_id,task_id\na,b\n", "tasks.csv:1: the column task_id occurs twice"},
		{"too many fields", "task_id\na,b\nc\n\"\"\n", "tasks.csv:2: 2 fields where the first line has 1 column\ntasks.csv:4: task_id is empty"},
		{"an open quote", "task_id\na\n\"b\nc\n", "tasks.csv:3: a field in quotes does not end with a quote: write a quote within the field twice, and one at its end"},
		{"text behind a quote", "task_id,label\na,\"b\"c\n", "tasks.csv:2: a field in quotes does not end with a quote: write a quote within the field twice, and one at its end"},
		{"an open quote in the header", "task_id,\"label\n", "tasks.csv:1: a field in quotes does not end with a quote: write a quote within the field twice, and one at its end"},
		{"no ID", "task_id,label\n,x\n", "tasks.csv:2: task_id is empty"},
		{"an ID that is too long", "task_id\n" + strings.Repeat("x", 513), "tasks.csv:2: task_id is longer than 512 bytes"},
		{"a label that is too long", "task_id,label\na," + strings.Repeat("促", 501), "tasks.csv:2: label is longer than 500 characters: give the task a short name"},
		{"an ID that is not UTF-8", "task_id\na\xff\n", "tasks.csv:2: task_id is not UTF-8 text: save the list as UTF-8 (in Excel: CSV UTF-8)"},
		{"an ID with U+0000", "task_id\na\x00\n", `tasks.csv:2: task_id "a\x00" has the character NUL`},
		{"a label that is not UTF-8", "task_id,label\na,\xff\n", "tasks.csv:2: label is not UTF-8 text: save the list as UTF-8 (in Excel: CSV UTF-8)"},
		{"an app that is a word", "task_id,sdk_app_id\na,mine\n", `tasks.csv:2: sdk_app_id "mine" is not a positive whole number`},
		{"an app that is 0", "task_id,sdk_app_id\na,0\n", `tasks.csv:2: sdk_app_id "0" is not a positive whole number`},
		{"an app that is negative", "task_id,sdk_app_id\na,-5\n", `tasks.csv:2: sdk_app_id "-5" is not a positive whole number`},
		{"an app in scientific notation", "task_id,sdk_app_id\na,1.4E+09\n", `tasks.csv:2: sdk_app_id "1.4E+09" is not a positive whole number`},
		{"a time that is not valid", "task_id,sent_at\na,tomorrow\n", `tasks.csv:2: sent_at "tomorrow" is not a time: write 2025-03-31T08:00:00+08:00, 2025-03-31 or Unix seconds`},
		{"several in one line", "task_id,sdk_app_id,sent_at\n,x,y\n",
			"tasks.csv:2: task_id is empty\ntasks.csv:2: sdk_app_id \"x\" is not a positive whole number\n" +
				`tasks.csv:2: sent_at "y" is not a time: write 2025-03-31T08:00:00+08:00, 2025-03-31 or Unix seconds`},
		{"a task that occurs twice and differs", "task_id,label\na,x\nb,y\na,z\n", "tasks.csv:4: task a is on line 2 with other values"},
		{"a task with and without a time", "task_id,sent_at\na,\na,2025-03-09\n", "tasks.csv:3: task a is on line 2 with other values"},

		{"JSON with a mistyped field", `{"task_id":"a","lable":"x"}`, `tasks.csv:1: unknown field "lable" (did you mean label?)`},
		{"JSON with a field in two spellings", `{"task_id":"a","TaskID":"x"}`, `tasks.csv:1: the field "task_id" occurs twice: "task_id" at line 1, column 12 and "TaskID" at line 1, column 25`},
		{"an answer with two TaskIds", `{"ErrorCode":0,"ActionStatus":"OK","TaskId":"t6","TaskId":"t7"}`,
			`tasks.csv:1: the field "task_id" occurs twice: "TaskId" at line 1, column 45 and "TaskId" at line 1, column 59`},
		{"a failed answer with two codes", `{"ActionStatus":"OK","ErrorCode":90001,"TaskId":"t","errorcode":0}`,
			`tasks.csv:1: the field "errorcode" occurs twice: "ErrorCode" at line 1, column 34 and "errorcode" at line 1, column 65`},
		{"an event with another name of a column", "{\"Events\":[\n {\"TaskId\":\"a\"},\n {\"TaskId\":\"b\",\n\"id\":\"c\"}]}",
			`tasks.csv:1: the field "task_id" occurs twice: "TaskId" at line 3, column 12 and "id" at line 4, column 6`},
		{"a scheduled push with two times", `{"PushTaskID":"a","TaskID":17,"SchedAt":"2025-03-31 08:00:00","sent_at":"2025-03-30"}`,
			`tasks.csv:1: the field "sent_at" occurs twice: "SchedAt" at line 1, column 41 and "sent_at" at line 1, column 73`},
		{"two lists that differ about the task of an answer", answered + "\n" + `{"task_id":"t-1","sent_at":"2025-03-30"}` + "\n" + `{"task_id":"t-1","sent_at":"2025-03-31"}`,
			"tasks.csv:3: task t-1 is in element 2 with other values"},
		{"an answer below its HTTP header", "HTTP/1.1 200 OK\nContent-Length: 14\n\n" + answered, "tasks.csv:1: it begins with an HTTP header; leave out curl's -i"},
		{"JSON with several problems", `{"sent_a":1,"task_id":["a"],"x":2}`, "tasks.csv:1: unknown field \"sent_a\" (did you mean sent_at?)\n" +
			"tasks.csv:1: task_id is neither a string nor a number"},
		{"JSON with a doubled member", "{\"task_id\":\"a\"}\n{\"task_id\":\"b\",\"task_id\":\"c\"}\n", `tasks.csv:2: the field "task_id" occurs twice: "task_id" at line 2, column 12 and "task_id" at line 2, column 26`},
		{"JSON with a doubled label in an array", "[\n{\"task_id\":\"a\",\"label\":null,\n\"label\":\"x\"}]", `tasks.csv:2: the field "label" occurs twice: "label" at line 2, column 24 and "label" at line 3, column 9`},
		{"JSON with a rounded number", `{"task_id":1e30}`, "tasks.csv:1: task_id 1e30 is a number: a spreadsheet or a program has turned this ID into a number: write the ID as text, in quotes"},
		{"JSON with a fraction among IDs", "[\"a\",\n6.57]", "tasks.csv:2: task_id 6.57 is a number: a spreadsheet or a program has turned this ID into a number: write the ID as text, in quotes"},
		{"JSON with a broken surrogate", `{"task_id":"a\ud800"}`, `tasks.csv:1: task_id "a�" has a character that could not be read`},
		{"JSON cut off", "{\"task_id\":\"a\"}\n{\"task_id\":\n", "tasks.csv:2: not valid JSON: it is cut off, or a comma, quote or bracket is wrong here"},
		{"JSON cut off over several lines", "[\n{\n\"task_id\":\"a\"\n", "tasks.csv:3: not valid JSON: it is cut off, or a comma, quote or bracket is wrong here"},
		{"an extra brace", `{"task_id":"a"}}`, "tasks.csv:1: not valid JSON: it is cut off, or a comma, quote or bracket is wrong here"},
		{"an extra bracket", `{"task_id":"a"}]`, "tasks.csv:1: not valid JSON: it is cut off, or a comma, quote or bracket is wrong here"},
		{"null among objects", "{\"task_id\":\"a\"}\nnull\n", "tasks.csv:2: task_id: an element is neither an object nor a TaskID"},
		{"an ID in JSON that is not UTF-8", "{\"task_id\":\"a\xff\"}", "tasks.csv:1: not UTF-8 text"},
		{"an ID in JSON with U+0000", `{"task_id":"a\u0000"}`, `tasks.csv:1: task_id "a\x00" has the character NUL`},
		{"a list within an object", `{"tasks":[{"task_id":"a"}]}`, `tasks.csv:1: no task_id, but a list in "tasks": give that list itself`},
		{"no ID in JSON", "{\"task_id\":\"a\"}\n{}\n", "tasks.csv:2: task_id is empty"},
		{"a very long line of JSON", "{\"task_id\":\"a\"}\n{\"task_id\":\"" + strings.Repeat("x", 1<<20) + `"}`, "tasks.csv:2: task_id is longer than 512 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := taskfile.Read("tasks.csv", strings.NewReader(tt.list), in(beijing))
			var problems taskfile.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %d entries, %v; want problems", len(got.Entries), err)
			}
			if d := cmp.Diff(tt.want, err.Error()); d != "" {
				t.Errorf("problems (-want +got):\n%s", d)
			}
			isCSV := !strings.ContainsAny(tt.list[:min(1, len(tt.list))], "{[H") || strings.HasPrefix(tt.list, `{\rtf`)
			if !strings.Contains(problems.Hint(), "task_id") || strings.Contains(problems.Hint(), "CSV") != isCSV {
				t.Errorf("the hint is %q", problems.Hint())
			}
		})
	}
}

func TestOnlyTheFirstTwentyProblemsAreShown(t *testing.T) {
	t.Parallel()
	_, err := taskfile.Read("list", strings.NewReader("task_id\n"+strings.Repeat("\"\"\n", 25)), in(time.UTC))
	if err == nil {
		t.Fatal("accepted")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 21 || lines[19] != "list:21: task_id is empty" || lines[20] != "and 5 more problems" {
		t.Errorf("shown are %d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

func TestAFailedReadIsNotAProblemOfTheList(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is broken")
	for _, begin := range []string{"", "task_id\na\n", "{\"task_id\":\"a\"}\n"} {
		_, err := taskfile.Read("list", io.MultiReader(strings.NewReader(begin), iotest.ErrReader(broken)), in(time.UTC))
		var problems taskfile.Problems
		if !errors.Is(err, broken) || errors.As(err, &problems) || !strings.Contains(err.Error(), "list") {
			t.Errorf("after %q: %v", begin, err)
		}
	}
}

func TestAListInSmallPiecesIsTheSameList(t *testing.T) {
	t.Parallel()
	for _, list := range []string{"\ufefftask_id,label\na,\"x\ny\"\n", "\ufeff\n{\"task_id\":\"a\"}\n"} {
		want, err := taskfile.Read("list", strings.NewReader(list), in(time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		got, err := taskfile.Read("list", iotest.OneByteReader(strings.NewReader(list)), in(time.UTC))
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%q: %v\n%s", list, err, d)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, list := range []string{
		"task_id,sdk_app_id,sent_at,label\na,1400000001,2025-03-09T08:00:00Z,x\n", "\ufefftask_id\r\na\r\n",
		"{\"task_id\":\"a\",\"sdk_app_id\":1}\n\n{\"task_id\":\"b\",\"sent_at\":1741507200}", "task_id,label\n\"a\",\"x\ny\"\n", " \n{",
		`["t1",{"id":"t2"},3]`, "\xff\xfet\x001\x00\n\x00", "TaskID;label\rt1;x\r;;\r", "t1\n",
		" task_id | label \n---------+---\n a | x\n(1 row)\n", "sep=;\ntask_id;label\na;x\n", "| id |\n|--|\n| a |\n", "{\n\"task_id\":\"a\"\n}", "\n\nsep=,\n\"",
		answered, called, `{"Tasks":[{"PushTaskID":"a","SchedAt":"2025-03-31 08:00:00"},7],"ErrorCode":0}`,
	} {
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, list string) {
		got, err := taskfile.Read("list", strings.NewReader(list), in(beijing))
		var problems taskfile.Problems
		if errors.As(err, &problems) {
			for _, p := range problems {
				if p.Line < 1 || p.Line > strings.Count(list, "\n")+strings.Count(list, "\r")+1 || !strings.HasPrefix(p.Error(), fmt.Sprintf("list:%d: ", p.Line)) {
					t.Fatalf("%v is on no line of the list", p)
				}
			}
			return
		}
		if err != nil {
			t.Fatalf("a whole list cannot be read: %v", err)
		}
		seen := make(map[string]bool)
		last := 0
		for _, e := range got.Entries {
			if problem := taskfile.CheckTaskID(e.TaskID); problem != "" || e.SDKAppID < 0 || e.Line < last {
				t.Fatalf("accepted %+v after line %d: %s", e, last, problem)
			}
			key := fmt.Sprint(e.SDKAppID, " ", e.TaskID)
			if seen[key] {
				t.Fatalf("%s comes twice", key)
			}
			seen[key], last = true, e.Line
		}
	})
}

func TestATimeWithoutAZoneIsInThatOfItsApp(t *testing.T) {
	t.Parallel()
	zoneOf := func(app int64) *time.Location {
		return map[int64]*time.Location{0: beijing, 7: time.FixedZone("UTC-8", -8*3600)}[app]
	}
	for name, list := range map[string]string{
		"a table": "sent_at,task_id,sdk_app_id\n2025-03-09,a,7\n2025-03-09,b,\n2025-03-09T00:00:00Z,c,7\n",
		"JSON":    `[{"sent_at":"2025-03-09","task_id":"a","sdk_app_id":7},{"sent_at":"2025-03-09","task_id":"b"},{"sent_at":"2025-03-09T00:00:00Z","task_id":"c","sdk_app_id":7}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := taskfile.Read("list", strings.NewReader(list), zoneOf)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []string{"2025-03-09T08:00:00Z", "2025-03-08T16:00:00Z", "2025-03-09T00:00:00Z"} {
				if at := got.Entries[i].SentAt.UTC().Format(time.RFC3339); at != want {
					t.Errorf("task %s was sent at %s, want %s", got.Entries[i].TaskID, at, want)
				}
			}
		})
	}
}
