package sandbox

import (
	_ "embed"
	"time"
)

// StreamChatLoss is the stream of the pushes that come with chat messages and were lost.
const StreamChatLoss = "chat_loss"

// ChatLossPath is the path of its API call.
const ChatLossPath = "/v4/timpush/normal_push_loss"

// chatLossSample compiles what the API page Chat Service Push Loss Analysis is known to print. It is not valid JSON: an
// object has the arrays without names.
//
//go:embed chat_loss_sample.txt
var chatLossSample string

func chatLossStream() *stream {
	return &stream{
		name: StreamChatLoss, path: ChatLossPath, maxDays: 7, sample: chatLossSample,
		answer: (*Sandbox).appendChatLossAnswer,
		odd:    (*Sandbox).appendOddChatLossAnswer, oddities: oddAnywhere | oddLosses | oddChatNested,
		truth: func(s *Sandbox, app int64, _ string, start, end time.Time) any { return s.ChatTruth(app, start, end) },
	}
}

func (s *Sandbox) chatLossOf(app int64) subject {
	return subject{stream: StreamChatLoss, world: &s.chats, app: app}
}

// ChatTruth returns what a correct answer says now of an app's lost chat pushes in [start, end). It corresponds to
// [Sandbox.Truth]. Platform rows have the EventType 0: an answer has none.
func (s *Sandbox) ChatTruth(app int64, start, end time.Time) Figures {
	return s.figures(s.chatLossOf(app), start, end)
}

func (s *Sandbox) appendChatLossAnswer(b []byte, set *faultSet, app int64, q question) []byte {
	v := set.view(s.chatLossOf(app), s.now(), q.in)
	b = s.chats.appendArrays(append(b, successHead...), &v)
	return append(b, '}')
}

func (s *Sandbox) appendOddChatLossAnswer(b []byte, set *faultSet, app int64, q question, odd oddity) []byte {
	v := set.view(s.chatLossOf(app), s.now(), q.in)
	arrays := s.chats.oddArrays(&v, odd)
	if odd.has(oddShuffled) {
		arrays.shuffle(s.shuffler(q))
	}
	b = appendOddHead(b, odd)
	if !odd.has(oddChatNested) {
		return append(arrays.append(b, odd), '}')
	}
	b = append(b, `,"Results":{`...)
	if fields := arrays.append(nil, odd); len(fields) > 0 {
		b = append(b, fields[1:]...) // without the comma before
	}
	return append(b, "}}"...)
}
