package migrations

import (
	"cmp"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

func TestTheCatalogueOfErrorCodesIsReadLineByLine(t *testing.T) {
	t.Parallel()
	const header = "platform,stage,code,short_name,meaning,likely_cause,what_to_do,meaning_zh,what_to_do_zh,token_dead,source\n"
	for _, tt := range []struct{ name, text, wrong string }{
		{"as shipped", errorCodes, ""},
		{"a line", header + "Huawei,,1,a,b,,,,,true,https://x\n", ""},
		{"one code of two platforms, and of a stage", header + "Huawei,,1,a,b,,,,,,\nXiaomi,,1,a,b,,,,,,\nXiaomi,ready_to_send,1,a,b,,,,,,\n", ""},
		{"nothing", "", "EOF"},
		{"a column that is missing", strings.Replace(header, "source", "url", 1), "error_codes.csv:1: the columns are"},
		{"a missing field", header + "Huawei,,1,a,b,,,,,true\n", "line 2"},
		{"no code", header + "Huawei,,,a,b,,,,,,\n", "error_codes.csv:2: code is empty"},
		{"no meaning", header + "Huawei,,1,a, ,,,,,,\n", "error_codes.csv:2: meaning is empty"},
		{"a boolean that is not valid", header + "Huawei,,1,a,b,,,,,yes,\n", `error_codes.csv:2: token_dead is "yes"`},
		{"a blank beside a code", header + "Huawei,, 1,a,b,,,,,,\n", "error_codes.csv:2: code begins or ends with a blank"},
		{"a mark that a spreadsheet writes", "\ufeff" + header + "Huawei,,1,a,b,,,,,,\n", ""},
		{"a source that is not a link", header + "Huawei,,1,a,b,,,,,,page 7\n", "error_codes.csv:2: source"},
		{"a code that occurs twice", header + "Huawei,,1,a,b,,,,,,\nXiaomi,,1,a,b,,,,,,\nHuawei,,1,c,d,,,,,,\n", "error_codes.csv:4: the code is in line 2 already"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			list, err := parseErrorCodes(tt.text)
			switch {
			case tt.wrong == "" && (err != nil || len(list) == 0):
				t.Errorf("%d lines: %v", len(list), err)
			case tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)):
				t.Errorf("the error is %v, want %q", err, tt.wrong)
			}
		})
	}
}

func TestEachTextOfTheCatalogueExistsInChinese(t *testing.T) {
	t.Parallel()
	list, err := parseErrorCodes(errorCodes)
	if err != nil {
		t.Fatal(err)
	}
	// Numbers, and identifiers: with an underscore or with a capital letter that is not the word's first.
	names := regexp.MustCompile(`\d+|\w+_\w+|\w+[A-Z]\w*`)
	same := make(map[string]string)
	for _, e := range list {
		for _, text := range [][2]string{{e.meaning, e.meaningZh}, {e.toDo, e.toDoZh}} {
			english, chinese := text[0], text[1]
			if (english == "") != (chinese == "") || english != "" && !strings.ContainsFunc(chinese, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("line %d: %q is %q in Chinese", e.line, english, chinese)
			}
			for _, name := range names.FindAllString(english, -1) {
				if !strings.Contains(chinese, name) {
					t.Errorf("line %d: %q lacks %q of %q", e.line, chinese, name, english)
				}
			}
			if other := cmp.Or(same[english], chinese); other != chinese {
				t.Errorf("line %d: %q is both %q and %q", e.line, english, chinese, other)
			}
			same[english] = chinese
		}
	}
}
