package load

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"pushloss/internal/stream"
	"pushloss/transform"
)

// counters of an answer, by their keys.
type counters map[transform.Key]int64

func total(stage stream.Stage) transform.Key { return transform.Key{Stage: stage} }

func onChannel(platform int16, stage stream.Stage) transform.Key {
	return transform.Key{Grain: stream.ByPlatform, EventType: 1, Platform: platform, Stage: stage}
}

func (c counters) snapshot(partial bool) transform.Snapshot {
	s := transform.Snapshot{TaskID: "a", Partial: partial}
	for key, n := range c {
		s.Facts = append(s.Facts, transform.Fact{Key: key, Count: n})
	}
	return s
}

// counted applies trusted answers to one window in a replay.
type counted struct {
	*replayedDay
	at time.Time
}

func newCounted() *counted {
	return &counted{newReplay(stream.Statistics, 0, map[string]int32{"a": 7}), time.Date(2025, 3, 10, 3, 0, 0, 0, time.UTC)}
}

func (c *counted) load(snapshot transform.Snapshot) Changes {
	c.at = c.at.Add(time.Hour)
	refs := []TaskRef{{Key: 7, ID: "a"}}
	s := stored{ledger: map[int32]Entry{7: c.window(7).entry}}
	for _, row := range c.window(7).facts {
		s.facts = append(s.facts, row.factRow)
	}
	result := transform.Result{Snapshots: []transform.Snapshot{snapshot}}
	rows := effectOf(Pull{Stream: stream.Statistics, Tasks: refs, Result: result, Trusted: true}, vocabulary{}, s, c.at).rows()
	c.apply(archivedPull{loadedAt: c.at, trusted: true}, refs, result, vocabulary{})
	return rows
}

func (c *counted) figures() counters {
	figures := make(counters)
	for key, row := range c.window(7).facts {
		figures[transform.Key{Grain: key.grain, Stage: stream.Stage(key.stage), EventType: key.eventType, Platform: key.platform}] = row.count
	}
	return figures
}

func TestACounterThatIsLeftOutIsNotZero(t *testing.T) {
	t.Parallel()
	before := counters{
		total(stream.Total): 9, total(stream.Sent): 8, total(stream.Clicked): 1,
		onChannel(1, stream.Total): 5, onChannel(1, stream.Sent): 4, onChannel(2, stream.Total): 4, onChannel(2, stream.Sent): 4,
	}
	without := func(gone ...transform.Key) counters {
		rest := maps.Clone(before)
		for _, key := range gone {
			delete(rest, key)
		}
		return rest
	}
	const whole, partial = false, true
	for _, tt := range []struct {
		name   string
		answer transform.Snapshot
		want   counters
		kept   int64
	}{
		{"the same", before.snapshot(whole), before, 0},
		{"a counter of all", without(total(stream.Sent)).snapshot(whole), before, 1},
		{"a counter of a channel", without(onChannel(1, stream.Sent)).snapshot(whole), before, 1},
		{"all counters of all", without(total(stream.Total), total(stream.Sent), total(stream.Clicked)).snapshot(whole), before, 3},
		{"a channel", without(onChannel(2, stream.Total), onChannel(2, stream.Sent)).snapshot(whole),
			without(onChannel(2, stream.Total), onChannel(2, stream.Sent)), 0},
		{"a channel, of a list that is missing or has rejects", without(onChannel(2, stream.Total), onChannel(2, stream.Sent)).snapshot(partial), before, 2},
		{"every figure", counters{}.snapshot(whole), nil, 0},
		{"a lower count", counters{total(stream.Total): 2, onChannel(1, stream.Total): 2}.snapshot(whole),
			counters{total(stream.Total): 2, total(stream.Sent): 8, total(stream.Clicked): 1, onChannel(1, stream.Total): 2, onChannel(1, stream.Sent): 4}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCounted()
			c.load(before.snapshot(whole))
			rows := c.load(tt.answer)
			if diff := cmp.Diff(tt.want, c.figures(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("figures (-want +got):\n%s", diff)
			}
			if rows.Kept != tt.kept || rows.Unchanged < 0 {
				t.Errorf("%d rows kept, want %d: %+v", rows.Kept, tt.kept, rows)
			}
		})
	}
}

// Whatever answers leave out, a figure changes only if an answer has another one, or if it shows
// that the channel is gone.
func TestOnlyWhatAnAnswerSaysChangesCounters(t *testing.T) {
	t.Parallel()
	stages := rapid.SampledFrom([]stream.Stage{stream.Total, stream.Sent, stream.Delivered, stream.Clicked})
	keys := rapid.Custom(func(t *rapid.T) transform.Key {
		if platform := rapid.Int16Range(0, 2).Draw(t, "platform"); platform > 0 {
			return onChannel(platform, stages.Draw(t, "stage"))
		}
		return total(stages.Draw(t, "stage"))
	})
	rapid.Check(t, func(t *rapid.T) {
		c := newCounted()
		for range rapid.IntRange(1, 8).Draw(t, "answers") {
			before := c.figures()
			answer := counters(rapid.MapOfN(keys, rapid.Int64Range(0, 3), 0, 8).Draw(t, "counters"))
			partial := rapid.Bool().Draw(t, "partial")
			rows := c.load(answer.snapshot(partial))

			want, kept := maps.Clone(answer), int64(0)
			for key, n := range before {
				_, said := answer[key]
				gone := len(answer) == 0 || key.Grain == stream.ByPlatform && !partial && !answer.has(key.Platform)
				if !said && !gone {
					want[key] = n
					kept++
				}
			}
			if diff := cmp.Diff(want, c.figures(), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("figures (-want +got):\n%s", diff)
			}
			if got := rows.Inserted + rows.Updated + rows.Unchanged + rows.Kept; rows.Kept != kept || got != int64(len(want)) {
				t.Fatalf("%d rows kept and %d counted, want %d and %d: %+v", rows.Kept, got, kept, len(want), rows)
			}
			if got := c.window(7).entry.RowCount; got != len(want) {
				t.Fatalf("%d rows are counted as %d", len(want), got)
			}
		}
	})
}

// has reports whether any counter of the platform is there.
func (c counters) has(platform int16) bool {
	for key := range c {
		if key.Grain == stream.ByPlatform && key.Platform == platform {
			return true
		}
	}
	return false
}
