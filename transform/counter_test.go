package transform_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/stream"
	"pushloss/transform"
)

// normalizeOf reads one answer of a stream.
func normalizeOf(t *testing.T, stream stream.Stream, answer string, asked ...string) transform.Result {
	t.Helper()
	var n transform.Normalizer
	result, err := n.Normalize(stream, []byte(answer), asked)
	if err != nil {
		t.Fatalf("normalize %.300s: %v", answer, err)
	}
	if c := result.Counts; c.RowsIn != c.Facts+c.Merged+c.Rejected+c.Ignored+c.Repeated+c.Zeros {
		t.Fatalf("the rows do not add up: %+v", c)
	}
	return result
}

func counted(stage stream.Stage, event, platform int16, n int64) transform.Fact {
	key := transform.Key{Stage: stage, EventType: event, Platform: platform}
	if platform != 0 {
		key.Grain = stream.ByPlatform
	}
	return transform.Fact{Key: key, Count: n}
}

// The sample of All/Tagged Users Push Data Statistics, of one task.
const statisticsSample = `{"TaskID":"a","TotalCount":2670,"SentCount":2213,"DeliveredCount":532,"ClickCount":206,
	"PlatformStatistics":[{"EventType":1,"PushPlatform":1,"TotalCount":532,"SentCount":391,"DeliveredCount":0,"ClickCount":27}]}`

func TestStatisticsBecomeAFactPerCounter(t *testing.T) {
	t.Parallel()
	byAll := []transform.Fact{
		counted(stream.Total, 0, 0, 2670), counted(stream.Sent, 0, 0, 2213),
		counted(stream.Delivered, 0, 0, 532), counted(stream.Clicked, 0, 0, 206),
	}
	byPlatform := []transform.Fact{
		counted(stream.Total, 1, 1, 532), counted(stream.Sent, 1, 1, 391),
		counted(stream.Delivered, 1, 1, 0), counted(stream.Clicked, 1, 1, 27),
	}
	for _, tt := range []struct {
		name, element string
		want          transform.Result
	}{
		{"the page's sample", statisticsSample, transform.Result{
			Snapshots: []transform.Snapshot{{TaskID: "a", Facts: slices.Concat(byAll, byPlatform)}},
			Counts:    transform.Counts{RowsIn: 8, Facts: 8},
		}},
		{"counters as strings", strings.ReplaceAll(statisticsSample, `2670`, `"2670"`), transform.Result{
			Snapshots: []transform.Snapshot{{TaskID: "a", Facts: slices.Concat(byAll, byPlatform)}},
			Counts:    transform.Counts{RowsIn: 8, Facts: 8},
		}},
		{"a counter that is missing", `{"TaskID":"a","TotalCount":5,"SentCount":null}`, transform.Result{
			Snapshots: []transform.Snapshot{{TaskID: "a", Facts: []transform.Fact{counted(stream.Total, 0, 0, 5)}, Partial: true}},
			Counts:    transform.Counts{RowsIn: 1, Facts: 1},
		}},
		{"a list of channels that is null", `{"TaskID":"a","TotalCount":5,"PlatformStatistics":null}`, transform.Result{
			Snapshots: []transform.Snapshot{{TaskID: "a", Facts: []transform.Fact{counted(stream.Total, 0, 0, 5)}, Partial: true}},
			Counts:    transform.Counts{RowsIn: 1, Facts: 1},
		}},
		{"a list of channels that is empty", `{"TaskID":"a","TotalCount":5,"PlatformStatistics":[]}`, transform.Result{
			Snapshots: []transform.Snapshot{{TaskID: "a", Facts: []transform.Fact{counted(stream.Total, 0, 0, 5)}}},
			Counts:    transform.Counts{RowsIn: 1, Facts: 1},
		}},
		{"two rows of one channel are summed", `{"TaskID":"a","PlatformStatistics":[
			{"EventType":1,"PushPlatform":2,"SentCount":3},{"EventType":1,"PushPlatform":2,"SentCount":1}]}`, transform.Result{
			Snapshots: []transform.Snapshot{{TaskID: "a", Facts: []transform.Fact{counted(stream.Sent, 1, 2, 4)}}},
			Counts:    transform.Counts{RowsIn: 2, Facts: 1, Merged: 1},
		}},
		{"only zeros are not facts", `{"TaskID":"a","TotalCount":0,"ClickCount":0,"PlatformStatistics":[{"EventType":1,"PushPlatform":1,"TotalCount":0}]}`,
			transform.Result{Snapshots: []transform.Snapshot{{TaskID: "a"}}, Counts: transform.Counts{RowsIn: 3, Zeros: 3}}},
		{"a zero next to other counters is a figure", `{"TaskID":"a","TotalCount":1,"ClickCount":0}`, transform.Result{
			Snapshots: []transform.Snapshot{{TaskID: "a", Facts: []transform.Fact{counted(stream.Total, 0, 0, 1), counted(stream.Clicked, 0, 0, 0)}, Partial: true}},
			Counts:    transform.Counts{RowsIn: 2, Facts: 2},
		}},
		{"a negative counter is rejected, the others load", `{"TaskID":"a","TotalCount":1,"SentCount":-1}`, transform.Result{
			Snapshots: []transform.Snapshot{{TaskID: "a", Facts: []transform.Fact{counted(stream.Total, 0, 0, 1)}, Partial: true}},
			Rejects:   []transform.Reject{{TaskID: "a", Array: "SentCount", JSON: "-1", Reason: "SentCount is negative", Rows: 1}},
			Counts:    transform.Counts{RowsIn: 2, Facts: 1, Rejected: 1},
		}},
		{"a row with a counter that is not a number is rejected whole", `{"TaskID":"a","TotalCount":1,"PlatformStatistics":[{"EventType":1,"PushPlatform":1,"TotalCount":2,"SentCount":0.5}]}`, transform.Result{
			Snapshots: []transform.Snapshot{{TaskID: "a", Facts: []transform.Fact{counted(stream.Total, 0, 0, 1)}, Partial: true}},
			Rejects: []transform.Reject{{TaskID: "a", Array: "PlatformStatistics",
				JSON: `{"EventType":1,"PushPlatform":1,"TotalCount":2,"SentCount":0.5}`, Reason: "SentCount is not a whole number", Rows: 2}},
			Counts: transform.Counts{RowsIn: 3, Facts: 1, Rejected: 2},
		}},
		{"a row without its event is rejected", `{"TaskID":"a","TotalCount":1,"PlatformStatistics":[{"PushPlatform":1,"TotalCount":2},7,{"EventType":1,"PushPlatform":1}]}`, transform.Result{
			Snapshots: []transform.Snapshot{{TaskID: "a", Facts: []transform.Fact{counted(stream.Total, 0, 0, 1)}, Partial: true}},
			Rejects: []transform.Reject{
				{TaskID: "a", Array: "PlatformStatistics", JSON: `7`, Reason: "a row must be an object", Rows: 1},
				{TaskID: "a", Array: "PlatformStatistics", JSON: `{"EventType":1,"PushPlatform":1}`, Reason: "it has no counter", Rows: 1},
				{TaskID: "a", Array: "PlatformStatistics", JSON: `{"PushPlatform":1,"TotalCount":2}`, Reason: "EventType is missing", Rows: 1},
			},
			Counts: transform.Counts{RowsIn: 4, Facts: 1, Rejected: 3},
		}},
		{"a counter that occurs twice", `{"TaskID":"a","TotalCount":1,"TotalCount":2}`, transform.Result{
			Unreadable: []transform.Unreadable{{TaskID: "a", Reason: "it has TotalCount twice"}},
			Rejects: []transform.Reject{{TaskID: "a", Array: "Results", JSON: `{"TaskID":"a","TotalCount":1,"TotalCount":2}`,
				Reason: "it has TotalCount twice", Rows: 2}},
			Counts: transform.Counts{RowsIn: 2, Rejected: 2},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := normalizeOf(t, stream.Statistics, ok(tt.element), "a")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChatAnswersAreReadWhereverTheirFiguresStand(t *testing.T) {
	t.Parallel()
	losses := []transform.Fact{{Key: transform.Key{Stage: stream.ReadyToSend, Code: "-1"}, Count: 167, Info: "x"}}
	channels := []transform.Fact{{Key: transform.Key{Grain: stream.ByPlatform, Stage: stream.ReadyToSend, Platform: 2, Code: "-1"}, Count: 5}}
	const lists = `"ReadyToSendLoss":[{"ErrCode":"-1","ErrCount":167,"ErrInfo":"x"}],"PlatformReadyToSendLoss":[{"PushPlatform":2,"ErrCode":"-1","ErrCount":5}]`
	loaded := transform.Result{
		Snapshots: []transform.Snapshot{{Facts: slices.Concat(losses, channels)}},
		Counts:    transform.Counts{RowsIn: 2, Facts: 2},
	}
	refused := func(json, why string, rows int) transform.Result {
		return transform.Result{
			Unreadable: []transform.Unreadable{{Reason: why}},
			Rejects:    []transform.Reject{{Array: "Results", JSON: json, Reason: why, Rows: rows}},
			Counts:     transform.Counts{RowsIn: rows, Rejected: rows},
		}
	}
	const strange = `{"ErrorCode":0,"Data":{"Loss":[1]}}`
	for _, tt := range []struct {
		name, answer string
		want         transform.Result
	}{
		{"at the top", `{"ErrorCode":0,` + lists + `}`, loaded},
		{"under a name", `{"ErrorCode":0,"Results":{` + lists + `}}`, loaded},
		{"in a list", `{"ErrorCode":0,"Anything":[{` + lists + `}]}`, loaded},
		{"in both, equal", `{"ErrorCode":0,` + lists + `,"Results":{` + lists + `}}`, transform.Result{
			Snapshots: loaded.Snapshots, Counts: transform.Counts{RowsIn: 4, Facts: 2, Repeated: 2, IgnoredResults: 1}}},
		{"nowhere", `{"ErrorCode":0,"ErrorInfo":"sucess"}`, transform.Result{Snapshots: []transform.Snapshot{{}}}},
		{"nowhere, beside what is empty", `{"ErrorCode":0,"Results":[],"Data":{}}`, transform.Result{Snapshots: []transform.Snapshot{{}}}},
		{"perhaps under unknown names", strange, refused(strange, "it has none of the lists and counters that are known, but others", 0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, normalizeOf(t, stream.ChatLoss, tt.answer)); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
	// The sample of Chat Service Push Data Statistics.
	got := normalizeOf(t, stream.ChatStatistics, `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"sucess","TotalCount":933478,"SentCount":637076,"DeliveredCount":7616,"ClickCount":421,
		"PlatformStatistics":[{"PushPlatform":8,"TotalCount":293,"SentCount":0,"DeliveredCount":0,"ClickCount":0}]}`)
	want := transform.Result{
		Snapshots: []transform.Snapshot{{
			Facts: []transform.Fact{
				counted(stream.Total, 0, 0, 933478), counted(stream.Sent, 0, 0, 637076),
				counted(stream.Delivered, 0, 0, 7616), counted(stream.Clicked, 0, 0, 421),

				counted(stream.Total, 0, 8, 293), counted(stream.Sent, 0, 8, 0),
				counted(stream.Delivered, 0, 8, 0), counted(stream.Clicked, 0, 8, 0),
			},
		}},
		Counts: transform.Counts{RowsIn: 8, Facts: 8},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statistics (-want +got):\n%s", diff)
	}
}
