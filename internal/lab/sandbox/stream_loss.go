package sandbox

import (
	_ "embed"
	"time"
)

// StreamLoss is the stream of the pushes to all or tagged users that were lost.
const StreamLoss = "loss"

// Path is the path of its API call.
const Path = "/v4/timpush/all_member_push_loss"

// publishedSample is the sample answer of the API page All/Tagged Users Push Loss Analysis, its tokens as printed: with
// the misspelt "sucess", one key twice and a trailing comma.
//
//go:embed published_sample.txt
var publishedSample string

func lossStream() *stream {
	return &stream{
		name: StreamLoss, path: Path, maxDays: 7, tasks: true, sample: publishedSample,
		answer: (*Sandbox).appendAnswer,
		odd:    (*Sandbox).appendOddAnswer, oddities: oddAnywhere | oddLosses | oddTasks,
		truth: func(s *Sandbox, app int64, task string, start, end time.Time) any {
			return s.Truth(app, task, start, end)
		},
	}
}

func (s *Sandbox) lossOf(app int64, task string) subject {
	return subject{stream: StreamLoss, world: &s.world, app: app, task: task}
}

// appendAnswer writes a plain answer. It writes each row as soon as it has counted the cell, without an allocation per
// row.
func (s *Sandbox) appendAnswer(b []byte, set *faultSet, app int64, q question) []byte {
	b = append(b, answerHead...)
	now := s.now()
	first := true
	for _, task := range q.asked() {
		if !s.world.known(task) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, `{"TaskID":`...)
		b = appendQuoted(b, task)
		v := set.view(s.lossOf(app, task), now, q.in)
		b = s.world.appendArrays(b, &v)
		b = append(b, '}')
	}
	return append(b, "]}"...)
}

// appendOddAnswer writes an answer with oddities. It makes rows first, which is slower but keeps
// appendAnswer simple.
func (s *Sandbox) appendOddAnswer(b []byte, set *faultSet, app int64, q question, odd oddity) []byte {
	var results []oddResult
	for _, task := range oddlyAsked(q, odd) {
		if !s.world.known(task) {
			continue
		}
		v := set.view(s.lossOf(app, task), s.now(), q.in)
		results = append(results, oddResult{task: task, arrays: s.world.oddArrays(&v, odd)})
	}
	if odd.has(oddUnaskedTask) {
		r := oddResult{task: "unasked_task"}
		r.arrays[arrayReady] = []oddRow{{code: `"-1"`, count: "7", info: `"nobody asked"`}}
		results = append(results, r)
	}
	if odd.has(oddShuffled) {
		rng := s.shuffler(q)
		shuffle(rng, results)
		for _, r := range results {
			r.arrays.shuffle(rng)
		}
	}
	b = appendOddHead(b, odd)
	b = append(b, `,"Results":[`...)
	for i, r := range results {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendOddTask(b, r.task, odd)
		b = r.arrays.append(b, odd)
		b = append(b, '}')
	}
	return append(b, "]}"...)
}
