package jump_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pushloss/internal/calendar"
	"pushloss/internal/jump"
)

var (
	xiaomi = jump.Channel{EventType: 1, PlatformID: 2}
	cause  = jump.Cause{StageID: 1, Channel: xiaomi, Code: "21301"}
	gate   = jump.Gate{StageID: 1, Channel: xiaomi}
)

// firstDay is the first of the days that tests make up.
const firstDay = calendar.Day(20000)

// days makes figures of one cause: losses and pushes by day. A negative loss is a day that is not
// known; pushes that are nil are not counted. Each day was pulled three hours after its end.
func days(losses, pushes []int64) jump.Figures {
	f := jump.Figures{
		Ended: func(d calendar.Day) time.Time { return (d + 1).UTC() },
		Lost:  map[calendar.Day]jump.Pulled{}, Pushed: map[calendar.Day]jump.Pulled{},
		Losses: map[jump.Cause]map[calendar.Day]jump.Count{cause: {}}, Pushes: map[jump.Gate]map[calendar.Day]jump.Count{gate: {}},
	}
	for i, n := range losses {
		day := firstDay + calendar.Day(i)
		if n < 0 {
			continue
		}
		at := f.Ended(day).Add(3 * time.Hour)
		f.Lost[day] = jump.Pulled{First: at, Last: at}
		if n > 0 {
			f.Losses[cause][day] = jump.Count{Now: n}
		}
		if pushes != nil {
			f.Pushed[day] = jump.Pulled{First: at, Last: at}
			f.Pushes[gate][day] = jump.Count{Now: pushes[i]}
		}
	}
	return f
}

// repeated is a value n times, and then the others.
func repeated(value int64, n int, then ...int64) []int64 {
	list := make([]int64, n, n+len(then))
	for i := range list {
		list[i] = value + int64(i%3) // no day is quite like another
	}
	return append(list, then...)
}

// gist is what a test compares of an event: its days, counted from the first.
type gist struct {
	First, Last int
	Over        bool
}

func gists(events []jump.Event) []gist {
	list := []gist{}
	for _, e := range events {
		list = append(list, gist{int(e.First - firstDay), int(e.Last - firstDay), e.Over})
	}
	return list
}

func TestWhichLossesStandOut(t *testing.T) {
	t.Parallel()
	const n = 20
	many := repeated(10_000, 60)
	for _, test := range []struct {
		name   string
		losses []int64
		pushes []int64 // nil: not counted
		want   []gist
	}{
		{"nothing", repeated(300, n+5), many, []gist{}},
		{"one day", repeated(300, n, 4300, 300), many, []gist{{n, n, true}}},
		{"the newest day", repeated(300, n, 4300), many, []gist{{n, n, false}}},
		{"three days, once", repeated(300, n, 4300, 4100, 4200, 300, 300), many, []gist{{n, n + 2, true}}},
		{"it returns on the next day but one: the same", repeated(300, n, 4300, 300, 4200, 300), many, []gist{{n, n + 2, true}}},
		{"it returns after a week: another", append(repeated(300, n, 4300), repeated(300, 7, 4200, 300)...), many, []gist{{n, n, true}, {n + 8, n + 8, true}}},
		{"a code that never occurred before", repeated(-1, 0, append(make([]int64, n), 4300)...), many, []gist{{n, n, false}}},
		{"a code that never occurred before, with too few pushes", append(make([]int64, n), 90), many, []gist{}},
		{"less than the factor", repeated(300, n, 700), many, []gist{}},
		{"it begins in the evening, less than the factor on that day", repeated(300, n, 870, 1000), many, []gist{{n + 1, n + 1, false}}},
		{"usual enough not to need the factor, 20 % more", repeated(2000, n, 4000), many, []gist{{n, n, false}}},
		{"twice the pushes, twice the losses", repeated(300, n, 900), append(repeated(10_000, n), 30_000), []gist{}},
		{"a tenth of the pushes, the same losses", repeated(300, n, 300), append(repeated(10_000, n), 1000), []gist{}},
		{"too few days before", repeated(300, 6, 4300), many, []gist{}},
		{"an unknown day does not end it", repeated(300, n, 4300, -1, 4100, 300), many, []gist{{n, n + 2, true}}},
		{"without numbers of pushes", repeated(300, n, 4300, 300), nil, []gist{{n, n, true}}},
		{"without numbers of pushes, less than the factor", repeated(300, n, 700), nil, []gist{}},
		{"a loss that always swings", []int64{10, 2000, 30, 1800, 5, 2500, 40, 1900, 20, 2200, 10, 1700, 30, 2100, 20, 2300}, many, []gist{}},
		{"it stays: usual after four weeks", append(repeated(300, n), repeated(4300, 35)...), many, []gist{{n, n + 27, true}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := days(test.losses, test.pushes)
			last := firstDay + calendar.Day(len(test.losses)-1)
			got := gists(jump.Detect(f, nil, firstDay, last, usualSettings))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A day that is not final yet is compared with what the days before showed at the same age, and not
// with their final figures.
func TestADayIsComparedWithOthersAtTheSameAge(t *testing.T) {
	t.Parallel()
	const n = 20
	grown := func(newest int64) jump.Figures {
		f := days(repeated(3000, n, newest), repeated(10_000, n+1))
		for day, count := range f.Losses[cause] {
			if day < firstDay+n { // a tenth was there on the first morning
				count.Changes = []jump.Change{{At: f.Ended(day).Add(27 * time.Hour), Before: count.Now / 10}}
				f.Losses[cause][day] = count
				f.Lost[day] = jump.Pulled{First: f.Lost[day].First, Last: f.Ended(day).Add(27 * time.Hour)}
			}
		}
		return f
	}
	if got := jump.Detect(grown(310), nil, firstDay, firstDay+n, usualSettings); len(got) != 0 {
		t.Errorf("a usual morning: %+v", got)
	}
	got := jump.Detect(grown(3000), nil, firstDay, firstDay+n, usualSettings)
	if len(got) != 1 || got[0].First != firstDay+n || got[0].Usual < 0.029 || got[0].Usual > 0.031 {
		t.Errorf("ten times a usual morning: %+v", got)
	}
}

// drawFigures makes eleven weeks with noise, a few rises, and days that are not known.
func drawFigures(rt *rapid.T) (jump.Figures, calendar.Day) {
	const n = 77
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
	usual := rapid.Int64Range(0, 2000).Draw(rt, "usual")
	losses, pushes := make([]int64, n), make([]int64, n)
	for i := range n {
		pushes[i] = 5000 + rng.Int64N(5000)
		losses[i] = usual/2 + rng.Int64N(usual+1)
		if rng.IntN(20) == 0 {
			losses[i] = -1
		}
	}
	for range rapid.IntRange(0, 4).Draw(rt, "rises") {
		at, long := rng.IntN(n), rng.IntN(10)
		for i := at; i < min(n, at+long); i++ {
			losses[i] = 3000 + rng.Int64N(2000)
		}
	}
	if !rapid.Bool().Draw(rt, "counted") {
		pushes = nil
	}
	return days(losses, pushes), firstDay + n - 1
}

// Judging the same figures again changes no event. Events of a cause are in order and lie apart.
func TestTheSameFiguresMakeTheSameEvents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		f, last := drawFigures(rt)
		first := last - jump.Judged + 1
		once := jump.Detect(f, nil, first, last, usualSettings)
		if diff := cmp.Diff(once, jump.Detect(f, once, first, last, usualSettings)); diff != "" {
			rt.Fatalf("judged again (-first +second):\n%s", diff)
		}
		for i, e := range once {
			if e.First > e.Last || e.Worst < e.First || e.Worst > e.Last || e.Last > last || e.Last-e.First >= jump.Longest {
				rt.Fatalf("an impossible event: %+v", e)
			}
			if i > 0 && e.First <= once[i-1].Last {
				rt.Fatalf("%+v begins within %+v", e, once[i-1])
			}
			if e.Losses < usualSettings.Least {
				rt.Fatalf("too few pushes: %+v", e)
			}
		}
	})
}

// More losses on a day never make it less of an event.
func TestMoreLossesNeverHideAnEvent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		f, last := drawFigures(rt)
		newest := f.Losses[cause][last]
		if _, known := f.Lost[last]; !known || newest.Now > 4000 {
			return
		}
		stands := func() bool {
			for _, e := range jump.Detect(f, nil, last-jump.Judged+1, last, usualSettings) {
				if e.Last == last {
					return true
				}
			}
			return false
		}
		before := stands()
		f.Losses[cause][last] = jump.Count{Now: newest.Now + rapid.Int64Range(1, 900).Draw(rt, "more")}
		if before && !stands() {
			rt.Fatalf("%d losses stand out, %d do not", newest.Now, f.Losses[cause][last].Now)
		}
	})
}
