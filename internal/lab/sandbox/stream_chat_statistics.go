package sandbox

import (
	_ "embed"
	"time"
)

// StreamChatStatistics is the stream of the counts of pushes that come with chat messages.
const StreamChatStatistics = "chat_statistics"

// ChatStatisticsPath is the path of its API call.
const ChatStatisticsPath = "/v4/timpush/normal_push_statistics"

// chatStatisticsSample is the sample answer of the API page Chat Service Push Data Statistics.
//
//go:embed chat_statistics_sample.txt
var chatStatisticsSample string

func chatStatisticsStream() *stream {
	return &stream{
		name: StreamChatStatistics, path: ChatStatisticsPath, maxDays: 30, sample: chatStatisticsSample,
		answer: (*Sandbox).appendChatStatisticsAnswer,
		odd:    (*Sandbox).appendOddChatStatisticsAnswer, oddities: oddAnywhere | oddCounting,
		truth: func(s *Sandbox, app int64, _ string, start, end time.Time) any {
			return s.ChatStatistics(app, start, end)
		},
	}
}

func (s *Sandbox) chatStatisticsOf(app int64) subject {
	return subject{stream: StreamChatStatistics, world: &s.chats, app: app}
}

// ChatStatistics returns what a correct answer says now of an app's chat pushes in [start, end). It corresponds to
// [Sandbox.Statistics]. Platform rows have the EventType 0: an answer has none.
func (s *Sandbox) ChatStatistics(app int64, start, end time.Time) Statistics {
	return s.countsOf(s.chatStatisticsOf(app), start, end)
}

func (s *Sandbox) appendChatStatisticsAnswer(b []byte, set *faultSet, app int64, q question) []byte {
	return s.appendOddChatStatisticsAnswer(b, set, app, q, 0)
}

func (s *Sandbox) appendOddChatStatisticsAnswer(b []byte, set *faultSet, app int64, q question, odd oddity) []byte {
	v := set.view(s.chatStatisticsOf(app), s.now(), q.in)
	counts := s.chats.oddStatistics(&v, odd)
	counts.spoil(odd)
	if odd.has(oddShuffled) {
		shuffle(s.shuffler(q), counts.rows)
	}
	return append(counts.append(appendOddHead(b, odd), odd), '}')
}
