package transform_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"pushloss/internal/stream"
	"pushloss/transform"
)

func FuzzNormalize(f *testing.F) {
	sample, err := os.ReadFile("testdata/published_sample.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(strings.Replace(string(sample), "}, ]", "} ]", 1)), "xxx-yyy-zzz")
	f.Add([]byte(ok(stages("a", row1, row2, bad), stages("b"), "7", stages("a", row1))), "a")
	f.Add([]byte(ok(platforms("", `{"EventType":2,"PushPlatform":"0","errcode":1e2,"ErrCount":"5.0","ErrInfo":"\ud800"}`))), "")
	f.Add([]byte(`{"Results":[{"ReadyToSendLoss":{},"TaskId":null,"TaskID":1,"PostSendDeliveredLoss":null}],"results":null}`), "")
	f.Add([]byte("{\"Results\":[{\"ReadyToSendLoss\":[[\"\xff\"]]}]}"), "")
	f.Fuzz(func(t *testing.T, answer []byte, task string) {
		asked := []string{task}
		var n transform.Normalizer
		result, err := n.Normalize(stream.Loss, answer, asked)
		if err != nil {
			return
		}
		checkInvariants(t, result, asked)
		for _, s := range result.Snapshots {
			for _, fact := range s.Facts {
				for _, text := range []string{fact.Code, fact.Info} {
					if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
						t.Fatalf("Postgres cannot store the text %q", text)
					}
				}
			}
		}
		for _, r := range result.Rejects {
			if !utf8.ValidString(r.JSON) || strings.ContainsRune(r.JSON, 0) {
				t.Fatalf("a reject's JSON Postgres cannot store the text %q", r.JSON)
			}
		}
		if want, plain := countRows(answer); plain && result.Counts.RowsIn != want {
			t.Fatalf("%d rows in, encoding/json finds %d", result.Counts.RowsIn, want)
		}
	})
}

// countRows counts the rows of an answer with another reader. plain is false if the two
// may differ: names that occur twice, or with escapes or in another case, which that
// reader treats in another way.
func countRows(answer []byte) (rows int, plain bool) {
	if !json.Valid(answer) || !utf8.Valid(answer) || strings.Contains(string(answer), `\u`) {
		return 0, false
	}
	for _, name := range append([]string{"Results"}, arrayNames...) {
		lower := strings.ToLower(string(answer))
		if strings.Count(lower, `"`+strings.ToLower(name)+`"`) != strings.Count(string(answer), `"`+name+`"`) {
			return 0, false
		}
	}
	var results struct{ Results []json.RawMessage }
	if strings.Count(string(answer), `"Results"`) > 1 || json.Unmarshal(answer, &results) != nil {
		return 0, false
	}
	for _, element := range results.Results {
		if element[0] != '{' {
			rows++
			continue
		}
		var fields map[string]json.RawMessage
		if json.Unmarshal(element, &fields) != nil {
			return 0, false
		}
		for _, name := range arrayNames {
			if strings.Count(string(element), `"`+name+`"`) > 1 {
				return 0, false
			}
			value, present := fields[name]
			var list []json.RawMessage
			switch {
			case !present:
			case json.Unmarshal(value, &list) != nil:
				rows++ // a value in the place of an array
			default:
				rows += len(list)
			}
		}
	}
	return rows, true
}
