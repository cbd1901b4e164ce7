package transform_test

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pushloss/internal/stream"
	"pushloss/transform"
)

var arrayNames = []string{"ReadyToSendLoss", "PostSendDeliveredLoss", "PlatformReadyToSendLoss", "PlatformPostSendDeliveredLoss"}

// drawnRow is a row of an answer: good ones have a count, bad ones do not.
type drawnRow struct {
	json  string
	count int64
	good  bool
}

type drawnElement struct {
	task   string
	arrays [4][]drawnRow
}

func (e drawnElement) String() string {
	text := `{"TaskID":` + quote(e.task)
	for i, rows := range e.arrays {
		text += `,"` + arrayNames[i] + `":[`
		for j, row := range rows {
			if j > 0 {
				text += ","
			}
			text += row.json
		}
		text += "]"
	}
	return text + "}"
}

func (e drawnElement) rows() (n int) {
	for _, rows := range e.arrays {
		n += len(rows)
	}
	return n
}

func drawRow(t *rapid.T) drawnRow {
	if rapid.IntRange(0, 9).Draw(t, "bad") == 0 {
		return drawnRow{json: rapid.SampledFrom([]string{
			`7`, `{}`, `{"ErrCode":"1","ErrCount":-1,"EventType":1,"PushPlatform":1}`, `{"ErrCode":"1","ErrCount":0.5,"EventType":1,"PushPlatform":1}`,
		}).Draw(t, "bad row")}
	}
	code := rapid.SampledFrom([]string{`"-1"`, `-1`, `"410"`, `"\u0000"`, `"x"`}).Draw(t, "code")
	count := rapid.Int64Range(0, 1<<40).Draw(t, "count")
	number := strconv.FormatInt(count, 10)
	spelt := rapid.SampledFrom([]string{number, `"` + number + `"`, number + ".0", number + "e0"}).Draw(t, "spelling")
	info := quote(rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "info"))
	event := strconv.Itoa(rapid.IntRange(1, 2).Draw(t, "event"))
	platform := strconv.Itoa(rapid.IntRange(0, 3).Draw(t, "platform"))
	return drawnRow{
		json:  `{"EventType":` + event + `,"PushPlatform":` + platform + `,"ErrCode":` + code + `,"ErrCount":` + spelt + `,"ErrInfo":` + info + `}`,
		count: count, good: true,
	}
}

// A generator is for one test: it is not safe for concurrent use.
func elementGenerator() *rapid.Generator[drawnElement] { return rapid.Custom(drawElement) }

func drawElement(t *rapid.T) drawnElement {
	e := drawnElement{task: rapid.SampledFrom([]string{"a", "b", "c", "d", "unasked"}).Draw(t, "task")}
	for i := range e.arrays {
		e.arrays[i] = rapid.SliceOfN(rapid.Custom(drawRow), 0, 6).Draw(t, arrayNames[i])
	}
	return e
}

// drawElements draws elements; some occur twice.
func drawElements(t *rapid.T) []drawnElement {
	elements := rapid.SliceOfN(elementGenerator(), 0, 6).Draw(t, "elements")
	for i := range elements {
		if rapid.IntRange(0, 3).Draw(t, "repeat") == 0 {
			elements = append(elements, elements[i])
		}
	}
	return elements
}

func answerOf(elements []drawnElement) string {
	var texts []string
	for _, e := range elements {
		texts = append(texts, e.String())
	}
	return ok(texts...)
}

func mustNormalize(t *rapid.T, answer string, asked []string) transform.Result {
	t.Helper()
	var n transform.Normalizer
	result, err := n.Normalize(stream.Loss, []byte(answer), asked)
	if err != nil {
		t.Fatalf("normalize %s: %v", answer, err)
	}
	checkInvariants(t, result, asked)
	return result
}

func drawAsked(t *rapid.T) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 4, rapid.ID[string]).Draw(t, "asked")
}

func TestEveryRowIsAccountedFor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		elements, asked := drawElements(t), drawAsked(t)
		result := mustNormalize(t, answerOf(elements), asked)
		rows := 0
		for _, e := range elements {
			rows += e.rows()
		}
		if result.Counts.RowsIn != rows {
			t.Fatalf("%d rows in, but the answer has %d", result.Counts.RowsIn, rows)
		}
	})
}

func TestTheOrderOfRowsAndResultsMakesNoDifference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		elements, asked := drawElements(t), drawAsked(t)
		want := mustNormalize(t, answerOf(elements), asked)
		shuffled := rapid.Permutation(elements).Draw(t, "order")
		for i := range shuffled {
			for j, rows := range shuffled[i].arrays {
				shuffled[i].arrays[j] = rapid.Permutation(rows).Draw(t, "order of rows")
			}
		}
		got := mustNormalize(t, answerOf(shuffled), asked)
		// The text of a whole element has its rows in their order.
		for _, rejects := range [][]transform.Reject{want.Rejects, got.Rejects} {
			for i := range rejects {
				if rejects[i].Array == "Results" {
					rejects[i].JSON = ""
				}
			}
			slices.SortFunc(rejects, func(a, b transform.Reject) int { return slices.Compare(rejectKey(a), rejectKey(b)) })
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("the result depends on the order:\n%s", d)
		}
	})
}

func rejectKey(r transform.Reject) []string {
	return []string{r.TaskID, r.Array, r.JSON, r.Reason, strconv.Itoa(r.Rows)}
}

func TestSumsAreThoseOfTheAnswer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := elementGenerator().Draw(t, "element")
		result := mustNormalize(t, ok(e.String()), []string{e.task})
		var want, got [4]int64
		for i, rows := range e.arrays {
			for _, row := range rows {
				want[i] += row.count
			}
		}
		for _, f := range result.Snapshots[0].Facts {
			got[2*int(f.Grain)+int(f.Stage-stream.ReadyToSend)] += f.Count
		}
		if want != got {
			t.Fatalf("sums are %v, want %v", got, want)
		}
	})
}

func TestACountIsReadAsAnyReaderOfIntegersReadsIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(
			rapid.StringMatching(`-?(0|[1-9][0-9]{0,22})`),
			rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }),
		).Draw(t, "count")
		if !json.Valid([]byte(text)) {
			t.Fatalf("%s is not valid JSON", text)
		}
		want, err := strconv.ParseInt(text, 10, 64)
		readable := err == nil && want >= 0
		for _, spelling := range []string{text, `"` + text + `"`} {
			result := mustNormalize(t, ok(stages("a", `{"ErrCode":"1","ErrCount":`+spelling+`}`)), []string{"a"})
			facts := result.Snapshots[0].Facts
			if readable != (len(facts) == 1) || readable && facts[0].Count != want {
				t.Fatalf("%s is read as %+v, %+v; want %d (%v)", spelling, facts, result.Rejects, want, err)
			}
		}
	})
}

func TestSumsNeverOverflow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.Int64Range(math.MaxInt64/4, math.MaxInt64), 1, 6).Draw(t, "counts")
		var rows []string
		for _, count := range counts {
			rows = append(rows, `{"ErrCode":"1","ErrCount":`+strconv.FormatInt(count, 10)+`}`)
		}
		result := mustNormalize(t, ok(stages("a", rows...)), []string{"a"})
		sum := result.Snapshots[0].Facts[0].Count
		if sum < slices.Max(counts) {
			t.Fatalf("the sum %d is less than its largest part", sum)
		}
		for _, r := range result.Rejects {
			var row struct{ ErrCount int64 }
			if err := json.Unmarshal([]byte(r.JSON), &row); err != nil || row.ErrCount <= math.MaxInt64-sum {
				t.Fatalf("%s is rejected though it fits beside %d (%v)", r.JSON, sum, err)
			}
		}
	})
}
