package pipeline

import (
	"cmp"
	"maps"
	"slices"

	"pushloss/extract"
	"pushloss/load"
)

// spansTried is how many spans of a stream a job tries first. If they save requests, it uses more.
const spansTried = 4

// spanTrial records how a stream's spans have done in a job. A few spans are tried first. If they
// do not pay, the next part goes by days, and a few are tried again after it, because other tasks
// may have fewer figures. After each further failure, twice as many parts go by days.
type spanTrial struct {
	pays   bool
	byDays int // parts that still go by days
	failed int // times in a row
}

// paysFrom is the fraction of requests that spans must save to pay.
const paysFrom = 0.1

// note records how many requests spans took, and how many they would have taken by days.
func (t *spanTrial) note(took, byDays int) {
	if t.pays = float64(took) <= (1-paysFrom)*float64(byDays); t.pays {
		t.failed = 0
		return
	}
	t.byDays = 1 << min(t.failed, 10)
	t.failed++
}

// requestsByDays returns how many requests the windows of the spans would take day by day.
func requestsByDays(requests []spanRequest) (n int) {
	perDay := make(map[streamDay]int)
	for _, r := range requests {
		for _, task := range r.tasks {
			for day := task.Due.First; day <= task.Due.Last; day++ {
				perDay[streamDay{r.stream, day}]++
			}
		}
	}
	for _, tasks := range perDay {
		n += (tasks + extract.MaxTasksPerRequest - 1) / extract.MaxTasksPerRequest
	}
	return n
}

// requestsByDays returns how many requests the week's windows that spans cover would take day by
// day.
func (p appPlan) requestsByDays(week week) (n int) {
	runs := p.spanRuns()
	for _, part := range slices.Concat(runs.add(week), runs.rest()) {
		n += requestsByDays(part.requests)
	}
	return n
}

// requestsOfDays returns the requests for the windows of the spans, day by day.
func (p appPlan) requestsOfDays(spans []spanRequest) (requests []request) {
	tasks := make(map[streamDay][]load.TaskRef)
	for _, r := range spans {
		for _, task := range r.tasks {
			for day := task.Due.First; day <= task.Due.Last; day++ {
				if p.spans.exists(day) {
					of := streamDay{r.stream, day}
					tasks[of] = append(tasks[of], task.TaskRef)
				}
			}
		}
	}
	inOrder := func(a, b streamDay) int { return cmp.Or(cmp.Compare(a.stream, b.stream), cmp.Compare(a.day, b.day)) }
	for _, of := range slices.SortedFunc(maps.Keys(tasks), inOrder) {
		for _, batch := range extract.Batches(tasks[of]) {
			requests = append(requests, p.request(of.stream, of.day, batch))
		}
	}
	return requests
}
