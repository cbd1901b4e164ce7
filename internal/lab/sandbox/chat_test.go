package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func windowBody(start, end time.Time) string {
	return fmt.Sprintf(`{"StartTime":%d,"EndTime":%d}`, start.Unix(), end.Unix())
}

func TestChatTruthsAreWhatTheAnswersSay(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, restless(t))
	query := goodQuery(t)
	rapid.Check(t, func(rt *rapid.T) {
		start, end := drawWindow(rt, 7*day)
		body := windowBody(start, end)
		losses := callPath(t, s, ChatLossPath, query, body).Body.Bytes()
		if d := cmp.Diff(s.ChatTruth(testApp, start, end), read[answerResult](t, losses).figures()); d != "" {
			rt.Fatal(d)
		}
		counts := callPath(t, s, ChatStatisticsPath, query, body).Body.Bytes()
		if d := cmp.Diff(s.ChatStatistics(testApp, start, end), read[statisticsResult](t, counts).statistics()); d != "" {
			rt.Fatal(d)
		}
		if text := string(losses) + string(counts); strings.Contains(text, "EventType") || strings.Contains(text, "TaskID") {
			rt.Fatalf("there is an EventType or a TaskID in %s", text)
		}
		explains(rt, s.ChatStatistics(testApp, start, end), s.ChatTruth(testApp, start, end), 1)
	})
}

func TestChatFiguresAddUpByDays(t *testing.T) {
	t.Parallel()
	s := newTestSandbox(t, func(c *Config) {
		withFaults(t, "late", "restated:day=2025-03-09", "unknown-platform", "big-count")(c)
		c.Now = func() time.Time { return march9.AddDate(0, 0, 10) }
	})
	rapid.Check(t, func(rt *rapid.T) {
		first, days := rapid.IntRange(-20, 20).Draw(rt, "first"), rapid.IntRange(1, 30).Draw(rt, "days")
		losses, counts := map[string]int64{}, map[[2]int]Counts{}
		for d := range days {
			start := march9.AddDate(0, 0, first+d)
			s.ChatTruth(testApp, start, start.AddDate(0, 0, 1)).addTo(losses)
			s.ChatStatistics(testApp, start, start.AddDate(0, 0, 1)).addTo(counts)
		}
		start, end := march9.AddDate(0, 0, first), march9.AddDate(0, 0, first+days)
		wholeLosses, wholeCounts := map[string]int64{}, map[[2]int]Counts{}
		s.ChatTruth(testApp, start, end).addTo(wholeLosses)
		s.ChatStatistics(testApp, start, end).addTo(wholeCounts)
		if d := cmp.Diff(wholeLosses, losses) + cmp.Diff(wholeCounts, counts); d != "" {
			rt.Fatal(d)
		}
	})
}

func TestEveryChatRowHasAKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{1, 24, 150} {
		s := newTestSandbox(t, func(c *Config) { c.Rows = rows })
		keys := map[string]int64{}
		f := s.ChatTruth(testApp, march9, march9.AddDate(0, 0, 1))
		if f.addTo(keys); f.rows() != rows || len(keys) != rows {
			t.Errorf("%d rows of %d keys, want %d", f.rows(), len(keys), rows)
		}
	}
}

func TestChatFiguresAreIndependentOfPushFigures(t *testing.T) {
	t.Parallel()
	other := App{SDKAppID: testApp + 1, SecretKey: testKey}
	s := newTestSandbox(t, func(c *Config) { c.Apps = append(c.Apps, other) })
	end := march9.AddDate(0, 0, 1)
	chats := s.ChatStatistics(testApp, march9, end)
	if chats.Total == 0 || cmp.Equal(chats.Counts, s.Statistics(testApp, "", march9, end).Counts) ||
		cmp.Equal(chats, s.ChatStatistics(other.SDKAppID, march9, end)) {
		t.Errorf("not of their own: %+v", chats)
	}
	// A fault of a task, the overall figures included, is not the chats'.
	if err := s.SetFaults([]Fault{{Name: "restated", From: "2025-03-09", Task: "overall"}, {Name: "http-500", Task: "overall"}}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(chats, s.ChatStatistics(testApp, march9, end)); d != "" {
		t.Error(d)
	}
	if w := callPath(t, s, ChatLossPath, goodQuery(t), windowBody(march9, end)); w.Code != 200 {
		t.Errorf("HTTP %d", w.Code)
	}
	if err := s.SetFaults([]Fault{{Name: "restated", From: "2025-03-09"}}); err != nil {
		t.Fatal(err)
	}
	if cmp.Equal(chats, s.ChatStatistics(testApp, march9, end)) {
		t.Error("restated and the same")
	}
}

func TestChatLossesMayBeNested(t *testing.T) {
	t.Parallel()
	end := march9.AddDate(0, 0, 1)
	for _, spec := range []string{"chat-nested", "chat-nested shuffled unknown-fields duplicate-rows", "chat-nested empty missing-arrays"} {
		s := newTestSandbox(t, withFaults(t, strings.Fields(spec)...))
		body := callPath(t, s, ChatLossPath, goodQuery(t), windowBody(march9, end)).Body.Bytes()
		got := read[struct {
			ErrorCode       *int
			ReadyToSendLoss []answerRow
			Results         *answerResult
		}](t, body)
		if got.ErrorCode == nil || got.Results == nil || got.ReadyToSendLoss != nil {
			t.Fatalf("%s: %s", spec, body)
		}
		want := s.ChatTruth(testApp, march9, end)
		if strings.Contains(spec, "empty") {
			want = Figures{}
		}
		if d := cmp.Diff(want, got.Results.figures()); d != "" {
			t.Errorf("%s: %s", spec, d)
		}
	}
	s := newTestSandbox(t, func(c *Config) { withFaults(t, "chat-nested")(c); c.RecordCalls = true })
	for _, st := range streams() {
		callPath(t, s, st.path, goodQuery(t), bodyFor(march9, end))
	}
	for _, call := range s.Calls() {
		if slices.Contains(call.Faults, "chat-nested") != (call.Stream == StreamChatLoss) {
			t.Errorf("%+v", call)
		}
	}
}
