package transform_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/stream"
	"pushloss/transform"
)

// T9.
func TestTextsBecomeWhatPostgresCanHold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		quoted   string
		want     string
		replaced int
	}{
		{"Chinese", `"没有设置证书id"`, "没有设置证书id", 0},
		{"emoji as is and escaped", `"😀\ud83d\ude00"`, "😀😀", 0},
		{"quotes and backslashes", `"\"a\" \\ 'b'"`, `"a" \ 'b'`, 0},
		{"control characters", `"a\tb\nc\u0001"`, "a\tb\nc\x01", 0},
		{"a replacement character of the answer", `"\ufffd"`, "\ufffd", 0},
		{"an escaped U+0000", `"a\u0000b"`, "a\ufffdb", 1},
		{"a byte that is not UTF-8", "\"a\xffb\"", "a\ufffdb", 1},
		{"a lone high surrogate", `"a\ud800b"`, "a\ufffdb", 1},
		{"a lone low surrogate", `"a\udc00"`, "a\ufffd", 1},
		{"all of them in one text", "\"\\u0000\xff\\ud800\"", "\ufffd\ufffd\ufffd", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := normalize(t, ok(stages("a", `{"ErrCode":"1","ErrCount":1,"ErrInfo":`+tt.quoted+`}`)), "a")
			if d := cmp.Diff([]transform.Fact{stageFact("1", 1, tt.want)}, got.Snapshots[0].Facts); d != "" {
				t.Errorf("ErrInfo (-want +got):\n%s", d)
			}
			if got.Counts.ReplacedTexts != tt.replaced {
				t.Errorf("as ErrInfo, %d texts are counted as replaced, want %d", got.Counts.ReplacedTexts, tt.replaced)
			}
			got = normalize(t, ok(stages("a", `{"ErrCode":`+tt.quoted+`,"ErrCount":1}`)), "a")
			if d := cmp.Diff([]transform.Fact{stageFact(tt.want, 1, "")}, got.Snapshots[0].Facts); d != "" {
				t.Errorf("ErrCode (-want +got):\n%s", d)
			}
		})
	}
}

func TestEveryReplacedTextIsCounted(t *testing.T) {
	t.Parallel()
	row := `{"ErrCode":"1","ErrCount":1,"ErrInfo":"\u0000"}`
	answer := []byte(ok(stages("a", row, row), stages("unasked", row)))
	var n transform.Normalizer
	for range 2 { // the second time from memory
		got, err := n.Normalize(stream.Loss, answer, []string{"a"})
		if err != nil {
			t.Fatal(err)
		}
		if got.Counts.ReplacedTexts != 3 {
			t.Errorf("counted %d, want 3", got.Counts.ReplacedTexts)
		}
	}
}

func TestARejectsJSONIsValidUTF8(t *testing.T) {
	t.Parallel()
	got := normalize(t, ok(stages("a", "{\"ErrCode\":\"\xff\",\"ErrCount\":-1}"), "\"\xff\""), "a")
	want := []transform.Reject{
		{Array: "Results", JSON: "\"\ufffd\"", Reason: "an element of Results is not an object", Rows: 1},
		{TaskID: "a", Array: "ReadyToSendLoss", JSON: "{\"ErrCode\":\"\ufffd\",\"ErrCount\":-1}", Reason: "ErrCount is negative", Rows: 1},
	}
	if d := cmp.Diff(want, got.Rejects); d != "" {
		t.Errorf("rejects (-want +got):\n%s", d)
	}
}

func TestANormalizerDoesNotCarryFiguresOver(t *testing.T) {
	t.Parallel()
	var n transform.Normalizer
	big := []byte(ok(stages("a", row1, row2, bad)))
	first, err := n.Normalize(stream.Loss, big, []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	before := normalize(t, string(big), "a")
	if _, err := n.Normalize(stream.Loss, []byte(ok(stages("b", row2, row2, row2))), []string{"b"}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, first); d != "" {
		t.Errorf("reading another answer changed the first (-want +got):\n%s", d)
	}
}
