package schedules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize/english"
)

// field is one of the five fields. Its values are min to max, as numbers or names.
type field struct {
	name     string
	min, max int
	names    []string // of min and the values after it
}

var (
	months   = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	fields   = [...]field{
		{"minute", 0, 59, nil}, {"hour", 0, 23, nil}, {"day of month", 1, 31, nil}, {"month", 1, 12, months}, {"day of week", 0, 6, weekdays},
	}
)

const dayOfMonth, dayOfWeek = 2, 4

// sunday is 7, which every cron except the library accepts as a second number of Sunday.
const sunday = 7

// digits matches a number; crontabs have leading zeros.
var digits = regexp.MustCompile(`^[0-9]+$`)

// span is one part of a field: the values from low to high, in steps. A star means all values.
type span struct {
	star            bool
	low, high, step int
}

// spans reads a field. It does not use the library, which accepts too much and reports the errors
// of its parser.
func (f field) spans(text string) ([]span, error) {
	var list []span
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			return nil, fmt.Errorf("the %s %s has a comma too many", f.name, text)
		}
		s, problem := f.span(part)
		if problem != "" {
			return nil, fmt.Errorf("the %s %s %s", f.name, part, problem)
		}
		list = append(list, s)
	}
	return list, nil
}

func (f field) span(part string) (s span, problem string) {
	values, step, stepped := strings.Cut(part, "/")
	low, high, isRange := strings.Cut(values, "-")
	s = span{low: f.min, high: f.max, step: 1}
	var ok bool
	switch {
	case values == "*" || values == "?":
		s.star = true
	case isRange:
		if s.low, ok = f.value(low); !ok {
			return s, "begins with something other than " + f.values()
		}
		if s.high, ok = f.value(high); !ok {
			return s, "ends with something other than " + f.values()
		}
		if f.max+1 == sunday && s.high == 0 && s.low > 0 && !digits.MatchString(high) {
			s.high = sunday // fri-sun, for example
		}
		if s.low > s.high {
			return s, "goes backwards: write " + f.forwards(s)
		}
	default:
		if s.low, ok = f.value(values); !ok {
			return s, "is not " + f.values()
		}
		s.high = max(s.low, f.max)
		if !stepped {
			s.high = s.low
		}
	}
	if !stepped {
		return s, ""
	}
	width := s.high - s.low + 1
	var err error
	switch s.step, err = strconv.Atoi(step); {
	case err != nil || !digits.MatchString(step) || s.step == 0:
		return s, fmt.Sprintf("has a step that is not a number from 1 to %d", width)
	case s.step > 1 && width == 1:
		return s, "has a step, but only one value to begin with"
	case s.step > width:
		return s, fmt.Sprintf("steps over all of its %d values, so that only the first one counts: "+
			"give a step of at most %d, or @every for longer periods", width, width)
	}
	return s, ""
}

// value reads a number or a name.
func (f field) value(text string) (int, bool) {
	for i, name := range f.names {
		if strings.EqualFold(text, name) {
			return f.min + i, true
		}
	}
	n, err := strconv.Atoi(text)
	return n, digits.MatchString(text) && err == nil && n >= f.min && n <= f.last()
}

// last returns the largest valid value.
func (f field) last() int {
	if f.max+1 == sunday {
		return sunday
	}
	return f.max
}

func (f field) values() string {
	text := fmt.Sprintf("a number from %d to %d", f.min, f.last())
	if len(f.names) > 0 {
		text += " or a name like " + f.names[1]
	}
	return text
}

// forwards writes a range that goes backwards, such as sat-mon, as two ranges.
func (f field) forwards(s span) string {
	text := func(low, high int) string {
		if low == high {
			return strconv.Itoa(low)
		}
		return fmt.Sprintf("%d-%d", low, high)
	}
	if s.low > f.max {
		return text(f.min, s.high)
	}
	return text(s.low, f.max) + "," + text(f.min, s.high)
}

// checkDays refuses a step over all days in one day field beside a restriction in the other. Cron
// programs disagree on whether both or either must match.
func checkDays(days, weekdays string) error {
	if starStep(days) && !star(weekdays) || starStep(weekdays) && !star(days) {
		return fmt.Errorf("the day of month %s beside the day of week %s is ambiguous: some cron programs ask for both, others for either; "+
			"write a range of days, like 1-31/2, for either, or two schedules", days, weekdays)
	}
	return nil
}

func star(text string) bool { return text == "*" || text == "?" || text == "*/1" }

func starStep(text string) bool {
	return !star(text) && (strings.HasPrefix(text, "*/") || strings.Contains(text, ",*/"))
}

// withoutSeven writes the days of the week as the library accepts them: Sunday is 0.
func withoutSeven(spans []span) string {
	var days []string
	for _, s := range spans {
		if s.star && s.step == 1 {
			return "*"
		}
		for day := s.low; day <= s.high; day += s.step {
			days = append(days, strconv.Itoa(day%sunday))
		}
	}
	return strings.Join(days, ",")
}

// readFields checks the fields and writes them as the library accepts them.
func readFields(given []string) (string, error) {
	text := strings.Join(given, " ")
	switch len(given) {
	case len(fields):
	case len(fields) + 1:
		return "", fmt.Errorf("%q has six fields: leave out the seconds (the first field) or the year (the last one), and give %s", text, shape)
	default:
		return "", fmt.Errorf("%q has %s: give %s", text, english.Plural(len(given), "field", ""), shape)
	}
	known := make([]string, len(fields))
	for i, f := range fields {
		spans, err := f.spans(given[i])
		if err != nil {
			return "", err
		}
		known[i] = given[i]
		if i == dayOfWeek {
			known[i] = withoutSeven(spans)
		}
	}
	return strings.Join(known, " "), checkDays(given[dayOfMonth], given[dayOfWeek])
}
