package page

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"pushloss/internal/calendar"
)

const (
	// maxDays bounds what one page reads.
	maxDays = 400
	// defaultDays is the range of a page without from and to.
	defaultDays = 30
	maxTaskID   = 1024
)

// firstDay and lastDay keep ranges within what every reader of dates understands.
const (
	firstDay = calendar.Day(10957) // 2000-01-01
	lastDay  = calendar.Day(47481) // 2099-12-31
)

// request holds the parameters of an address; nil or empty means not given.
type request struct {
	app      int64
	task     string
	from, to *calendar.Day
	// As given, for the form to show again.
	given map[string]string
}

// problem is what is wrong with one parameter.
type problem struct{ Parameter, Text string }

// problems refuse a request.
type problems []problem

func (p problems) Error() string {
	texts := make([]string, len(p))
	for i, one := range p {
		texts[i] = one.Parameter + ": " + one.Text
	}
	return strings.Join(texts, "; ")
}

func (p *problems) add(parameter, format string, args ...any) {
	*p = append(*p, problem{parameter, fmt.Sprintf(format, args...)})
}

func (p problems) orNil() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// parseRequest reads a query of the parameters app, task, from and to, and of
// those that are also allowed. The request holds everything readable even where a
// parameter is wrong.
func parseRequest(query string, allowed ...string) (request, error) {
	r := request{given: make(map[string]string)}
	var wrong problems
	values, err := url.ParseQuery(query)
	if err != nil {
		wrong.add("address", "cannot be read: %s", err)
	}
	for _, name := range sortedKeys(values) {
		switch {
		case !slices.Contains(append([]string{"app", "task", "from", "to"}, allowed...), name):
			wrong.add(name, "is not a parameter: use app, task, from and to")
		case len(values[name]) > 1:
			wrong.add(name, "is given more than once")
		default:
			r.given[name] = strings.TrimSpace(values[name][0])
		}
	}
	if text := r.given["app"]; text != "" {
		if r.app, err = strconv.ParseInt(text, 10, 64); err != nil || r.app <= 0 {
			wrong.add("app", "%q is not an SDKAppID, such as 1400000001", text)
		}
	}
	r.task = r.given["task"]
	if len(r.task) > maxTaskID || !utf8.ValidString(r.task) || strings.ContainsRune(r.task, 0) {
		wrong.add("task", "is not a task ID: it is longer than %d bytes, or not text", maxTaskID)
	}
	r.from, r.to = wrong.day("from", r.given["from"]), wrong.day("to", r.given["to"])
	if r.from != nil && r.to != nil {
		wrong.span(*r.from, *r.to)
	}
	return r, wrong.orNil()
}

func (p *problems) day(parameter, text string) *calendar.Day {
	if text == "" {
		return nil
	}
	day, err := calendar.ParseDay(text)
	switch {
	case err != nil:
		p.add(parameter, "%s", err)
		return nil
	case day < firstDay || day > lastDay:
		p.add(parameter, "%s is out of range: give a day from %s to %s", day, firstDay, lastDay)
		return nil
	}
	return &day
}

func (p *problems) span(from, to calendar.Day) {
	switch days := to - from + 1; {
	case days < 1:
		p.add("from", "%s is after %s, the day in “to”", from, to)
	case days > maxDays:
		p.add("from", "%s to %s are %d days: a page shows at most %d", from, to, days, maxDays)
	}
}

// days returns the first and the last day to show: the given ones, otherwise the
// last thirty up to the newest.
func (r request) days(newest calendar.Day) (from, to calendar.Day, err error) {
	switch {
	case r.from != nil && r.to != nil:
		from, to = *r.from, *r.to
	case r.from != nil:
		from, to = *r.from, max(newest, *r.from)
	case r.to != nil:
		from, to = *r.to-defaultDays+1, *r.to
	default:
		from, to = newest-defaultDays+1, newest
	}
	var wrong problems
	wrong.span(from, to)
	return from, to, wrong.orNil()
}

func sortedKeys(values url.Values) []string {
	var keys []string
	for key := range values {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
