package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"pushloss/internal/calendar"
)

type valueKind int

const (
	valueNone valueKind = iota
	valueDuration
	valueSeconds
	valueCount
	valueCode
	valueShare
	valueCut
	valueZone
)

// activeFault is a parsed Fault and the number of the calls that it selected.
type activeFault struct {
	Fault
	kind     faultKind
	duration time.Duration
	number   int
	share    float64
	zone     *time.Location
	days     *span
	matched  atomic.Int64
}

// faultSet is all faults that are on at one time. SetFaults replaces it as a whole.
type faultSet struct{ active []*activeFault }

func compileFaults(faults []Fault, loc *time.Location) (*faultSet, error) {
	set := &faultSet{}
	var problems []error
	for _, f := range faults {
		a, err := compileFault(f, loc)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		set.active = append(set.active, a)
	}
	return set, errors.Join(problems...)
}

func compileFault(f Fault, loc *time.Location) (*activeFault, error) {
	kind, err := kindOf(f.Name)
	if err != nil {
		return nil, err
	}
	a := &activeFault{Fault: f, kind: kind}
	wrong := func(format string, args ...any) (*activeFault, error) {
		return nil, fmt.Errorf("fault %q: %s", f, fmt.Sprintf(format, args...))
	}
	if err := a.readValue(); err != nil {
		return wrong("%v", err)
	}
	switch {
	case f.After < 0 || f.Every < 0 || f.First < 0 || f.App < 0 || f.Days < 0:
		return wrong("a number is negative")
	case f.Days > 0 && f.Name != "late" && f.Name != "restates":
		return wrong("only late and restates take days")
	case f.Stream != "" && kind.class == classTruth && !kind.perStream:
		return wrong("takes no stream: all streams count the same pushes")
	case f.Stream != "" && !slices.Contains(kind.streams(), f.Stream):
		return wrong("stream must be one of %s", strings.Join(kind.streams(), ", "))
	case f.Name == "end-inclusive" && f.Task != "":
		return wrong("takes no task: a window has one end")
	case f.By != "" && len(kind.by) == 0:
		return wrong("takes no by")
	case f.By != "" && !slices.Contains(kind.by, f.By):
		return wrong("by must be one of %s", strings.Join(kind.by, ", "))
	case kind.class == classTruth && (f.After > 0 || f.Every > 0 || f.First > 0):
		return wrong("a fault that changes the truth cannot depend on the number of the call")
	case kind.class == classTruth && f.Name != "restated" && f.Name != "week-differs" && f.From+f.To != "":
		return wrong("takes no days")
	case f.Name == "restated" && f.From+f.To == "":
		return wrong("needs day=D, or from=D,to=D")
	}
	if f.From+f.To != "" {
		if a.days, err = readDays(cmp.Or(f.From, f.To), cmp.Or(f.To, f.From), loc); err != nil {
			return wrong("%v", err)
		}
	}
	return a, nil
}

func (a *activeFault) readValue() (err error) {
	value := cmp.Or(a.Value, a.kind.preset)
	switch a.kind.value {
	case valueNone:
		if value != "" {
			err = errors.New("takes no value")
		}
	case valueDuration:
		a.duration, err = readDuration(value)
	case valueSeconds:
		err = a.readNumber(value, 0)
	case valueCount:
		err = a.readNumber(value, 1)
	case valueCode:
		a.number, err = strconv.Atoi(value)
		if err != nil || a.number == 0 {
			err = fmt.Errorf("needs a code other than 0, not %q", value)
		}
	case valueShare:
		a.share, err = strconv.ParseFloat(value, 64)
		if err != nil || !(a.share > 0 && a.share <= 1) {
			err = fmt.Errorf("needs a share above 0 and up to 1, not %q", value)
		}
	case valueCut:
		if value != "abort" && value != "clean" {
			err = fmt.Errorf("needs abort or clean, not %q", value)
		}
	case valueZone:
		if a.zone, err = calendar.ParseZone(value); err != nil {
			err = fmt.Errorf("needs an IANA time zone such as Asia/Kathmandu, not %q", value)
		}
	}
	return err
}

// readDuration is time.ParseDuration plus days: "7d".
func readDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(n) * 24 * time.Hour
		if n > 10000 {
			err = errors.New("too long")
		}
	}
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("needs a duration such as 2s or 7d, not %q", text)
	}
	return d, nil
}

func readDays(from, to string, loc *time.Location) (*span, error) {
	if loc == nil {
		loc = time.UTC // for checks only
	}
	first, err := time.ParseInLocation(time.DateOnly, from, loc)
	if err != nil {
		return nil, fmt.Errorf("%q is not a day such as 2025-03-09", from)
	}
	last, err := time.ParseInLocation(time.DateOnly, to, loc)
	if err != nil {
		return nil, fmt.Errorf("%q is not a day such as 2025-03-09", to)
	}
	if last.Before(first) {
		return nil, fmt.Errorf("the days %s to %s are reversed", from, to)
	}
	return &span{first.Unix(), last.AddDate(0, 0, 1).Unix()}, nil
}

// effects are the faults due at one call.
type effects struct {
	instead  *activeFault // the first one
	delivery []*activeFault
	api      *activeFault // the first one
	odd      oddity
	names    []string
}

// due counts a call and returns the faults that affect it. An unreadable body has neither tasks nor window: faults that
// select by these do not apply.
func (s *faultSet) due(st *stream, app int64, q question, understood bool) effects {
	var e effects
	for _, a := range s.active {
		if a.kind.class == classTruth || !a.selects(st, app, q, understood) {
			continue
		}
		n := a.matched.Add(1) - int64(a.After)
		if n <= 0 || a.First > 0 && n > int64(a.First) || a.Every > 0 && n%int64(a.Every) != 0 {
			continue
		}
		e.names = append(e.names, a.Name)
		switch a.kind.class {
		case classInstead:
			if e.instead == nil {
				e.instead = a
			}
		case classDelivery:
			e.delivery = append(e.delivery, a)
		case classAPI:
			if e.api == nil {
				e.api = a
			}
		case classOddity:
			e.odd |= a.kind.oddity
		}
	}
	return e
}

func (a *activeFault) selects(st *stream, app int64, q question, understood bool) bool {
	if a.App != 0 && a.App != app || !a.selectsStream(st.name) || !a.kind.concerns(st) {
		return false
	}
	if a.Task != "" && (!understood || !st.tasks || !a.selectsOneOf(q.asked())) {
		return false
	}
	if a.Name == "span-refused" && (!understood || q.in.to-q.in.from <= longestDay) {
		return false
	}
	if a.Name == "repeat-refused" && (!understood || !q.repeats) {
		return false
	}
	return a.days == nil || understood && a.days.overlaps(q.in)
}

func (a *activeFault) selectsStream(name string) bool { return a.Stream == "" || a.Stream == name }

func (a *activeFault) selectsOneOf(tasks []string) bool {
	return slices.ContainsFunc(tasks, a.selectsTask)
}

func (a *activeFault) selectsTask(task string) bool {
	return a.Task == "" || a.Task == task || a.Task == "overall" && task == ""
}

// endsInclusive reports whether the second EndTime belongs to an app's windows.
func (s *faultSet) endsInclusive(app int64) bool {
	return slices.ContainsFunc(s.active, func(a *activeFault) bool {
		return a.Name == "end-inclusive" && (a.App == 0 || a.App == app)
	})
}

// view returns what a window shows of a subject now, after the faults that change the truth.
func (s *faultSet) view(of subject, now time.Time, in span) view {
	v := of.world.view(of.app, of.task, now.Unix())
	v.in = in
	for _, a := range s.active {
		if a.kind.class != classTruth || !a.changes(of) {
			continue
		}
		switch a.Name {
		case "unknown-platform":
			v.unknown = true
		case "big-count":
			v.big = true
		case "day-figures":
			v.in = wholeDays(in, a.zone, a.By == "touch")
		case "late":
			v.lateShare = a.share
			v.lateAfter = int64(max(a.Days, 1)) * day
		case "restated":
			v.restated = append(v.restated, *a.days)
		case "restates":
			v.restatedShare = a.share
			v.restatedAfter = int64(cmp.Or(a.Days, 2)) * day
		case "span-drops":
			v.drops = in.to-in.from > longestDay
		case "span-stale":
			if in.to-in.from > longestDay {
				v.now -= int64(a.duration.Seconds())
			}
		case "week-differs":
			if in.to-in.from > longestDay && (a.days == nil || a.days.overlaps(in)) {
				v.extra += int64(a.number)
			}
		case "forget-after", "forget-error":
			if a.By == "event" {
				v.start = max(v.start, a.forgotBefore(v.now))
			} else if a.forgets(in, v.now) {
				v.forgotten = true
			}
		}
	}
	return v
}

// changes reports whether the fault changes the truth about a subject. The chats have no tasks to select by.
func (a *activeFault) changes(of subject) bool {
	return (a.App == 0 || a.App == of.app) && a.selectsStream(of.stream) &&
		(a.Task == "" || !of.world.chats && a.selectsTask(of.task))
}

// refusesAsForgotten reports whether forget-error affects a call.
func (s *faultSet) refusesAsForgotten(st *stream, app int64, q question, now int64) bool {
	for _, a := range s.active {
		if a.Name == "forget-error" && (a.App == 0 || a.App == app) && a.selectsStream(st.name) &&
			(a.Task == "" || st.tasks && a.selectsOneOf(q.asked())) && a.forgets(q.in, now) {
			return true
		}
	}
	return false
}

func (a *activeFault) forgotBefore(now int64) int64 {
	return now - int64(math.Ceil(a.duration.Seconds()))
}

// forgets compares the age of a window's start, so that a window that is partly too old is forgotten as a whole. With
// by=end it compares that of its end.
func (a *activeFault) forgets(in span, now int64) bool {
	if a.By == "end" {
		return in.to <= a.forgotBefore(now)
	}
	return in.from < a.forgotBefore(now)
}

func (a *activeFault) readNumber(value string, least int) (err error) {
	a.number, err = strconv.Atoi(value)
	if err != nil || a.number < least || a.number > 1<<20 {
		return fmt.Errorf("needs a whole number from %d, not %q", least, value)
	}
	return nil
}
