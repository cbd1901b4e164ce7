package load

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pushloss/extract"
	"pushloss/internal/stream"
	"pushloss/transform"
)

// rulesDid is the digest of the facts that the rules of a number make from the answers below.
var rulesDid = map[int]string{
	1: "3589a0d8bcd7e8d033b3e62b1fbe355d4e18df985d7502e776ea0b20f25a71b6",
	2: "17f9c050102002f11275359ab4a0eed8024cc85b846ffe0ba80dd43e44c35cba",
}

// A release whose rules make other facts from an answer must read again what an older release
// loaded. If this test fails, raise rules and add its digest.
func TestChangedRulesHaveAnotherNumber(t *testing.T) {
	t.Parallel()
	const counters = `"TotalCount":9,"SentCount":8,"DeliveredCount":0,"ClickCount":"2"`
	answers := map[stream.Stream][]string{
		stream.Loss: {
			`{"ErrorCode":0,"Results":[{"TaskID":"a","ReadyToSendLoss":[{"ErrCode":"1","ErrCount":5,"ErrInfo":"x"},{"ErrCode":"1","ErrCount":"7"},{"ErrCode":2,"ErrCount":0,"ErrInfo":null}],
				"PostSendDeliveredLoss":null,"PlatformReadyToSendLoss":[{"EventType":2,"PushPlatform":0,"ErrCode":"-1","ErrCount":3,"ErrInfo":"\u0000y"},{"EventType":1,"PushPlatform":99,"ErrCode":"1","ErrCount":1},],
				"PlatformPostSendDeliveredLoss":[{"ErrCode":"3","ErrCount":1},{"EventType":"1","PushPlatform":"4","ErrCode":"3","ErrCount":-1},5]},{"TaskID":"b"},{"TaskID":"b","ReadyToSendLoss":[]}]}`,
			`{"ErrorCode":0,"Results":[{"TaskID":"a","ReadyToSendLoss":[{"ErrCode":"1","ErrCount":2}]},{"TaskID":"b","ReadyToSendLoss":4},{"TaskID":"c"}]}`,
			`{"ErrorCode":0,"Results":null}`,
		},
		stream.Statistics: {
			`{"ErrorCode":0,"Results":[{"TaskID":"a",` + counters + `,"PlatformStatistics":[{"EventType":1,"PushPlatform":1,` + counters + `},{"EventType":1,"PushPlatform":2,"TotalCount":4}]},{"TaskID":"b","TotalCount":0,"SentCount":0}]}`,
			`{"ErrorCode":0,"Results":[{"TaskID":"a","TotalCount":10,"PlatformStatistics":[{"EventType":1,"PushPlatform":1,"SentCount":8}]},{"TaskID":"b","TotalCount":1.5}]}`,
		},
		stream.ChatLoss:       {`{"ErrorCode":0,"ReadyToSendLoss":[{"ErrCode":"1","ErrCount":5}],"PlatformReadyToSendLoss":[{"PushPlatform":1,"ErrCode":"1","ErrCount":5}]}`},
		stream.ChatStatistics: {`{"ErrorCode":0,` + counters + `,"PlatformStatistics":[{"PushPlatform":8,` + counters + `}]}`},
	}
	did := sha256.New()
	for _, of := range stream.All() {
		for _, trusted := range []bool{true, false} {
			pull := Pull{Stream: of, Tasks: []TaskRef{{}}}
			if of.ByTask() {
				pull.Tasks = []TaskRef{{1, "a"}, {2, "b"}}
			}
			day := newReplay(of, 20000, nil)
			words := vocabulary{codes: make(map[string]int32), infos: make(map[string]int32)}
			for i, answer := range append(answers[of], answers[of]...) {
				text, err := extract.StrictJSON([]byte(answer))
				if err != nil {
					t.Fatal(err)
				}
				var normalizer transform.Normalizer
				if pull.Result, err = normalizer.Normalize(of, text, pull.taskIDs()); err != nil {
					t.Fatal(err)
				}
				codes, infos := words.unknown(pull.Result.Snapshots, true)
				for _, code := range codes {
					words.codes[code] = int32(len(words.codes))
				}
				for _, info := range infos {
					words.infos[info] = int32(len(words.infos))
				}
				at := time.Unix(int64(i), 0).UTC()
				day.apply(archivedPull{loadedAt: at, trusted: trusted || i == 0}, pull.Tasks, pull.Result, words)
				fmt.Fprintln(did, pull.Result)
				for _, task := range pull.Tasks {
					w := day.window(task.Key)
					fmt.Fprintln(did, w.entry.State, w.entry.Settled, w.entry.RowCount, w.entry.RejectCount, w.entry.Most, w.entry.LoweredAt, w.entry.LastTrustedAt, len(w.changes))
					for _, key := range slices.SortedFunc(maps.Keys(w.facts), factKey.compare) {
						fmt.Fprintln(did, w.facts[key])
					}
				}
			}
		}
	}
	if got := fmt.Sprintf("%x", did.Sum(nil)); got != rulesDid[rules] {
		t.Errorf("the digest of the rules %d is %s, not %q", rules, got, rulesDid[rules])
	}
}
