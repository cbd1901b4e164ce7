package jump_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/jump"
	"pushloss/internal/lab/sandbox"
)

var shanghai = time.FixedZone("UTC+8", 8*60*60)

// usualSettings are the defaults of the settings.
var usualSettings = jump.Settings{Factor: 3, Least: 100}

const (
	yearApps  = 20
	yearDays  = 365
	warmUp    = 35
	firstApp  = 1400000001
	pullsAgo  = 7 // lookback
	yearStart = "2025-01-01"
)

// livelyApp makes an app's life with its incidents: about eight a year, of every kind, a day to two
// weeks long, some hardly and some very severe.
func livelyApp(rng *rand.Rand, start time.Time, days int) sandbox.Life {
	life := sandbox.Life{
		Weekend: 0.25 + 0.75*rng.Float64(), Growth: 0.004 * rng.Float64(), BusyDays: 0.04 * rng.Float64(), Since: start,
	}
	kinds := sandbox.IncidentInfos()
	for at := warmUp + rng.IntN(30); at < days-20; at += 20 + rng.IntN(45) {
		from := start.AddDate(0, 0, at).Add(time.Duration(rng.IntN(24)) * time.Hour)
		lasts := time.Duration(30+rng.IntN(13*24)) * time.Hour
		incident, err := sandbox.NewIncident(kinds[rng.IntN(len(kinds))].Name, from, from.Add(lasts), 0.15+0.7*rng.Float64())
		if err != nil {
			panic(err)
		}
		life.Incidents = append(life.Incidents, incident)
	}
	return life
}

// simulated is an app whose days are pulled as runs pull them.
type simulated struct {
	api     *sandbox.Sandbox
	now     *time.Time
	app     int64
	counted bool // the numbers of pushes are pulled too
	figures jump.Figures
}

func newSimulated(api *sandbox.Sandbox, now *time.Time, app int64, counted bool) *simulated {
	return &simulated{api: api, now: now, app: app, counted: counted, figures: jump.Figures{
		Ended: func(d calendar.Day) time.Time { return d.Window(shanghai).End },
		Lost:  map[calendar.Day]jump.Pulled{}, Pushed: map[calendar.Day]jump.Pulled{},
		Losses: map[jump.Cause]map[calendar.Day]jump.Count{}, Pushes: map[jump.Gate]map[calendar.Day]jump.Count{},
	}}
}

// pull loads a day as the load does: first counts, then changes.
func (s *simulated) pull(day calendar.Day) {
	window := day.Window(shanghai)
	losses := map[jump.Cause]int64{}
	for _, row := range s.api.Truth(s.app, "", window.Start, window.End).Platform {
		losses[jump.Cause{StageID: stageID(row.Stage), Channel: jump.Channel{EventType: int16(row.EventType), PlatformID: int16(row.PushPlatform)}, Code: row.ErrCode}] += row.ErrCount
	}
	store(s.figures.Losses, losses, s.figures.Lost, day, *s.now)
	if !s.counted {
		return
	}
	pushes := map[jump.Gate]int64{}
	for _, row := range s.api.Statistics(s.app, "", window.Start, window.End).Platform {
		channel := jump.Channel{EventType: int16(row.EventType), PlatformID: int16(row.PushPlatform)}
		pushes[jump.Gate{StageID: 1, Channel: channel}] = row.Total
		pushes[jump.Gate{StageID: 2, Channel: channel}] = row.Sent
	}
	store(s.figures.Pushes, pushes, s.figures.Pushed, day, *s.now)
}

func stageID(name string) int16 {
	if name == sandbox.StageReadyToSend {
		return 1
	}
	return 2
}

func store[K comparable](stored map[K]map[calendar.Day]jump.Count, answer map[K]int64, pulled map[calendar.Day]jump.Pulled, day calendar.Day, now time.Time) {
	known, again := pulled[day]
	for key := range stored {
		if _, there := answer[key]; !there {
			answer[key] = 0
		}
	}
	for key, n := range answer {
		if stored[key] == nil {
			stored[key] = map[calendar.Day]jump.Count{}
		}
		count := stored[key][day]
		if again && count.Now != n {
			count.Changes = append(slices.Clone(count.Changes), jump.Change{At: now, Before: count.Now})
		}
		count.Now = n
		stored[key][day] = count
	}
	if !again {
		known.First = now
	}
	known.Last = now
	pulled[day] = known
}

// alert is an event when it was first reported.
type alert struct {
	app int64
	jump.Event
	run calendar.Day
}

// past is a year of an app.
type past struct {
	incidents []sandbox.Incident
	alerts    []alert
	runs      []calendar.Day
}

// year runs the detector every morning of a year.
func year(t testing.TB, seed uint64, app int64, counted bool, settings jump.Settings) (p past) {
	t.Helper()
	first, err := calendar.ParseDay(yearStart)
	if err != nil {
		t.Fatal(err)
	}
	start := first.Window(shanghai).Start
	now := start
	rng := rand.New(rand.NewPCG(seed, uint64(app)))
	api, err := sandbox.New(sandbox.Config{
		Apps: []sandbox.App{{SDKAppID: app, SecretKey: "a secret key"}}, Seed: seed, Rows: 60,
		Lives:  map[int64]sandbox.Life{app: livelyApp(rng, start, yearDays)},
		Faults: []sandbox.Fault{{Name: "late", Value: "0.3"}, {Name: "restates", Value: "0.05"}},
		Now:    func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newSimulated(api, &now, app, counted)
	var events []jump.Event
	for run := first + 1; run <= first+yearDays; run++ {
		if rng.IntN(60) == 0 {
			continue // a run that failed
		}
		p.runs = append(p.runs, run)
		now = run.Window(shanghai).Start.Add(3*time.Hour + time.Duration(rng.IntN(1200))*time.Second)
		for day := max(first, run-pullsAgo-1); day < run; day++ {
			s.pull(day)
		}
		before := events
		events = jump.Detect(s.figures, before, max(first, run-pullsAgo-1), run-1, settings)
		for _, e := range events {
			if !slices.ContainsFunc(before, func(b jump.Event) bool { return b.Cause == e.Cause && b.First <= e.Last && e.First <= b.Last }) {
				p.alerts = append(p.alerts, alert{app, e, run})
			}
		}
	}
	p.incidents = api.Incidents(app)
	return p
}

// score is how well alerts find incidents.
type score struct {
	apps                                      int64
	incidents, found, firstDay, alerts, right int
	missed, wrong                             []string
}

func (s score) precision() float64 { return float64(s.right) / float64(max(1, s.alerts)) }
func (s score) recall() float64    { return float64(s.found) / float64(max(1, s.incidents)) }

// ofIncident reports whether an alert is of an incident.
func ofIncident(e alert, i sandbox.Incident) bool {
	return int(e.PlatformID) == i.Platform && e.EventType == 1 && e.Code == i.Code && e.StageID == stageID(i.Stage) &&
		e.Last >= calendar.DayOf(i.From, shanghai) && e.First <= calendar.DayOf(i.To, shanghai)
}

func (s *score) add(p past) {
	incidents, alerts := p.incidents, p.alerts
	for _, i := range incidents {
		s.incidents++
		full := calendar.DayOf(i.From.Add(24*time.Hour-1), shanghai) // the first whole day
		at := slices.IndexFunc(alerts, func(e alert) bool { return ofIncident(e, i) })
		switch {
		case at < 0:
			s.missed = append(s.missed, fmt.Sprintf("missed: %s %.2f %s to %s", i.Kind, i.Share, i.From.Format(time.DateTime), i.To.Format(time.DateTime)))
			continue
		case alerts[at].run <= p.runs[slices.IndexFunc(p.runs, func(r calendar.Day) bool { return r > full })]:
			s.firstDay++
		}
		s.found++
	}
	for _, e := range alerts {
		s.alerts++
		if slices.ContainsFunc(incidents, func(i sandbox.Incident) bool { return ofIncident(e, i) }) {
			s.right++
		} else {
			s.wrong = append(s.wrong, fmt.Sprintf("wrong: app %d %+v, run of %s", e.app, e.Event, e.run))
		}
	}
}

// benchmark judges a year of many apps, in parallel.
func benchmark(t testing.TB, seed uint64, apps int64, counted bool, settings jump.Settings) score {
	total := score{apps: apps}
	var mu sync.Mutex
	var wait sync.WaitGroup
	for app := int64(firstApp); app < firstApp+apps; app++ {
		wait.Go(func() {
			found := year(t, seed, app, counted, settings)
			mu.Lock()
			defer mu.Unlock()
			total.add(found)
		})
	}
	wait.Wait()
	return total
}

func (s score) String() string {
	return fmt.Sprintf("incidents %d, found %d (recall %.3f), with the first full day %d (%.3f); alerts %d, right %d (precision %.3f); false alarms per app and month %.3f",
		s.incidents, s.found, s.recall(), s.firstDay, s.early(), s.alerts, s.right, s.precision(), s.falseAlarms())
}

func (s score) early() float64       { return float64(s.firstDay) / float64(max(1, s.incidents)) }
func (s score) falseAlarms() float64 { return float64(len(s.wrong)) / float64(s.apps) / 12 }

// The run that pulls the first full day of an incident finds at least 95 % of the incidents, and
// there is at most one false alarm per app and month. Without numbers of pushes, it is less exact.
func TestAYearOfTwentyAppsIsJudgedRight(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the years take 20 seconds")
	}
	for _, test := range []struct {
		name    string
		counted bool
		apps    int64
		early   float64
	}{{"with the numbers of pushes", true, yearApps, 0.95}, {"without them", false, 6, 0.8}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := benchmark(t, 1, test.apps, test.counted, usualSettings)
			t.Log(s)
			for _, what := range append(s.missed, s.wrong...) {
				t.Log(what)
			}
			if s.incidents < 5*int(test.apps) || s.early() < test.early || s.falseAlarms() > 1 {
				t.Error("the alerts are not good enough")
			}
		})
	}
}
