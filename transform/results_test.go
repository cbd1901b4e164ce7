package transform_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/stream"
	"pushloss/transform"
)

const (
	row1 = `{"ErrCode":"1","ErrCount":1}`
	row2 = `{"ErrCode":"2","ErrCount":2}`
	bad  = `{"ErrCode":"3","ErrCount":-1}`
)

// T10, T12.
func TestResultsAreSortedByWhatWasAsked(t *testing.T) {
	t.Parallel()
	a := transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", 1, "")}}
	b := transform.Snapshot{TaskID: "b", Facts: []transform.Fact{stageFact("2", 2, "")}}
	overall := transform.Snapshot{Facts: []transform.Fact{stageFact("1", 1, "")}}
	whole := func(task, json, reason string, rows int) transform.Reject {
		return transform.Reject{TaskID: task, Array: "Results", JSON: json, Reason: reason, Rows: rows}
	}
	const differs = "the answer has the task more than once, with different figures"
	for _, tt := range []struct {
		name   string
		answer string
		asked  []string
		want   transform.Result
	}{
		{
			name:   "in the order asked, whatever the answer's",
			answer: ok(stages("b", row2), stages("a", row1)), asked: []string{"a", "b"},
			want: transform.Result{Snapshots: []transform.Snapshot{a, b}, Counts: transform.Counts{RowsIn: 2, Facts: 2}},
		},
		{
			name:   "a missing task is absent",
			answer: ok(stages("a", row1)), asked: []string{"a", "b"},
			want: transform.Result{Snapshots: []transform.Snapshot{a}, Absent: []string{"b"}, Counts: transform.Counts{RowsIn: 1, Facts: 1}},
		},
		{
			name:   "a task with empty arrays is an empty snapshot",
			answer: ok(`{"TaskID":"a","ReadyToSendLoss":[],"PlatformReadyToSendLoss":null}`), asked: []string{"a"},
			want: transform.Result{Snapshots: []transform.Snapshot{{TaskID: "a"}}},
		},
		{
			name:   "a task without arrays is an empty snapshot",
			answer: ok(`{"TaskID":"a"}`), asked: []string{"a"},
			want: transform.Result{Snapshots: []transform.Snapshot{{TaskID: "a"}}},
		},
		{
			name: "no results at all leave every task absent", answer: ok(), asked: []string{"a", "b"},
			want: transform.Result{Absent: []string{"a", "b"}},
		},
		{
			name: "null results are no results", answer: `{"ErrorCode":0,"Results":null}`, asked: []string{"a"},
			want: transform.Result{Absent: []string{"a"}},
		},
		{
			name: "missing results are no results", answer: `{"ErrorCode":0}`,
			want: transform.Result{Absent: []string{""}},
		},
		{
			name:   "a task that was not asked for is ignored and counted",
			answer: ok(stages("a", row1), stages("x", row1, row2, bad)), asked: []string{"a"},
			want: transform.Result{Snapshots: []transform.Snapshot{a}, Counts: transform.Counts{RowsIn: 4, Facts: 1, Ignored: 3, IgnoredResults: 1}},
		},
		{
			name: "the whole app's figures have an empty name", answer: ok(stages("", row1)),
			want: transform.Result{Snapshots: []transform.Snapshot{overall}, Counts: transform.Counts{RowsIn: 1, Facts: 1}},
		},
		{
			name: "or none", answer: ok(`{"ReadyToSendLoss":[` + row1 + `]}`),
			want: transform.Result{Snapshots: []transform.Snapshot{overall}, Counts: transform.Counts{RowsIn: 1, Facts: 1}},
		},
		{
			name: "or null", answer: ok(`{"TaskID":null,"ReadyToSendLoss":[` + row1 + `]}`),
			want: transform.Result{Snapshots: []transform.Snapshot{overall}, Counts: transform.Counts{RowsIn: 1, Facts: 1}},
		},
		{
			name: "the figures of a task do not answer for the whole app", answer: ok(stages("a", row1)),
			want: transform.Result{Absent: []string{""}, Counts: transform.Counts{RowsIn: 1, Ignored: 1, IgnoredResults: 1}},
		},
		{
			name:   "the key may be spelt TaskId and come last",
			answer: ok(`{"ReadyToSendLoss":[` + row1 + `],"TaskId":"a"}`), asked: []string{"a"},
			want: transform.Result{Snapshots: []transform.Snapshot{a}, Counts: transform.Counts{RowsIn: 1, Facts: 1}},
		},
		{
			name: "names and numbers may be in escapes",
			answer: `{"ErrorCode":0,"\u0052esults":[{"Task\u0049D":"\u0061","ReadyToSendLos\u0073":[` +
				`{"Err\u0043ode":"\u0031","ErrCount":"\u0031"}]}]}`, asked: []string{"a"},
			want: transform.Result{
				Snapshots: []transform.Snapshot{{TaskID: "a", Facts: []transform.Fact{stageFact("1", 1, "")}}},
				Counts:    transform.Counts{RowsIn: 1, Facts: 1},
			},
		},
		{
			name:   "an ID may be a number",
			answer: ok(`{"TaskID":17}`), asked: []string{"17"},
			want: transform.Result{Snapshots: []transform.Snapshot{{TaskID: "17"}}},
		},
		{
			name:   "IDs differ by case",
			answer: ok(stages("A", row1)), asked: []string{"a"},
			want: transform.Result{Absent: []string{"a"}, Counts: transform.Counts{RowsIn: 1, Ignored: 1, IgnoredResults: 1}},
		},
		{
			name:   "a task asked for twice is answered once",
			answer: ok(stages("a", row1)), asked: []string{"a", "a"},
			want: transform.Result{Snapshots: []transform.Snapshot{a}, Counts: transform.Counts{RowsIn: 1, Facts: 1}},
		},
		{
			name:   "equal repetitions count once",
			answer: ok(stages("a", row1, row2), stages("a", row2, row1)), asked: []string{"a"},
			want: transform.Result{
				Snapshots: []transform.Snapshot{{TaskID: "a", Facts: []transform.Fact{stageFact("1", 1, ""), stageFact("2", 2, "")}}},
				Counts:    transform.Counts{RowsIn: 4, Facts: 2, Repeated: 2, IgnoredResults: 1},
			},
		},
		{
			name:   "different repetitions are refused in any order",
			answer: ok(stages("a", row2), stages("a", row1), stages("a", row1)), asked: []string{"a"},
			want: transform.Result{
				Unreadable: []transform.Unreadable{{TaskID: "a", Reason: differs}},
				Rejects:    []transform.Reject{whole("a", stages("a", row1), differs, 1), whole("a", stages("a", row2), differs, 1)},
				Counts:     transform.Counts{RowsIn: 3, Rejected: 2, Repeated: 1, IgnoredResults: 1},
			},
		},
		{
			name:   "a repetition that differs in what was rejected is refused",
			answer: ok(stages("a", row1), stages("a", row1, bad)), asked: []string{"a"},
			want: transform.Result{
				Unreadable: []transform.Unreadable{{TaskID: "a", Reason: differs}},
				Rejects:    []transform.Reject{whole("a", stages("a", row1, bad), differs, 2), whole("a", stages("a", row1), differs, 1)},
				Counts:     transform.Counts{RowsIn: 3, Rejected: 3},
			},
		},
		{
			name:   "two lists of results are one",
			answer: `{"Results":[` + stages("a", row1) + `],"Results":[` + stages("b", row2) + `]}`, asked: []string{"a", "b"},
			want: transform.Result{Snapshots: []transform.Snapshot{a, b}, Counts: transform.Counts{RowsIn: 2, Facts: 2}},
		},
		{
			name:   "an array that is an object makes only its task unreadable",
			answer: ok(`{"TaskID":"b","ReadyToSendLoss":{"ErrCode":"1"},"PostSendDeliveredLoss":[`+row2+`]}`, stages("a", row1)), asked: []string{"a", "b"},
			want: transform.Result{
				Snapshots:  []transform.Snapshot{a},
				Unreadable: []transform.Unreadable{{TaskID: "b", Reason: "ReadyToSendLoss is not an array"}},
				Rejects: []transform.Reject{whole("b", `{"TaskID":"b","ReadyToSendLoss":{"ErrCode":"1"},"PostSendDeliveredLoss":[`+row2+`]}`,
					"ReadyToSendLoss is not an array", 2)},
				Counts: transform.Counts{RowsIn: 3, Facts: 1, Rejected: 2},
			},
		},
		{
			name:   "an array that occurs twice makes its task unreadable",
			answer: ok(`{"TaskID":"a","ReadyToSendLoss":[` + row1 + `],"ReadyToSendLoss":[` + row1 + `]}`), asked: []string{"a"},
			want: transform.Result{
				Unreadable: []transform.Unreadable{{TaskID: "a", Reason: "it has ReadyToSendLoss twice"}},
				Rejects: []transform.Reject{whole("a", `{"TaskID":"a","ReadyToSendLoss":[`+row1+`],"ReadyToSendLoss":[`+row1+`]}`,
					"it has ReadyToSendLoss twice", 2)},
				Counts: transform.Counts{RowsIn: 2, Rejected: 2},
			},
		},
		{
			name:   "of an array that is null and then given, the given one counts",
			answer: ok(`{"TaskID":"a","ReadyToSendLoss":null,"ReadyToSendLoss":[` + row1 + `]}`), asked: []string{"a"},
			want: transform.Result{Snapshots: []transform.Snapshot{a}, Counts: transform.Counts{RowsIn: 1, Facts: 1}},
		},
		{
			name:   "an ID that is not a string belongs to no task",
			answer: ok(`{"TaskID":["a"],"ReadyToSendLoss":[` + row1 + `]}`), asked: []string{"a"},
			want: transform.Result{Absent: []string{"a"}, Counts: transform.Counts{RowsIn: 1, Ignored: 1, IgnoredResults: 1}},
		},
		{
			name:   "two IDs in one element make its task unreadable",
			answer: ok(`{"TaskID":"a","ReadyToSendLoss":[` + row1 + `],"TaskId":"b"}`), asked: []string{"a", "b"},
			want: transform.Result{
				Absent:     []string{"b"},
				Unreadable: []transform.Unreadable{{TaskID: "a", Reason: "it has TaskID twice"}},
				Rejects:    []transform.Reject{whole("a", `{"TaskID":"a","ReadyToSendLoss":[`+row1+`],"TaskId":"b"}`, "it has TaskID twice", 1)},
				Counts:     transform.Counts{RowsIn: 1, Rejected: 1},
			},
		},
		{
			name:   "the same ID twice does no harm",
			answer: ok(`{"TaskID":"a","ReadyToSendLoss":[` + row1 + `],"TaskId":"a"}`), asked: []string{"a"},
			want: transform.Result{Snapshots: []transform.Snapshot{a}, Counts: transform.Counts{RowsIn: 1, Facts: 1}},
		},
		{
			name: "an element that is not an object is rejected", answer: ok(stages("a", row1), "[7]"), asked: []string{"a"},
			want: transform.Result{
				Snapshots: []transform.Snapshot{a},
				Rejects:   []transform.Reject{whole("", "[7]", "an element of Results is not an object", 1)},
				Counts:    transform.Counts{RowsIn: 2, Facts: 1, Rejected: 1},
			},
		},
		{
			name: "rows of a list that is not known are counted",
			answer: ok(`{"TaskID":"a","ReadyToSendLoss":[`+row1+`],"DeliveredClickLoss":[`+row1+`,`+row2+`,{"ErrCode":"3"},7]}`,
				`{"TaskID":"b","PlatformReadyToSendLosses":[`+row2+`],"Groups":[{"ClickCount":1}],"Notes":{"ErrCount":1}}`), asked: []string{"a", "b"},
			want: transform.Result{
				Snapshots: []transform.Snapshot{a, {TaskID: "b"}}, Counts: transform.Counts{RowsIn: 1, Facts: 1, Unlisted: 4},
			},
		},
		{
			name:   "unknown fields are skipped",
			answer: `{"Extra":{"Results":[1]},"Results":[{"Sampled":[{}],"TaskID":"a","ReadyToSendLoss":[` + row1 + `],"UnknownLoss":[{"ErrCode":"9"}]}],"RequestId":"x"}`,
			asked:  []string{"a"},
			want:   transform.Result{Snapshots: []transform.Snapshot{a}, Counts: transform.Counts{RowsIn: 1, Facts: 1}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(tt.want, normalize(t, tt.answer, tt.asked...)); d != "" {
				t.Errorf("result (-want +got):\n%s", d)
			}
		})
	}
}

func TestAnAnswerWithoutAListOfResultsIsAnError(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"empty":                            ``,
		"an array":                         `[]`,
		"a string":                         `"Results"`,
		"null":                             `null`,
		"results in an object":             `{"Results":{"TaskID":"a"}}`,
		"results in a string":              `{"Results":"none"}`,
		"cut off in a row":                 `{"Results":[{"TaskID":"a","ReadyToSendLoss":[{"ErrCode":"1","ErrCo`,
		"cut off between rows":             `{"Results":[{"TaskID":"a","ReadyToSendLoss":[{"ErrCode":"1","ErrCount":1},`,
		"cut off behind the results":       `{"Results":[]`,
		"a raw U+0000 in a text":           "{\"Results\":[{\"TaskID\":\"a\x00\"}]}",
		"a row that is closed wrongly":     `{"Results":[{"TaskID":"a","ReadyToSendLoss":[{"ErrCode":"1"]}]}`,
		"a row whose value is not a value": `{"Results":[{"TaskID":"a","ReadyToSendLoss":[{"ErrCode":}]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n transform.Normalizer
			if got, err := n.Normalize(stream.Loss, []byte(answer), []string{"a"}); err == nil {
				t.Errorf("accepted as %+v", got)
			}
		})
	}
}
