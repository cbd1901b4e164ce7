package pipeline

import (
	"cmp"
	"math"
	"slices"
	"time"

	"pushloss/extract"
	"pushloss/internal/calendar"
	"pushloss/internal/stream"
	"pushloss/load"
)

// spanPart is spans of one stream, and the days in which they lie.
type spanPart struct {
	calendar.Span
	requests []spanRequest
}

// spanRuns collects the windows that spans cover, week by week, and turns them into requests. If
// the API allows a longer window, as for statistics, one request covers the days of several weeks.
type spanRuns struct {
	plan    appPlan
	streams map[stream.Stream]*streamRuns
}

// streamRuns are the runs of one stream in the weeks collected so far.
type streamRuns struct {
	days  calendar.Span
	weeks int
	runs  []spanTask
	at    map[int32]int // the newest run of a task
}

func (p appPlan) spanRuns() *spanRuns {
	return &spanRuns{plan: p, streams: make(map[stream.Stream]*streamRuns)}
}

const weekLong = 7 * 24 * time.Hour

// shortestWeek is how many days one request can always cover, even if a clock goes back in that
// week.
const shortestWeek = 6

// weeksOf returns how many weeks a request of the stream may cover. One clock may go back
// in several weeks.
func weeksOf(of stream.Stream) int { return max(1, int((of.MaxWindow()-time.Hour)/weekLong)) }

// add collects the windows of the next week, and returns the spans that are complete.
func (r *spanRuns) add(week week) (parts []spanPart) {
	if r.plan.spans == nil {
		return nil
	}
	for _, of := range r.plan.spans.streams {
		collected := r.streams[of]
		if collected == nil {
			collected = &streamRuns{days: week.Span, at: make(map[int32]int)}
			r.streams[of] = collected
		}
		collected.days.Last = week.Last
		collected.weeks++
		r.collect(collected, of, week)
		if collected.weeks == weeksOf(of) {
			parts = r.complete(parts, of)
		}
	}
	return parts
}

// rest returns the spans of the weeks that are still collected.
func (r *spanRuns) rest() (parts []spanPart) {
	if r.plan.spans == nil {
		return nil
	}
	for _, of := range r.plan.spans.streams {
		parts = r.complete(parts, of)
	}
	return parts
}

func (r *spanRuns) collect(into *streamRuns, of stream.Stream, week week) {
	for _, day := range week.days {
		for _, w := range day {
			if !w.bySpan || w.Stream != of {
				continue
			}
			trusted := r.plan.spans.remembered(w.Day, r.plan.spans.now)
			figures := w.figures()
			if i, found := into.at[w.task.Key]; found && into.runs[i].trusted == trusted && r.plan.follows(into.runs[i].Due.Last, w.Day) {
				into.runs[i].Due.Last = w.Day
				into.runs[i].figures = into.runs[i].figures || figures
				continue
			}
			into.at[w.task.Key] = len(into.runs)
			into.runs = append(into.runs, spanTask{
				SpanTask: load.SpanTask{TaskRef: w.task.Ref(), Due: calendar.Span{First: w.Day, Last: w.Day}},
				trusted:  trusted, oldestFirst: w.continues, figures: figures,
			})
		}
	}
}

func (r *spanRuns) complete(parts []spanPart, of stream.Stream) []spanPart {
	collected := r.streams[of]
	delete(r.streams, of)
	if collected == nil || len(collected.runs) == 0 {
		return parts
	}
	return append(parts, spanPart{collected.days, r.plan.requestsOfRuns(of, collected.runs)})
}

// requestsOfRuns turns runs into requests. Tasks with the same run share requests. A request has
// only one run of a task, because an answer proves or disproves a task as a whole, and nobody knows
// whether the API counts a repeated task once.
func (p appPlan) requestsOfRuns(of stream.Stream, runs []spanTask) (requests []spanRequest) {
	p.orderRuns(runs)
	for len(runs) > 0 {
		n := 1
		for n < min(len(runs), extract.MaxTasksPerRequest) && runs[n].trusted == runs[0].trusted &&
			!slices.ContainsFunc(runs[:n], func(t spanTask) bool { return t.Key == runs[n].Key }) {
			n++
		}
		request := spanRequest{stream: of, days: runs[0].Due, tasks: runs[:n:n]}
		for _, task := range request.tasks {
			request.days.First, request.days.Last = min(request.days.First, task.Due.First), max(request.days.Last, task.Due.Last)
		}
		requests = append(requests, request)
		runs = runs[n:]
	}
	return requests
}

// orderRuns puts the runs of a week into the order of requests, and says where their
// figures are likely.
func (p appPlan) orderRuns(runs []spanTask) {
	sent := make(map[int32]bool, len(p.tasks))
	for _, task := range p.tasks {
		sent[task.Key] = task.SentAt != nil
	}
	for i := range runs {
		runs[i].oldestFirst = !p.scheduled && (sent[runs[i].Key] || runs[i].oldestFirst)
	}
	slices.SortStableFunc(runs, func(a, b spanTask) int {
		if a.trusted != b.trusted {
			return map[bool]int{true: -1, false: 1}[a.trusted]
		}
		return cmp.Or(cmp.Compare(a.Due.First, b.Due.First), cmp.Compare(a.Due.Last, b.Due.Last), cmp.Compare(a.Key, b.Key))
	})
}

// length returns how many days the request covers.
func (r spanRequest) length() int { return int(r.days.Last-r.days.First) + 1 }

// expect returns the number of spans, and of the requests to which they may lead: for each of their
// days, for each of their weeks if they are longer than a week, and for a sample.
func (s spanPart) expect() PlannedCalls {
	days, weeks, longest := 0, 0, 0
	for _, r := range s.requests {
		asked := make(map[calendar.Day]bool)
		for _, task := range r.tasks {
			for day := task.Due.First; day <= task.Due.Last; day++ {
				asked[day] = true
			}
		}
		days += len(asked)
		longest = max(longest, r.length())
	}
	if longest > int(weekLong/(24*time.Hour)) {
		weeks = len(s.requests) * (longest/shortestWeek + 1)
	}
	sampled := max(1, int(math.Ceil(sampleShare*float64(len(s.requests)))))
	return PlannedCalls{
		Spans: len(s.requests), More: days + weeks + sampled*longest,
		less: max(0, len(s.requests)-requestsByDays(s.requests)),
	}
}
