package transform_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pushloss/internal/stream"
	"pushloss/transform"
)

// normalize reads one answer with a new reader.
func normalize(t *testing.T, answer string, asked ...string) transform.Result {
	t.Helper()
	var n transform.Normalizer
	result, err := n.Normalize(stream.Loss, []byte(answer), asked)
	if err != nil {
		t.Fatalf("normalize %.300s: %v", answer, err)
	}
	checkInvariants(t, result, asked)
	return result
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkInvariants checks what every result must fulfil.
func checkInvariants(t fataler, result transform.Result, asked []string) {
	t.Helper()
	c := result.Counts
	if c.RowsIn != c.Facts+c.Merged+c.Rejected+c.Ignored+c.Repeated+c.Zeros {
		t.Fatalf("the rows do not add up: %+v", c)
	}
	facts, rejected := 0, 0
	for _, s := range result.Snapshots {
		facts += len(s.Facts)
		for i, f := range s.Facts {
			if f.Count < 0 || f.Code == "" {
				t.Fatalf("an impossible fact: %+v", f)
			}
			if i > 0 && s.Facts[i-1].Key.Compare(f.Key) >= 0 {
				t.Fatalf("facts are not sorted by distinct keys: %+v, then %+v", s.Facts[i-1], f)
			}
		}
	}
	for _, r := range result.Rejects {
		rejected += r.Rows
		if r.Reason == "" || r.JSON == "" {
			t.Fatalf("a reject without its JSON or reason: %+v", r)
		}
	}
	if facts != c.Facts || rejected != c.Rejected {
		t.Fatalf("counted %d facts and %d rejected rows, but there are %d and %d", c.Facts, c.Rejected, facts, rejected)
	}

	var accounted []string
	for _, s := range result.Snapshots {
		accounted = append(accounted, s.TaskID)
	}
	accounted = append(accounted, result.Absent...)
	for _, u := range result.Unreadable {
		accounted = append(accounted, u.TaskID)
	}
	if len(asked) == 0 {
		asked = []string{""}
	}
	want := slices.Compact(slices.Sorted(slices.Values(asked)))
	if slices.Sort(accounted); !slices.Equal(accounted, want) {
		t.Fatalf("asked for %q, accounted for %q", want, accounted)
	}
}

// ok wraps elements of Results in a successful answer.
func ok(elements ...string) string {
	return `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"sucess","Results":[` + strings.Join(elements, ",") + `]}`
}

// stages is an element with rows in ReadyToSendLoss alone.
func stages(task string, rows ...string) string {
	return fmt.Sprintf(`{"TaskID":%s,"ReadyToSendLoss":[%s]}`, quote(task), strings.Join(rows, ","))
}

// platforms is an element with rows in PlatformReadyToSendLoss alone.
func platforms(task string, rows ...string) string {
	return fmt.Sprintf(`{"TaskID":%s,"PlatformReadyToSendLoss":[%s]}`, quote(task), strings.Join(rows, ","))
}

func quote(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

func stageFact(code string, count int64, info string) transform.Fact {
	return transform.Fact{Key: transform.Key{Stage: stream.ReadyToSend, Code: code}, Count: count, Info: info}
}
