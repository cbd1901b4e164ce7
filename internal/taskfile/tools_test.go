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
		{"semicolons", "task_id;sent_at;label\nt-1;2025-03-31 08:00:00+08;促销\n", one},
		{"semicolons and a label with commas", "task_id;label\nt-1;a, b, c\n", []taskfile.Entry{{Line: 2, TaskID: "t-1", Label: "a, b, c"}}},
		{"tabs with an empty field", "id\tsent_at\tlabel\nt-1\t\tx\n", []taskfile.Entry{{Line: 2, TaskID: "t-1", Label: "x"}}},
		{"CR alone", "task_id,sent_at,label\rt-1,1743379200,促销\r", one},
		{"trailing rows and columns of commas", "task_id,sent_at,label,,\nt-1,2025-03-31T08:00:00+0800,促销,,\n,,,,\n,,\n\n", one},
		{"headers in other spellings", "Task ID, Sent-At ,LABEL\nt-1,2025-03-31T00:00:00Z,促销", one},
		{"a plain list", "t-1\nt-2\n", two},
		{"a plain list with CRLF, blanks and commas", "\ufefft-1,\r\n t-2 ,\r\n,\r\n\r\n", two},
		{"a plain list in quotes", "\"t-1\"\n\"t-2\"\n", two},
		{"a JSON array of IDs", "[\"t-1\",\n \"t-2\"]\n", two},
		{"a JSON array of objects", "[{\"TaskID\":\"t-1\"},\n{\"id\":\"t-2\"}]", two},
		{"an empty JSON array", "[]", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := taskfile.Read("list", strings.NewReader(test.list), beijing)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
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

// K6: what a tool made of an ID, or what stands where one is missing.
func TestTextsThatCannotBeATaskID(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"6.57E+25": "spreadsheet", "1,23E+10": "spreadsheet", "7E+25": "spreadsheet", "6.57e25": "spreadsheet", "-1E-5": "spreadsheet",
		"65743400000000000000000": "spreadsheet", "657434.00": "spreadsheet", `="657bf434"`: "formula", "=A1": "formula", "'c10": "apostrophe",
		`"t1"`: "quote", "t“1”": "quote", "t 1": "blank", "t\u00a01": "blank", "t\u30001": "blank", "t\t1": "blank", "t\n1": "blank",
		"t\u200b1": "invisible", "\ufefft1": "invisible", "t\x071": "invisible", "t1,t2": "one ID a line", "t1;t2": "one ID a line",
		"#REF!": "not a TaskID", "#N/A": "not a TaskID", "TRUE": "not a TaskID", "null": "not a TaskID", "N/A": "not a TaskID", "-": "not a TaskID",
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
	} {
		if problem := taskfile.CheckTaskID(id); problem != "" {
			t.Errorf("%q is refused: %s", id, problem)
		}
	}
}

func TestEveryBadIDOfAListIsToldAtOnce(t *testing.T) {
	t.Parallel()
	for _, list := range []string{
		"task_id,label\n6.57E+25,x\ngood-1,y\n'c10,z\n=\"657bf434\",w\n#REF!,v\n",
		"[\"6.57E+25\",\n\"good-1\",\"'c10\",\n\"=\\\"657bf434\\\"\",\n\"#REF!\"]",
	} {
		got, err := taskfile.Read("list", strings.NewReader(list), time.UTC)
		var problems taskfile.Problems
		if !errors.As(err, &problems) || len(problems) != 4 || len(got) != 0 {
			t.Errorf("%d entries, problems:\n%v", len(got), err)
		}
	}
}

func TestJSONArraysThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		"[\"t-1\",\n": "list:1: not a JSON array", "[\"t-1\"]\n[": "list:2: text follows the end of the JSON array", "[[1]]": "list:1: an element of the array is neither an object nor a TaskID",
		"[\"t\xff\"]": "list:1: not UTF-8 text", "[1 2]": "list:1: not a JSON array",
	} {
		if _, err := taskfile.Read("list", strings.NewReader(list), time.UTC); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", list, err, want)
		}
	}
}
