package transform_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/stream"
	"pushloss/transform"
)

// S18, S19, T10, T11, T12.
func TestAStageRowBecomesAFactOrIsRejected(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		row    string
		want   transform.Fact
		reason string // why it is rejected instead
	}{
		{name: "as documented", row: `{"ErrCode":"-1","ErrCount":167,"ErrInfo":"x"}`, want: stageFact("-1", 167, "x")},
		{name: "its code is a number", row: `{"ErrCode":-1,"ErrCount":5,"ErrInfo":"x"}`, want: stageFact("-1", 5, "x")},
		{name: "its code is a whole float", row: `{"ErrCode":410.0,"ErrCount":5}`, want: stageFact("410", 5, "")},
		{name: "its code is the largest int64", row: `{"ErrCode":9223372036854775807,"ErrCount":5}`, want: stageFact("9223372036854775807", 5, "")},
		{name: "its code is a word no page lists", row: `{"ErrCode":"BadDeviceToken","ErrCount":5}`, want: stageFact("BadDeviceToken", 5, "")},
		{name: "its code is 0", row: `{"ErrCode":0,"ErrCount":5}`, want: stageFact("0", 5, "")},
		{name: "its code has 200 bytes", row: `{"ErrCode":"` + strings.Repeat("9", 200) + `","ErrCount":5}`, want: stageFact(strings.Repeat("9", 200), 5, "")},
		{name: "its code has 201 bytes", row: `{"ErrCode":"` + strings.Repeat("9", 201) + `","ErrCount":5}`, reason: "ErrCode is longer than 200 bytes"},
		{name: "its code is between blanks", row: `{"ErrCode":" 410\t","ErrCount":5}`, want: stageFact("410", 5, "")},
		{name: "its code is blank", row: `{"ErrCode":" ","ErrCount":5}`, reason: "ErrCode is empty"},
		{name: "its code is empty", row: `{"ErrCode":"","ErrCount":5}`, reason: "ErrCode is empty"},
		{name: "its code is missing", row: `{"ErrCount":5}`, reason: "ErrCode is missing"},
		{name: "its code is null", row: `{"ErrCode":null,"ErrCount":5}`, reason: "ErrCode is missing"},
		{name: "its code is a fraction", row: `{"ErrCode":1.5,"ErrCount":5}`, reason: "ErrCode is not a whole number"},
		{name: "its code is true", row: `{"ErrCode":true,"ErrCount":5}`, reason: "ErrCode is neither a string nor a number"},
		{name: "its code is an array", row: `{"ErrCode":["1"],"ErrCount":5}`, reason: "ErrCode is neither a string nor a number"},

		{name: "its count is 0", row: `{"ErrCode":"1","ErrCount":0}`, want: stageFact("1", 0, "")},
		{name: "its count is a numeric string", row: `{"ErrCode":"1","ErrCount":"167"}`, want: stageFact("1", 167, "")},
		{name: "its count is a string with blanks", row: `{"ErrCode":"1","ErrCount":" 167 "}`, want: stageFact("1", 167, "")},
		{name: "its count is 5.0", row: `{"ErrCode":"1","ErrCount":5.0}`, want: stageFact("1", 5, "")},
		{name: "its count is the string 5.0", row: `{"ErrCode":"1","ErrCount":"5.0"}`, want: stageFact("1", 5, "")},
		{name: "its count is 5e0", row: `{"ErrCode":"1","ErrCount":5e0}`, want: stageFact("1", 5, "")},
		{name: "its count is 12.5E+2", row: `{"ErrCode":"1","ErrCount":12.5E+2}`, want: stageFact("1", 1250, "")},
		{name: "its count is minus zero", row: `{"ErrCode":"1","ErrCount":-0}`, want: stageFact("1", 0, "")},
		{name: "its count is beyond int32", row: `{"ErrCode":"1","ErrCount":2147483648}`, want: stageFact("1", 1<<31, "")},
		{name: "its count has 18 digits", row: `{"ErrCode":"1","ErrCount":999999999999999999}`, want: stageFact("1", 999999999999999999, "")},
		{name: "its count is the largest int64", row: `{"ErrCode":"1","ErrCount":9223372036854775807}`, want: stageFact("1", math.MaxInt64, "")},
		{name: "its count is the largest int64 as a string", row: `{"ErrCode":"1","ErrCount":"9223372036854775807"}`, want: stageFact("1", math.MaxInt64, "")},
		{name: "its count is the largest int64 as a float", row: `{"ErrCode":"1","ErrCount":9223372036854775807.0}`, want: stageFact("1", math.MaxInt64, "")},
		{name: "its count is one more", row: `{"ErrCode":"1","ErrCount":9223372036854775808}`, reason: "ErrCount does not fit in 64 bits"},
		{name: "its count is a huge float", row: `{"ErrCode":"1","ErrCount":1e99}`, reason: "ErrCount does not fit in 64 bits"},
		{name: "its count has an absurd exponent", row: `{"ErrCode":"1","ErrCount":1e999999999}`, reason: "ErrCount is not a number that fits in 64 bits"},
		{name: "its count is negative", row: `{"ErrCode":"1","ErrCount":-3}`, reason: "ErrCount is negative"},
		{name: "its count is a negative string", row: `{"ErrCode":"1","ErrCount":"-3"}`, reason: "ErrCount is negative"},
		{name: "its count is a fraction", row: `{"ErrCode":"1","ErrCount":2.5}`, reason: "ErrCount is not a whole number"},
		{name: "its count is a small fraction", row: `{"ErrCode":"1","ErrCount":1e-5}`, reason: "ErrCount is not a whole number"},
		{name: "its count is a ratio", row: `{"ErrCode":"1","ErrCount":"4/2"}`, reason: "ErrCount is not a number that fits in 64 bits"},
		{name: "its count is hexadecimal", row: `{"ErrCode":"1","ErrCount":"0x10"}`, reason: "ErrCount is not a number that fits in 64 bits"},
		{name: "its count is a word", row: `{"ErrCode":"1","ErrCount":"many"}`, reason: "ErrCount is not a number that fits in 64 bits"},
		{name: "its count is an empty string", row: `{"ErrCode":"1","ErrCount":""}`, reason: "ErrCount is not a number"},
		{name: "its count is missing", row: `{"ErrCode":"1"}`, reason: "ErrCount is missing"},
		{name: "its count is null", row: `{"ErrCode":"1","ErrCount":null}`, reason: "ErrCount is missing"},
		{name: "its count is an object", row: `{"ErrCode":"1","ErrCount":{}}`, reason: "ErrCount is not a number"},

		{name: "its text is missing", row: `{"ErrCode":"1","ErrCount":5}`, want: stageFact("1", 5, "")},
		{name: "its text is null", row: `{"ErrCode":"1","ErrCount":5,"ErrInfo":null}`, want: stageFact("1", 5, "")},
		{name: "its text is a number", row: `{"ErrCode":"1","ErrCount":5,"ErrInfo":7}`, want: stageFact("1", 5, "7")},
		{name: "its text is an object", row: `{"ErrCode":"1","ErrCount":5,"ErrInfo":{"a": 1}}`, want: stageFact("1", 5, `{"a": 1}`)},

		{name: "it has unknown fields", row: `{"Share":0.5,"ErrCode":"1","Tags":["a",{"ErrCode":"2"}],"ErrCount":5}`, want: stageFact("1", 5, "")},
		{name: "it has fields of a platform row", row: `{"EventType":"x","PushPlatform":4,"ErrCode":"1","ErrCount":5}`, want: stageFact("1", 5, "")},
		{name: "its fields are spelt in lower case", row: `{"errcode":"1","errcount":5,"errinfo":"x"}`, want: stageFact("1", 5, "x")},
		{name: "its code occurs twice", row: `{"ErrCode":"1","ErrCode":"2","ErrCount":5}`, reason: "it has ErrCode twice"},
		{name: "its code occurs twice in two spellings", row: `{"ErrCode":"1","errCode":"1","ErrCount":5}`, reason: "it has ErrCode twice"},
		{name: "its count occurs twice", row: `{"ErrCode":"1","ErrCount":5,"ErrCount":5}`, reason: "it has ErrCount twice"},
		{name: "its code is null and then given", row: `{"ErrCode":null,"ErrCode":"2","ErrCount":5}`, want: stageFact("2", 5, "")},

		{name: "it is a number", row: `7`, reason: "a row must be an object"},
		{name: "it is null", row: `null`, reason: "a row must be an object"},
		{name: "it is an array", row: `[{"ErrCode":"1","ErrCount":5}]`, reason: "a row must be an object"},
		{name: "it is empty", row: `{}`, reason: "ErrCode is missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			beside := `{"ErrCode":"999999","ErrCount":1}`
			got := normalize(t, ok(stages("a", beside, " "+tt.row+" ", beside)), "a")
			want := []transform.Fact{stageFact("999999", 2, "")}
			var rejects []transform.Reject
			if tt.reason == "" {
				want = append(want, tt.want)
				if want[0].Key.Compare(want[1].Key) > 0 {
					want[0], want[1] = want[1], want[0]
				}
			} else {
				rejects = []transform.Reject{{TaskID: "a", Array: "ReadyToSendLoss", JSON: tt.row, Reason: tt.reason, Rows: 1}}
			}
			if d := cmp.Diff(want, got.Snapshots[0].Facts); d != "" {
				t.Errorf("facts (-want +got):\n%s", d)
			}
			if d := cmp.Diff(rejects, got.Rejects); d != "" {
				t.Errorf("rejects (-want +got):\n%s", d)
			}
		})
	}
}

// S18, S19, T11.
func TestAPlatformRowBecomesAFactOrIsRejected(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		row             string
		event, platform int16
		reason          string
	}{
		{name: "as documented", row: `{"EventType":1,"PushPlatform":8,"ErrCode":"1","ErrCount":5}`, event: 1, platform: 8},
		{name: "online pushes have no vendor", row: `{"EventType":2,"PushPlatform":0,"ErrCode":"1","ErrCount":5}`, event: 2},
		{name: "platform and event are unknown", row: `{"EventType":9,"PushPlatform":42,"ErrCode":"1","ErrCount":5}`, event: 9, platform: 42},
		{name: "both are strings", row: `{"EventType":"1","PushPlatform":"4","ErrCode":"1","ErrCount":5}`, event: 1, platform: 4},
		{name: "both are negative", row: `{"EventType":-1,"PushPlatform":-32768,"ErrCode":"1","ErrCount":5}`, event: -1, platform: -32768},
		{name: "the platform is the largest", row: `{"EventType":1,"PushPlatform":32767,"ErrCode":"1","ErrCount":5}`, event: 1, platform: 32767},
		{name: "the platform is too large", row: `{"EventType":1,"PushPlatform":32768,"ErrCode":"1","ErrCount":5}`, reason: "PushPlatform is out of range"},
		{name: "the event is too small", row: `{"EventType":-32769,"PushPlatform":1,"ErrCode":"1","ErrCount":5}`, reason: "EventType is out of range"},
		{name: "the platform is a name", row: `{"EventType":1,"PushPlatform":"vivo","ErrCode":"1","ErrCount":5}`, reason: "PushPlatform is not a number that fits in 64 bits"},
		{name: "the platform is missing", row: `{"EventType":1,"ErrCode":"1","ErrCount":5}`, reason: "PushPlatform is missing"},
		{name: "the event is missing", row: `{"PushPlatform":1,"ErrCode":"1","ErrCount":5}`, reason: "EventType is missing"},
		{name: "the event is null", row: `{"EventType":null,"PushPlatform":1,"ErrCode":"1","ErrCount":5}`, reason: "EventType is missing"},
		{name: "the event occurs twice", row: `{"EventType":1,"EventType":1,"PushPlatform":1,"ErrCode":"1","ErrCount":5}`, reason: "it has EventType twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := normalize(t, ok(platforms("a", tt.row)), "a")
			if tt.reason != "" {
				want := []transform.Reject{{TaskID: "a", Array: "PlatformReadyToSendLoss", JSON: tt.row, Reason: tt.reason, Rows: 1}}
				if d := cmp.Diff(want, got.Rejects); d != "" {
					t.Errorf("rejects (-want +got):\n%s", d)
				}
				return
			}
			want := transform.Snapshot{TaskID: "a", Facts: []transform.Fact{{
				Key:   transform.Key{Grain: stream.ByPlatform, Stage: stream.ReadyToSend, EventType: tt.event, Platform: tt.platform, Code: "1"},
				Count: 5,
			}}}
			if d := cmp.Diff(want, got.Snapshots[0]); d != "" {
				t.Errorf("snapshot (-want +got):\n%s", d)
			}
		})
	}
}

func TestRowsOfTheSameKeyAreSummed(t *testing.T) {
	t.Parallel()
	const largest = `{"ErrCode":"1","ErrCount":9223372036854775807,"ErrInfo":"all"}`
	for _, tt := range []struct {
		name    string
		rows    []string
		want    []transform.Fact
		merged  int
		rejects []transform.Reject
	}{
		{
			name: "the text is that of the largest",
			rows: []string{`{"ErrCode":"1","ErrCount":3,"ErrInfo":"a"}`, `{"ErrCode":"1","ErrCount":4,"ErrInfo":"z"}`, `{"ErrCode":"1","ErrCount":"1","ErrInfo":"b"}`},
			want: []transform.Fact{stageFact("1", 8, "z")}, merged: 2,
		},
		{
			name: "of equally large texts it is the first by alphabet",
			rows: []string{`{"ErrCode":"1","ErrCount":3,"ErrInfo":"b"}`, `{"ErrCode":"1","ErrCount":3,"ErrInfo":"a"}`},
			want: []transform.Fact{stageFact("1", 6, "a")}, merged: 1,
		},
		{
			name: "a code as number and as string is one code",
			rows: []string{`{"ErrCode":"410","ErrCount":3}`, `{"ErrCode":410,"ErrCount":4}`},
			want: []transform.Fact{stageFact("410", 7, "")}, merged: 1,
		},
		{
			name: "a sum of exactly the largest int64 fits",
			rows: []string{`{"ErrCode":"1","ErrCount":9223372036854775806}`, `{"ErrCode":"1","ErrCount":1}`},
			want: []transform.Fact{stageFact("1", math.MaxInt64, "")}, merged: 1,
		},
		{
			name: "a row that would make the sum overflow is rejected",
			rows: []string{`{"ErrCode":"1","ErrCount":1}`, largest},
			want: []transform.Fact{stageFact("1", math.MaxInt64, "all")},
			rejects: []transform.Reject{{
				TaskID: "a", Array: "ReadyToSendLoss", JSON: `{"ErrCode":"1","ErrCount":1}`, Rows: 1,
				Reason: "the sum of this key's counts does not fit in 64 bits",
			}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := normalize(t, ok(stages("a", tt.rows...)), "a")
			if d := cmp.Diff(tt.want, got.Snapshots[0].Facts); d != "" {
				t.Errorf("facts (-want +got):\n%s", d)
			}
			if got.Counts.Merged != tt.merged {
				t.Errorf("merged %d rows, want %d", got.Counts.Merged, tt.merged)
			}
			if d := cmp.Diff(tt.rejects, got.Rejects); d != "" {
				t.Errorf("rejects (-want +got):\n%s", d)
			}
		})
	}
}

func TestTheSameKeyInTwoStagesOrGrainsIsNotSummed(t *testing.T) {
	t.Parallel()
	got := normalize(t, ok(`{"TaskID":"a",
		"ReadyToSendLoss":[{"ErrCode":"1","ErrCount":1}],
		"PostSendDeliveredLoss":[{"ErrCode":"1","ErrCount":2}],
		"PlatformReadyToSendLoss":[{"EventType":0,"PushPlatform":0,"ErrCode":"1","ErrCount":3}],
		"PlatformPostSendDeliveredLoss":[{"EventType":0,"PushPlatform":0,"ErrCode":"1","ErrCount":4}]}`), "a")
	fact := func(grain stream.Grain, stage stream.Stage, count int64) transform.Fact {
		return transform.Fact{Key: transform.Key{Grain: grain, Stage: stage, Code: "1"}, Count: count}
	}
	want := []transform.Snapshot{{
		TaskID: "a",
		Facts: []transform.Fact{
			fact(stream.ByStage, stream.ReadyToSend, 1), fact(stream.ByStage, stream.PostSendDelivered, 2),
			fact(stream.ByPlatform, stream.ReadyToSend, 3), fact(stream.ByPlatform, stream.PostSendDelivered, 4),
		},
	}}
	if d := cmp.Diff(want, got.Snapshots); d != "" {
		t.Errorf("snapshots (-want +got):\n%s", d)
	}
}
