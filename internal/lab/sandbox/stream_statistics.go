package sandbox

import (
	_ "embed"
	"time"
)

// StreamStatistics is the stream of the counts of pushes to all or tagged users.
const StreamStatistics = "statistics"

// StatisticsPath is the path of its API call.
const StatisticsPath = "/v4/timpush/all_member_push_statistics"

// statisticsSample is the sample answer of the API page All/Tagged Users Push Data Statistics.
//
//go:embed statistics_sample.txt
var statisticsSample string

func statisticsStream() *stream {
	return &stream{
		name: StreamStatistics, path: StatisticsPath, maxDays: 30, tasks: true, sample: statisticsSample,
		answer: (*Sandbox).appendStatisticsAnswer,
		odd:    (*Sandbox).appendOddStatisticsAnswer, oddities: oddAnywhere | oddTasks | oddCounting | oddDuplicateResult,
		truth: func(s *Sandbox, app int64, task string, start, end time.Time) any {
			return s.Statistics(app, task, start, end)
		},
	}
}

func (s *Sandbox) statisticsOf(app int64, task string) subject {
	return subject{stream: StreamStatistics, world: &s.world, app: app, task: task}
}

func (s *Sandbox) appendStatisticsAnswer(b []byte, set *faultSet, app int64, q question) []byte {
	return s.appendOddStatisticsAnswer(b, set, app, q, 0)
}

func (s *Sandbox) appendOddStatisticsAnswer(b []byte, set *faultSet, app int64, q question, odd oddity) []byte {
	type result struct {
		task   string
		counts oddStatistics
	}
	var results []result
	for _, task := range oddlyAsked(q, odd) {
		if !s.world.known(task) {
			continue
		}
		v := set.view(s.statisticsOf(app, task), s.now(), q.in)
		results = append(results, result{task, s.world.oddStatistics(&v, odd)})
	}
	if len(results) > 0 {
		results[0].counts.spoil(odd)
		if odd.has(oddDuplicateResult) {
			results = append(results, results[0])
		}
	}
	if odd.has(oddUnaskedTask) {
		unasked := oddStatistics{counters: oddCountersOf(Counts{Total: 7, Sent: 5, Delivered: 3, Click: 1}, odd)}
		results = append(results, result{"unasked_task", unasked})
	}
	if odd.has(oddShuffled) {
		rng := s.shuffler(q)
		shuffle(rng, results)
		for _, r := range results {
			shuffle(rng, r.counts.rows)
		}
	}
	b = appendOddHead(b, odd)
	b = append(b, `,"Results":[`...)
	for i, r := range results {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendOddTask(b, r.task, odd)
		b = r.counts.append(b, odd)
		b = append(b, '}')
	}
	return append(b, "]}"...)
}
