package page

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"pushloss/internal/calendar"
	"pushloss/internal/language"
)

const (
	// maxDays bounds the days that one page reads.
	maxDays = 400
	// defaultDays is the range of a page without from and to.
	defaultDays = 30
	// maxText bounds task IDs, platforms and codes in an address, in bytes.
	maxText = 1024
)

// firstDay and lastDay bound ranges to dates that all programs can read.
const (
	firstDay = calendar.Day(10957) // 2000-01-01
	lastDay  = calendar.Day(47481) // 2099-12-31
)

// request holds the parameters of an address; nil or empty means not given.
type request struct {
	app int64
	filter
	from, to *calendar.Day
	// given are the parameters as given, for the form.
	given map[string]string
}

// problem is what is wrong with one parameter: the name of a text, and its values.
type problem struct {
	Parameter, Name string
	Values          []any
}

// problems are the reasons for refusing a request.
type problems []problem

func (p problems) Error() string {
	texts := make([]string, len(p))
	for i, one := range p {
		texts[i] = one.Parameter + ": " + wordsIn(language.English).wrong(one)
	}
	return strings.Join(texts, "; ")
}

func (p *problems) add(parameter, name string, values ...any) {
	*p = append(*p, problem{parameter, name, values})
}

func (p problems) orNil() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// parameters are the parameters that an address may have.
const parameters = "app, task, stage, platform, code, from, to, lang"

// parseRequest reads the query of an address. The request has all readable parameters, even if
// another is wrong.
func parseRequest(query string) (request, error) {
	r := request{given: make(map[string]string)}
	var wrong problems
	values, err := url.ParseQuery(query)
	if err != nil {
		wrong.add("address", "wrong.address", err.Error())
	}
	for _, name := range sortedKeys(values) {
		switch {
		case !slices.Contains(strings.Split(parameters, ", "), name):
			wrong.add(name, "wrong.parameter", parameters)
		case len(values[name]) > 1:
			wrong.add(name, "wrong.twice")
		default:
			r.given[name] = strings.TrimSpace(values[name][0])
		}
	}
	if text := r.given["app"]; text != "" {
		if r.app, err = strconv.ParseInt(text, 10, 64); err != nil || r.app <= 0 {
			wrong.add("app", "wrong.app", text)
		}
	}
	r.filter = filter{
		Task: wrong.text("task", r.given["task"]), Stage: r.given["stage"],
		Platform: wrong.text("platform", r.given["platform"]), Code: wrong.text("code", r.given["code"]),
	}
	if r.Stage != "" && r.Stage != "ready_to_send" && r.Stage != "post_send_delivered" {
		wrong.add("stage", "wrong.stage", r.Stage)
	}
	if _, err := language.Parse(r.given["lang"]); err != nil && r.given["lang"] != "" {
		wrong.add("lang", "wrong.lang", r.given["lang"])
	}
	r.from, r.to = wrong.day("from", r.given["from"]), wrong.day("to", r.given["to"])
	if r.from != nil && r.to != nil {
		wrong.span(*r.from, *r.to)
	}
	return r, wrong.orNil()
}

// text reads a text that is searched in the database.
func (p *problems) text(parameter, text string) string {
	if len(text) > maxText || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		p.add(parameter, "wrong.text", strconv.Itoa(maxText))
	}
	return text
}

func (p *problems) day(parameter, text string) *calendar.Day {
	if text == "" {
		return nil
	}
	day, err := calendar.ParseDay(text)
	switch {
	case err != nil:
		p.add(parameter, "wrong.day", text)
		return nil
	case day < firstDay || day > lastDay:
		p.add(parameter, "wrong.range", day.String(), firstDay.String(), lastDay.String())
		return nil
	}
	return &day
}

func (p *problems) span(from, to calendar.Day) {
	switch days := to - from + 1; {
	case days < 1:
		p.add("from", "wrong.order", from.String(), to.String())
	case days > maxDays:
		p.add("from", "wrong.long", from.String(), to.String(), strconv.Itoa(int(days)), strconv.Itoa(maxDays))
	}
}

// days returns the first and the last day to show: the given ones, or else the last thirty up to
// the newest.
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
